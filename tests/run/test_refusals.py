"""Calls that are refused for no known reason: the item's as long as others pass, everybody's when none does."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models.patience import REFUSED_ALIKE
from selfinstruct_chains.run.journal import Entry, Journal
from selfinstruct_chains.testing.server import ScriptedServer, per_request
from tests.run.scripts import config, files

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.testing.server import Asked

N = 12


async def grow(folder: Path, server: ScriptedServer, n: int = N) -> None:
    """A run against a server."""
    await self_instruct(config(model__base_url=server.base_url), folder).ainvoke({"n": n})


@pytest.mark.parametrize(
    "good_ones", [pytest.param(0, marks=pytest.mark.slow), 9, pytest.param(20, marks=pytest.mark.slow)]
)
async def test_a_run_that_is_refused_everything_stops_and_loses_nothing(tmp_path: Path, good_ones: int) -> None:
    """From the start or in the middle: it stops after five, and once it is mended gives what it would have given."""

    def refuse(_: Asked) -> str | None:
        return "403" if server.counts.requests > good_ones else None

    with ScriptedServer() as server:
        await grow(tmp_path / "plain", server)
    with ScriptedServer(faults=refuse) as server:
        with pytest.raises(ProviderError, match="answered 403: Forbidden; 5 calls in a row") as stopped:
            await grow(tmp_path / "run", server)
        assert server.counts.faults["403"] <= 4 * REFUSED_ALIKE + 8  # for each role, and what is in flight
        server.faults = None
        await grow(tmp_path / "run", server)

    assert (type(stopped.value), stopped.value.exit_code) == (ProviderError, 5)
    assert files(tmp_path / "run") == files(tmp_path / "plain")


async def test_an_items_own_refusal_stands(tmp_path: Path) -> None:
    """Where others pass, a refused item is dropped, by the rule "refused"; a finished run asks nothing again."""
    with ScriptedServer(faults=per_request({"422": 0.1})) as server:
        await grow(tmp_path, server)
        before, calls = files(tmp_path), server.counts.requests
        server.faults = None
        await grow(tmp_path, server)

    assert server.counts.faults["422"] > 0
    assert server.counts.requests == calls
    assert files(tmp_path) == before
    assert "refused" in {json.loads(line)["rule"] for line in before[1].splitlines()}


UNCLEAR = ItemRefused("m answered 403: Forbidden", reason="refused", unclear=True)
REPLY = Entry("classification/000000-07/1", "cd", reply="No", model="m", ms=1)


def refusal(item: str, role: str = "classification") -> Entry:
    """An unclear one."""
    return Entry.refused(f"{role}/{item}/1", "ab", UNCLEAR)


def test_unclear_refusals_stand_when_a_later_call_is_answered(tmp_path: Path) -> None:
    """Those after the last answered call are asked again, those before it are the items' own, role by role."""
    early, late, other = refusal("000000-01"), refusal("000000-02"), refusal("000000-01", "input_first")
    path = tmp_path / "journal.jsonl"
    with closing(Journal(path)) as journal:
        journal.write(early)
        journal.write(other)
        started = time.perf_counter()
        journal.write(late)
        journal.confirm("classification", before=started)
    with closing(Journal(path)) as journal:
        assert [entry.key in journal for entry in (early, late, other)] == [True, False, False]


def test_what_is_asked_again_is_not_decided_by_others(tmp_path: Path) -> None:
    """A refusal that was taken back stays so when another reply comes first; its own answer counts when it comes."""
    path, first = tmp_path / "journal.jsonl", refusal("000000-01")
    with closing(Journal(path)) as journal:
        journal.write(first)
    with closing(Journal(path)) as journal:
        journal.write(REPLY)
    with closing(Journal(path)) as journal:
        assert first.key not in journal
        journal.write(REPLY._replace(key=first.key, reply="Yes"))
    with closing(Journal(path)) as journal:
        answered = journal.get(first.key)

    assert answered is not None
    assert answered.reply == "Yes"


def test_within_a_start_they_answer(tmp_path: Path) -> None:
    """Until the journal is opened again, and for good once they are confirmed."""
    path = tmp_path / "journal.jsonl"
    with closing(Journal(path)) as journal:
        journal.write(refusal("000000-01"))
        answered = journal.get(refusal("000000-01").key)
        journal.confirm()
        journal.confirm()
    with closing(Journal(path)) as journal:
        assert refusal("000000-01").key in journal
    assert answered is not None
    with pytest.raises(ItemRefused) as refused:
        answered.message()

    assert refused.value.unclear
    assert len(path.read_bytes().splitlines()) == 2
