"""The lines that an export ends with are true: they load and train on what it wrote."""

from __future__ import annotations

import json
import shlex
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from selfinstruct_chains.cli.finetune import command as finetune
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.formats import FORMATS
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.training.data import read_examples
from selfinstruct_chains.training.settings import load_settings
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selfinstruct_chains.outputs.export.export import Exported

SPLIT = Choice(shares=Shares(0.2))


@pytest.fixture(params=[False, True], ids=["file", "folder"])
def as_folder(request: pytest.FixtureRequest) -> bool:
    """Whether it is written as a folder with splits."""
    return bool(request.param)


def written(tmp_path: Path, format_name: str, *, as_folder: bool) -> Exported:
    """An export of forty tasks."""
    run = run_folder(tmp_path / "run", [task(n, f"Do thing {n}", (f"{n}", f"{n}a")) for n in range(40)])
    out = tmp_path / ("it's here" if as_folder else f"it's here{FORMATS[format_name].suffix}")
    return export(run, format_name, out, SPLIT if as_folder else Choice())


def commands(done: Exported, program: str) -> list[list[str]]:
    """The words of each command of a program among the lines."""
    text = "\n".join(done.train).replace("\\\n", " ")
    return [shlex.split(line) for line in text.splitlines() if line.startswith(f"  {program} ")]


TRAINED = ["alpaca", "openai", "messages", "sharegpt", "prompt-completion"]


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_lines_are_few_and_narrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_name: str, *, as_folder: bool
) -> None:
    """At most twelve, in 80 columns, for a path as people give one."""
    monkeypatch.chdir(tmp_path)
    run = run_folder(tmp_path / "run", [task(n, f"Do thing {n}") for n in range(40)])
    suffix = FORMATS[format_name].suffix
    if not (as_folder or suffix):
        return
    place = (
        (tmp_path / "data").relative_to(tmp_path) if as_folder else (tmp_path / f"data{suffix}").relative_to(tmp_path)
    )
    done = export(run, format_name, place, SPLIT if as_folder else Choice())
    lines = [f"To read it: {done.load}", *done.train]

    assert max(map(len, lines)) <= 80
    assert len(lines) <= 12
    assert any(line.startswith("  selfinstruct finetune data") for line in lines) == (format_name in TRAINED)


@pytest.mark.parametrize("format_name", TRAINED)
def test_our_own_command_takes_it(tmp_path: Path, format_name: str, *, as_folder: bool) -> None:
    """It parses, and what it names is read as examples."""
    done = written(tmp_path, format_name, as_folder=as_folder)
    [[_, _, *words]] = commands(done, "selfinstruct finetune")
    with finetune.make_context("finetune", words) as context:
        given: dict[str, Any] = context.params

    assert isinstance(context, click.Context)
    assert str(given["out"]) == "tuned"
    found = read_examples(given["source"], load_settings(None, {}))
    assert len(found.train) + len(found.validation) == 40


@pytest.mark.parametrize("format_name", ["messages", "prompt-completion"])
def test_trl_gets_rows_that_it_knows(tmp_path: Path, format_name: str, *, as_folder: bool) -> None:
    """The data set that its line names loads to a split "train" of its conversational or prompt-completion rows."""
    import datasets

    done = written(tmp_path, format_name, as_folder=as_folder)
    datasets.config.HF_DATASETS_CACHE = tmp_path / "hf"
    if as_folder:
        [words] = commands(done, "trl sft")
        data = datasets.load_dataset(words[words.index("--dataset_name") + 1])["train"]
    else:
        [line] = [line.partition(" = ")[2] for line in done.train if line.startswith("  data = load_dataset(")]
        data = eval(line, {"load_dataset": datasets.load_dataset})  # noqa: S307 - our own text

    assert len(data) == done.rows["train"]
    assert set(data.column_names) == ({"messages"} if format_name == "messages" else {"prompt", "completion"})


@pytest.mark.parametrize("format_name", ["alpaca", "messages", "sharegpt", "parquet"])
def test_axolotl_s_yaml_names_file_kind_and_keys(tmp_path: Path, format_name: str, *, as_folder: bool) -> None:
    """It is YAML, its file loads as the type it says, and the rows have the keys that its docs ask for."""
    import datasets

    done = written(tmp_path, format_name, as_folder=as_folder)
    start = done.train.index("In axolotl's YAML:") + 1
    [entry] = yaml.safe_load("\n".join(done.train[start:]))["datasets"]
    datasets.config.HF_DATASETS_CACHE = tmp_path / "hf"
    row = datasets.load_dataset(entry["ds_type"], data_files=entry["path"], split="train")[0]

    if entry["type"] == "alpaca":
        assert row.keys() >= {"instruction", "input", "output"}
        return
    assert entry["type"] == "chat_template"
    keys = entry.get("message_property_mappings", {"role": "role", "content": "content"})
    assert set(row[entry.get("field_messages", "messages")][0]) == set(keys.values())


@pytest.mark.parametrize("format_name", ["alpaca", "messages", "sharegpt"])
def test_llama_factory_s_command_names_what_its_file_tells(tmp_path: Path, format_name: str) -> None:
    """The data set of --dataset stands in dataset_info.json of --dataset_dir; a file alone has none, and no line."""
    done = written(tmp_path, format_name, as_folder=True)
    [words] = commands(done, "llamafactory-cli train")
    given = dict(pairwise(words))
    folder = tmp_path / "it's here"

    assert given["--dataset_dir"] == str(folder)
    assert given["--dataset"] in json.loads((folder / "dataset_info.json").read_text())
    alone = written(tmp_path / "alone", format_name, as_folder=False)
    assert commands(alone, "llamafactory-cli") == []


@pytest.fixture
def openai_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bytes]]]:
    """What is posted to a server in OpenAI's place, by path."""
    posted: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is told."""

        def do_POST(self) -> None:
            posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"id": f"file-{len(posted)}", "object": "file"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
        yield posted
        server.shutdown()


def test_openai_s_lines_send_the_files_and_start_a_job(
    tmp_path: Path, openai_files: list[tuple[str, bytes]], *, as_folder: bool
) -> None:
    """By its own package: each file for fine-tuning, and a job with both."""
    done = written(tmp_path, "openai", as_folder=as_folder)
    start = done.train.index("To train OpenAI's, in Python:") + 1
    scope: dict[str, Any] = {}
    exec("\n".join(line.removeprefix("  ") for line in done.train[start:]), scope)  # noqa: S102 - our own text
    scope["client"].close()
    *files, (path, job) = openai_files

    assert [path for path, _ in files] == ["/v1/files"] * len(done.data)
    for (_, body), data in zip(files, done.data, strict=True):
        assert b"fine-tune" in body
        assert data.read_bytes() in body
    assert path == "/v1/fine_tuning/jobs"
    expected = {"model": "MODEL", "training_file": "file-1"} | ({"validation_file": "file-2"} if as_folder else {})
    assert json.loads(job) == expected
