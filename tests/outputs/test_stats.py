"""The figures of a run of 20 tasks, worked out by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection
from selfinstruct_chains.config import Price
from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.outputs.stats import PAPER_TABLE_ONE, Statistics, statistics
from selfinstruct_chains.outputs.stats_text import statistics_text
from selfinstruct_chains.run.acceptance import Window
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.usage import Usage
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains import Task
    from selfinstruct_chains.run.reader import RunReader

LABELLED = [("I won the cup", "good"), ("We lost again", "bad"), ("So happy", " GOOD ")]
TASKS = [
    # 12 others of 4 words, each without input and with an output of 2 words: requests 0 (10 tasks) and 1 (2 tasks)
    *(task(number, "Name a big city", ("", "Addis Ababa")) for number in range(12)),
    # 4 others of 3 words with two instances, inputs of 2 and 3 words, outputs of 1 and 5 words
    *(task(number, "Sort these words", ("b a", "ab"), ("c b a", "a b c d e")) for number in range(12, 16)),
    # 3 classification tasks of 6 words with three instances: two good, one bad; inputs of 4, 3 and 2 words
    *(task(number, "Is the mood good or bad?", *LABELLED, labels=True) for number in range(16, 19)),
    # 1 classification task of 4 words with two instances of one label and blank inputs
    task(19, "Is it yes always?", (" \n", "yes"), ("", "yes"), labels=True),
]


def rejection(request: int, stage: str, rule: str) -> Rejection:
    """A dropped candidate."""
    return Rejection(id=f"{request:06d}-99", rule=rule, stage=stage, text="x", request=request)


REJECTIONS = [
    *(rejection(0, "instruction", "novelty") for _ in range(5)),
    rejection(1, "instruction", "novelty"),
    *(rejection(1, "instruction", "too_short") for _ in range(2)),
    rejection(1, "task", "no_instance"),
    *(rejection(1, "instance", "echo") for _ in range(4)),
    rejection(2, "request", "unreadable"),
]
TOKENS = {"input_tokens": 1_000_000, "output_tokens": 250_000, "total_tokens": 1_250_000}
ENTRIES = [
    Entry("instructions/000000/1", "a", reply="x", usage=TOKENS, model="m", ms=5),
    Entry("instructions/000001/1", "a", reply="x", usage=TOKENS, model="m2", ms=5),
    Entry.fault("instructions/000002/1", "a", "503"),
    Entry("classification/000000-00/1", "a", reply="x", usage=None, model="m", ms=5),
]


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """The run of 20 tasks."""
    return run_folder(tmp_path / "run", TASKS, REJECTIONS, ENTRIES)


def test_table_one_of_twenty_tasks(run: RunReader) -> None:
    """12 + 4 + 3 + 1 tasks with 12 + 8 + 9 + 2 instances."""
    assert statistics(run).table.figures() == {
        "instructions": 20,
        "classification": 4,
        "other": 16,
        "instances": 31,
        "empty_input": 14,  # 12, and both of the last task
        "mean_instruction_words": pytest.approx((12 * 4 + 4 * 3 + 3 * 6 + 4) / 20),  # 4.1
        "mean_input_words": pytest.approx((4 * 5 + 3 * 9) / 17),  # 47 words in 17 inputs
        "mean_output_words": pytest.approx((12 * 2 + 4 * 6 + 3 * 3 + 2) / 31),  # 59 words
    }


def test_what_was_dropped_is_counted_by_stage_and_rule(run: RunReader) -> None:
    """Nothing is added up that is not alike."""
    assert dict(statistics(run).dropped) == {
        ("instruction", "novelty"): 6,
        ("instruction", "too_short"): 2,
        ("task", "no_instance"): 1,
        ("instance", "echo"): 4,
        ("request", "unreadable"): 1,
    }


def test_acceptance_follows_the_requests(run: RunReader) -> None:
    """An instruction that was accepted and got no instance counts as accepted; request 2 gave nothing at all."""
    assert statistics(run).blocks == (Window(0, 0, 15, 10), Window(1, 1, 14, 11), Window(2, 2, 0, 0))
    assert Window(0, 0, 15, 10).rate == pytest.approx(2 / 3)
    assert Window(0, 0, 0, 0).rate is None


def test_many_requests_fall_into_ten_blocks(tmp_path: Path) -> None:
    """25 requests: eight blocks of three, and the last one."""
    run = run_folder(tmp_path / "run", [task(number, f"Do {number}") for number in range(250)])

    blocks = statistics(run).blocks

    assert [(block.first, block.last) for block in blocks][:2] == [(0, 2), (3, 5)]
    assert (len(blocks), blocks[-1]) == (9, Window(24, 24, 10, 10))


def test_tokens_and_dollars_by_role(run: RunReader) -> None:
    """Over all models of a role; attempts without a reply and tokens that nobody counted are told apart."""
    spent = statistics(run).spent

    usage, dollars = spent["instructions"]
    assert (usage.calls, usage.input_tokens, usage.output_tokens, usage.faults) == (2, 2_000_000, 500_000, 1)
    assert (spent["classification"].usage.calls, spent["classification"].usage.unknown) == (1, 1)
    assert dollars is not None
    assert dollars > 0
    assert set(spent) == {"instructions", "classification"}


def test_label_balance_is_of_tasks_with_several_instances(run: RunReader) -> None:
    """Three tasks with good, bad, good, and one with yes twice; case and blanks are no difference."""
    assert statistics(run).labels.figures() == {
        "tasks": 4,
        "with_one_label": 1,
        "mean_labels": (3 * 2 + 1) / 4,
        "mean_share_of_top_label": pytest.approx((3 * 2 / 3 + 1) / 4),
    }


def test_a_label_is_the_same_with_and_without_its_point(tmp_path: Path) -> None:
    """As to the filter of conflicts and to `export --balance-labels`."""
    shown = ("a", "Positive."), ("b", "positive"), ("c", "NEGATIVE")
    run = run_folder(tmp_path, [task(0, "Which mood does the review have?", *shown, labels=True)])

    assert statistics(run).labels.figures()["mean_labels"] == 2
    assert statistics(run).labels.figures()["mean_share_of_top_label"] == pytest.approx(2 / 3)
    assert gather(run).labels == {"positive": 2, "negative": 1}


def test_the_text_has_the_papers_figures_beside_ours_in_80_columns(run: RunReader) -> None:
    """Every figure of Table 1 in a line with the paper's."""
    text = statistics_text(statistics(run), "runs/x")
    lines = [line.split() for line in text.splitlines()]

    assert max(map(len, text.splitlines())) < 80
    assert ["Instructions", "20", "52,445"] in lines
    assert ["of", "classification", "tasks", "4", "11,584"] in lines
    assert ["of", "other", "tasks", "16", "40,861"] in lines
    assert ["Instances", "31", "82,439"] in lines
    assert ["with", "an", "empty", "input", "14", "35,878"] in lines
    assert ["Mean", "words", "of", "an", "instruction", "4.1", "15.9"] in lines
    assert ["of", "a", "non-empty", "input", "2.8", "12.7"] in lines
    assert ["of", "an", "output", "1.9", "18.9"] in lines
    assert ["novelty", "6"] in lines
    assert "besides: 1 replies whose tokens nobody counted, 1 attempts without a reply" in text


def test_the_papers_table_adds_up() -> None:
    """Classification and other tasks are all the instructions."""
    assert PAPER_TABLE_ONE["classification"] + PAPER_TABLE_ONE["other"] == PAPER_TABLE_ONE["instructions"]


def test_a_run_without_tasks_has_zeros_and_no_means(tmp_path: Path) -> None:
    """Nothing is divided by nothing, in text and JSON."""
    found = statistics(run_folder(tmp_path / "run", []))

    assert found.table.figures()["mean_input_words"] is None
    assert found.blocks == ()
    assert "Mean words of an instruction                -" in statistics_text(found, "x")
    assert json.loads(json.dumps(found.as_json()))["labels"]["mean_labels"] is None


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path) -> None:
    """The name of a rule can come from a file."""
    run = run_folder(tmp_path / "run", TASKS, [rejection(0, "instruction", "\x1b[31mred\u202e\nx")])

    assert "\x1b" not in statistics_text(statistics(run), "x")
    assert "\u202e" not in statistics_text(statistics(run), "x\u202e")


def about(one: Task, **subject: str) -> Task:
    """The task with a topic, or a language."""
    assert one.provenance
    return one.model_copy(update={"provenance": one.provenance.model_copy(update=subject)})


def test_all_figures_are_plain_values() -> None:
    """Of three tasks: one that says nothing of where it comes from, and two of a topic, of which one is in German."""
    found = Statistics(prices={"instructions": Price(input=1, output=10), "classification": None})
    found.finish(about(task(0, "Name a lake.", ("", "Loch Ness")), topic="lakes"))
    found.finish(about(task(1, "Is it one?", ("a b", "yes"), ("c", "YES."), labels=True), topic="lakes", language="de"))
    found.finish(SEED)
    found.reject(rejection(0, "instruction", "novelty"))
    found.calls["instructions", "m"] = Usage(calls=2, input_tokens=1_000_000, output_tokens=200_000, milliseconds=9)
    found.calls["instructions", "n"] = Usage(calls=1, output_tokens=50_000, faults=1)
    found.calls["classification", "m"] = Usage(calls=1, unknown=1)
    nothing = vars(Usage())

    assert found.as_json() == {
        "table_1": {
            "instructions": 3,
            "classification": 1,
            "other": 2,
            "instances": 4,
            "empty_input": 2,
            "mean_instruction_words": 3.0,
            "mean_input_words": 1.5,
            "mean_output_words": 1.5,
        },
        "paper_table_1": {
            "instructions": 52_445,
            "classification": 11_584,
            "other": 40_861,
            "instances": 82_439,
            "empty_input": 35_878,
            "mean_instruction_words": 15.9,
            "mean_input_words": 12.7,
            "mean_output_words": 18.9,
        },
        "dropped": [{"stage": "instruction", "rule": "novelty", "count": 1}],
        "acceptance": [{"first": 0, "last": 0, "proposed": 3, "accepted": 2, "rate": 2 / 3}],
        "spent": {
            "instructions": nothing
            | {"calls": 3, "input_tokens": 1_000_000, "output_tokens": 250_000, "milliseconds": 9, "faults": 1}
            | {"dollars": 3.5},
            "classification": nothing | {"calls": 1, "unknown": 1, "dollars": None},
        },
        "labels": {"tasks": 1, "with_one_label": 1, "mean_labels": 1.0, "mean_share_of_top_label": 1.0},
        "topics": {"lakes": 2},
        "languages": {"de": 1},
    }
