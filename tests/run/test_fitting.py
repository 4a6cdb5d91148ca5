"""A threshold is fitted on ten seeds of either kind or more, from replies that the journal has: no model is asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import ChainConfig, load_config
from selfinstruct_chains.run.calibrating import (
    Question,
    asked_about,
    calibrate,
    calibration_questions,
    calls_to_calibrate,
    threshold_line,
    too_few,
)
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.first_calls import first_prompts
from selfinstruct_chains.run.journal import Journal, text_hash
from selfinstruct_chains.run.replay import AsAsked
from tests.run.settlings import SEEDS, settling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from selfinstruct_chains import Task

ANOTHERS = {"value": -3.0, "fitted_for": "another"}
SINCE = "the chain file's threshold (-3) was fitted for another"


def seeds(yes: int, no: int) -> list[Task]:
    """So many shipped ones of either kind."""
    kinds = [[task for task in SEEDS if task.is_classification is kind] for kind in (True, False)]
    return [*kinds[0][:yes], *kinds[1][:no]]


def chain(threshold: Any = ANOTHERS) -> ChainConfig:
    """The openai chain, deciding by log-odds, at no server."""
    at = {"model.base_url": "http://127.0.0.1:9/v1", "model.name": "m"}
    at |= {f"instances.{form}_first.output": "text" for form in ("input", "output")}
    return load_config("openai", {**at, "classification.decide": "logprob", "classification.threshold": threshold})


def answers(questions: Sequence[Question], odds: Callable[[Question], float | None]) -> Journal:
    """A journal with a reply to each question; None: one without log-probabilities."""
    journal = Journal()
    for question in questions:
        entry = Entry(question.key, text_hash(question.prompt.to_string()), reply="Yes", usage=None, model="m", ms=1)
        if (found := odds(question)) is not None:
            yes = 1 / (1 + math.exp(-found))
            entry = entry._replace(first_token={"Yes": math.log(yes), "No": math.log(1 - yes)})
        journal.write(entry)
    return journal


def told_apart(question: Question) -> float:
    """Five for classification tasks, three for others."""
    return 5.0 if question.is_classification else 3.0


async def fitted(
    given: list[Task], odds: Callable[[Question], float | None] = told_apart, threshold: Any = ANOTHERS
) -> tuple[ChainConfig, list[str], Journal]:
    """What comes of it: the chain, what is said, and the journal."""
    work, notes = settling(chain(threshold), seeds=given), []
    work = work._replace(journal=answers(calibration_questions(work), odds))
    return await calibrate(work, notes.append), notes, work.journal


async def test_ten_of_either_kind_are_enough() -> None:
    """The middle between the two; what is there is not announced."""
    config, notes, journal = await fitted(seeds(10, 12))

    assert config.classification.threshold.value == pytest.approx(4.0)
    [note] = notes
    assert note.startswith(
        f"classification: threshold: 4.00, fitted on 22 seeds (10 of them classification), since {SINCE}; balanced "
        "accuracy 1.00 ("
    )
    found = journal.found()["found/classification/100"]
    assert (found["classification"], found["others"], found["accuracy"], found["high"]) == (10, 12, 1.0, 1.0)


@pytest.mark.parametrize(
    ("counts", "silent", "why"),
    [
        ((9, 12), 0, "of 21 seeds 9 are classification tasks; to fit a threshold there have to be 10, and 10 others"),
        ((12, 9), 0, "of 21 seeds 12 are classification tasks; to fit a threshold there have to be 10, and 10 others"),
        ((10, 10), 1, "log-probabilities of yes or no came for 19 of 20 seeds"),
        ((11, 10), 2, "log-probabilities of yes or no came for 19 of 21 seeds"),
    ],
)
async def test_nine_are_too_few(counts: tuple[int, int], silent: int, why: str) -> None:
    """Whether so few are there, or so few have an answer: then what the model writes decides."""
    left = [f"found/classification/{number}" for number in range(101, 101 + silent)]
    config, notes, _ = await fitted(seeds(*counts), lambda one: None if one.key in left else told_apart(one))

    assert config.classification.decide == "text"
    assert notes == [f"classification: decide: text, since {SINCE}, and {why}"]


async def test_one_more_than_ten_may_be_silent() -> None:
    """Those that have an answer are counted by their kinds."""
    _, [note], _ = await fitted(seeds(11, 10), lambda one: None if one.key.endswith("/101") else told_apart(one))

    assert "fitted on 20 seeds (10 of them classification)" in note


async def test_a_folder_is_as_it_was_begun() -> None:
    """With replies and no question to the seeds it goes on with the file's number; with either it does not."""
    first = Entry("instructions/000000/1", "h", reply="1. Sing.", usage=None, model="m", ms=1)
    few, notes = seeds(3, 9), list[str]()
    old = Journal()
    old.write(first)
    going_on = await calibrate(settling(chain(), old, seeds=few), notes.append)
    auto = await calibrate(settling(chain("auto"), old, seeds=few), notes.append)
    asked = Journal()
    asked.write(first)
    asked.write(first._replace(key="found/classification/101"))
    fitting = await calibrate(settling(chain(), asked, seeds=few), notes.append)

    assert (going_on.classification.threshold.value, going_on.classification.threshold.fitted_for) == (-3.0, None)
    assert going_on.classification.decide == "logprob"
    assert auto.classification.decide == fitting.classification.decide == "text"
    assert notes == [
        f"classification: {SINCE}; the folder was begun with it, and goes on so",
        f"classification: decide: text, since the chain file has threshold: auto, and {too_few(few)}",
        f"classification: decide: text, since {SINCE}, and {too_few(few)}",
    ]


@pytest.mark.parametrize(
    ("threshold", "counts", "line", "calls"),
    [
        ({"value": 1, "fitted_for": "m"}, (14, 30), "threshold: 1, fitted for m", 0),
        (0.5, (14, 30), "threshold: 0.5, for whatever model", 0),
        (
            ANOTHERS,
            (14, 30),
            (
                "threshold: -3, fitted for another; the model is m; a run fits its own first, by a short call for each "
                "of 44 seeds"
            ),
            44,
        ),
        ("auto", (10, 10), "threshold: auto; a run fits its own first, by a short call for each of 20 seeds", 20),
        (
            "auto",
            (9, 10),
            (
                "threshold: auto; of 19 seeds 9 are classification tasks; to fit a threshold there have to be 10, and "
                "10 others: a run decides by text"
            ),
            0,
        ),
    ],
)
def test_whose_a_threshold_is(threshold: Any, counts: tuple[int, int], line: str, calls: int) -> None:
    """And what a run does about it, in how many calls."""
    assert threshold_line(chain(threshold), seeds(*counts)) == line
    assert calls_to_calibrate(chain(threshold), seeds(*counts)) == calls
    assert threshold_line(load_config("openai"), SEEDS) == ""


def test_who_is_asked_about() -> None:
    """Each instruction once, in the order of the seeds, from ten of either kind on; of one kind at most a hundred."""
    once = seeds(10, 10)
    config = chain()

    assert asked_about(config, [*once, *once[:5]]) == once
    assert asked_about(config, once[1:]) == asked_about(config, once[:-1]) == []
    many = [once[-1].model_copy(update={"id": str(n), "instruction": f"Sing {n}."}) for n in range(101)]
    found = asked_about(config, [*once[:10], *many])
    assert (len(found), found[:10]) == (110, once[:10])
    assert [task for task in many if task in found] == found[10:]


def test_a_question_is_asked_with_others() -> None:
    """Each seed by its number from 101 on; a demonstration that is asked about is shown in another's place."""
    given = settling(chain(), seeds=seeds(14, 30))
    questions = calibration_questions(given)
    asked = asked_about(given.config, given.seeds)

    assert [one.key for one in questions] == [f"found/classification/{number}" for number in range(101, 145)]
    assert [one.is_classification for one in questions] == [task.is_classification for task in asked]
    for question, task in zip(questions, asked, strict=True):
        before, _, last = question.prompt.to_string().rpartition("Task: ")
        assert last.startswith(task.instruction)
        assert f"Task: {task.instruction}\n" not in before
        assert before.count("Is it classification? Yes") == 12
        assert before.count("Is it classification? No") == 19
    heads = [question.prompt.to_string().rpartition("Task: ")[0] for question in questions]
    assert max(map(heads.count, heads)) == 44 - 31
    assert calibration_questions(given, "found/classification/103") == questions[2:3]


def test_their_prompts_are_made_anew() -> None:
    """Each by its key; 100 is what was found, and no call."""
    given = settling(chain(), seeds=seeds(14, 30))
    told = AsAsked(given.config, given.found.kinds, {})
    questions = calibration_questions(given)
    for key, prompts in [(questions[7].key, [questions[7].prompt]), ("found/classification/100", [])]:
        entry = Entry(key, "h", reply="Yes", usage=None, model="m", ms=1)
        assert list(first_prompts(given.config, told, given.seeds, Journal(), entry)) == prompts
