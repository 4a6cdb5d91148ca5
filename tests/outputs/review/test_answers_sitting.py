"""A sitting about answers: what its page begins with, what a card shows, what it takes, and what of it is new."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.review.answers import AnswersSitting, Ratings, rates, shown
from selfinstruct_chains.outputs.review.cards import NotAVerdictError, entry_of
from selfinstruct_chains.outputs.review.server import Server
from tests.outputs.review.test_answers import FOUND, form

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.review.answers import Shown

ANSWERS = {one.text: one for one in shown(FOUND, 9)}
WET, RHINE, EBRO = (ANSWERS[text].id for text in ("yes", "Rhine", "Ebro"))


@pytest.fixture
def sitting(tmp_path: Path) -> AnswersSitting:
    """About all answers."""
    return AnswersSitting("Answers", list(ANSWERS.values()), form(tmp_path))


def take(sitting: AnswersSitting, id_: str, rating: str | None, entry: str = "p-1", **more: Any) -> str:
    """Have a rating be kept, or taken back."""
    answers = {"rating": rating} if rating else None
    return sitting.take(entry_of({"entry": entry, "id": id_, "answers": answers, **more}), "")


async def test_the_page_begins_with_all_that_it_needs(sitting: AnswersSitting) -> None:
    """What is asked, what answers it, and which keys; it offers nothing besides."""
    async with Server(sitting) as server, ClientSession() as client:
        found = await (await client.get(f"{server.url}state")).json()

    cards = {card["id"]: card for card in found.pop("cards")}
    texts = {
        "A": "Correct and satisfying",
        "B": "Acceptable, with minor errors",
        "C": "Responds, but has significant errors",
        "D": "Irrelevant or invalid",
    }
    choices = [
        {"key": level.lower(), "value": level, "text": text, "good": level in "AB"} for level, text in texts.items()
    ]
    assert found == {
        "title": "Answers",
        "note": "",
        "name": "",
        "what": "answers",
        "output": "Answer",
        "guidelines": "",
        "keys": {"a": "a", "b": "b", "c": "c", "d": "d", "skip": "s", "undo": "u", "search": "/", "guidelines": "g"},
        "features": {"comment": False, "correct": False, "several": False, "back": False},
        "questions": [{"key": "rating", "text": "How good is the answer?", "choices": choices}],
        "people": {},
        "since": 0,
    }
    assert list(cards) == [one.id for one in ANSWERS.values()]
    assert cards[EBRO] == {"id": EBRO, "kind": "other", "topic": "geography", "verdict": None}
    assert cards[WET] == {"id": WET, "kind": "classification", "topic": "", "verdict": None}


def test_keys_and_guidelines_of_one_s_own_are_the_page_s(tmp_path: Path) -> None:
    """As they are."""
    sitting = AnswersSitting("", [], form(tmp_path), "<p>So.</p>", {"a": "1"})

    assert (sitting.guidelines, sitting.keys) == ("<p>So.</p>", {"a": "1"})


def test_a_card_shows_the_question_and_the_answer(sitting: AnswersSitting) -> None:
    """And nothing that tells a model; of no answer it shows nothing."""
    assert sitting.shown(RHINE) == {
        "about": "Task a",
        "instruction": "Name a river.",
        "instances": [{"input": "in \ud800 Spain", "output": "Rhine"}],
    }
    assert sitting.shown(WET) == {
        "about": "Classification task b",
        "instruction": "Is it wet?",
        "instances": [{"input": "", "output": "yes"}],
    }
    assert sitting.shown("x") is None


def test_an_answer_is_known_by_its_item_and_its_text() -> None:
    """The same in each version, so that a page which is left open goes on; the order of cards is that of their ids."""
    assert hashlib.sha256(b'["b", "yes"]').hexdigest()[:20] == WET
    assert len({one.id for one in ANSWERS.values()}) == 4


def test_what_is_new_is_told_with_its_rating(sitting: AnswersSitting) -> None:
    """None where it was taken back; cards tell the same, and what was kept is known by its number."""
    assert [take(sitting, WET, "B"), take(sitting, RHINE, "D", "p-2"), take(sitting, WET, None, "p-3")] == [""] * 3

    given = {"answers": {"rating": "D"}, "comment": "", "seen": None}
    assert sitting.changed("", 0) == (3, {WET: None, RHINE: given})
    assert sitting.changed("", 1) == (3, {RHINE: given, WET: None})
    assert sitting.changed("", 2) == (3, {WET: None})
    assert sitting.changed("", 3) == (3, {})
    assert {card["id"]: card["verdict"] for card in sitting.cards("")} == {
        one.id: given if one.id == RHINE else None for one in ANSWERS.values()
    }
    assert [sitting.has(f"p-{number}") for number in (1, 2, 3, 4)] == [True, True, True, False]


async def test_what_is_sent_twice_is_kept_once(sitting: AnswersSitting) -> None:
    """The page sends until it hears that it was kept."""
    entry = {"entry": "p-1", "id": WET, "answers": {"rating": "B"}}
    async with Server(sitting) as server, ClientSession() as client:
        body = {"name": "", "since": 0, "entries": [entry, entry | {"answers": {"rating": "C"}}]}
        said = await (await client.post(f"{server.url}entries", json=body)).json()

    assert (said["kept"], said["since"]) == (["p-1", "p-1"], 1)
    assert said["changed"][WET]["answers"] == {"rating": "B"}


@pytest.mark.parametrize(
    ("id_", "entry", "said"),
    [
        ("x", {"answers": {"rating": "A"}}, "not an answer of this sample"),
        (WET, {"answers": {"rating": "E"}}, "a rating, A to D, is expected"),
        (WET, {"answers": {"rating": True}}, "a rating, A to D, is expected"),
        (WET, {"answers": {}}, "a rating, A to D, is expected"),
        (
            WET,
            {"answers": None, "text": {"instruction": "x", "instances": [{"output": "y"}]}},
            "a rating, A to D, is expected",
        ),
    ],
)
def test_what_is_no_rating_is_refused(sitting: AnswersSitting, id_: str, entry: dict[str, Any], said: str) -> None:
    """In words, and nothing is kept."""
    with pytest.raises(NotAVerdictError) as caught:
        sitting.take(entry_of({"entry": "p-1", "id": id_, **entry}), "")

    assert str(caught.value) == said
    assert (sitting.changed("", 0), sitting.has("p-1")) == ((0, {}), False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RIVER", {"Ebro", "Rhine"}),
        ("spain", {"Ebro", "Rhine"}),
        ("YES", {"yes"}),
        ("nowhere", set()),
        ("", {*ANSWERS}),
    ],
)
def test_texts_are_searched_for(sitting: AnswersSitting, text: str, found: set[str]) -> None:
    """In any case, in instructions, inputs and answers; in the order of the cards."""
    assert sitting.search(text) == [one.id for one in ANSWERS.values() if one.text in found]


def test_who_rates_is_told_nothing_of_others(sitting: AnswersSitting, tmp_path: Path) -> None:
    """Neither who they are nor what they said."""
    form(tmp_path, "you").put(WET, "A")

    assert (sitting.people(), sitting.disagreements(), sitting.agreement()) == ({}, [], [])


def test_levels_are_counted_for_each_model(tmp_path: Path) -> None:
    """All of them, those that nobody gave too, by the models' names in order."""
    answers: list[Shown] = list(ANSWERS.values())
    ratings = form(tmp_path)
    for text, rating in {"yes": "B", "Rhine": "D", "Ebro": "A"}.items():
        ratings.put(ANSWERS[text].id, rating)  # type: ignore[arg-type]
    assert rates(answers, ratings) == (3, 4, {})

    ratings.put(ANSWERS["Como \udcff"].id, "A")
    assert rates(answers, ratings) == (
        4,
        4,
        {"yak": {"A": 0, "B": 1, "C": 0, "D": 1}, "zebra": {"A": 2, "B": 1, "C": 0, "D": 0}},
    )
    assert list(rates(answers, ratings).by_model) == ["yak", "zebra"]


def test_ratings_that_can_t_be_written_are_told(tmp_path: Path) -> None:
    """With the file; what was rated before stays."""
    ratings = Ratings(tmp_path / "none" / "ratings.jsonl", "me", list(ANSWERS.values()))

    with pytest.raises(RunError, match=r"ratings.jsonl: can't be written: No such file or directory$"):
        ratings.put(WET, "A")
    assert ratings.given == {}
