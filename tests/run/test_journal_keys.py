"""The journal by its keys: what is known, counted and found, which model answered, and what is in doubt."""

from __future__ import annotations

import hashlib
import resource
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal, call_key, call_seed, compare, scan, text_hash
from tests.run.test_journal import ENTRIES, ONE, USAGE, sealed

if TYPE_CHECKING:
    from pathlib import Path

UNCLEAR = ItemRefused("m answered 403", reason="refused", unclear=True)


def journal(*entries: Entry) -> Journal:
    """One in memory."""
    found = Journal()
    for entry in entries:
        found.write(entry)
    return found


def reply(key: str, model: str | None = "m") -> Entry:
    """A reply."""
    return Entry(key, "ab", reply="x", usage=USAGE, model=model, ms=1)


def refused(key: str) -> Entry:
    """A refusal that may be everybody's."""
    return Entry.refused(key, "ab", UNCLEAR)


def test_the_keys_that_are_answered() -> None:
    """In the order in which they were; a fault is none, and a second answer makes no second key."""
    found = journal(
        reply("instructions/000001/1"),
        Entry.fault("instructions/000000/1", "ab", "503"),
        Entry.of_result("classification/000000-00/1", value=True),
        reply("instructions/000001/1"),
    )

    assert list(found) == ["instructions/000001/1", "classification/000000-00/1"]
    assert len(found) == 2
    assert found.get("instructions/000000/1") is None
    assert [found.knows(item) for item in ("000000", "000001", "000000-00")] == [False, True, True]


def test_a_second_attempt_alone_is_not_known() -> None:
    """The first one is what tells; call keys are of first attempts unless they say so."""
    found = journal(reply("input_first/000000-00/2"))

    assert found.knows("000000-00") is False
    assert (call_key("input_first", "000000-00"), call_key("input_first", "x", 3)) == (
        "input_first/000000-00/1",
        "input_first/x/3",
    )


@pytest.mark.parametrize(
    ("up_to", "count"), [("", 0), ("000000", 1), ("000000-00", 3), ("000000-99", 4), ("000001", 5), ("000100", 6)]
)
def test_how_many_answers_are_about_items_up_to_one(up_to: str, count: int) -> None:
    """That one is among them; what was found before the first request is not."""
    keys = ["instructions/000000/1", "classification/000000-00/1", "input_first/000000-00/1", "input_first/000000-99/1"]
    found = journal(
        Entry.found("found/classification/1", 5),
        *map(reply, [*keys, "instructions/000001/1", "instructions/000100/1"]),
    )

    assert found.count(up_to) == count


def test_what_was_found_by_key() -> None:
    """Replies on the way to it are not what was found; of the calls those count that were paid for."""
    found = journal(
        Entry.found("found/classification/0", None),
        Entry("found/classification/1", kind="found", value=[5], usage=USAGE, model="n"),
        reply("found/instructions/101"),
        Entry.fault("found/instructions/102", "ab", "503"),
        reply("instructions/000000/1"),
    )

    assert found.found() == {"found/classification/0": None, "found/classification/1": [5]}
    assert found.found_by == 2


def test_which_model_answered() -> None:
    """A request for instructions, if its provider says so."""
    found = journal(
        reply("instructions/000000/1", "a"),
        reply("instructions/000001/1", None),
        reply("classification/000000-00/1", "b"),
        Entry("instructions/000002/1", kind="result", value=[], model="c"),
    )

    keys = [*[f"instructions/00000{number}/1" for number in range(3)], "classification/000000-00/1"]
    assert [found.model(key) for key in keys] == ["a", None, None, None]


ONE_ROLE, OTHER = "classification/000000-00/1", "input_first/000000-01/1"


@pytest.mark.parametrize(
    ("role", "before", "confirmed"),
    [
        (None, float("inf"), [ONE_ROLE, OTHER]),
        ("classification", float("inf"), [ONE_ROLE]),
        ("instructions", float("inf"), []),
        (None, 0.0, []),
        ("input_first", 0.0, []),
    ],
)
def test_a_refusal_is_in_doubt_until_it_is_confirmed(
    tmp_path: Path, role: str | None, before: float, confirmed: list[str]
) -> None:
    """For a role or for all, and by when it came; what is in doubt is asked again by the next start."""
    path = tmp_path / "j"
    with closing(Journal(path)) as first:
        first.write(refused(ONE_ROLE))
        first.write(refused(OTHER))
        first.confirm(role, before)
        assert ONE_ROLE in first
        assert OTHER in first
        first.confirm(role, before)  # once is enough
    written = [refused(ONE_ROLE), refused(OTHER), *[refused(key)._replace(unclear=None) for key in confirmed]]
    assert [entry for _, entry in scan(path)] == written
    with closing(Journal(path)) as second:
        assert list(second) == confirmed

    again = [
        Entry.fault(key, "ab", "refused for no known reason; asked again")
        for key in (ONE_ROLE, OTHER)
        if key not in confirmed
    ]
    assert [entry for _, entry in scan(path)] == [*written, *again]


def test_all_is_confirmed_unless_it_is_said_of_whom() -> None:
    """By role and time there is no bound then."""
    found = journal(refused(ONE_ROLE), refused(OTHER))
    found.confirm()
    for key in (ONE_ROLE, OTHER):
        found.write(Entry.fault(key, "ab", "503"))

    assert list(found) == [ONE_ROLE, OTHER]


def test_only_a_fault_takes_a_refusal_back() -> None:
    """And only one that was in doubt."""
    clear = Entry.refused(OTHER, "ab", ItemRefused("no", reason="invalid"))
    found = journal(refused(ONE_ROLE), clear)
    found.write(Entry.fault(ONE_ROLE, "ab", "503"))
    found.write(Entry.fault(OTHER, "ab", "503"))
    assert list(found) == [OTHER]
    found.write(reply(ONE_ROLE))

    assert found.get(ONE_ROLE) == reply(ONE_ROLE)


def test_a_call_s_seed_is_31_bits_of_its_own() -> None:
    """From the run's seed and its key, the same wherever it is made."""
    for number in range(20):
        digest = hashlib.sha256(f"7:instructions/{number:06d}/1".encode()).hexdigest()
        assert call_seed(7, f"instructions/{number:06d}/1") == int(digest[:8], 16) % 2**31
    assert call_seed(8, "instructions/000000/1") != call_seed(7, "instructions/000000/1")


def test_a_text_has_a_hash_whatever_it_holds() -> None:
    """Half a character counts as its escape."""
    assert text_hash("Größe") == hashlib.sha256("Größe".encode()).hexdigest()
    assert text_hash("\ud800") == hashlib.sha256(b"\\ud800").hexdigest()


def test_lines_are_compared_with_their_checksums(tmp_path: Path) -> None:
    """Those of format 1 and blank ones have none; half a last line, and a file that is not there, are no damage."""
    path = tmp_path / "j"
    path.write_bytes(ONE + b" \n" + ENTRIES["reply"].line() + b'{"v": 2')
    compare(path)
    compare(tmp_path / "missing")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (ENTRIES["reply"].line().replace(b"stop", b"stap"), "damaged"),
        (b'{"v": 1}\n', "damaged"),
        (b"nonsense\n", "damaged"),
        (b'{"v": 3}\n', "written in format 3; this version reads 1 and 2"),
    ],
)
def test_a_line_that_differs_from_its_checksum_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    """With its number, blank ones counted; a later version's by its format."""
    path = tmp_path / "j"
    path.write_bytes(ONE + b"\n" + line + ENTRIES["reply"].line())

    with pytest.raises(RunError, match=rf"j, line 5: {said}"):
        compare(path)
    with pytest.raises(RunError, match=rf"j, line 5: {said}"):
        list(scan(path))


def test_lines_have_their_places(tmp_path: Path) -> None:
    """Offset and length, in bytes; blank lines shift them, and what a later version sealed is compared alone."""
    path, lines = tmp_path / "j", [ENTRIES["reply"].line(), ENTRIES["found"].line()]
    path.write_bytes(lines[0] + b" \n" + lines[1])
    later = sealed(v=9, kind="vote")

    assert [place for place, _ in scan(path)] == [(0, len(lines[0])), (len(lines[0]) + 2, len(lines[1]))]
    path.write_bytes(later)
    compare(path)


def test_what_can_not_be_read_is_named(tmp_path: Path) -> None:
    """A folder in the journal's place."""
    with pytest.raises(RunError, match=r": can't be read: Is a directory$"):
        compare(tmp_path)


def test_nothing_is_written_where_that_is_refused(tmp_path: Path) -> None:
    """Who is asked before each line may say no; the line is not there then."""

    def no() -> None:
        raise RunError("no")

    with closing(Journal(tmp_path / "j")) as found:
        found.before_writing = no
        with pytest.raises(RunError, match="no"):
            found.write(reply("instructions/000000/1"))
        assert (len(found), found.usage) == (0, {})
    found.close()  # twice is as good as once

    assert (tmp_path / "j").read_bytes() == b""


def test_a_line_that_has_no_room_is_not_there(tmp_path: Path) -> None:
    """Not half of it either: what was written before is kept, and what comes when there is room again."""
    path, before = tmp_path / "j", resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(Journal(path)) as found:
        found.write(reply("instructions/000000/1"))
        whole = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, before[1]))
        try:
            with pytest.raises(RunError) as raised:
                found.write(reply("instructions/000001/1"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert str(raised.value) == f"{path}: can't be written: the disk is full; what was written before is kept"
        assert path.read_bytes() == whole
        found.write(reply("instructions/000002/1"))
        assert found.get("instructions/000002/1") == reply("instructions/000002/1")
        assert list(found) == ["instructions/000000/1", "instructions/000002/1"]
