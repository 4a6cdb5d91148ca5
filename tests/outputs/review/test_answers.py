"""The blind form for answers: what it shows, what it keeps, and what an evaluation reads of it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from selfinstruct_chains.errors import DataError, RunError
from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.files.ratings import Rated, read_ratings
from selfinstruct_chains.outputs.review.answers import AnswersSitting, Ratings, rates, shown
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.training.evaluation.comparing import evaluation
from selfinstruct_chains.training.evaluation.folder import RATINGS, Answered, answered, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ITEMS = [
    Item("a", "Name a river.", "in \ud800 Spain", ("Ebro", "Tajo"), is_classification=False, category="geography"),
    Item("b", "Is it wet?", "", ("yes",), is_classification=True),
    Item("c", "Name a lake.", "", ("Como",), is_classification=False),
]
GIVEN = {
    "zebra": {"a": Answer("Ebro"), "b": Answer("yes"), "c": Answer("Como \udcff", stopped=True)},
    "yak": {"a": Answer("Rhine"), "b": Answer("yes")},
}
FOUND = Answered(ITEMS, GIVEN)


def form(folder: Path, by: str = "me", found: Answered = FOUND) -> Ratings:
    """The ratings of all answers, by a person."""
    return Ratings(folder / RATINGS, by, shown(found, 9))


def rated(folder: Path) -> list[Rated]:
    """As `evaluate --people` reads them."""
    return read_ratings(folder / RATINGS, {"a", "b", "c"}, ["zebra", "yak"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation's."""
    folder = tmp_path_factory.mktemp("evaluation")
    write(evaluation(ITEMS, GIVEN), folder, "items")
    return folder


def test_the_folder_of_an_evaluation_says_what_was_asked_and_answered(folder: Path) -> None:
    """All of it, halves of characters too; an answer that is missing stays missing."""
    assert answered(folder) == FOUND


@pytest.mark.parametrize(
    ("name", "said"), [("evaluation.json", "can't be read"), ("items.jsonl", "has no items.jsonl")]
)
def test_a_folder_that_lacks_something_is_told(folder: Path, tmp_path: Path, name: str, said: str) -> None:
    """With what writes it."""
    for path in folder.glob("*.json*"):
        (tmp_path / path.name).write_bytes(b"" if path.name == name == "evaluation.json" else path.read_bytes())
    if name == "items.jsonl":
        (tmp_path / name).unlink()

    with pytest.raises(RunError, match=f"{said}.*the same evaluate command writes it"):
        answered(tmp_path)


def test_the_order_is_mixed_and_the_same_each_time() -> None:
    """Whatever order the models have; one text under one item is asked about once."""
    one, again = shown(FOUND, 9), shown(Answered(ITEMS, dict(reversed(GIVEN.items()))), 9)

    assert [each.id for each in one] == [each.id for each in again]
    assert sorted((each.item.id, each.text, sorted(each.models)) for each in one) == [
        ("a", "Ebro", ["zebra"]),
        ("a", "Rhine", ["yak"]),
        ("b", "yes", ["yak", "zebra"]),
        ("c", "Como \udcff", ["zebra"]),
    ]
    assert [each.text for each in one] != [answer.text for given in GIVEN.values() for answer in given.values()]
    assert {each.item.id for each in shown(FOUND, 1)} < {"a", "b", "c"}


def test_ratings_are_there_after_a_restart(tmp_path: Path) -> None:
    """For every model that gave the answer; a new one takes the place of the old, and one taken back is gone."""
    wet = next(one for one in shown(FOUND, 9) if one.text == "yes")
    river = next(one for one in shown(FOUND, 9) if one.text == "Ebro")
    ratings = form(tmp_path)
    for id_, rating in ((wet.id, "C"), (river.id, "D"), (wet.id, "A")):
        ratings.put(id_, rating)

    assert form(tmp_path).given == ratings.given == {wet.id: "A", river.id: "D"}
    assert [one[:4] for one in rated(tmp_path)] == [
        ("a", "zebra", "D", "me"),
        ("b", "zebra", "A", "me"),
        ("b", "yak", "A", "me"),
    ]
    ratings.put(wet.id, None)
    assert form(tmp_path).given == ratings.given == {river.id: "D"}
    assert [one.id for one in rated(tmp_path)] == ["a"]


def test_others_ratings_stay(tmp_path: Path) -> None:
    """Several people rate into one file, and nobody is shown what another said."""
    [one, *_] = shown(FOUND, 9)
    form(tmp_path, "you").put(one.id, "B")

    assert form(tmp_path).given == {}
    form(tmp_path).put(one.id, "A")
    assert {(each.by, each.rating) for each in rated(tmp_path)} == {("you", "B"), ("me", "A")}


def test_an_answer_that_has_changed_is_asked_about_again(tmp_path: Path) -> None:
    """Its old rating is of another text; the new one takes its place."""
    river = next(one for one in shown(FOUND, 9) if one.text == "Ebro")
    form(tmp_path).put(river.id, "A")
    changed = Answered(ITEMS, {**GIVEN, "zebra": {**GIVEN["zebra"], "a": Answer("Elbe")}})

    ratings = form(tmp_path, found=changed)
    assert ratings.given == {}
    ratings.put(next(one for one in shown(changed, 9) if one.text == "Elbe").id, "D")
    assert [(one.rating, one.output) for one in rated(tmp_path)] == [("D", "Elbe")]


def test_models_are_named_when_all_is_rated(tmp_path: Path) -> None:
    """Not before: who goes on is still blind."""
    answers, ratings = shown(FOUND, 9), form(tmp_path)
    for one in answers[:-1]:
        ratings.put(one.id, "A")
    assert rates(answers, ratings) == (3, 4, {})

    ratings.put(answers[-1].id, "D")
    by_model = rates(answers, ratings).by_model
    assert {model: sum(counts.values()) for model, counts in by_model.items()} == {"yak": 2, "zebra": 3}
    assert sum(counts["D"] for counts in by_model.values()) == len(answers[-1].models)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[str, ClientSession]]:
    """The form's address, and a client."""
    sitting = AnswersSitting("Answers", shown(FOUND, 9), form(folder))
    async with Server(sitting) as server, ClientSession() as client:
        yield server.url, client


async def test_no_model_is_named_to_the_page(tmp_path: Path) -> None:
    """Not in what it is sent at the start, not with an answer, and not by a search."""
    async with serving(tmp_path) as (url, client):
        begun = await (await client.get(f"{url}state")).text()
        ids = [card["id"] for card in json.loads(begun)["cards"]]
        sent = await (await client.post(f"{url}cards", json={"ids": ids})).text()
        found = await (await client.get(f"{url}search", params={"text": "zebra"})).json()

    assert not any(model in text for model in GIVEN for text in (begun, sent))
    assert found == []
    assert json.loads(begun)["name"] == ""
    assert [choice["value"] for choice in json.loads(begun)["questions"][0]["choices"]] == list("ABCD")
    assert {one["instances"][0]["output"] for one in json.loads(sent)} == {"Ebro", "Rhine", "yes", "Como \udcff"}


async def test_a_rating_is_kept_and_taken_back(tmp_path: Path) -> None:
    """When the server answers, the file has it; what is none is refused in words."""
    async with serving(tmp_path) as (url, client):
        card = (await (await client.get(f"{url}state")).json())["cards"][0]["id"]

        async def post(*entries: Any) -> Any:
            async with client.post(f"{url}entries", json={"name": "", "since": 0, "entries": entries}) as response:
                return response.status, await response.json()

        await post({"entry": "p-1", "id": card, "answers": {"rating": "B"}})
        assert form(tmp_path).given == {card: "B"}
        state = await (await client.get(f"{url}state")).json()
        assert [one["verdict"] and one["verdict"]["answers"] for one in state["cards"]] == [
            {"rating": "B"},
            None,
            None,
            None,
        ]
        wrong: list[Any] = [
            [],
            {},
            {"id": card},
            {"entry": "w", "id": card, "answers": {}},
            {"entry": "w", "id": card, "answers": {"rating": "E"}},
            {"entry": "w", "id": card, "answers": {"rating": ["A"]}},
            {"entry": "w", "id": "x", "answers": {"rating": "A"}},
            {"entry": "w", "id": [], "answers": {"rating": "A"}},
        ]
        status, said = await post(*wrong)
        assert (status, said["kept"], len(said["refused"])) == (200, [], len(wrong))
        await post({"entry": "p-2", "id": card, "answers": None})
        assert form(tmp_path).given == {}
        (tmp_path / RATINGS).write_text("{")
        status, said = await post({"entry": "p-3", "id": card, "answers": {"rating": "A"}})
        assert (status, said["kept"]) == (500, [])
        assert "ratings.jsonl, line 1" in said["error"]


def test_a_damaged_file_of_ratings_is_named(tmp_path: Path) -> None:
    """With its line, at the start."""
    (tmp_path / RATINGS).write_text('{"id": "a"}')
    with pytest.raises(DataError, match=r"ratings.jsonl, line 1: one object"):
        form(tmp_path)
