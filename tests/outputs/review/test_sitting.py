"""A review from beginning to end, in this process: who visits the page ends it by Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.review.sitting import Page, begin, outcome, rate, review
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.training.evaluation.comparing import evaluation
from selfinstruct_chains.training.evaluation.folder import write
from tests.outputs.review.test_answers import GIVEN, ITEMS
from tests.outputs.review.test_review import TASKS, verdict
from tests.outputs.runs import run_folder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader


class Visitor:
    """What is said during a sitting; whoever hears the page's address does something there, and presses Ctrl-C."""

    def __init__(self, does: Callable[[ClientSession, str, dict[str, Any]], Awaitable[Any]]) -> None:
        self.said: list[str] = []
        self.url = ""
        self.state: dict[str, Any] = {}
        self._does = does
        self._visits: list[asyncio.Task[None]] = []

    def __call__(self, text: str) -> None:
        self.said.append(text)
        if found := re.search(r"http://127.0.0.1:\d+/\S+/", text):
            self.url = found[0]
            self._visits.append(asyncio.get_running_loop().create_task(self._visit()))
            self._visits[0].add_done_callback(self._leave)

    async def _visit(self) -> None:
        async with ClientSession() as client:
            self.state = await (await client.get(f"{self.url}state")).json()
            await self._does(client, self.url, self.state)

    def _leave(self, _: object) -> None:
        raise KeyboardInterrupt

    def check(self) -> None:
        """That the visit came to its end, before the page was gone."""
        [visit] = self._visits
        assert not visit.cancelled()
        visit.result()


async def look(client: ClientSession, url: str, state: dict[str, Any]) -> None:
    """A visitor who does nothing."""


async def answer(client: ClientSession, url: str, state: dict[str, Any]) -> None:
    """A visitor who answers the question about the first card, or the first of the questions by A."""
    [first, *_] = state["cards"]
    answers = {question["key"]: question["choices"][0]["value"] for question in state["questions"]}
    body = {"name": "ann", "since": 0, "entries": [{"entry": "p-1", "id": first["id"], "answers": answers}]}
    async with client.post(f"{url}entries", json=body) as response:
        assert (await response.json())["kept"] == ["p-1"]


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """A finished run of three tasks."""
    return run_folder(tmp_path / "run", TASKS[:3])


def stopped(run: RunReader) -> str:
    """Have a run be stopped; why."""
    told = {"state": "stopped", "why": "stopped by Ctrl-C", "finished": 3, "wanted": 9}
    (run.path / "progress.json").write_text(json.dumps(told))
    return "Unfinished run: it stopped at 3 of 9 tasks: stopped by Ctrl-C."


def test_a_page_is_served_until_ctrl_c(run: RunReader) -> None:
    """It says where; what was answered until then is what comes of it."""
    visitor = Visitor(answer)

    found = review(run.path, 3, Page(), name=None, say=visitor)

    visitor.check()
    assert visitor.said == [f"The review is at {visitor.url}\nCtrl-C ends it; what is answered is kept."]
    assert int(visitor.url.split(":")[2].partition("/")[0]) >= 1024
    assert (visitor.state["title"], visitor.state["note"], visitor.state["name"]) == ("Review of run", "", None)
    assert (found.table.reviewed, found.people, found.disagreed, found.agreement) == (1, {"ann": 1}, 0, [])
    assert set(found.table.yes.values()) == {1.0}


def test_a_page_is_what_the_command_says(run: RunReader, tmp_path: Path) -> None:
    """Keys, guidelines, who reviews, and what there is to say of the run; its sample is as large as it can be."""
    why = stopped(run)
    (tmp_path / "own.md").write_text("*Ours.*")
    visitor = Visitor(answer)

    found = review(run.path, 9, Page(keys="yes=j", guidelines=tmp_path / "own.md"), name="ben", say=visitor)

    visitor.check()
    assert visitor.said[:2] == [why, "The run has 3 tasks; all of them are in the sample."]
    assert visitor.state["keys"]["yes"] == "j"
    assert {name: visitor.state[name] for name in ("title", "note", "name", "guidelines")} == {
        "title": "Review of run",
        "note": why,
        "name": "ben",
        "guidelines": "<p><em>Ours.</em></p>\n",
    }
    assert sorted(card["id"] for card in visitor.state["cards"]) == [task.id for task in TASKS[:3]]
    assert found.people == {"ben": 1}


@pytest.mark.parametrize("browse", [False, True])
def test_a_browser_is_opened_if_it_is_wanted(run: RunReader, monkeypatch: pytest.MonkeyPatch, *, browse: bool) -> None:
    """At the page; and not otherwise."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    visitor = Visitor(look)

    review(run.path, 3, Page(browse=True) if browse else Page(), name=None, say=visitor)

    visitor.check()
    assert opened == [visitor.url] * browse


def test_what_makes_no_sense_is_refused_before_anything_is_served(run: RunReader) -> None:
    """Keys and guidelines are looked at first."""
    visitor = Visitor(look)

    for page in (Page(keys="yes=n"), Page(guidelines=run.path / "none.md")):
        with pytest.raises(ConfigError):
            review(run.path, 3, page, name=None, say=visitor)
    assert visitor.said == []


def test_answers_are_rated_until_ctrl_c(tmp_path: Path) -> None:
    """By whom the command says, all answers to so many items; what was rated until then is what comes of it."""
    folder = tmp_path / "compared"
    write(evaluation(ITEMS, GIVEN), folder, "items")
    visitor = Visitor(answer)

    found = rate(folder, 9, Page(keys="a=1"), by="me", say=visitor)

    visitor.check()
    assert visitor.said == [f"The review is at {visitor.url}\nCtrl-C ends it; what is answered is kept."]
    assert (visitor.state["title"], visitor.state["keys"]["a"]) == ("Answers of compared", "1")
    assert "<h3>A: " in visitor.state["guidelines"]
    assert found == (1, 4, {})
    lines = map(json.loads, (folder / "ratings.jsonl").read_text(encoding="utf-8").splitlines())
    assert {(line["rating"], line["by"]) for line in lines} == {("A", "me")}


@pytest.mark.parametrize("size", [2, 3, 4])
def test_what_there_is_to_say_of_a_run_is_said(run: RunReader, size: int) -> None:
    """That it isn't finished, that it has fewer tasks than wanted, and that verdicts are of tasks it has no more."""
    quiet: list[str] = []
    begun, tasks, reviews = begin(run.path, size, quiet.append)
    why, loud = stopped(run), list[str]()
    Reviews(run.path).put(verdict("000099-00"))
    begin(run.path, size, loud.append)

    few = ["The run has 3 tasks; all of them are in the sample."] * (size == 4)
    assert (begun.path, len(tasks), reviews.path) == (run.path, min(size, 3), run.path / "review.jsonl")
    assert quiet == few
    assert loud == [
        why,
        *few,
        "1 reviewed task is no longer in the run; its verdicts stay in review.jsonl.",
    ]


def test_an_outcome_is_of_the_sample_and_of_all_people(run: RunReader) -> None:
    """Shares of the sample as it counts; people, how far they agree, and what is to settle of the whole run."""
    reviews = Reviews(run.path)
    said = {"ann": ("yyn", "yyn", "yyy", "yyy"), "ben": ("yyn", "yyy", "nyy", "nnn")}
    for name, answers in said.items():
        for task, word in zip(TASKS, answers, strict=False):
            reviews.put(verdict(task.id, word).model_copy(update={"name": name}))
    reviews.put(verdict(TASKS[2].id, "yyy").model_copy(update={"settled": True}))
    reviews.put(verdict(TASKS[0].id, "nnn", by="judge"))

    people, judge = (outcome(run.path, TASKS[:2], who) for who in ("person", "judge"))  # type: ignore[arg-type]

    yes = {"valid_instruction": 1, "appropriate_input": 1, "correct_output": 0, "all": 0}
    assert people.table == (2, yes)
    assert judge.table == (1, dict.fromkeys(yes, 0))
    assert [(one.people, one.disagreed) for one in (people, judge)] == [({"ann": 4, "ben": 4}, 2)] * 2
    assert list(dict.fromkeys(one.who for one in people.agreement)) == ["ann and ben", "people and the judge"]
