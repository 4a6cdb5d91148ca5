"""The server behind the review page: who gets in, and what it keeps of what pages send."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.review import verdicts
from selfinstruct_chains.outputs.review.address import Address
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\x00"


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Server, ClientSession]]:
    """The server of a sitting about two tasks, and a client."""
    tasks = [task(0, HOSTILE, (HOSTILE, HOSTILE)), task(1, "Name a river.")]
    sitting = TasksSitting("Review of run", "", tasks, Reviews(folder))
    async with Server(sitting) as server, ClientSession() as client:
        yield server, client


async def test_only_who_has_the_link_gets_in(tmp_path: Path) -> None:
    """Whatever the host is called; without the token nothing is found, also by a site's own name for it."""
    async with serving(tmp_path) as (server, client):
        address = server.url.rsplit("/", 2)[0]
        for host in ("127.0.0.1", "localhost:8080", "reviews.internal"):
            assert (await client.get(server.url, headers={"Host": host})).status == 200
        for url, headers in (
            (f"{address}/", {}),
            (f"{address}/wrong-token/", {}),
            (f"{address}/wrong-token/state", {}),
            (f"{address}/state", {"Host": "rebound.example"}),
            (f"{server.url}../review.jsonl", {}),
            (f"{server.url}review_server.py", {}),
        ):
            assert (await client.get(url, headers=headers)).status == 404


async def test_it_listens_on_loopback_only_with_a_strict_policy(tmp_path: Path) -> None:
    """The link is long and random, and no page of it may load or send anything elsewhere."""
    async with serving(tmp_path) as (server, client):
        response = await client.get(server.url)

        assert server.url.startswith("http://127.0.0.1:")
        assert len(server.url.split("/")[-2]) >= 32
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


async def test_hostile_text_comes_as_json(tmp_path: Path) -> None:
    """A task's text is never in the page itself; it comes as it is, in JSON; of no task comes nothing."""
    async with serving(tmp_path) as (server, client):
        response = await client.post(f"{server.url}cards", json={"ids": ["000000-00", "x", 5]})

        assert response.content_type == "application/json"
        [first, *others] = await response.json()
        assert first["instruction"] == HOSTILE
        assert others == [None, None]
        assert (await client.post(f"{server.url}cards", json={"ids": ["x"] * 201})).status == 400


def entry(id_: str, answers: str | None = "yyy", number: str = "p-1", **more: Any) -> dict[str, Any]:
    """What the page sends of a task."""
    given = verdict(id_, answers).answers if answers else None
    return {"entry": number, "id": id_, "answers": given, **more}


async def post(client: ClientSession, server: Server, *entries: Any, name: str = "", since: int = 0) -> dict[str, Any]:
    """What the server says of entries."""
    body = {"name": name, "since": since, "entries": entries}
    async with client.post(f"{server.url}entries", json=body) as response:
        found: dict[str, Any] = await response.json()
    return found


async def state(client: ClientSession, server: Server, name: str = "") -> dict[str, Any]:
    """What the page begins with."""
    async with client.get(f"{server.url}state", params={"name": name}) as response:
        found: dict[str, Any] = await response.json()
    return found


def kept(folder: Path, who: str = "") -> dict[str, str]:
    """A person's verdicts in the file, as words like "yny"."""
    letters = {True: "y", False: "n", "unsure": "u"}
    given = Reviews(folder).of("person", who)
    return {id_: "".join(letters[answer] for answer in one.answers.values()) for id_, one in given.items()}


async def test_a_verdict_is_kept_at_once(tmp_path: Path) -> None:
    """When the server answers, the line is in the file, with when it was; and the state has it."""
    async with serving(tmp_path) as (server, client):
        said = await post(client, server, entry("000000-01", "ynn", comment="odd", seconds=2.5))
        found = await state(client, server)

    assert (said["kept"], said["refused"], said["since"]) == (["p-1"], [], 1)
    [one] = Reviews(tmp_path).by("person").values()
    assert (one.answers, one.comment, one.seconds) == (verdict("000000-01", "ynn").answers, "odd", 2.5)
    assert datetime.fromisoformat(one.at or "").tzinfo
    assert [card["verdict"] and card["verdict"]["answers"] for card in found["cards"]] == [None, one.answers]


async def test_what_is_sent_twice_is_kept_once(tmp_path: Path) -> None:
    """Also by a server that was started anew: the page sends until it hears that it was kept."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry("000000-00", "yyy", "p-1"), entry("000000-00", "nnn", "p-2"))
    async with serving(tmp_path) as (server, client):
        said = await post(client, server, entry("000000-00", "yyy", "p-1"))

    assert said["kept"] == ["p-1"]
    assert kept(tmp_path) == {"000000-00": "nnn"}
    assert len((tmp_path / "review.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        [],
        {},
        entry("000000-01") | {"entry": ""},
        entry("000000-01") | {"answers": {"valid_instruction": True}},
        entry("000000-01") | {"answers": dict.fromkeys(verdicts.QUESTIONS, "yes")},
        entry("000000-01") | {"answers": dict.fromkeys(verdicts.QUESTIONS, 1)},
        entry("000000-01") | {"seconds": -1},
        entry("000000-07"),
        entry("000000-01", text={"instruction": " ", "instances": [{"output": "x"}]}),
        entry("000000-01", text={"instruction": "x", "instances": []}),
        entry("000000-01", text={"instruction": "x", "instances": [{"output": "x"}] * 2}),
    ],
)
async def test_what_is_no_verdict_is_refused(tmp_path: Path, wrong: Any) -> None:
    """Not all answers, other types, a task that is not in the run: it is said why, and what comes with it is kept."""
    async with serving(tmp_path) as (server, client):
        said = await post(client, server, wrong, entry("000000-00", number="p-9"))

    assert said["kept"] == ["p-9"]
    assert [bool(one["why"]) for one in said["refused"]] == [True]
    assert kept(tmp_path) == {"000000-00": "yyy"}
    assert not (tmp_path / "corrections.jsonl").exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name": 5, "entries": []}', b"[" * 100_000])
async def test_what_is_no_request_is_refused(tmp_path: Path, body: bytes) -> None:
    """Nothing is written."""
    async with serving(tmp_path) as (server, client):
        assert (await client.post(f"{server.url}entries", data=body)).status == 400

    assert not (tmp_path / "review.jsonl").exists()


async def test_each_reviewer_has_verdicts_of_their_own(tmp_path: Path) -> None:
    """Under a name, whatever it is; what counts is what most say, and "unsure" where as many say otherwise."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry("000000-00", "yyn"), name="ann")
        await post(client, server, entry("000000-00", "ynn", "q-1"), name=HOSTILE)
        found = [(await state(client, server, name))["cards"][0]["verdict"] for name in ("ann", HOSTILE, "")]
        people = (await state(client, server))["people"]

    assert [one and one["answers"]["appropriate_input"] for one in found] == [True, False, None]
    assert people == {"ann": 1, HOSTILE: 1}
    assert Reviews(tmp_path).by("person")["000000-00"].answers == {
        "valid_instruction": True,
        "appropriate_input": "unsure",
        "correct_output": False,
    }


async def test_the_name_of_the_command_goes_before_the_page_s(tmp_path: Path) -> None:
    """It was said by who started the program."""
    sitting = TasksSitting("", "", [task(0, "Name a river.")], Reviews(tmp_path), name="ann")
    async with Server(sitting) as server, ClientSession() as client:
        await post(client, server, entry("000000-00"), name="ben")

    assert Reviews(tmp_path).names("person") == ["ann"]


async def test_two_pages_on_one_task_are_told_of_each_other(tmp_path: Path) -> None:
    """Both verdicts are in the file, the last counts, and a page learns what the other has answered."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry("000000-00", "yyy", "p-1", seen=None), name="ann")
        said = await post(client, server, entry("000000-00", "nnn", "q-1", seen=None), name="ann")
        new = await post(client, server, name="ann", since=1)
        others = await post(client, server, name="ben", since=0)

    assert said["notes"] == ["000000-00 was answered elsewhere too meanwhile; this last answer counts"]
    assert new["changed"]["000000-00"]["answers"]["valid_instruction"] is False
    assert others["changed"] == {}
    assert kept(tmp_path, "ann") == {"000000-00": "nnn"}


async def test_a_verdict_is_taken_back(tmp_path: Path) -> None:
    """The task has none then, and who had another before has that."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry("000000-00", "yyy", "p-1"), entry("000000-00", None, "p-2", seen="p-1"))
        assert kept(tmp_path) == {}
        await post(client, server, entry("000000-00", "uuu", "p-3"))

    assert kept(tmp_path) == {"000000-00": "uuu"}
    assert verdicts.table_two(Reviews(tmp_path).by("person").values()).yes["all"] == 0


async def test_disagreements_are_settled(tmp_path: Path) -> None:
    """By a verdict that counts before all others, and can be taken back as any."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry("000000-00", "yyy", "p-1", comment=HOSTILE), name="ann")
        await post(client, server, entry("000000-00", "yyn", "q-1"), name="ben")
        [one] = await (await client.get(f"{server.url}disagreements")).json()
        await post(client, server, entry("000000-00", "yyn", "q-2", settled=True), name="ben")
        settled = Reviews(tmp_path)
        await post(client, server, entry("000000-00", None, "q-3", settled=True), name="ben")

    assert [(given["name"], given["comment"]) for given in one["verdicts"]] == [("ann", HOSTILE), ("ben", "")]
    assert (one["settled"], one["who"]) == (None, "people")
    assert settled.by("person")["000000-00"].rejected
    assert settled.disagreed() == ["000000-00"]
    assert kept(tmp_path, "ben") == {"000000-00": "yyn"}
    assert Reviews(tmp_path).by("person")["000000-00"].answers["correct_output"] == "unsure"


async def test_an_older_file_is_read_and_added_to(tmp_path: Path) -> None:
    """Of a reviewer without a name, who goes on."""
    answers = {"valid_instruction": True, "appropriate_input": True, "correct_output": False}
    old = [{"id": "000000-00", "by": "person", **answers}, {"id": "000000-00", "by": "judge", **answers, "model": "m"}]
    (tmp_path / "review.jsonl").write_text("\n".join(map(json.dumps, old)))  # and no end of the last line
    async with serving(tmp_path) as (server, client):
        assert (await state(client, server))["cards"][0]["verdict"]["answers"] == answers
        await post(client, server, entry("000000-01"))

    reviews = Reviews(tmp_path)
    assert kept(tmp_path) == {"000000-00": "yyn", "000000-01": "yyy"}
    assert reviews.names("judge") == ["m"]
    assert reviews.unnamed_judge().keys() == {"000000-00"}


async def test_a_run_that_grows_has_its_new_tasks_too(tmp_path: Path) -> None:
    """By their ids, also after the program was started."""
    grown = {"000001-00": task(10, "Name a lake.")}
    sitting = TasksSitting("", "", [task(0, "Name a river.")], Reviews(tmp_path), find=grown.get)
    async with Server(sitting) as server, ClientSession() as client:
        found = await (await client.post(f"{server.url}cards", json={"ids": ["000001-00"]})).json()
        said = await post(client, server, entry("000001-00"), entry("000009-00", number="p-2"))

    assert found[0]["instruction"] == "Name a lake."
    assert found[0]["facts"]["kind"] == "other"
    assert said["kept"] == ["p-1"]
    assert said["refused"] == [{"entry": "p-2", "id": "000009-00", "why": "the run has no such task any more"}]


async def test_texts_are_searched_for(tmp_path: Path) -> None:
    """In any case, in every field."""
    async with serving(tmp_path) as (server, client):
        found = [
            await (await client.get(f"{server.url}search", params={"text": text})).json()
            for text in ("RIVER", "<script>", "nowhere")
        ]

    assert found == [["000000-01"], ["000000-00"], []]


async def test_a_page_goes_on_after_a_restart(tmp_path: Path) -> None:
    """The folder's address stays what it was, for its owner's eyes; two sittings at once have two."""
    sitting = TasksSitting("", "", [task(0, "Name a river.")], Reviews(tmp_path))
    async with Server(sitting, address=Address.of(tmp_path)) as first:
        async with Server(sitting, address=Address.of(tmp_path)) as beside:
            assert beside.url != first.url
        assert (tmp_path / ".review").stat().st_mode & 0o777 == 0o600
    async with Server(sitting, address=Address.of(tmp_path)) as second:
        assert second.url == first.url
    (tmp_path / "copy").mkdir()
    (tmp_path / ".review").rename(tmp_path / "copy" / ".review")
    assert Address.of(tmp_path / "copy").token not in first.url


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": "x", "token": 5, "place": null}', "\0", "[" * 100_000])
def test_a_damaged_address_is_a_new_one(tmp_path: Path, text: str) -> None:
    """Without a word: all that is lost is a link."""
    (tmp_path / ".review").write_text(text)

    assert Address.of(tmp_path).port == 0


async def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """With what to do about it."""
    async with serving(tmp_path) as (server, _):
        port = int(server.url.split(":")[2].split("/")[0])
        with pytest.raises(ConfigError, match=f"port {port} can't be had"):
            async with Server(TasksSitting("", "", [], Reviews(tmp_path)), port):
                pass
