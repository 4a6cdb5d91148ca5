"""A line of the journal: its parts by name, what it costs, and which prompt it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.usage import Usage
from tests.run.test_journal import USAGE, sealed

KEY = "instructions/000000/1"


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        (
            Entry(KEY, "ab", reply="Größe"),
            {"prompt_sha256": "ab", "reply": "Größe", "finish_reason": None, "usage": None, "model": None},
        ),
        (
            Entry(KEY, "ab", reply="", finish_reason="stop", usage=USAGE, model="m", ms=0, more={"region": "eu"}),
            {
                "prompt_sha256": "ab",
                "reply": "",
                "finish_reason": "stop",
                "usage": USAGE,
                "model": "m",
                "ms": 0,
                "region": "eu",
            },
        ),
        (Entry.fault(KEY, "ab", "503"), {"prompt_sha256": "ab", "error": "503"}),
        (
            Entry.refused(KEY, "ab", ItemRefused("no", reason="invalid")),
            {"prompt_sha256": "ab", "error": "no", "reason": "invalid"},
        ),
        (
            Entry.refused(KEY, "ab", ItemRefused("no", reason="refused", unclear=True)),
            {"prompt_sha256": "ab", "error": "no", "reason": "refused", "unclear": True},
        ),
        (Entry.of_result(KEY, None), {"prompt_sha256": "", "value": None}),
        (Entry.found("found/classification/1", 0), {"prompt_sha256": "", "value": 0}),
    ],
)
def test_a_line_has_the_parts_of_its_kind(entry: Entry, parts: dict[str, Any]) -> None:
    """With those that may be null, and none that says nothing; read again it is the same."""
    values = json.loads(entry.line())

    assert values.pop("crc")
    assert values == {"v": 2, "kind": entry.kind, "key": entry.key} | parts
    assert Entry.of_line(entry.line()) == entry
    assert entry.line().startswith(f'{{"v": 2, "kind": "{entry.kind}", "key": "{entry.key}", '.encode())
    assert "ö".encode() in entry.line() or entry.reply != "Größe"


@pytest.mark.parametrize(
    ("entry", "answers", "is_call"),
    [
        (Entry(KEY, "ab", reply="x"), True, True),
        (Entry.fault(KEY, "ab", "503"), False, False),
        (Entry.refused(KEY, "ab", ItemRefused("no", reason="invalid")), True, False),
        (Entry.of_result(KEY, 5), True, False),
        (Entry.found("found/classification/1", 5), True, False),
        (Entry("found/classification/1", kind="found", value=5, usage=USAGE), True, True),
        (Entry(KEY, kind="result", value=5, usage=USAGE), True, False),
        (Entry(KEY, kind="vote"), False, False),
    ],
)
def test_what_settles_its_key_and_what_was_paid_for(entry: Entry, answers: bool, is_call: bool) -> None:
    """A fault settles nothing; what was found was paid for if it has its tokens."""
    assert (entry.answers, entry.is_call) == (answers, is_call)


@pytest.mark.parametrize(
    ("key", "item"),
    [
        (KEY, "000000"),
        ("input_first/000003-02/2", "000003-02"),
        ("found/classification/1", "classification"),
        ("x", ""),
        ("x/y", "y"),
    ],
)
def test_what_it_is_about(key: str, item: str) -> None:
    """The middle of its key."""
    assert Entry(key).item == item


@pytest.mark.parametrize(
    ("entry", "where", "usage"),
    [
        (Entry(KEY, reply="x", usage=USAGE, model="m", ms=5), ("instructions", "m"), Usage(1, 7, 2, milliseconds=5)),
        (Entry(KEY, reply="x"), ("instructions", ""), Usage(1, unknown=1)),
        (Entry.fault(KEY, "", "503"), ("instructions", ""), Usage(faults=1)),
        (Entry.refused(KEY, "", ItemRefused("no", reason="invalid")), ("instructions", ""), Usage(faults=1)),
        (Entry("found/judge/1", kind="found", usage=USAGE, model="m"), ("judge", "m"), Usage(1, 7, 2)),
        (Entry("found/judge/1", kind="found", value=5), None, None),
        (Entry.of_result(KEY, 5), None, None),
        (Entry(KEY, kind="vote", usage=USAGE), None, None),
    ],
)
def test_what_it_costs(entry: Entry, where: tuple[str, str] | None, usage: Usage | None) -> None:
    """By the role that it is for, also before the first request; each line once more."""
    spent: dict[Any, Usage] = {}
    entry.spend(spent)

    assert spent == ({where: usage} if where else {})
    entry.spend(spent)
    assert spent == ({where: usage.with_(usage)} if usage else {})


def test_a_refusal_comes_back_as_it_was() -> None:
    """With its reason, and whether it may be everybody's; an older line has no reason."""
    for unclear in (True, False):
        with pytest.raises(ItemRefused) as raised:
            Entry.refused(KEY, "ab", ItemRefused("no", reason="invalid", unclear=unclear)).message()
        assert (str(raised.value), raised.value.reason, raised.value.unclear) == ("no", "invalid", unclear)
    with pytest.raises(ItemRefused) as raised:
        Entry(KEY, "ab", "refused").message()
    assert (str(raised.value), raised.value.reason, raised.value.unclear) == ("", "refused", False)


def test_what_is_no_reply_is_said() -> None:
    """With its kind and the way out."""
    with pytest.raises(RunError) as raised:
        Entry.fault(KEY, "ab", "503").message()

    assert str(raised.value) == f"journal.jsonl: {KEY} holds a fault and no reply; start a new folder: -o"


def test_a_reply_comes_back_as_it_was() -> None:
    """Log-probabilities are there only where they were asked for."""
    plain = Entry(KEY, "ab", reply="x", finish_reason="stop", model="m").message()
    other = Entry(KEY, "ab", reply="x", first_token={}).message()

    assert (plain.content, plain.usage_metadata) == ("x", None)
    assert plain.response_metadata == {"finish_reason": "stop", "model_name": "m"}
    assert other.response_metadata == {"finish_reason": None, "model_name": None, "first_token": {}}


def test_what_a_reply_says_of_itself_is_text() -> None:
    """Names of other types are written as text, and what is not said is not made up."""
    odd = AIMessage("x", response_metadata={"finish_reason": 2, "model_name": "", "first_token": {"Yes": -1}})

    assert Entry.of_message(KEY, "ab", odd, 3) == Entry(
        KEY, "ab", reply="x", finish_reason="2", model="", ms=3, first_token={"Yes": -1}
    )
    assert Entry.of_message(KEY, "ab", AIMessage("x"), 0) == Entry(KEY, "ab", reply="x", ms=0)


@pytest.mark.parametrize(
    ("version", "wrote"), [("0.1.0", "selfinstruct-chains 0.1.0"), ("", "the version named in manifest.json")]
)
def test_another_prompt_is_refused(version: str, wrote: str) -> None:
    """By its hash; the message says with what to go on."""
    Entry(KEY, "ab", reply="x").check_prompt("ab", version)
    with pytest.raises(RunError) as raised:
        Entry(KEY, "ab", reply="x").check_prompt("cd", version)

    assert str(raised.value) == (
        f"journal.jsonl: {KEY} was answered to another prompt than this version of the program makes; "
        f"go on with {wrote}, or start a new folder: -o"
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"v": 2, "key": KEY, "prompt_sha256": "ab", "reply": "x"}, "v"),  # of no kind
        ({"v": 0, "kind": "reply", "key": KEY, "prompt_sha256": "ab", "reply": "x"}, "v"),
        ({"v": 2, "kind": "reply", "key": KEY, "prompt_sha256": "ab"}, "reply"),
        ({"v": 2, "kind": "reply", "key": "a/b", "prompt_sha256": "ab", "reply": "x"}, "key"),
        ({"v": 2, "kind": "reply", "key": KEY, "prompt_sha256": "ab", "reply": "x", "ms": -1}, "ms"),
        ({"v": 2, "kind": "fault", "key": KEY, "prompt_sha256": "ab"}, "error"),
        ({"v": 2, "kind": "result", "key": KEY}, "value"),
    ],
)
def test_the_part_that_is_wrong_is_named(values: dict[str, Any], field: str) -> None:
    """Though the checksum is right."""
    with pytest.raises(ValueError, match=f"^{field}$"):
        Entry.of_line(sealed(**values))


def test_format_1_may_have_a_checksum() -> None:
    """Its kind is seen by its parts: a reply, an error to be asked again, or one for good."""
    line = {"v": 1, "key": KEY, "prompt_sha256": "ab"}

    assert Entry.of_line(sealed(**line, reply="x", ms=0)) == Entry(KEY, "ab", reply="x", ms=0)
    assert Entry.of_line(sealed(**line, error="503", retry=True)).kind == "fault"
    assert Entry.of_line(sealed(**line, error="no", retry=False)).kind == "refused"
