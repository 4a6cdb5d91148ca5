"""What the review page asks its server, and is answered: all that it is made of, limits, and what goes wrong."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.review.address import Address
from selfinstruct_chains.outputs.review.server import ASSETS, Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.review.test_server import entry, kept, post, serving, state
from tests.outputs.runs import task

if TYPE_CHECKING:
    from pathlib import Path

IDS = ["000000-00", "000000-01"]
PAGE = [
    *("review.css", "review.html", "review.js", "review_card.js", "review_edit.js", "review_keys.js"),
    *("review_queue.js", "review_state.js", "review_views.js", "text.js", "theme.css"),
]
KINDS = {"css": "text/css", "html": "text/html", "js": "text/javascript"}


async def test_the_page_is_all_that_is_served(tmp_path: Path) -> None:
    """Each file of it as what it is; of the other assets none."""
    names = {path.name for path in ASSETS.iterdir()}
    assert {name for name in names if name.startswith("review") and not name.endswith(".md")} < {*PAGE} < names
    async with serving(tmp_path) as (server, client):
        for name in PAGE:
            async with client.get(server.url + name) as response:
                assert (response.status, response.content_type) == (200, KINDS[name.rpartition(".")[2]])
                assert await response.text() == (ASSETS / name).read_text(encoding="utf-8")
        for name in ("report.html", "rows.js", "review_tasks.md"):
            assert (await client.get(server.url + name)).status == 404
        async with client.get(server.url) as response:
            assert await response.text() == (ASSETS / "review.html").read_text(encoding="utf-8")


async def test_the_page_begins_with_all_that_it_needs(tmp_path: Path) -> None:
    """What is asked, what answers it, which keys, who has reviewed, and how many lines there were."""
    reviews = Reviews(tmp_path)
    reviews.put(verdict(IDS[0], "yyn").model_copy(update={"name": "ann", "entry": "p-1"}))
    reviews.put(verdict(IDS[0], "yyn").model_copy(update={"name": "ben"}))
    sitting = TasksSitting("Review of run", "Unfinished.", [task(0, "Name a river.")], reviews, guidelines="<p>So.</p>")
    async with Server(sitting) as server, ClientSession() as client:
        found = await state(client, server, "ann")

    choices = [
        {"key": "y", "value": True, "text": "Yes", "good": True},
        {"key": "n", "value": False, "text": "No", "good": False},
        {"key": "d", "value": "unsure", "text": "Unsure", "good": None},
    ]
    texts = {
        "valid_instruction": "Does the instruction describe a valid task?",
        "appropriate_input": "Is the input appropriate for the instruction?",
        "correct_output": "Is the output a correct and acceptable response to the instruction and input?",
    }
    said = {"valid_instruction": True, "appropriate_input": True, "correct_output": False}
    assert found == {
        "title": "Review of run",
        "note": "Unfinished.",
        "name": None,
        "what": "tasks",
        "output": "Output",
        "guidelines": "<p>So.</p>",
        "keys": {"yes": "y", "no": "n", "unsure": "d", "skip": "s", "undo": "u", "search": "/", "guidelines": "g"}
        | {"back": "b", "comment": "c", "correct": "e"},
        "features": {"comment": True, "correct": True, "several": True, "back": True},
        "questions": [{"key": key, "text": text, "choices": choices} for key, text in texts.items()],
        "people": {"ann": 1, "ben": 1},
        "cards": [
            {"id": IDS[0], "kind": "other", "topic": "", "language": "", "corrected": False}
            | {"verdict": {"answers": said, "comment": "", "seen": "p-1"}}
        ],
        "since": 2,
    }


async def test_keys_of_one_s_own_are_the_page_s(tmp_path: Path) -> None:
    """All of them, as they are."""
    sitting = TasksSitting("", "", [], Reviews(tmp_path), keys={"yes": "j"})
    async with Server(sitting) as server, ClientSession() as client:
        assert (await state(client, server))["keys"] == {"yes": "j"}


async def test_how_far_people_agree_is_asked_for(tmp_path: Path) -> None:
    """A table for each group."""
    async with serving(tmp_path) as (server, client):
        for name in ("ann", "ben"):
            await post(client, server, entry(IDS[0], number=f"{name}-1"), name=name)
        [table] = await (await client.get(f"{server.url}agreement")).json()

    assert (table["who"], table["tasks"], table["rows"][3]) == ("ann and ben", 1, ["all three", "raw 100%", "kappa -"])


@pytest.mark.parametrize(
    ("ids", "status", "shown"),
    [(["x"] * 200, 200, 200), (["x"] * 201, 400, 0), ("x", 400, 0), (5, 400, 0), (None, 400, 0), ([], 200, 0)],
)
async def test_so_many_cards_are_shown_at_once(tmp_path: Path, ids: Any, status: int, shown: int) -> None:
    """Two hundred of a list; anything else is refused in words."""
    async with serving(tmp_path) as (server, client), client.post(f"{server.url}cards", json={"ids": ids}) as response:
        assert response.status == status
        found = await response.text()

    assert found == ("at most 200 ids of cards are expected" if status == 400 else json.dumps([None] * shown))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "n" * 100, "entries": []}, 200),
        ({"name": "n" * 101, "entries": []}, 400),
        ({"name": None, "entries": []}, 400),
        ({"name": ["n"], "entries": []}, 400),
        ({"name": "n", "entries": {}}, 400),
        ({"name": "n"}, 400),
        ({"entries": []}, 400),
    ],
)
async def test_entries_come_with_a_name(tmp_path: Path, body: dict[str, Any], status: int) -> None:
    """Of a hundred characters at most, and in a list."""
    async with serving(tmp_path) as (server, client), client.post(f"{server.url}entries", json=body) as response:
        assert response.status == status
        said = await response.text()

    nothing = '{"kept": [], "refused": [], "notes": [], "since": 0, "changed": {}}'
    assert said == (nothing if status == 200 else "a name of at most 100 characters and entries are expected")


@pytest.mark.parametrize(
    ("since", "new"), [(0, 2), (1, 1), (2, 0), (3, 2), (-1, 2), (-3, 2), (None, 2), ("1", 2), (1.0, 2), ([], 2)]
)
async def test_what_is_new_is_counted_from_the_file_s_beginning(tmp_path: Path, since: Any, new: int) -> None:
    """A page that says nonsense gets all, and so does one that knows more lines than there are."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry(IDS[0], number="p-1"), entry(IDS[1], number="p-2"), name="ann")
        said = await post(client, server, name="ann", since=since)

    assert (said["since"], sorted(said["changed"])) == (2, IDS[2 - new :])


async def test_what_became_of_each_entry_is_told(tmp_path: Path) -> None:
    """Kept or refused, by its number, with why; what is no object has none. Nothing to say is no note."""
    wrong = entry("000009-00", number="p-2")
    async with serving(tmp_path) as (server, client):
        said = await post(client, server, entry(IDS[0]), wrong, 5, {"id": IDS[1]}, name="ann")

    assert said == {
        "kept": ["p-1"],
        "refused": [
            {"entry": "p-2", "id": "000009-00", "why": "the run has no such task any more"},
            {"entry": None, "id": None, "why": said["refused"][1]["why"]},
            {"entry": None, "id": IDS[1], "why": "entry: Field required"},
        ],
        "notes": [],
        "since": 1,
        "changed": {IDS[0]: {"answers": verdict("x").answers, "comment": "", "seen": "p-1"}},
    }
    assert kept(tmp_path, "ann") == {IDS[0]: "yyy"}


async def test_a_damaged_file_is_told_to_the_page(tmp_path: Path) -> None:
    """As an error with its words, whatever was asked, and with what was kept before; the policy holds for it too."""
    async with serving(tmp_path) as (server, client):
        await post(client, server, entry(IDS[0]), name="ann")
        with (tmp_path / "review.jsonl").open("a") as file:
            file.write("{\n")
        asked = [await client.get(f"{server.url}{name}") for name in ("state", "disagreements", "agreement")]
        found = [(response.status, await response.json()) for response in asked]
        async with client.post(
            f"{server.url}entries", json={"name": "ann", "since": 0, "entries": [entry(IDS[0])]}
        ) as response:
            again = response.status, await response.json()

    error = f"{tmp_path / 'review.jsonl'}, line 2: damaged; delete the line, its task can be reviewed again"
    assert found == [(500, {"error": error})] * 3
    assert again == (500, {"kept": ["p-1"], "refused": [], "notes": [], "error": error})
    assert asked[0].headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_no_more_than_32_mib_are_taken_at_once(tmp_path: Path) -> None:
    """A page sends texts that people write, and nothing of that size."""
    async with serving(tmp_path) as (server, client):
        assert (await client.post(f"{server.url}entries", data=BytesIO(bytes(2**25 + 1)))).status == 413


async def test_a_port_is_any_free_one_unless_it_is_given(tmp_path: Path) -> None:
    """Also where another sitting is at the folder's last address."""

    def port(server: Server) -> int:
        return int(server.url.split(":")[2].partition("/")[0])

    sitting = TasksSitting("", "", [], Reviews(tmp_path))
    async with Server(sitting, address=Address.of(tmp_path)) as first:
        async with Server(sitting, address=Address.of(tmp_path)) as second:
            taken, free = port(first), port(second)
            assert taken != free
            assert min(taken, free) >= 1024
        async with Server(sitting, free, Address.of(tmp_path)) as third:
            assert port(third) == free
            with pytest.raises(ConfigError, match=rf"^port {free} can't be had: it is taken; leave --port out$"):
                await Server(sitting, free).__aenter__()
