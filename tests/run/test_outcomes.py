"""What comes of replies: candidates, tasks, and the reasons why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Instance, Rejection, Task, load_config
from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.parsing import Parsed, TruncatedReply, UnreadableReply
from selfinstruct_chains.method.pool import Pool, PoolExample, Shown
from selfinstruct_chains.method.subjects import About
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.outcomes import Slot, commit, rule, settle
from selfinstruct_chains.tasks import Completion, Dropped, Provenance
from tests.outputs.runs import SEED

if TYPE_CHECKING:
    from selfinstruct_chains.run.outcomes import Failure

SHOWN = Shown((PoolExample("seed-001", "Name a river."), PoolExample("000001-02", "Sing a song.")))
KEPT, OTHER = Instance(output="b"), Instance(input="a", output="a")
REFUSED = ItemRefused("too long", reason="context_too_long")


def pool() -> Pool:
    """A pool of one seed, "Name a river."."""
    return Pool(load_config("openai", {"instructions.seed_examples": 1}), [SEED])


def slot(shown: Shown = SHOWN) -> Slot:
    """An accepted candidate."""
    return Slot("000003-04", 3, "Do it well.", shown, accepted=True)


def rejected(item: str, name: str, stage: str, text: str) -> Rejection:
    """One of request 3."""
    return Rejection(id=item, rule=name, stage=stage, text=text, request=3)


@pytest.mark.parametrize(
    ("failure", "name", "text"),
    [
        (REFUSED, "context_too_long", "too long"),
        (UnreadableReply("no instruction: '?'", "?"), "unreadable", "?"),
        (UnreadableReply("no instruction: ''"), "unreadable", ""),
        (TruncatedReply("no instruction before it was cut: '9. S'", "9. S"), "truncated", "9. S"),
    ],
)
def test_a_request_that_failed_is_dropped_whole(failure: Failure, name: str, text: str) -> None:
    """By the rule that the failure goes by, with what came; the pool does not grow."""
    full = pool()
    [found] = commit(3, failure, SHOWN, full)

    assert rule(failure) == name
    assert found == Slot("000003", 3, text, SHOWN, [rejected("000003", name, "request", text)], settled=True)
    assert (found.good, full.generated) == (False, 0)


def test_candidates_are_admitted_or_settled_in_their_order() -> None:
    """One is accepted, one dropped by a filter, one by the pool with its neighbour, and what was cut comes last."""
    full = pool()
    texts = ("Paint the old garden fence.", "Sing.", "Paint the old garden fence!")
    found = commit(3, Parsed(texts, "Count all the"), SHOWN, full)
    near = rejected("000003-02", "novelty", "instruction", texts[2])

    assert found == [
        Slot("000003-00", 3, texts[0], SHOWN, accepted=True),
        Slot(
            "000003-01", 3, texts[1], SHOWN, [rejected("000003-01", "too_short", "instruction", "Sing.")], settled=True
        ),
        Slot(
            "000003-02",
            3,
            texts[2],
            SHOWN,
            [near.model_copy(update={"score": 1.0, "nearest": "000003-00"})],
            settled=True,
        ),
        Slot(
            "000003-03",
            3,
            "Count all the",
            SHOWN,
            [rejected("000003-03", "truncated", "instruction", "Count all the")],
            settled=True,
        ),
    ]
    assert full.generated == 1


def test_a_whole_reply_has_no_cut_candidate() -> None:
    """There are as many as there are instructions."""
    assert [one.id for one in commit(0, Parsed(("Paint the old garden fence.",)), SHOWN, pool())] == ["000000-00"]


def journal(*keys: str) -> Journal:
    """Replies to these calls."""
    found = Journal()
    for key in keys:
        found.write(Entry(key, "ab", reply="x", model=f"m-{key[-1]}"))
    return found


def test_a_task_says_where_it_comes_from() -> None:
    """With its request, what that showed, the model that answered, and the calls whose replies counted."""
    found = slot()
    settle(found, Completion(instruction="Do it well.", is_classification=False, instances=(KEPT,)), journal())

    task = Task(
        id="000003-04",
        instruction="Do it well.",
        instances=(KEPT,),
        is_classification=False,
        provenance=Provenance(
            request=3,
            examples=("seed-001", "000001-02"),
            model=None,
            calls=("instructions/000003/1", "classification/000003-04/1", "input_first/000003-04/1"),
        ),
    )
    assert (found.outcome, found.settled, found.good) == ([task], True, True)


def test_a_task_of_second_attempts_names_them() -> None:
    """Each call's last attempt, and the subject of its request."""
    found = slot(SHOWN._replace(about=About(topic="rivers", language="de")))
    calls = ("instructions/000003/2", "classification/000003-04/2", "output_first/000003-04/2")
    settle(found, Completion(instruction="Do it well.", is_classification=True, instances=(KEPT,)), journal(*calls))
    [task] = found.outcome

    assert isinstance(task, Task)
    assert task.is_classification
    assert task.provenance == Provenance(
        request=3, examples=("seed-001", "000001-02"), model="m-2", calls=calls, topic="rivers", language="de"
    )


@pytest.mark.parametrize(
    ("completion", "drops"),
    [
        (
            {"instances": (KEPT,), "dropped": (Dropped(instance=OTHER, rule="echo"),), "cut": "Inp"},
            [("echo", "instance", '{"input": "a", "output": "a"}'), ("truncated", "instance", "Inp")],
        ),
        ({"instances": ()}, [("no_instance", "task", "Do it well.")]),
        ({"instances": (), "rule": "not_classification"}, [("not_classification", "task", "Do it well.")]),
        (
            {"instances": (), "dropped": (Dropped(instance=OTHER, rule="echo"),)},
            [("echo", "instance", '{"input": "a", "output": "a"}'), ("no_instance", "task", "Do it well.")],
        ),
    ],
)
def test_what_is_dropped_of_a_candidate(completion: dict[str, object], drops: list[tuple[str, str, str]]) -> None:
    """First its instances, then what was cut, and then itself if no instance is left."""
    found = slot()
    whole = {"instruction": "Do it well.", "is_classification": False, **completion}
    settle(found, Completion.model_validate(whole), journal())

    said = [(one.rule, one.stage, one.text) for one in found.outcome if isinstance(one, Rejection)]
    assert said == drops
    assert found.good == bool(completion["instances"])
    assert len(found.outcome) == len(drops) + found.good


def test_a_candidate_that_failed_is_dropped_as_a_task() -> None:
    """With its own text, and not with the reply's."""
    found = slot()
    settle(found, UnreadableReply("neither yes nor no: '?'", "?"), journal())

    assert found.outcome == [rejected("000003-04", "unreadable", "task", "Do it well.")]
    assert (found.settled, found.good) == (True, False)


def test_what_is_not_settled_is_not_good() -> None:
    """Nor is it settled, accepted or live before anybody says so."""
    new = Slot("000003-04", 3, "Do it well.", SHOWN)

    assert (new.good, new.settled, new.accepted, new.live, new.outcome) == (False, False, False, False, [])
    assert slot().dropped("r", "task", "").text == ""
