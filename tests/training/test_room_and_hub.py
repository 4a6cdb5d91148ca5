"""A disk that fills up, and a hub that refuses, while a model is fine-tuned: one line, and nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError
from tests.models.hubs import of_hub, refusing_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What PEFT asks of transformers is not ours to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base, and examples."""
    from tests.training.tiny import tiny_gguf

    home = tmp_path_factory.mktemp("home")
    tiny_gguf(home / "tiny.gguf")
    rows = [{"instruction": f"Say the number {n}.", "input": "", "output": f"It is {n}."} for n in range(24)]
    (home / "data.json").write_text(json.dumps(rows))
    return home


@pytest.fixture(autouse=True)
def _cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


def tune(home: Path, out: Path, **changes: Any) -> dict[str, Any]:
    """Four steps, a checkpoint after each third."""
    from selfinstruct_chains.training.finetune import finetune
    from selfinstruct_chains.training.plan import make_plan
    from selfinstruct_chains.training.settings import TuneSettings

    common = {"base": f"{home}/tiny.gguf", "max_steps": 4, "batch_size": 4, "checkpoint_every": 3, "max_tokens": 64}
    return finetune(
        make_plan(home / "data.json", TuneSettings.model_validate(common | {"device": "cpu"} | changes)), out
    )


@contextmanager
def longest_file(size: int) -> Iterator[None]:
    """As on a disk that is full, no file can become longer than so many bytes."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


@pytest.mark.parametrize("size", [300, 100_000, 200_000])
def test_a_disk_that_is_full_at_a_checkpoint(home: Path, tmp_path: Path, size: int) -> None:
    """At our own first file, and in safetensors and torch; the same command then goes on."""
    from selfinstruct_chains.training.bases import converted, find_base

    converted(find_base(f"{home}/tiny.gguf"))
    out = tmp_path / "out"
    with longest_file(size), pytest.raises(ConfigError) as refused:
        tune(home, out)

    assert str(refused.value) == (
        f"{out}: no room on the disk: make some, and the same command goes on from the last checkpoint"
    )
    assert tune(home, out)["steps"] == 4


@pytest.mark.parametrize(("size", "changes"), [(200_000, {}), (150_000, {"merged": False})])
def test_a_disk_that_is_full_at_the_results(home: Path, tmp_path: Path, size: int, changes: dict[str, Any]) -> None:
    """The merged weights, and the GGUF; no step is trained again, or one more."""
    out = tmp_path / "out"
    tune(home, out, **changes)
    for name in ("adapter", "merged"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("result.json", "model.gguf"):
        (out / name).unlink()
    with longest_file(size), pytest.raises(ConfigError, match="no room on the disk"):
        tune(home, out, **changes)

    assert tune(home, out, **changes)["steps"] == 4
    assert (out / "model.gguf").exists()
    assert not [entry for entry in out.iterdir() if entry.name.endswith(".partial")]


def test_a_disk_that_is_full_at_the_conversion(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder it goes to is named, and how to have another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    with (
        longest_file(100_000),
        pytest.raises(ConfigError, match=r"cache/.*tiny\.gguf is converted there; .*XDG_CACHE_HOME"),
    ):
        tune(home, tmp_path / "out")


def test_another_error_is_no_full_disk(home: Path, tmp_path: Path) -> None:
    """A bug keeps its traceback."""
    from selfinstruct_chains.training.room import room

    with pytest.raises(RuntimeError, match="nothing to write"), room(tmp_path, "x"):
        raise RuntimeError("nothing to write")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acme/gated", "it is gated: ask for access on its page, and set HF_TOKEN"),
        ("acme/missing", "there is none of that name, or it is private (set HF_TOKEN)"),
        ("acme/nobody", "the hub can't be reached (ConnectError): download it yourself and give its folder"),
    ],
)
def test_a_hub_that_refuses(home: Path, tmp_path: Path, name: str, said: str) -> None:
    """One line more than the progress of the download, exit code 2, and no folder."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "selfinstruct_chains", "finetune", f"{home}/data.json", "-o", str(out)]
    with refusing_hub() as address:
        place = "http://127.0.0.1:9" if name == "acme/nobody" else address
        environment = os.environ | of_hub(place, str(tmp_path / "hub"))
        done = subprocess.run([*command, "--base", name], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"Error: base '{name}': {said}"
    assert "Traceback" not in done.stderr
    assert not out.exists()
