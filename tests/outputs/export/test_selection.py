"""Which tasks and instances are taken, and what is counted of the others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.export.selection import Choice, examples, select
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.outputs.review.corrections import Correction, Corrections, Wording, wording
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from selfinstruct_chains.outputs.export.formats import Example
    from selfinstruct_chains.outputs.export.selection import Selection
    from selfinstruct_chains.run.reader import RunReader

TASKS = [task(number, f"Do thing {number}.") for number in range(6)]


def takes_all(_: Example) -> str:
    """A format that refuses nothing."""
    return ""


def selected(run: RunReader, **choice: Any) -> Selection:
    """What is taken of a run."""
    return select(run, Choice(**choice), takes_all)


def ids(run: RunReader, selection: Selection) -> list[str]:
    """Of the tasks that are taken, in order: of a generated one its last digit."""
    return [example.task.id[-1] if example.task.provenance else "seed" for example in examples(run, selection, "train")]


def test_all_of_a_run_is_taken_unless_something_else_is_asked_for() -> None:
    """In its order, without seeds, with what people corrected."""
    assert Choice()._asdict() == {
        "seeds": False,
        "max_instances": None,
        "balance_labels": False,
        "max_tokens": None,
        "tokenizer": None,
        "exclude": (),
        "only_approved": False,
        "drop_rejected": False,
        "original": False,
        "shares": (0, 0),
        "shuffle": False,
        "seed": 42,
    }


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), ""),
        (Choice(max_instances=1), ""),
        (Choice(max_instances=0), "at most 0 instances of each task: use 1 or more"),
        (Choice(tokenizer=Path("t"), max_tokens=0), ""),
        (Choice(tokenizer=Path("t")), "a tokenizer without a limit: give --max-tokens too"),
        (Choice(shares=Shares(0.5, 0.5)), "validation 0.5 and test 0.5: together they must be below 1"),
    ],
)
def test_what_can_not_be_meant_is_refused(choice: Choice, expected: str) -> None:
    """Which option, and why."""
    if not expected:
        choice.check()
        return
    with pytest.raises(ConfigError) as raised:
        choice.check()
    assert str(raised.value) == expected


def test_what_is_taken_is_counted(tmp_path: Path) -> None:
    """Seeds, tasks by split and by model, and Table 1 of the instances that are taken."""
    silent = TASKS[2].model_copy(update={"provenance": None})
    tasks = [task(0, "Say it.", ("", "a b"), ("x", "c")), TASKS[1], silent]
    run = run_folder(tmp_path / "run", tasks)
    found = selected(run, seeds=True, max_instances=1)

    assert (found.seed_tasks, found.split_tasks, found.models) == (1, Counter({"train": 4}), Counter({"m": 2}))
    assert {split: len(places) for split, places in found.places.items()} == {"train": 4, "validation": 0, "test": 0}
    assert (found.table.instructions, found.table.instances, found.table.empty_input) == (4, 4, 4)
    assert found.table.output_words == 2 + 1 + 1 + 2  # and the seed's
    assert +found.left_out == Counter({"instances: beyond the limit or the label balance": 1})
    assert (found.contaminated, found.corrected, found.outdated, found.judged) == ([], 0, 0, 0)
    plain = selected(run)
    assert (plain.seed_tasks, plain.split_tasks["train"]) == (0, 3)


def test_instances_are_read_at_their_places(tmp_path: Path) -> None:
    """Each of a task's, and of the seeds', also in another order."""
    instances = [("", f"{number}") for number in range(5)]
    seed = SEED.model_copy(update={"instances": task(0, "x", *instances).instances})
    run = run_folder(tmp_path / "run", [task(0, "Count.", *instances), task(1, "Count on.", *instances)], seeds=[seed])

    def read(**choice: Any) -> list[tuple[str, int, str]]:
        found = examples(run, selected(run, seeds=True, **choice), "train")
        return [(one.task.id, one.number, one.instance.output) for one in found]

    expected = [(id_, place, f"{place}") for id_ in (SEED.id, "000000-00", "000000-01") for place in range(5)]
    assert read() == expected
    assert sorted(read(shuffle=True)) == sorted(expected)
    assert read(shuffle=True) != expected


def test_how_far_it_is_is_told_in_kibibytes(tmp_path: Path) -> None:
    """Where each task begins, of the whole file."""
    run = run_folder(tmp_path / "run", [task(number, "word " * 600) for number in range(4)])
    lines = (run.path / "tasks.jsonl").read_bytes().splitlines(keepends=True)
    heard: list[tuple[str, int, int | None]] = []
    select(run, Choice(), takes_all, lambda *told: heard.append(told))

    whole = sum(map(len, lines)) // 1024
    assert whole > 10
    assert heard == [("reading, KiB", sum(map(len, lines[:number])) // 1024, whole) for number in range(4)]


def test_what_a_format_refuses_is_counted_by_its_reason(tmp_path: Path) -> None:
    """So is a task of which nothing is left."""
    run = run_folder(tmp_path / "run", [task(0, "Say it.", ("", "no"), ("", "yes")), task(1, "Say it.", ("", "no"))])
    found = select(run, Choice(), lambda example: "a no" if example.instance.output == "no" else "")

    assert [one.number for one in examples(run, found, "train")] == [1]
    assert +found.left_out == Counter({"instances: a no": 2, "tasks without an instance left": 1})


def test_tokens_are_those_of_all_parts(tmp_path: Path) -> None:
    """Words, unless a tokenizer is given; as many as the limit are taken."""
    run = run_folder(tmp_path / "run", [task(0, "One two", ("three", "four five"), ("", "three four five six"))])

    def taken(limit: int) -> tuple[int, int]:
        found = selected(run, max_tokens=limit)
        return len(found.places["train"]), found.left_out["instances: too many tokens"]

    assert [taken(limit) for limit in (4, 5, 6)] == [(0, 2), (1, 1), (2, 0)]


@pytest.fixture
def reviewed(tmp_path: Path) -> RunReader:
    """A run of six tasks, of which people saw three, and a judge two others and one of theirs."""
    run = run_folder(tmp_path / "run", TASKS)
    for number, answers in enumerate(("yyy", "yyn", "yyu")):
        Reviews(run.path).put(verdict(TASKS[number].id, answers))
    for number, answers in ((0, "nnn"), (3, "nnn"), (4, "yyy")):
        Reviews(run.path).put(verdict(TASKS[number].id, answers, by="judge"))
    return run


@pytest.mark.parametrize(
    ("choice", "taken", "left_out", "judged"),
    [
        ({}, "012345", {}, 0),
        ({"drop_rejected": True}, "0245", {"tasks rejected in the review": 2}, 2),
        (
            {"only_approved": True},
            "04",
            {
                "tasks rejected in the review": 2,
                "tasks that reviewers are unsure of": 1,
                "tasks not reviewed": 1,
            },
            2,
        ),
    ],
)
def test_a_review_decides(
    reviewed: RunReader, choice: dict[str, bool], taken: str, left_out: dict[str, int], judged: int
) -> None:
    """Where that is asked for: people's before a judge's, whose part is counted; of seeds nobody asks."""
    found = selected(reviewed, **choice)
    with_seeds = selected(reviewed, seeds=True, **choice)

    assert "".join(ids(reviewed, found)) == taken
    assert ids(reviewed, with_seeds) == ["seed", *taken]
    assert (dict(+found.left_out), found.judged, with_seeds.judged) == (left_out, judged, judged)


@pytest.mark.parametrize("by", ["person", "judge"])
def test_one_kind_of_verdict_is_enough(tmp_path: Path, by: Any) -> None:
    """People's alone, or a judge's alone."""
    run = run_folder(tmp_path / "run", TASKS)
    with pytest.raises(ConfigError, match=r"nothing was reviewed; begin with `selfinstruct review "):
        selected(run, only_approved=True)
    Reviews(run.path).put(verdict(TASKS[2].id, by=by))

    found = selected(run, only_approved=True)
    assert (ids(run, found), found.judged) == (["2"], int(by == "judge"))


def test_what_people_corrected_is_taken_as_it_should_be(reviewed: RunReader) -> None:
    """Whatever was said of the model's text; a correction of another text is counted, and the original can be had."""
    right = Wording(instruction="Do it right.", instances=TASKS[0].instances)
    for number, original in ((1, wording(TASKS[1])), (5, right.model_copy(update={"instruction": "Gone."}))):
        Corrections(reviewed.path).put(Correction(id=TASKS[number].id, text=right, original=original))
    found = selected(reviewed, only_approved=True)
    as_written = selected(reviewed, only_approved=True, original=True)

    assert [one.task.instruction for one in examples(reviewed, found, "train")][1] == "Do it right."
    assert (ids(reviewed, found), found.corrected, found.outdated) == (["0", "1", "4"], 1, 1)
    assert (ids(reviewed, as_written), as_written.corrected, as_written.outdated) == (["0", "4"], 0, 0)


def test_what_stands_in_an_evaluation_file_is_left_out(tmp_path: Path) -> None:
    """And listed, not counted with the others."""
    run = run_folder(tmp_path / "run", TASKS[:3])
    (tmp_path / "eval.txt").write_text("Do thing 1\n")
    found = selected(run, exclude=(tmp_path / "eval.txt",))

    assert [one.id for one in found.contaminated] == [TASKS[1].id]
    assert (ids(run, found), +found.left_out) == (["0", "2"], Counter())
