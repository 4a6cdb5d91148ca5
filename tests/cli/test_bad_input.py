"""Bad input at the command line: one or two lines, the exit code, no traceback, and nothing left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.shapes import EXPECTED

ONE = {"instruction": "Do it.", "instances": [{"input": "", "output": "x"}], "is_classification": False}


@pytest.fixture
def refused(selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """Runs a command that must fail with exit code 2, and gives what it said: the error, after "Error: "."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")

    def run(*arguments: str) -> str:
        said = selfinstruct(*arguments)
        assert (said.code, said.out) == (2, "")
        assert "Traceback" not in said.err
        lines = said.err.splitlines()
        assert len(lines) <= 2
        assert lines[0].startswith("Error: ")
        assert list((tmp_path / "empty").iterdir()) == []
        return str(said.err.removeprefix("Error: ").rstrip("\n"))

    return run


def _seeds(folder: Path, lines: int = 6, **changes: Any) -> Path:
    path = folder / "s.jsonl"
    tasks = [ONE | {"id": str(number)} for number in range(lines)]
    tasks[-1] |= changes
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
    return path


GENERATE = ("generate", "-n", "1", "--chain", "openai")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"instruction": ""}, "instruction: empty; the task in words is expected"),
        ({"instances": [{"input": "x"}]}, "instances.0.output: missing"),
        ({"is_classification": "no"}, "is_classification: must be true or false, not 'no'"),
        ({"id": "0"}, "id '0' is also that of line 1"),
        ({"instruction": "\ud800"}, "instruction: half of a character (a lone surrogate, \\ud800 to \\udfff)"),
    ],
)
def test_wrong_seeds(refused: Callable[..., str], tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    """A field that is wrong is named with file and line, before anything is called or written."""
    path = _seeds(tmp_path, **changes)

    assert refused(*GENERATE, "--seeds", str(path)) == f"{path}, line 6: {expected}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", f": empty; {EXPECTED}"),
        (
            b"a,b\n",
            (
                ", line 1: not JSON (Expecting value at column 1); "
                "one object on each line, or one array of them, is expected"
            ),
        ),
        (b"[]\n", f": empty; {EXPECTED}"),
        ("[1]".encode("utf-16"), ", line 1: not text in UTF-8 (UTF-16, perhaps, or Latin-1?); save the file as UTF-8"),
    ],
)
def test_what_is_no_seed_file(refused: Callable[..., str], tmp_path: Path, content: bytes, expected: str) -> None:
    """A file of another kind is named with what is expected."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)

    assert refused(*GENERATE, "--seeds", str(path)) == f"{path}{expected}"


def test_seeds_that_can_not_be_read(refused: Callable[..., str], tmp_path: Path) -> None:
    """A folder and a missing file are named with the system's reason."""
    assert refused(*GENERATE, "--seeds", "no.jsonl") == "no.jsonl: can't be read: No such file or directory"
    assert refused(*GENERATE, "--seeds", str(tmp_path)) == f"{tmp_path}: can't be read: Is a directory"


def test_too_few_seeds(refused: Callable[..., str], tmp_path: Path) -> None:
    """Fewer tasks than a request shows: the message has the option that lowers it."""
    path = _seeds(tmp_path, lines=3)

    said = refused(*GENERATE, "--seeds", str(path))

    assert "3 seed tasks, but each request shows 6" in said
    assert "--set instructions.seed_examples=3" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--chain", "opnai"], "no chain 'opnai' is shipped (did you mean 'openai'?); there are "),
        (["--chain", "no.yaml"], "no.yaml: no such file; a chain file is expected"),
        (["--set", "run.sed=7"], "--set run.sed: no such key (did you mean 'seed'?); there are "),
        (["--set", "run.seed"], "--set run.seed: KEY=VALUE is expected"),
        (["--set", "novelty.threshold=2"], "--set novelty.threshold: must be at most 1, not 2"),
        (["--set", "instructions.prompt=no.yaml"], "--set instructions.prompt: no.yaml: no such file"),
        (["--set", "model.api_key=sk-1"], "--set model.api_key: a secret in a chain ends up in records"),
        (["--set", "filters.0.kind=lenght"], "--set filters.0.kind: no such kind as 'lenght' (did you mean 'length'?)"),
    ],
)
def test_a_wrong_chain(refused: Callable[..., str], arguments: list[str], expected: str) -> None:
    """A chain, key or value that is wrong is named, with what is allowed."""
    for command in (GENERATE, ("graph",)):
        assert refused(*command, *arguments).startswith(expected)


def test_a_chain_file_with_a_mistake(refused: Callable[..., str], tmp_path: Path) -> None:
    """A mistake in a file is named with the file, for every command that reads it."""
    path = tmp_path / "mine.yaml"
    text = (shipped.CHAINS / "openai.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("yes_examples", "yess_examples"), encoding="utf-8")
    expected = f"{path}: classification.yess_examples: no such key (did you mean 'yes_examples'?)"

    for command in (
        ["generate", "-n", "1", "--chain"],
        ["graph", "--chain"],
        ["show", "instructions", "--chain"],
        ["check"],
    ):
        assert refused(*command, str(path)).startswith(expected)


def test_no_key(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the variable's name is said, before a run folder is made."""
    monkeypatch.delenv("OPENAI_API_KEY")

    assert "OPENAI_API_KEY" in refused(*GENERATE)


def test_no_weights(refused: Callable[..., str], tmp_path: Path) -> None:
    """A model file that is missing or no GGUF is named, before a run folder is made."""
    empty = tmp_path / "empty.gguf"
    empty.write_bytes(b"")

    for path in (tmp_path / "no.gguf", empty):
        assert str(path) in refused("generate", "-n", "1", "--set", f"model.name={path}")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "Missing option '-n'"),
        (["-n", "0"], "Invalid value for '-n': '0' is not a whole number of 1 or more."),
        (["-n", "many"], "Invalid value for '-n': 'many' is not a whole number of 1 or more."),
        (["-n", "1", "--seed", "x"], "Invalid value for '--seed'"),
        (["-n", "1", "--max-calls", "0"], "Invalid value for '--max-calls'"),
        (["-n", "1", "--max-minutes", "0"], "Invalid value for '--max-minutes': '0' is not a number above 0."),
        (["-n", "1", "--log-format", "jsno"], "'jsno' is not one of 'text', 'json' (did you mean 'json'?)."),
        (["-n", "1", "--sead", "7"], "No such option '--sead'"),
        (["-n", "1", "stray"], "Got unexpected extra argument"),
    ],
)
def test_wrong_usage(selfinstruct: Callable[..., Any], tmp_path: Path, arguments: list[str], expected: str) -> None:
    """A wrong option is said with the usage, exit code 2."""
    said = selfinstruct("generate", *arguments)

    assert (said.code, said.out) == (2, "")
    assert "selfinstruct generate [OPTIONS]" in said.err
    assert expected in said.err
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_folder_that_can_not_be_a_run(refused: Callable[..., str], tmp_path: Path) -> None:
    """A file, a folder with other things in it, or one that can't be made: said, and left as it was."""
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine", encoding="utf-8")

    assert refused(*GENERATE, "-o", str(file)).startswith(f"{file}: ")
    assert refused(*GENERATE, "-o", str(file / "below")).startswith(f"{file}")
    assert refused(*GENERATE, "-o", "/proc/no/run").startswith("/proc/no")
    assert "thesis.txt" in refused(*GENERATE, "-o", str(other))
    assert [path.name for path in other.iterdir() if path.name != ".lock"] == ["thesis.txt"]
    assert file.read_text(encoding="utf-8") == "mine"
