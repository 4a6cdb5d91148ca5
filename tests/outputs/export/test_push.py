"""An export that is pushed to a hub: what is there then, what stays, and why one is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.files.seeds import read_drafts
from selfinstruct_chains.outputs.export.recipe import recipe
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.reader import RunReader
from tests.outputs.export.hub import READER, TOKEN, Repository, loopback_hub
from tests.outputs.runs import CONFIG, SEED, run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.outputs.export.hub import Hub

LOAD = """
import datasets, json
found = datasets.load_dataset("acme/mine")
print(json.dumps({split: list(rows) for split, rows in found.items()}))
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub on loopback, and the settings with which huggingface_hub goes there and may write."""
    with loopback_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
        yield hub


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run of forty tasks."""
    return run_folder(tmp_path / "run", [task(n, f"Do thing {n}", (f"{n}", f"{n}a")) for n in range(40)]).path


@pytest.fixture
def export(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> Callable[..., Any]:
    """The command, for that run, as messages into a folder; the first option says where it is pushed to."""

    def command(name: str, *options: str, format_name: str = "messages") -> Any:
        place = ["--format", format_name, "-o", str(tmp_path / "chat")]
        return selfinstruct("export", str(run), *place, "--push", name, *options)

    return command


def test_a_pushed_export_is_read_back(export: Callable[..., Any], hub: Hub, tmp_path: Path, run: Path) -> None:
    """In one commit of a private dataset: data, card, chain file and prompts; our own reader finds the same tasks."""
    (tmp_path / "eval.txt").write_text("Do thing 3")
    said = export("acme/mine", "--title", "Mine", "--exclude", str(tmp_path / "eval.txt"), "--validation", "0.2")
    found = hub.datasets["acme/mine"]
    prompts = {f"prompts/{role}.yaml" for role in ("instructions", "classification", "input_first", "output_first")}

    assert (said.code, said.err) == (0, "pushing 0.0 MiB of data to acme/mine\n")
    assert f"Pushed (private): {hub.url}/datasets/acme/mine\n" in said.out
    assert 'datasets.load_dataset("acme/mine")' in said.out
    assert found.private
    assert found.messages == ["39 examples, by selfinstruct-chains"]
    assert found.files.keys() == {"README.md", "train.jsonl", "validation.jsonl", "chain.yaml", *prompts}
    assert found.files["train.jsonl"] == (tmp_path / "chat" / "train.jsonl").read_bytes()
    assert found.front["pretty_name"] == "Mine"
    assert b"\n# Mine\n" in found.files["README.md"]
    read = [one for split in ("train", "validation") for one in read_drafts(f"hub:acme/mine:{split}").tasks]
    expected = {f"{one.instruction}\n\n{one.instances[0].input}" for one in RunReader(run).tasks()} - {
        "Do thing 3\n\n3"
    }
    assert {one.instruction for one in read} == expected


@pytest.mark.parametrize(
    "format_name", ["messages", *(pytest.param(one, marks=pytest.mark.slow) for one in ("csv", "parquet"))]
)
def test_the_line_that_is_told_loads_it(export: Callable[..., Any], hub: Hub, tmp_path: Path, format_name: str) -> None:
    """By `datasets.load_dataset` from the hub, with all its splits, as the card says."""
    export("acme/mine", "--test", "0.2", format_name=format_name)
    settings = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD], env=os.environ | settings, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() == {"train", "test"}
    assert sum(map(len, found.values())) == 40


def test_a_file_alone_is_pushed_with_its_card(selfinstruct: Callable[..., Any], hub: Hub, run: Path) -> None:
    """The card beside it becomes the dataset's, and names the file."""
    said = selfinstruct("export", str(run), "--format", "alpaca", "-o", "mine.json", "--push", "acme/mine", "--public")
    found = hub.datasets["acme/mine"]

    assert "Pushed (public)" in said.out
    assert not found.private
    assert found.front["configs"][0]["data_files"] == [{"split": "train", "path": "mine.json"}]
    assert len(json.loads(found.files["mine.json"])) == 40


def test_a_second_push_is_a_commit_on_top(export: Callable[..., Any], hub: Hub) -> None:
    """Files of the same names are replaced, and those of others stay."""
    export("acme/mine")
    hub.datasets["acme/mine"].files["notes.txt"] = b"of another"
    said = export("acme/mine", "--force", "--max-instances", "1", "--shuffle")
    found = hub.datasets["acme/mine"]

    assert said.code == 0
    assert "A commit on top of the 8 files there: only those of the same names were replaced." in said.out
    assert len(found.messages) == 2
    assert found.files["notes.txt"] == b"of another"


def test_what_is_private_stays_so(export: Callable[..., Any], hub: Hub) -> None:
    """--public does not open a dataset that is there."""
    export("acme/mine")
    said = export("acme/mine", "--force", "--public")

    assert "Pushed (private)" in said.out
    assert "It was private and stays so" in said.out
    assert hub.datasets["acme/mine"].private


def test_nothing_is_published_by_mistake(export: Callable[..., Any], hub: Hub) -> None:
    """A dataset that all can read gets nothing without --public."""
    hub.datasets["acme/mine"] = Repository(private=False)
    said = export("acme/mine")

    assert said.code == 2
    assert "--push: acme/mine is there already, and all may read it: --public to add to it" in said.err
    assert hub.datasets["acme/mine"].files == {}
    assert export("acme/mine", "--force", "--public").code == 0


def test_a_card_that_no_export_wrote_is_kept(export: Callable[..., Any], hub: Hub) -> None:
    """Somebody's dataset is not covered by another; with --force its card goes."""
    card = b"---\nlicense: mit\n---\n# By hand\n"
    hub.datasets["acme/mine"] = Repository(private=True, files={"README.md": card, "rows.csv": b"a\n1\n"})
    said = export("acme/mine")

    assert said.code == 2
    assert "acme/mine has a card (README.md) that no export wrote: --force" in said.err
    assert hub.datasets["acme/mine"].files["README.md"] == card
    assert export("acme/mine", "--force").code == 0
    assert hub.datasets["acme/mine"].files["rows.csv"] == b"a\n1\n"


REFUSED: dict[str, tuple[str, str, tuple[int, str] | None]] = {
    "another's": ("other/mine", 'you don\'t have the rights to create a dataset under the namespace "other"', None),
    "unpaid": ("acme/mine", "the hub answers 402: Pay first", (402, "Pay first")),
    "taken": (
        "acme/mine",
        "the hub answers 409: You already created this model repo",
        (409, "You already created this model repo"),
    ),
    "down": ("acme/mine", "the hub answers 500: Oh no; try later", (500, "Oh no")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_hub_refuses_is_a_line(export: Callable[..., Any], hub: Hub, tmp_path: Path, case: str) -> None:
    """Why, in its words; the export on the disk is whole, and nothing is on the hub."""
    name, expected, refusal = REFUSED[case]
    hub.refusals = {"/repos/create": refusal} if refusal else {}
    said = export(name)

    assert said.code == 2
    assert expected.lower() in said.err.lower()
    [_, error, advice] = said.err.splitlines()
    assert error.startswith(f"Error: --push {name}: ")
    assert advice == "The export here is whole; the same command with --force tries again"
    assert len((tmp_path / "chat" / "train.jsonl").read_text().splitlines()) == 40
    assert hub.datasets == {}


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("hf_nobody's", "the hub does not take the token that is in HF_TOKEN, or was left by a login"),
        (READER, "the token in HF_TOKEN may not write there: take one with write access"),
    ],
)
def test_a_token_that_does_not_do(
    export: Callable[..., Any], hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str, said: str
) -> None:
    """One that nobody knows, and one that only reads: both are named by their variable, and never shown."""
    monkeypatch.setenv("HF_TOKEN", token)
    done = export("acme/mine")

    assert done.code == 2
    assert said in done.err
    assert token not in done.out + done.err


def test_a_licence_that_the_hub_does_not_know(export: Callable[..., Any], hub: Hub) -> None:
    """It is the hub that checks the card, before anything is sent."""
    said = export("acme/mine", "--license", "no such licence")

    assert said.code == 2
    assert '--push acme/mine: the hub answers 400: "license" must be one of' in said.err
    assert hub.datasets["acme/mine"].files == {}


def test_nobody_there(export: Callable[..., Any], hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, or one that is not to be used."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "--push acme/mine: the hub can't be reached (ConnectError); try later" in export("acme/mine").err
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in export("acme/mine", "--force").err


@pytest.mark.parametrize(
    "name", ["mine", "acme/", "/mine", "a/b/c", "acme/mi ne", "acme/a--b", "acme/x.git", "acme/" + "x" * 99]
)
def test_a_name_that_is_none(export: Callable[..., Any], hub: Hub, tmp_path: Path, name: str) -> None:
    """It is refused before anything is written or asked."""
    said = export(name)

    assert said.code == 2
    assert (
        said.err == f"Error: --push {name!r}: not a dataset's name; OWNER/NAME is expected, of letters, digits, . _ -\n"
    )
    assert not (tmp_path / "chat").exists()
    assert hub.asked == []


def test_without_a_token(export: Callable[..., Any], hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither in the environment nor left by a login: said before anything is written."""
    monkeypatch.delenv("HF_TOKEN")
    said = export("acme/mine")

    assert (said.code, said.err) == (
        2,
        "Error: --push: no token: set HF_TOKEN to one that may write, or run `hf auth login`\n",
    )
    assert not (tmp_path / "chat").exists()


def test_without_the_extra(
    export: Callable[..., Any], hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The line says what brings it."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    said = export("acme/mine")

    assert said.code == 2
    assert "pip install 'selfinstruct-chains[hub]'" in said.err
    assert not (tmp_path / "chat").exists()


def test_a_format_that_the_hub_does_not_read(export: Callable[..., Any], hub: Hub) -> None:
    """Arrow files as `datasets` saves them are for `load_from_disk` alone."""
    assert (
        "datasets is a folder that only load_from_disk reads; use --format parquet"
        in export("acme/mine", format_name="datasets").err
    )


def test_the_chain_beside_the_data_is_the_run_s(tmp_path: Path) -> None:
    """It loads to what shaped the run, and tells neither where its maker's models are nor where keys come from."""
    changes = {
        "model.base_url": "http://llm.internal/v1",
        "model.api_key_env": "MY_KEY",
        "topics": {"pay": 2, "loans": 1},
    }
    config = load_config("mixed", {key: value for key, value in changes.items() if key != "model.base_url"})
    config = config.changed({"classification.model.base_url": "http://llm.internal/v1"})
    Folder(tmp_path / "run", config, [SEED]).close()
    files = recipe(RunReader(tmp_path / "run"))
    for path, text in files.items():
        (tmp_path / "pushed" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pushed" / path).write_text(text, encoding="utf-8")

    found = load_config(tmp_path / "pushed" / "chain.yaml")

    assert found.shaping() == RunReader(tmp_path / "run").config.shaping()
    assert found.name == "mixed"
    assert "separator:" not in files["prompts/instructions.yaml"]  # nor anything else that is a default
    assert "llm.internal" not in "".join(files.values())
    assert "MY_KEY" not in "".join(files.values())


def test_weights_on_the_maker_s_machine_are_named_without_their_folder(tmp_path: Path) -> None:
    """And what the maker's own program did is told."""
    config = CONFIG.changed({"model.provider": "embedded", "model.name": "/home/somebody/own.gguf"})
    Folder(tmp_path / "run", config, [SEED], {"own.steps.classification": "Mine", "own_filters": ["no_poems"]}).close()
    chain = recipe(RunReader(tmp_path / "run"))["chain.yaml"]

    assert "name: own.gguf" in chain
    assert "somebody" not in chain
    assert (
        "# Its maker's own program took part too, which is not in it: steps.classification, filter no_poems.\n" in chain
    )
