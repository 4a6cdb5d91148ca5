"""What people's and judges' verdicts come to, and what of them is new."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Reviews, Verdict, table_two
from tests.outputs.review.test_review import verdict

if TYPE_CHECKING:
    from pathlib import Path


def of(name: str | None, id_: str, answers: str = "yyy", **more: Any) -> Verdict:
    """A person's verdict."""
    return verdict(id_, answers).model_copy(update={"name": name, **more})


def judges(name: str | None, id_: str, answers: str = "yyy", **more: Any) -> Verdict:
    """A judge's verdict."""
    return of(name, id_, answers, by="judge", **more)


def reviews(folder: Path, *verdicts: Verdict) -> Reviews:
    """Of these verdicts, in this order."""
    found = Reviews(folder)
    for one in verdicts:
        found.put(one)
    return found


def said(given: Verdict | None) -> str | None:
    """A verdict as a word like "yny"."""
    return given and "".join({True: "y", False: "n", "unsure": "u"}[given.answers[question]] for question in QUESTIONS)


@pytest.mark.parametrize("answer", [1, 0, "yes", "no", "true", None, 1.0, [], "Unsure"])
def test_what_is_no_answer_damages_a_line(tmp_path: Path, answer: Any) -> None:
    """True, false and "unsure" are answers, and nothing that could stand for one of them."""
    line = {
        "id": "a",
        "by": "person",
        "valid_instruction": True,
        "appropriate_input": False,
        "correct_output": "unsure",
    }
    file = tmp_path / "review.jsonl"
    file.write_text(json.dumps(line) + "\n")
    assert said(Reviews(tmp_path).by("person")["a"]) == "ynu"

    file.write_text(json.dumps(line | {"correct_output": answer}) + "\n")
    with pytest.raises(RunError, match=r"line 1: damaged; delete the line, its task can be reviewed again$"):
        Reviews(tmp_path)


def test_a_verdict_can_be_a_key() -> None:
    """It is a value: it does not change, and equal ones are one."""
    assert len({verdict("a"), verdict("a"), verdict("b")}) == 2


@pytest.mark.parametrize(
    ("answers", "approved", "rejected"),
    [("yyy", True, False), ("yyn", False, True), ("nnn", False, True), ("yyu", False, False), ("uun", False, True)],
)
def test_a_verdict_approves_or_rejects_or_neither(answers: str, approved: bool, rejected: bool) -> None:
    """All three yes, one of them no, or "unsure" without a no."""
    assert (verdict("a", answers).approved, verdict("a", answers).rejected) == (approved, rejected)


def test_shares_are_of_those_who_are_sure() -> None:
    """Of all three: of the tasks that are approved or rejected."""
    assert table_two(verdict(str(n), answers) for n, answers in enumerate(["yyy", "yyu", "nyu", "yun"])) == (
        4,
        {"valid_instruction": 0.75, "appropriate_input": 1.0, "correct_output": 0.5, "all": 1 / 3},
    )


@pytest.mark.parametrize(
    ("answers", "together"),
    [
        (["yyn", "yny", "nyy"], "yyy"),
        (["ynu", "ynu", "nyn"], "ynu"),
        (["ynu", "nny"], "unu"),
        (["yyy", "nnn", "uuu"], "uuu"),
        (["nnn", "nnn", "yyy", "yyn"], "uun"),
        (["nyn"], "nyn"),
    ],
)
def test_most_people_decide_on_each_question(tmp_path: Path, answers: list[str], together: str) -> None:
    """Where no answer has more votes than any other it is "unsure"."""
    found = reviews(tmp_path, *(of(f"p{number}", "a", word) for number, word in enumerate(answers)))

    assert said(found.by("person")["a"]) == together
    assert [said(one) for one in found.people("a")] == answers


def test_of_people_who_agree_the_latest_is_quoted(tmp_path: Path) -> None:
    """Whoever's line comes first; a verdict of an older version, which says no time, comes before all others."""
    times = {"ann": "2026-11-28T12:00:03", "ben": "2026-11-28T12:00:05", "cid": None, "dee": "2026-11-28T12:00:04"}
    found = reviews(tmp_path, *(of(name, "a", at=at) for name, at in times.items()))

    assert found.by("person")["a"].name == "ben"


def test_what_is_taken_back_counts_no_more(tmp_path: Path) -> None:
    """Others' verdicts do, and a task that has none left has no verdict."""
    found = reviews(tmp_path, of("ann", "a", "yyy"), of("ben", "a", "nnn"), of("ann", "b", "yyy"))

    assert said(found.by("person")["a"]) == "uuu"
    found.put(of("ann", "a", undone=True))
    found.put(of("ann", "b", undone=True))
    assert {id_: said(one) for id_, one in found.by("person").items()} == {"a": "nnn"}
    assert (found.names("person"), found.of("person", "ann"), found.people("b")) == (["ben"], {}, [])


def test_what_settles_a_task_counts_before_all(tmp_path: Path) -> None:
    """Whatever is said later, until it is taken back; it is nobody's own verdict."""
    settles = of("cid", "a", "yyn", settled=True)
    found = reviews(tmp_path, of("ann", "a", "yyy"), settles, of("ben", "a", "nnn"))

    assert (found.by("person")["a"], found.settled("a"), found.settled("b")) == (settles, settles, None)
    assert (found.names("person"), found.disagreed()) == (["ann", "ben"], ["a"])
    found.put(settles.model_copy(update={"undone": True}))
    assert (said(found.by("person")["a"]), found.settled("a")) == ("uuu", None)


def test_disagreements_are_between_people_or_with_the_last_judge(tmp_path: Path) -> None:
    """In the order of their ids; one person alone, or people of one mind, disagree with nobody but a judge."""
    found = reviews(
        tmp_path,
        *(of("ann", id_, answers) for id_, answers in {"e": "yyy", "a": "yyn", "b": "yyy", "c": "yyy"}.items()),
        *(of("ben", id_, answers) for id_, answers in {"e": "nyy", "a": "yyy", "b": "yyy", "d": "nnn"}.items()),
        *(judges("m", id_, "nyy") for id_ in "bcd"),
        *(judges("n", id_, "yyy") for id_ in "ceaf"),
    )

    assert found.disagreed() == ["a", "e"]
    assert found.disagreed_by_judge() == ["a", "b", "d", "e"]
    assert (found.names("judge"), sorted(found.by("judge"))) == (["m", "n"], list("abcdef"))


def test_a_page_learns_what_has_changed_since(tmp_path: Path) -> None:
    """A person's own verdicts by the number of lines there were; all of them if there are fewer lines by now."""
    found = reviews(
        tmp_path,
        of("ann", "a"),
        of("ben", "b"),
        of("ann", "c", entry="p-1"),
        judges("ann", "d", entry="p-2"),
        of("ann", "e", settled=True),
        of(None, "f"),
        judges(None, "g"),
    )

    assert found.count == 7
    assert [sorted(found.changed("ann", since)) for since in (0, 1, 2, 3, 7, 8)] == [
        ["a", "c"],
        ["c"],
        ["c"],
        [],
        [],
        ["a", "c"],
    ]
    assert (found.changed("ben", 0), found.changed("", 0), found.changed("cid", 0)) == ({"b"}, {"f"}, set())
    assert [found.has(entry) for entry in ("p-1", "p-2", "p-3", "")] == [True, True, False, False]


def test_a_judge_is_called_by_its_model_where_its_chain_has_no_name_for_it(tmp_path: Path) -> None:
    """Older versions wrote that alone; a person is never called by a model."""
    found = reviews(
        tmp_path,
        judges(None, "a", model="gpt"),
        judges("m", "b", model="gpt"),
        judges(None, "c"),
        of(None, "a", model="x"),
    )

    assert {name: list(found.of("judge", name)) for name in found.names("judge")} == {
        "": ["c"],
        "gpt": ["a"],
        "m": ["b"],
    }
    assert sorted(found.unnamed_judge()) == ["a", "c"]
    assert (found.names("person"), list(found.of("person", ""))) == ([""], ["a"])


def test_a_file_that_is_made_anew_is_read_anew(tmp_path: Path) -> None:
    """Nothing of the old one counts, not what settled a task, nor what a page had sent."""
    found = reviews(
        tmp_path, of("ann", "a", entry="p-1"), of("ann", "a", settled=True), judges("m", "a"), of("ann", "b")
    )
    (tmp_path / "review.jsonl").unlink()

    assert (found.refresh(), found.refresh()) == (True, False)
    assert (found.count, found.has("p-1"), found.settled("a"), found.by("judge"), found.names("person")) == (
        0,
        False,
        None,
        {},
        [],
    )
    Reviews(tmp_path).put(of("ben", "b"))
    assert (found.refresh(), list(found.by("person")), found.changed("ben", 0)) == (True, ["b"], {"b"})
