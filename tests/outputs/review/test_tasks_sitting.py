"""A sitting about tasks: what it shows of them, what it takes, and that it sees what others did meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Instance
from selfinstruct_chains.outputs.review.cards import NotAVerdictError, entry_of
from selfinstruct_chains.outputs.review.corrections import Correction, Corrections, wording
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Reviews
from selfinstruct_chains.tasks import Provenance
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selfinstruct_chains.outputs.review.cards import Entry

ORIGIN = Provenance(request=0, examples=(), model="m", calls=(), topic="water", language="de")
TASKS = [
    task(0, "Is it wet?", ("Rain", "Yes"), ("Sand", "No"), labels=True).model_copy(update={"provenance": ORIGIN}),
    task(1, "Name a rivver."),
    task(2, "Say hello.").model_copy(update={"provenance": None}),
]
WET, RIVER, HELLO = (one.id for one in TASKS)


@pytest.fixture
def sitting(tmp_path: Path) -> TasksSitting:
    """Begun before anybody has said anything."""
    return TasksSitting("Review of run", "", TASKS, Reviews(tmp_path))


def say(folder: Path, name: str | None, id_: str, answers: str = "yyy", **more: Any) -> None:
    """A verdict of somebody else's, through another process."""
    Reviews(folder).put(verdict(id_, answers).model_copy(update={"name": name, **more}))


def correct(folder: Path, instruction: str = "Name a river.", **more: Any) -> None:
    """A correction of somebody else's."""
    original = wording(TASKS[1])
    text = original.model_copy(update={"instruction": instruction})
    Corrections(folder).put(Correction(id=RIVER, text=text, original=original, **more))


def sent(id_: str, answers: str | None = "yyy", **more: Any) -> Entry:
    """What a page sends."""
    given = verdict(id_, answers).answers if answers else None
    return entry_of({"entry": "p-1", "id": id_, "answers": given, **more})


def plain(value: Any) -> Any:
    """As the page gets it."""
    return json.loads(json.dumps(value))


def test_cards_say_what_they_can_be_filtered_by(sitting: TasksSitting, tmp_path: Path) -> None:
    """Kind, topic and language, "" where there is none, whether it is corrected, and one's own verdict."""
    say(tmp_path, "ann", WET, "ynu", comment="odd", entry="p-1")
    say(tmp_path, "ben", HELLO, "nnn")
    say(tmp_path, "ann", HELLO, "yyy")
    correct(tmp_path)

    answers = {"valid_instruction": True, "appropriate_input": False, "correct_output": "unsure"}
    yes = dict.fromkeys(QUESTIONS, True)
    blank = {"topic": "", "language": "", "corrected": False}
    assert sitting.cards("ann") == [
        {"id": WET, "kind": "classification", "topic": "water", "language": "de", "corrected": False}
        | {"verdict": {"answers": answers, "comment": "odd", "seen": "p-1"}},
        {"id": RIVER, "kind": "other", **blank, "corrected": True, "verdict": None},
        {"id": HELLO, "kind": "other", **blank, "verdict": {"answers": yes, "comment": "", "seen": None}},
    ]


def test_a_card_shows_the_task_and_what_it_is(sitting: TasksSitting, tmp_path: Path) -> None:
    """With all instances, and a correction beside the model's text where there is one."""
    correct(tmp_path, name="ann", at="2026-11-28T12:00:00+00:00", entry="q-1")
    facts = {"topic": "", "language": "", "corrected": False, "verdict": None}

    assert plain(sitting.shown(WET)) == {
        "about": f"Classification task {WET}; water; de; 2 instances: answer yes if it holds for each of them",
        "instruction": "Is it wet?",
        "instances": [{"input": "Rain", "output": "Yes"}, {"input": "Sand", "output": "No"}],
        "seen": None,
        "facts": facts | {"id": WET, "kind": "classification", "topic": "water", "language": "de"},
    }
    assert plain(sitting.shown(RIVER)) == {
        "about": f"Task {RIVER}",
        "instruction": "Name a rivver.",
        "instances": [{"input": "", "output": "yes"}],
        "seen": "q-1",
        "facts": facts | {"id": RIVER, "kind": "other", "corrected": True},
        "correction": {
            "instruction": "Name a river.",
            "instances": [{"input": "", "output": "yes"}],
            "name": "ann",
            "at": "2026-11-28T12:00:00+00:00",
        },
    }
    assert plain(sitting.shown(HELLO))["about"] == f"Task {HELLO}"  # type: ignore[index]
    assert sitting.shown("000009-00") is None


def test_a_correction_of_nobody_s_has_no_name(sitting: TasksSitting, tmp_path: Path) -> None:
    """Nor a time; one that was taken back is shown no more, but known as what the page has seen."""
    correct(tmp_path)
    [name, at] = [plain(sitting.shown(RIVER))["correction"][key] for key in ("name", "at")]  # type: ignore[index]
    correct(tmp_path, "Name a rivver.", entry="q-2")
    back = plain(sitting.shown(RIVER))

    assert (name, at) == ("", "")
    assert (back["seen"], back["facts"]["corrected"], "correction" in back) == ("q-2", False, False)


@pytest.mark.parametrize(
    ("ask", "before", "after"),
    [
        (lambda one: one.cards("ann")[1]["verdict"] is None, True, False),
        (lambda one: one.cards("ann")[1]["corrected"], False, True),
        (lambda one: "correction" in one.shown(RIVER), False, True),
        (lambda one: one.changed("ann", 0)[0], 0, 4),
        (lambda one: list(one.changed("ann", 0)[1]), [], [RIVER]),
        (lambda one: one.changed("ann", 2), (0, {}), (4, {})),
        (lambda one: one.search("RIVER."), [], [RIVER]),
        (lambda one: one.people(), {}, {"ann": 1, "ben": 2}),
        (lambda one: [each["id"] for each in one.disagreements()], [], [RIVER]),
        (lambda one: [each["who"] for each in one.agreement()], [], ["ann and ben", "people and the judge m"]),
    ],
)
def test_what_others_do_meanwhile_is_seen(
    sitting: TasksSitting, tmp_path: Path, ask: Callable[[TasksSitting], Any], before: Any, after: Any
) -> None:
    """Whatever is asked of a sitting, and without anything else being asked first."""
    assert ask(sitting) == before
    say(tmp_path, "ben", RIVER, "yyn")
    say(tmp_path, "ann", RIVER)
    say(tmp_path, "ben", HELLO)
    say(tmp_path, "m", HELLO, by="judge")
    correct(tmp_path)

    assert ask(sitting) == after


def test_what_is_new_is_told_with_its_verdict(sitting: TasksSitting, tmp_path: Path) -> None:
    """Of one reviewer; None where it was taken back."""
    say(tmp_path, "ann", WET, "nnn", entry="p-1")
    say(tmp_path, "ann", RIVER, entry="p-2")
    say(tmp_path, "ann", RIVER, undone=True, entry="p-3")

    no = dict.fromkeys(QUESTIONS, False)
    assert sitting.changed("ann", 0) == (3, {WET: {"answers": no, "comment": "", "seen": "p-1"}, RIVER: None})
    assert sitting.changed("ann", 1) == (3, {RIVER: None})


def test_a_text_is_found_in_both_wordings(sitting: TasksSitting, tmp_path: Path) -> None:
    """In the model's and in a correction's; instructions, inputs and outputs."""
    correct(tmp_path, "Nenne einen Flu\u00df.")

    asked = ("RIVVER", "FLUSS", "sand", "No", "nowhere")
    assert [sitting.search(text) for text in asked] == [[RIVER], [RIVER], [WET], [WET], []]


def test_disagreements_are_shown_with_all_that_was_said(sitting: TasksSitting, tmp_path: Path) -> None:
    """Those among people first, then those with a judge, of tasks that are there; who has no name has none."""
    say(tmp_path, "ann", RIVER, "yyn", comment="See there.")
    say(tmp_path, None, RIVER)
    say(tmp_path, "m", RIVER, "nnn", by="judge", reason="Because.", model="x")
    say(tmp_path, "ann", WET)
    say(tmp_path, None, WET, "nnn", by="judge", model="gpt")
    say(tmp_path, "ann", HELLO)
    say(tmp_path, None, HELLO, "nyy", by="judge")
    say(tmp_path, "ann", "000099-00")
    say(tmp_path, "m", "000099-00", "nnn", by="judge")
    say(tmp_path, "cid", HELLO, "yyu", settled=True)

    def given(name: str, by: str, answers: str, comment: str = "") -> dict[str, Any]:
        return {"name": name, "by": by, "answers": verdict("x", answers).answers, "comment": comment}

    people = [given("", "person", "yyy"), given("ann", "person", "yyn", "See there.")]
    by_judge = {"who": "judge", "settled": None}
    assert sitting.disagreements() == [
        {"id": RIVER, "who": "people", "settled": None}
        | {"verdicts": [*people, given("judge m", "judge", "nnn", "Because.")]},
        {"id": WET, **by_judge, "verdicts": [given("ann", "person", "yyy"), given("judge gpt", "judge", "nnn")]},
        {"id": HELLO, **by_judge, "settled": verdict("x", "yyu").answers}
        | {"verdicts": [given("ann", "person", "yyy"), given("judge", "judge", "nyy")]},
    ]


def test_agreement_is_a_table_for_each_group(sitting: TasksSitting, tmp_path: Path) -> None:
    """With a row for each question."""
    for name, answers in (("ann", "yyy"), ("ben", "yyn")):
        say(tmp_path, name, WET, answers)
        say(tmp_path, name, RIVER, "nnn")
    say(tmp_path, "m", WET, "yyy", by="judge")

    pair, judge = sitting.agreement()

    assert pair == {
        "who": "ann and ben",
        "tasks": 2,
        "rows": [
            ("valid instruction", "raw 100%", "kappa 1.00"),
            ("appropriate input", "raw 100%", "kappa 1.00"),
            ("correct output", "raw 50%", "kappa 0.00"),
            ("all three", "raw 50%", "kappa 0.00"),
        ],
    }
    assert (judge["who"], judge["tasks"], len(judge["rows"])) == ("people and the judge m", 1, 4)


def test_a_verdict_is_kept_with_all_that_came_with_it(sitting: TasksSitting, tmp_path: Path) -> None:
    """Whose it is, and how long the task was looked at; what there is not is left out."""
    assert sitting.take(sent(WET, "ynu", comment="odd", seconds=2.5), "ann") == ""
    assert sitting.take(sent(RIVER, "yyn", entry="p-2", comment="", settled=True), "") == ""

    first, second = map(json.loads, (tmp_path / "review.jsonl").read_text().splitlines())
    assert first.pop("at").endswith("+00:00")
    assert second.pop("at")
    assert first == {
        "id": WET,
        "by": "person",
        "valid_instruction": True,
        "appropriate_input": False,
        "correct_output": "unsure",
        "name": "ann",
        "comment": "odd",
        "seconds": 2.5,
        "entry": "p-1",
    }
    assert second == {"id": RIVER, "by": "person", **verdict("x", "yyn").answers, "settled": True, "entry": "p-2"}
    assert [sitting.has(entry) for entry in ("p-1", "p-2", "p-3")] == [True, True, False]


def test_a_verdict_on_what_was_seen_is_not_remarked_on(sitting: TasksSitting, tmp_path: Path) -> None:
    """One on an older state is, whoever wrote the newer one, and also where that settles a task."""
    told = "was answered elsewhere too meanwhile; this last answer counts"

    assert sitting.take(sent(WET, entry="p-1"), "ann") == ""
    assert sitting.take(sent(WET, "nnn", entry="p-2", seen="p-1"), "ann") == ""
    assert sitting.take(sent(WET, entry="p-3", seen="p-1"), "ann") == f"{WET} {told}"
    assert sitting.take(sent(WET, entry="q-1"), "ben") == ""
    say(tmp_path, "cid", RIVER, entry="r-1")
    assert sitting.take(sent(RIVER, entry="r-2"), "cid") == f"{RIVER} {told}"
    assert sitting.take(sent(WET, entry="s-1", settled=True), "ann") == ""
    assert sitting.take(sent(WET, entry="s-2", settled=True, seen="p-3"), "ann") == f"{WET} {told}"


def test_what_nobody_answered_can_t_be_taken_back(sitting: TasksSitting, tmp_path: Path) -> None:
    """Nothing is written; what was answered is taken back in a line of its own."""
    assert sitting.take(sent(WET, None), "ann") == ""
    assert not (tmp_path / "review.jsonl").exists()

    sitting.take(sent(WET, "yyn", entry="p-2"), "ann")
    sitting.take(sent(WET, None, entry="p-3", seen="p-2"), "ann")
    _, line = map(json.loads, (tmp_path / "review.jsonl").read_text().splitlines())
    assert (line["name"], line["undone"], line["entry"]) == ("ann", True, "p-3")


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"valid_instruction": True},
        {**dict.fromkeys(QUESTIONS, True), "more": True},
        {**dict.fromkeys(QUESTIONS, True), "correct_output": "maybe"},
        {"valid_instruction": "maybe"},
    ],
)
def test_all_questions_are_answered_by_what_there_is(
    sitting: TasksSitting, tmp_path: Path, answers: dict[str, Any]
) -> None:
    """Anything else is refused in words, and nothing is kept."""
    with pytest.raises(
        NotAVerdictError, match="valid_instruction, appropriate_input, correct_output are answered by true"
    ):
        sitting.take(entry_of({"entry": "p-1", "id": WET, "answers": answers}), "ann")

    assert not (tmp_path / "review.jsonl").exists()


def test_a_correction_is_kept_with_whose_it_is(sitting: TasksSitting, tmp_path: Path) -> None:
    """Beside the verdicts; one that was made from an older text is refused, also where another process keeps it."""
    text = {"instruction": "Name a river.", "instances": [{"input": "", "output": "Po"}]}
    assert sitting.take(sent(RIVER, None, text=text), "ann") == ""
    [line] = map(json.loads, (tmp_path / "corrections.jsonl").read_text().splitlines())
    assert line.pop("at").endswith("+00:00")
    original = {"instruction": "Name a rivver.", "instances": [{"input": "", "output": "yes"}]}
    assert line == {"id": RIVER, "text": text, "original": original, "name": "ann", "entry": "p-1"}
    assert [sitting.has(entry) for entry in ("p-1", "p-2")] == [True, False]

    correct(tmp_path, entry="q-1")
    with pytest.raises(NotAVerdictError, match=r"^somebody has corrected it meanwhile; look at that, and save again$"):
        sitting.take(sent(RIVER, None, entry="p-2", seen="p-1", text=text), "ann")
    assert sitting.take(sent(RIVER, None, entry="p-3", seen="q-1", text=text), "") == ""
    last = Corrections(tmp_path).last(RIVER)
    assert last
    assert (last.name, last.text.instances) == (None, (Instance(output="Po"),))
    with pytest.raises(NotAVerdictError, match=r"^a correction has as many instances as the task$"):
        sitting.take(sent(WET, None, entry="p-4", text=text), "ann")
