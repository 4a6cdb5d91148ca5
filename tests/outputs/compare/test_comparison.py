"""Comparisons as a whole: what is said of runs that can't simply be held against one another; text, page and JSON."""

from __future__ import annotations

import json
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.outputs.compare.comparison import compare
from selfinstruct_chains.outputs.compare.page import check, page, write
from selfinstruct_chains.outputs.compare.text import comparison_text
from selfinstruct_chains.outputs.compare.wire import as_json
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from tests.outputs.looked_at import check_looked_at
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import ENTRIES, REJECTIONS, TASKS, twenty

if TYPE_CHECKING:
    from selfinstruct_chains.outputs.compare.comparison import Comparison

HOSTILE = "</script><script>alert(1)</script>\x1b[31m\u202e"
FRENCH = ["Nomme un grand lac de ton pays.", "Explique pourquoi le ciel est bleu."]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Runs of twenty tasks and of thirty, both reviewed by people, with other thresholds and a hostile rule."""
    home = tmp_path_factory.mktemp("two")
    more = [task(number, f"Describe river {number} in a letter.", ("", "x y")) for number in range(20, 30)]
    drop = Rejection(id="000001-19", rule=f"rule {HOSTILE}", stage="instruction", text=HOSTILE, request=1)
    config = load_config("openai", {"novelty.threshold": 0.6, "model.name": "m"})
    twenty(home / "a")
    run_folder(home / "b", [*TASKS[:-1], task(19, HOSTILE), *more], [*REJECTIONS, drop], ENTRIES, config=config)
    for path, yes in ((home / "a", 2), (home / "b", 15)):
        for place, one in enumerate(TASKS):
            Reviews(path).put(verdict(one.id, "yyy" if place < yes else "yyn"))
    return home / "a", home / "b"


@pytest.fixture(scope="module")
def found(two: tuple[Path, Path]) -> Comparison:
    """Them compared."""
    return compare(two)


def test_the_text_fits_eighty_columns_and_shows_both_beside_the_paper(found: Comparison) -> None:
    """Every part is there, with a column for each run, and nothing in it is obeyed by a terminal."""
    text = comparison_text(found)

    assert max(map(len, text.splitlines())) < 80
    assert re.search(r"\nfinished tasks +20 +30 +52,445\n", text)
    assert re.search(r"\nnovelty.threshold +0.7 +0.6\n", text)
    assert re.search(r"\n  all three +10 \[3, 30\] +75 \[53, 89\] +54\n", text)
    assert re.search(r"\n  all three, by people +\+65.0 \[\+35.3, \+80.6\] +higher\n", text)
    assert re.search(r"\n  finished, of accepted .* can't tell below \d+.\d\n", text)
    assert re.search(r"\nof A, too similar in +- +100%\n", text)
    assert re.search(r"\ncalls +0.1 +0.1\n", text)
    assert "B beside A. Right in all three respects, by people: more of B's (+65.0 [+35.3, +80.6] points)." in " ".join(
        text.split()
    )
    assert not re.search("[\x1b\u202e]", text)


def test_five_runs_stand_in_blocks_of_as_many_as_fit(two: tuple[Path, Path]) -> None:
    """In 80 columns, each run in one of them, the paper in the last."""
    text = comparison_text(compare([*two, two[0], two[1], two[0]]))
    heads = re.findall(r"\nTasks +(.*)\n", text)

    assert max(map(len, text.splitlines())) < 80
    assert [head.split() for head in heads] == [["A", "B", "C", "D"], ["E", "the", "paper"]]


def test_text_and_page_say_what_they_did(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are, to the letter, what somebody has read."""
    monkeypatch.chdir(two[0].parent)
    found = compare((Path("a"), Path("b")))
    [content] = re.findall(r'id="content">(.*?)</script>', page(found), re.DOTALL)

    check_looked_at(
        "compare", {"text.txt": comparison_text(found), "page.json": json.dumps(json.loads(content), indent=1)}
    )


def test_the_page_holds_hostile_text_as_data(found: Comparison) -> None:
    """It stands in the data block alone, escaped; the one script is the policy's."""
    text = page(found)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    [content] = re.findall(r'id="content">(.*?)</script>', text, re.DOTALL)
    values = json.loads(content)

    assert len(scripts) == 1
    assert "alert(1)" not in scripts[0]
    assert HOSTILE not in text
    assert not re.search(r"https?://", text.replace(content, ""))
    assert any(HOSTILE in row["cells"][0] for section in values["sections"] for row in section["rows"])
    for section in values["sections"]:
        assert all(len(row["cells"]) == len(section["columns"]) for row in section["rows"])


def test_json_has_the_figures_of_the_text(found: Comparison) -> None:
    """By the letters of the runs; all of it is plain JSON without not-a-number."""
    values = json.loads(json.dumps(as_json(found), allow_nan=False))

    assert [run["tasks"] for run in values["runs"].values()] == [20, 30]
    assert values["settings"]["novelty.threshold"] == {"A": 0.7, "B": 0.6}
    assert values["differences"]["B"]["person.all"]["says"] == "higher"
    assert values["shares"]["person.all"]["B"]["yes"] == 15
    assert values["between"][0]["one_in_other"] == 20
    assert values["runs"]["A"]["per_task"]["calls"] == pytest.approx(3 / 20)
    assert values["verbs"]["A"]["parsed"] == values["verbs"]["B"]["parsed"] > 0


def notes(*paths: Path) -> list[str]:
    """What has to be known of their comparison."""
    return list(compare(paths, sample=1).notes)


def test_a_run_beside_itself_is_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    """The same folder, by another path too; a copy of it is said as well."""
    (tmp_path / "link").symlink_to(two[0])
    shutil.copytree(two[0], tmp_path / "copy")

    same, copied = notes(two[0], tmp_path / "link"), notes(two[0], tmp_path / "copy")
    assert "A and B are the same folder: a run compared with itself. Nothing differs." in same
    assert any(note.startswith("A and B are the same run, copied or longer: ") for note in copied)


def test_other_thresholds_tokenizers_and_languages_are_said(tmp_path: Path) -> None:
    """With what the runs are compared by instead."""
    run_folder(tmp_path / "a", [task(0, "Name a lake of it.")], config=load_config("openai", {"language": "en"}))
    config = load_config("openai", {"novelty.threshold": 0.5, "novelty.tokenizer": "rouge", "language": "fr"})
    run_folder(tmp_path / "b", [task(place, text) for place, text in enumerate(FRENCH)], config=config)

    assert notes(tmp_path / "a", tmp_path / "b") == [
        "Languages differ (A English, B French); the runs are compared by the words of any script (unicode).",
        "Tokenizers differ (A unicode, B rouge); the runs are compared by unicode's words.",
        "Novelty thresholds differ (A 0.7, B 0.5); between runs 0.7 counts, which is A's.",
        "B: no English instructions, which alone are parsed for verbs.",
    ]


def test_runs_that_are_not_done_are_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    """One that was killed, one that a process is at work in, one without tasks; half a line counts as none."""
    said = {"state": "running", "why": "", "finished": 20, "wanted": 99, "host": socket.gethostname()}
    for name in ("killed", "live"):
        shutil.copytree(two[0], tmp_path / name)
        (tmp_path / name / "progress.json").write_text(json.dumps(said))
    for name in ("tasks.jsonl", "journal.jsonl"):
        with (tmp_path / "live" / name).open("ab") as file:
            file.write(b'{"id": "0000')
    run_folder(tmp_path / "none", [])
    with FileLock(tmp_path / "live" / ".lock"):
        found = compare([tmp_path / "killed", tmp_path / "live", tmp_path / "none"], sample=1)

    assert [side.finished for side in found.sides] == [20, 20, 0]
    assert "A is unfinished: it was killed at 20 of 99 tasks." in found.notes
    assert "B is unfinished: a process is at work in it; what it had when this began is used." in found.notes
    assert "C has no finished tasks yet." in found.notes
    assert comparison_text(found)
    assert page(found)
    assert json.dumps(as_json(found), allow_nan=False)


def test_a_run_that_was_made_of_the_other_is_said(tmp_path: Path) -> None:
    """It has no calls, and so no cost; the two share tasks, which intervals don't know."""
    from selfinstruct_chains import self_instruct

    model = ScriptedChat(reply=scripted_author)
    self_instruct(load_config("openai"), tmp_path / "run", models=model).invoke({"n": 6})
    refilter(tmp_path / "run", {"novelty.threshold": 0.5}, tmp_path / "anew")
    found = compare([tmp_path / "run", tmp_path / "anew"], sample=1)
    values = as_json(found)

    assert any(note.startswith("B: Refiltered, without a call, from the run ") for note in found.notes)
    assert any(note.startswith("A and B: one was made of the other, and they share tasks.") for note in found.notes)
    assert values["runs"]["A"]["per_task"]["calls"] > 1
    assert set(values["runs"]["B"]["per_task"].values()) == {None}
    assert re.search(r"\ncalls +\d\.\d +-\n", comparison_text(found))


def test_tokens_that_nobody_counted_are_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    """The cost is that of the other replies; where no reply has any, it is not known."""
    entries = [Entry("instructions/000000/1", "x", reply="r", model="m", ms=5)]
    run_folder(tmp_path / "b", TASKS, [], entries)
    found = compare([two[0], tmp_path / "b"], sample=1)

    assert "A: nobody counted the tokens of 1 of its replies; its cost is that of the others." in found.notes
    assert as_json(found)["runs"]["B"]["per_task"]["dollars"] is None
    assert as_json(found)["runs"]["A"]["per_task"]["dollars"] > 0


def test_other_judges_are_said(tmp_path: Path) -> None:
    """By their models."""
    for name in "ab":
        run_folder(tmp_path / name, TASKS[:2])
        one = verdict(TASKS[0].id, by="judge").model_copy(update={"model": f"judge {name}"})
        Reviews(tmp_path / name).put(one)

    assert "The runs were judged by different models (A judge a, B judge b)." in notes(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("count", [0, 1, 27])
def test_a_number_of_runs_that_can_not_be_compared(two: tuple[Path, Path], count: int) -> None:
    """One alone, or more than there are letters."""
    with pytest.raises(ConfigError, match=r"one run alone|too many"):
        compare([two[0]] * count)


def test_what_is_no_run_is_told_before_anything_is_read(two: tuple[Path, Path], tmp_path: Path) -> None:
    """By its folder, also as the last one."""
    with pytest.raises(RunError, match="not a run folder"):
        compare([*two, tmp_path])


def test_another_file_is_not_replaced(found: Comparison, tmp_path: Path) -> None:
    """A comparison is; anything else stays, but by force."""
    out = tmp_path / "page.html"
    out.write_text("precious")
    with pytest.raises(ConfigError, match="is no comparison"):
        check(out, force=False)
    check(out, force=True)
    write(found, out)

    check(out, force=False)
    assert "Runs side by side" in out.read_text("utf-8")


def test_the_same_each_time(two: tuple[Path, Path], found: Comparison) -> None:
    """Samples and intervals are drawn by ids, not by chance."""
    assert as_json(compare(two)) == as_json(found)
