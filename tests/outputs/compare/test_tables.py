"""What a comparison shows, cell by cell, of runs whose figures are counted by hand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.outputs.compare.between import Overlap
from selfinstruct_chains.outputs.compare.comparison import Verbs
from selfinstruct_chains.outputs.compare.settings import ABSENT, PromptChange
from selfinstruct_chains.outputs.compare.shares import Share
from selfinstruct_chains.outputs.compare.tables import interval, number, percent, tables, value
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.training.evaluation.intervals import Estimate, counted
from tests.outputs.compare.made import comparison
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.comparison import Comparison

Rows = list[tuple[str, list[str], str]]


def rows(found: Comparison, id_: str) -> Rows:
    """Those of one table; none where it is left out."""
    return [(row.name, list(row.cells), row.paper) for part in tables(found) if part.id == id_ for row in part.rows]


def unlike_paper(found: Comparison, id_: str) -> list[tuple[str, list[str]]]:
    """The same of a table of which the paper has nothing."""
    assert not any(paper for *_, paper in rows(found, id_))
    return [(name, cells) for name, cells, _ in rows(found, id_)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one task."""
    return run_folder(tmp_path_factory.mktemp("home") / "lake", [task(0, "Name a lake.")]).path


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 0, "-"),
        (3, 0, "-"),
        (0, 5, "0%"),
        (1, 1000, "0.1%"),
        (994, 10_000, "9.9%"),
        (995, 10_000, "10%"),
        (2, 5, "40%"),
        (5, 5, "100%"),
    ],
)
def test_small_shares_have_a_digit_more(part: float, whole: float, expected: str) -> None:
    """Below what rounds to ten percent, but for nothing; of nothing there is no share."""
    assert percent(part, whole) == expected


def test_numbers_are_told_as_they_are() -> None:
    """Counts whole, means with so many digits, and a dash for nothing."""
    assert [number(None), number(1234), number(1234.56), number(2.346, 2)] == ["-", "1,234", "1,234.6", "2.35"]


def test_intervals_stand_behind_their_mean() -> None:
    """Ends at zero too; nothing is told of nothing."""
    nothing = Estimate(float("nan"), None, None, None, 0)
    some, none = Estimate(52, 43.4, 60.6, None, 9), Estimate(0, 0, 16.1, None, 9)
    few = Estimate(0, 0, 0, None, 9)

    assert [interval(nothing), interval(some)] == ["-", "52 [43, 61]"]
    assert [interval(none), interval(few)] == ["0 [0, 16]", "0 [0, 0]"]


def test_settings_are_told_as_they_are_set() -> None:
    """Texts bare, all else as JSON with its letters as they are; a dash for what a run has not."""
    values: list[Any] = [ABSENT, "m", None, True, 0.5, ["é", 1]]

    assert [value(one) for one in values] == ["-", "m", "null", "true", "0.5", '["é", 1]']


def test_tables_without_rows_are_left_out(lake: Path) -> None:
    """Two runs of one task, of which nothing more is known, have four."""
    assert [part.id for part in tables(comparison(lake, lake))] == ["counts", "cost", "lengths", "between"]


def test_what_differs_in_the_chain(lake: Path) -> None:
    """A row for each key, and one for each prompt that any run has another one of: the lines against the first's."""
    changes = [
        PromptChange("classification.prompt", "B", ("@ x", "+a", "-b", "+c")),
        PromptChange("instructions.prompt", "C", ("@ x", "-a")),
        PromptChange("classification.prompt", "C", ("@ x", "+a")),
    ]
    found = comparison(lake, lake, lake, settings={"model.name": ["m", ABSENT, 3]}, prompts=changes)

    assert unlike_paper(found, "settings") == [
        ("model.name", ["m", "-", "3"]),
        ("classification.prompt", ["", "+2 -1 lines", "+1 -0 lines"]),
        ("instructions.prompt", ["", "as A", "+0 -1 lines"]),
    ]


def test_tasks_and_instances_are_counted(lake: Path, tmp_path: Path) -> None:
    """Beside the paper's; of a run without tasks there are no shares."""
    tasks = [task(0, "Say yes."), task(11, "Sort it", ("a", "b"), ("", "c"), ("d", "e"), labels=True)]
    drop = Rejection(id="000001-02", rule="novelty", stage="instruction", text="x", request=1)
    two = run_folder(tmp_path / "two", tasks, [drop]).path
    none = run_folder(tmp_path / "none", []).path

    assert rows(comparison(two, none, lake), "counts") == [
        ("finished tasks", ["2", "0", "1"], "52,445"),
        ("  classification", ["50%", "-", "0%"], "22%"),
        ("instances", ["4", "0", "1"], "82,439"),
        ("  for each task", ["2.0", "-", "1.0"], "1.6"),
        ("  with an empty input", ["50%", "-", "100%"], "44%"),
        ("requests", ["2", "0", "1"], ""),
        ("instructions proposed", ["3", "0", "1"], ""),
        ("  accepted", ["67%", "-", "100%"], ""),
    ]


def test_what_dropped_most_stands_first(lake: Path, tmp_path: Path) -> None:
    """Of equal rules the first by name; shares are told of instructions alone, and stages without any are left out."""
    dropped = [("zeta", "instruction"), ("alpha", "instruction"), *[("beta", "instruction")] * 2, ("empty", "instance")]
    rejections = [
        Rejection(id=f"000000-{place}", rule=rule, stage=stage, text="x", request=0)
        for place, (rule, stage) in enumerate(dropped, start=10)
    ]
    run = run_folder(tmp_path / "run", [task(0, "Say yes.")], rejections).path

    assert unlike_paper(comparison(run, lake), "dropped") == [
        ("instructions", ["4 (80%)", "0 (0%)"]),
        ("  beta", ["2 (40%)", "0 (0%)"]),
        ("  alpha", ["1 (20%)", "0 (0%)"]),
        ("  zeta", ["1 (20%)", "0 (0%)"]),
        ("instances", ["1", "0"]),
        ("  empty", ["1", "0"]),
    ]


def call(read: int, wrote: int, ms: int) -> Entry:
    """A reply, with its tokens."""
    usage = {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote}
    return Entry("instructions/000000/1", "x", reply="r", usage=usage, model="m", ms=ms)


def test_costs_are_for_each_finished_task(lake: Path, tmp_path: Path) -> None:
    """A dash where there are no calls or no tasks; a question mark where nobody knows the price."""
    tasks = [task(0, "Say yes."), task(1, "Say no.")]
    priced = load_config("openai", {"model.price": {"input": 1, "output": 10}})
    dear = run_folder(tmp_path / "dear", tasks, [], [call(1_000_000, 100_000, 5000)], config=priced).path
    cheap = run_folder(tmp_path / "cheap", tasks, [], [call(500, 50, 0)], config=priced).path
    unknown = load_config("openai", {"model.name": "nobody's"})
    odd = run_folder(tmp_path / "odd", tasks[:1], [], [call(7, 5, 1500)], config=unknown).path
    none = run_folder(tmp_path / "none", [], [], [call(7, 5, 1500)], config=priced).path

    assert unlike_paper(comparison(dear, cheap, odd, lake, none), "cost") == [
        ("calls", ["0.5", "0.5", "1.0", "-", "-"]),
        ("tokens in", ["500,000.0", "250.0", "7.0", "-", "-"]),
        ("tokens out", ["50,000.0", "25.0", "5.0", "-", "-"]),
        ("seconds of replies", ["2.5", "0.0", "1.5", "-", "-"]),
        ("dollars", ["1.00", "0.0005", "?", "-", "?"]),
        ("  for 1,000 tasks", ["1,000.00", "0.5", "?", "-", "?"]),
    ]
    assert [name for name, _ in unlike_paper(comparison(odd, lake), "cost")][-1] == "dollars"


def test_lengths_are_words(tmp_path: Path) -> None:
    """Mean, median, and what nine of ten do not exceed; inputs that are empty have none."""
    instances = [("", "w " * n) if n < 8 else ("a b", "w " * n) for n in range(1, 11)]
    run = run_folder(tmp_path / "run", [task(0, "Name a lake.", *instances), task(1, "Say how long it is.")]).path
    none = run_folder(tmp_path / "none", []).path

    assert rows(comparison(run, none), "lengths") == [
        ("instructions, mean", ["4.0", "-"], "15.9"),
        ("  median", ["3", "-"], ""),
        ("  nine of ten up to", ["5", "-"], ""),
        ("non-empty inputs, mean", ["2.0", "-"], "12.7"),
        ("  median", ["2", "-"], ""),
        ("  nine of ten up to", ["2", "-"], ""),
        ("outputs, mean", ["5.1", "-"], "18.9"),  # 1 to 10, and 1
        ("  median", ["5", "-"], ""),
        ("  nine of ten up to", ["9", "-"], ""),
    ]


def test_labels_are_told_where_any_run_has_them(lake: Path, tmp_path: Path) -> None:
    """Of classification tasks with several instances."""
    tasks = [
        task(0, "Which mood?", ("a", "Good"), ("b", "good "), labels=True),
        task(1, "Which mood?", ("a", "bad"), ("b", "good"), labels=True),
    ]
    run = run_folder(tmp_path / "run", tasks).path

    assert unlike_paper(comparison(lake, run), "labels") == [
        ("with several instances", ["0", "2"]),
        ("  all of one label", ["-", "50%"]),
        ("  mean number of labels", ["-", "1.5"]),
        ("  share of the top label", ["-", "75%"]),
        ("different labels", ["0", "2"]),
    ]


def test_the_most_common_topics_and_all_languages(lake: Path, tmp_path: Path) -> None:
    """Twenty topics at most, by how many tasks of all runs they have."""

    def about(number: int, topic: str) -> Any:
        made = task(number, f"Say {number}.")
        where = made.provenance.model_copy(update={"topic": topic, "language": "fr"})  # type: ignore[union-attr]
        return made.model_copy(update={"provenance": where})

    names = [f"t{number:02}" for number in range(21)]
    run = run_folder(tmp_path / "run", [about(number, name) for number, name in enumerate([*names, "t05"])]).path
    found = unlike_paper(comparison(lake, run), "subjects")

    assert [name for name, _ in found] == ["t05", *(name for name in names[:20] if name != "t05"), "fr"]
    assert [found[0][1], found[1][1], found[-1][1]] == [["0%", "9.1%"], ["0%", "4.5%"], ["0%", "100%"]]


def test_what_is_in_the_other_run(lake: Path) -> None:
    """Each run's own share, and how near half of it comes."""
    overlaps = [Overlap("A", "B", 1, 0, 0.504, None, ()), Overlap("B", "C", 0, 1, 1.0, 0.25, ())]
    found = comparison(lake, lake, lake, overlaps=overlaps)

    assert unlike_paper(found, "between") == [
        ("of A, too similar in", ["-", "100%", "0%"]),
        ("  nearest, median", ["-", "0.50", "-"]),
        ("of B, too similar in", ["0%", "-", "0%"]),
        ("  nearest, median", ["-", "-", "1.00"]),
        ("of C, too similar in", ["0%", "100%", "-"]),
        ("  nearest, median", ["-", "0.25", "-"]),
    ]


def test_the_ten_most_common_verbs(lake: Path) -> None:
    """Of equal ones the first by name, in percent of what has a verb and a noun; one run may have none."""
    pairs = Counter({(f"v{number:02}", "n"): 1 for number in reversed(range(11))}) + Counter(
        {("w", "n"): 2, ("w", "m"): 1}
    )
    found = unlike_paper(comparison(lake, lake, verbs=[Verbs(20, pairs), Verbs(0, Counter())]), "verbs")

    assert found == [
        ("instructions parsed", ["20", "0"]),
        ("  with verb and noun", ["70%", "-"]),
        ("  different verbs", ["12", "0"]),
        ("  different pairs", ["13", "0"]),
        ("w", ["21%", "-"]),
        *((f"v{number:02}", ["7.1%", "-"]) for number in range(9)),
    ]
    assert unlike_paper(comparison(lake, lake, verbs=[Verbs(0, Counter())] * 2), "verbs") == []


def test_verdicts_of_one_run_are_shown(lake: Path, tmp_path: Path) -> None:
    """With how many tasks were seen; reviewers who saw none, and shares that are no verdicts, have no row."""
    run = run_folder(tmp_path / "run", [task(0, "Say yes.")]).path
    Reviews(run).put(verdict("000000-00"))
    shares = [
        Share("accepted", "accepted instructions", [counted(1, 1)] * 2),
        Share("person.valid_instruction", "valid instruction, by people", [counted(0, 0), counted(1, 1)], 0.92),
        Share("person.all", "all three, by people", [counted(0, 0), counted(1, 1)], 0.54),
        Share("judge.all", "all three, by a model", [counted(0, 0)] * 2, 0.54),
    ]

    assert rows(comparison(lake, run, shares=shares), "verdicts") == [
        ("tasks seen by people", ["0", "1"], "200"),
        ("  valid instruction", ["-", "100 [21, 100]"], "92"),
        ("  all three", ["-", "100 [21, 100]"], "54"),
    ]
