"""Texts that people correct: kept beside the model's, and what an export takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from selfinstruct_chains import Instance
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.review.corrections import Correction, Corrections, Wording, corrected, wording
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.review.test_server import HOSTILE, entry, post, state
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader

TASKS = [task(0, "Name a rivver.", ("", "Lake Como")), task(1, "Name a lake.", ("", "Como")), task(2, "Say hello.")]
RIGHT = Wording(instruction="Name a river.", instances=(Instance(input="in Spain", output="The Ebro"),))


def text(wanted: Wording) -> dict[str, Any]:
    """As the page sends it."""
    return json.loads(wanted.model_dump_json())


def correct(folder: Path, number: int = 0, wanted: Wording = RIGHT) -> None:
    """A person's correction of a task."""
    told = {"name": "ann", "at": "2026-11-28T12:00:00+00:00"}
    Corrections(folder).put(
        Correction(id=TASKS[number].id, text=wanted, original=wording(TASKS[number]), **told)  # type: ignore[arg-type]
    )


def test_a_correction_stands_beside_the_original(tmp_path: Path) -> None:
    """With who wrote it and when; the last counts, and one that is as the original is none."""
    correct(tmp_path)
    correct(tmp_path, wanted=RIGHT.model_copy(update={"instruction": HOSTILE}))

    found = Corrections(tmp_path)
    assert found.all()[TASKS[0].id].name == "ann"
    assert found.all()[TASKS[0].id].original == wording(TASKS[0])
    assert corrected(TASKS[0], found).instruction == HOSTILE
    assert corrected(TASKS[1], found) is TASKS[1]
    correct(tmp_path, wanted=wording(TASKS[0]))
    assert Corrections(tmp_path).all() == {}
    assert len((tmp_path / "corrections.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_a_text_that_has_changed_since_is_not_corrected(tmp_path: Path) -> None:
    """What was meant for another text does not fit it."""
    correct(tmp_path)
    other = TASKS[0].model_copy(update={"instruction": "Name a mountain."})

    assert corrected(other, Corrections(tmp_path)) is other


def test_texts_and_corrections_can_be_keys(tmp_path: Path) -> None:
    """They are values: they do not change, and equal ones are one."""
    correct(tmp_path)
    one, again = Corrections(tmp_path).of(TASKS[0]), Corrections(tmp_path).of(TASKS[0])

    assert len({one, again}) == len({RIGHT, RIGHT.model_copy()}) == 1


def test_a_file_that_is_made_anew_is_read_anew(tmp_path: Path) -> None:
    """What stands there no more is no correction, and what a page had sent is not known."""
    one = Correction(id=TASKS[0].id, text=RIGHT, original=wording(TASKS[0]), entry="p-1")
    found = Corrections(tmp_path)
    found.put(one)
    found.put(one.model_copy(update={"id": TASKS[1].id, "original": wording(TASKS[1]), "entry": None}))
    before = [found.has("p-1"), *(found.of(task) for task in TASKS)]
    (tmp_path / "corrections.jsonl").unlink()
    found.refresh()

    assert [bool(is_there) for is_there in before] == [True, True, True, False]
    assert before[1] == one
    assert (found.has("p-1"), found.has(""), found.all(), found.last(TASKS[0].id)) == (False, False, {}, None)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """File and line, and what to do."""
    correct(tmp_path)
    path = tmp_path / "corrections.jsonl"
    path.write_text(path.read_text() + "{}\n")

    with pytest.raises(RunError, match=r"corrections.jsonl, line 2: damaged; delete the line"):
        Corrections(tmp_path)


async def test_the_page_sends_a_correction(tmp_path: Path) -> None:
    """The card shows both texts; two people who correct the same text don't overwrite each other unseen."""
    sitting = TasksSitting("", "", TASKS, Reviews(tmp_path))
    async with Server(sitting) as server, ClientSession() as client:
        edit = {"answers": None, "text": text(RIGHT)}
        said = await post(client, server, entry(TASKS[0].id, None, "p-1") | edit, name=HOSTILE)
        again = await post(client, server, entry(TASKS[0].id, None, "q-1") | edit, name="ben")
        third = await post(client, server, entry(TASKS[0].id, None, "q-2", seen="p-1") | edit, name="ben")
        [card] = await (await client.post(f"{server.url}cards", json={"ids": [TASKS[0].id]})).json()
        cards = (await state(client, server))["cards"]
        found = await (await client.get(f"{server.url}search", params={"text": "ebro"})).json()

    assert (said["kept"], third["kept"]) == (["p-1"], ["q-2"])
    assert again["refused"][0]["why"] == f"{HOSTILE} has corrected it meanwhile; look at that, and save again"
    assert (card["instruction"], card["correction"]["instruction"]) == ("Name a rivver.", "Name a river.")
    assert (card["correction"]["name"], card["seen"]) == ("ben", "q-2")
    assert [card["corrected"] for card in cards] == [True, False, False]
    assert found == [TASKS[0].id]
    assert Reviews(tmp_path).by("person") == {}


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """A run with a corrected task."""
    found = run_folder(tmp_path / "run", TASKS)
    correct(found.path)
    return found


def exported(run: RunReader, out: Path, **choice: Any) -> tuple[list[str], tuple[str, ...], str]:
    """The instructions of an export, what is said of it, and its card."""
    done = export(run, "alpaca", out, Choice(**choice))
    return [row["instruction"] for row in json.loads(out.read_text())], done.notes, done.card.read_text()


def test_an_export_takes_the_corrected_text(run: RunReader, tmp_path: Path) -> None:
    """And says how many it took; the run's own files are as they were."""
    before = (run.path / "tasks.jsonl").read_bytes()

    instructions, notes, card = exported(run, tmp_path / "out.json")

    assert instructions == ["Name a river.", "Name a lake.", "Say hello."]
    assert "Corrected by people: 1 task." in notes
    assert "Corrected by people: 1 task." in card
    assert (run.path / "tasks.jsonl").read_bytes() == before
    assert json.loads((tmp_path / "out.json").read_text())[0]["output"] == "The Ebro"


def test_an_export_can_take_the_original_text(run: RunReader, tmp_path: Path) -> None:
    """As the model wrote it."""
    instructions, notes, card = exported(run, tmp_path / "out.json", original=True)

    assert instructions[0] == "Name a rivver."
    assert "Corrected by people" not in "".join([*notes, card])


def test_a_correction_of_another_text_is_told(run: RunReader, tmp_path: Path) -> None:
    """It is not used."""
    path = run.path / "corrections.jsonl"
    path.write_text(
        path.read_text().replace('"original": {"instruction": "Name a rivver."', '"original": {"instruction": "?"')
    )

    instructions, notes, _ = exported(run, tmp_path / "out.json")

    assert instructions[0] == "Name a rivver."
    assert "1 correction is of a text that has changed since, or is gone, and is not used." in notes


def test_a_corrected_task_is_as_good_as_approved(run: RunReader, tmp_path: Path) -> None:
    """Its verdict is about the model's text; without the correction it counts."""
    reviews = Reviews(run.path)
    reviews.put(verdict(TASKS[0].id, "ynn"))
    reviews.put(verdict(TASKS[1].id, "yyu"))
    reviews.put(verdict(TASKS[2].id, "nyu"))

    def taken(name: str, **choice: bool) -> list[str]:
        return exported(run, tmp_path / f"{name}.json", **choice)[0]

    assert taken("approved", only_approved=True) == ["Name a river."]
    assert taken("rejected", drop_rejected=True) == ["Name a river.", "Name a lake."]
    assert taken("original", drop_rejected=True, original=True) == ["Name a lake."]


def test_how_far_people_bear_a_judge_out_is_told_where_its_verdicts_are_used(run: RunReader, tmp_path: Path) -> None:
    """Before anything is made of them: in the notes and on the card; and that nobody has looked, where that is so."""
    reviews = Reviews(run.path)
    for one in TASKS:
        reviews.put(verdict(one.id, "yyy", by="judge").model_copy(update={"name": "m"}))
    alone = exported(run, tmp_path / "alone.json", only_approved=True)
    reviews.put(verdict(TASKS[1].id, "yyn"))

    _, notes, card = exported(run, tmp_path / "out.json", only_approved=True)
    unused = exported(run, tmp_path / "unused.json")[1]

    assert "A judge's verdicts decide on 2 tasks; no person has reviewed what it judged." in alone[1]
    expected = "A judge's verdicts decide on 1 task. People and the judge m: the same on 0% of 1 task, kappa 0.00."
    assert expected in notes
    assert expected in card
    assert "judge" not in "".join(unused)
