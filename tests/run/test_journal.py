"""The journal's lines: what is written comes back, what is damaged is found, and format 1 goes on."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains import self_instruct
from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.run.journal import Entry, Journal, scan
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.reader import RunReader
from tests.run.scripts import Author, config, files

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig

USAGE = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
MESSAGE = AIMessage(
    "1. Größe \u2028 😀 中文 \ud800",  # a line end that only Unicode knows, and half a character
    usage_metadata=USAGE,
    response_metadata={"finish_reason": "stop", "model_name": "m", "first_token": {"Yes": -0.25, "No": -2}},
)
ENTRIES = {
    "reply": Entry.of_message("instructions/000000/1", "ab", MESSAGE, 12),
    "fault": Entry.fault("classification/000000-00/1", "ab", "503"),
    "refused": Entry.refused("classification/000000-01/1", "ab", ItemRefused("too long", reason="context_too_long")),
    "result": Entry.of_result("input_first/000000-00/1", {"yes": [1, 2.5, None, True]}),
    "found": Entry.found("found/classification/1", None),
}
ONE = (
    b'{"v": 1, "key": "instructions/000000/1", "prompt_sha256": "ab", "reply": "1. Go", "finish_reason": null, '
    b'"usage": {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}, "model": "m", "ms": 12}\n'
    b'{"v": 1, "key": "classification/000000-00/1", "prompt_sha256": "cd", "error": "503", "retry": true}\n'
    b'{"v": 1, "key": "classification/000000-00/1", "prompt_sha256": "cd", "error": "too long", "retry": false, '
    b'"reason": "context_too_long", "region": "eu"}\n'
)
"""A journal of format 1."""


def sealed(**values: Any) -> bytes:
    """A line of these fields with its checksum, made by hand."""
    body = json.dumps(values)[:-1].encode()
    return body + f', "crc": "{crc32(body):08x}"}}\n'.encode()


def reply(**values: Any) -> bytes:
    """A good reply's line, some of its fields changed."""
    good = {"v": 2, "kind": "reply", "key": "instructions/000000/1", "prompt_sha256": "ab", "reply": "x", "ms": 1}
    return sealed(**good | values)


def written(path: Path, *entries: Entry) -> bytes:
    """The bytes of a journal of these entries."""
    with closing(Journal(path)) as journal:
        for entry in entries:
            journal.write(entry)
    return path.read_bytes()


def refusal(path: Path) -> str:
    """Why a journal can't be opened, in one line; it must be left as it was."""
    before = path.read_bytes()
    with pytest.raises(RunError) as raised, closing(Journal(path)):
        pass
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == before
    return str(raised.value)


@pytest.mark.parametrize("kind", ENTRIES)
def test_what_is_written_comes_back(tmp_path: Path, kind: str) -> None:
    """Each kind of entry, by key and in order, from a file and from memory; only a fault answers nothing."""
    entry = ENTRIES[kind]
    answer = None if kind == "fault" else entry
    in_memory = Journal()
    in_memory.write(entry)
    written(tmp_path / "j", entry)

    assert entry.kind == kind
    assert [one for _, one in scan(tmp_path / "j")] == [entry]
    with closing(Journal(tmp_path / "j")) as journal:
        assert journal.get(entry.key) == in_memory.get(entry.key) == answer
        assert (entry.key in journal) == entry.answers == (kind != "fault")


def test_a_line_is_json_that_ends_in_its_checksum() -> None:
    """Whoever reads JSON Lines can read it, and whoever has CRC-32 can check it."""
    line = ENTRIES["result"].line()

    assert line == sealed(
        v=2, kind="result", key="input_first/000000-00/1", prompt_sha256="", value={"yes": [1, 2.5, None, True]}
    )
    assert list(json.loads(line))[-1] == "crc"


def test_messages_come_out_as_they_went_in() -> None:
    """A reply gives its message, a refused prompt its refusal, and anything else is said to be no reply."""
    message = ENTRIES["reply"].message()

    assert (message.content, message.usage_metadata) == (MESSAGE.content, USAGE)
    assert message.response_metadata == MESSAGE.response_metadata
    with pytest.raises(ItemRefused, match="too long") as refused:
        ENTRIES["refused"].message()
    assert refused.value.reason == "context_too_long"
    with pytest.raises(RunError, match="input_first/000000-00/1 holds a result and no reply"):
        ENTRIES["result"].message()


def test_what_a_model_reports_oddly_can_be_read_again() -> None:
    """A finish reason that is no text, a count below zero: no reply may make its own journal unreadable."""
    usage: Any = {"input_tokens": -1, "output_tokens": 2, "total_tokens": 1}
    message = AIMessage("x", usage_metadata=usage, response_metadata={"finish_reason": 1, "model_name": ("m",)})
    entry = Entry.of_message("instructions/000000/1", "ab", message, 0)

    assert Entry.of_line(entry.line()) == entry
    assert (entry.finish_reason, entry.usage) == ("1", usage | {"input_tokens": 0})


def test_replies_and_failures_cost_and_the_rest_does_not(tmp_path: Path) -> None:
    """Replies by their tokens, faults and refusals by number; a found value only if it came with its usage."""
    found = ENTRIES["found"]._replace(key="found/classification/2", usage=USAGE, model="n", ms=3)
    written(tmp_path / "j", *ENTRIES.values(), found)
    with closing(Journal(tmp_path / "j")) as journal:
        usage = journal.usage

    assert {key: (each.calls, each.faults, each.input_tokens, each.milliseconds) for key, each in usage.items()} == {
        ("instructions", "m"): (1, 0, 7, 12),
        ("classification", ""): (0, 2, 0, 0),
        ("classification", "n"): (1, 0, 7, 3),
    }


def test_each_flipped_bit_is_found(tmp_path: Path) -> None:
    """Of all bits of a journal: on opening and scanning it; the last line end makes its line a torn one."""
    path = tmp_path / "j"
    good = written(path, ENTRIES["reply"], ENTRIES["fault"], ENTRIES["found"])
    for place in range(8 * len(good)):
        flipped = bytearray(good)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        if place // 8 < len(good) - 1:
            with pytest.raises(RunError, match=r"j, line \d: damaged; nothing was changed"):
                list(scan(path))
            continue
        with closing(Journal(path)) as journal:
            assert journal.repaired == len(ENTRIES["found"].line())
            assert ENTRIES["found"].key not in journal
    path.write_bytes(good[:10] + b"J" + good[11:])
    assert "line 1: damaged" in refusal(path)


def test_damage_that_comes_later_is_found_when_the_line_is_read(tmp_path: Path) -> None:
    """A bit that flips while the journal is open: no answer, but the line's number."""
    path = tmp_path / "j"
    good = written(path, *ENTRIES.values())
    with closing(Journal(path)) as journal:
        path.write_bytes(good.replace(b"2.5", b"2.4"))

        assert journal.get(ENTRIES["reply"].key) == ENTRIES["reply"]
        with pytest.raises(RunError, match=r"j, line 4: damaged"):
            journal.get(ENTRIES["result"].key)


def test_a_damaged_journal_with_a_torn_end_is_left_as_it_is(tmp_path: Path) -> None:
    """What is told about the damage holds: nothing was changed, half a last line included."""
    path = tmp_path / "j"
    good = written(path, *ENTRIES.values())
    path.write_bytes(good.replace(b"2.5", b"2.4") + b'{"v": 2')

    assert "j, line 4: damaged" in refusal(path)


@pytest.mark.parametrize(
    "change",
    [
        {"v": True},
        {"v": "2"},
        {"v": 0},
        {"kind": None},
        {"key": 5},
        {"key": "instructions"},
        {"prompt_sha256": None},
        {"reply": None},
        {"reply": ["x"]},
        {"finish_reason": 1},
        {"model": {}},
        {"ms": -1},
        {"ms": True},
        {"ms": 1.5},
        {"usage": []},
        {"usage": {}},
        {"usage": USAGE | {"input_tokens": -1}},
        {"usage": USAGE | {"output_tokens": True}},
        {"usage": USAGE | {"total_tokens": "9"}},
        {"first_token": []},
        {"first_token": {"Yes": "high"}},
        {"kind": "fault"},
        {"kind": "refused", "error": 5},
        {"kind": "refused", "error": "x", "reason": 5},
        {"kind": "found"},
    ],
    ids=str,
)
def test_a_field_of_a_wrong_type_is_damage(tmp_path: Path, change: dict[str, Any]) -> None:
    """Also when the checksum is right: nothing is read as what it is not."""
    (tmp_path / "j").write_bytes(reply() + reply(**change))

    assert f"{tmp_path / 'j'}, line 2: damaged" in refusal(tmp_path / "j")


@pytest.mark.parametrize("line", [b"5\n", b"[]\n", b"{}\n", b"null\n", b"[" * 100_000 + b"\n", reply()[:-20] + b"}\n"])
def test_what_is_no_line_of_a_journal_is_damage(tmp_path: Path, line: bytes) -> None:
    """Other JSON, nesting without an end, and a line of format 2 without its checksum."""
    (tmp_path / "j").write_bytes(line)

    assert "line 1: damaged" in refusal(tmp_path / "j")


def test_blank_lines_are_nothing(tmp_path: Path) -> None:
    """They shift no place; what is written after them is found."""
    lines = [entry.line() for entry in ENTRIES.values()]
    (tmp_path / "j").write_bytes(b"\n" + b" \r\n\n".join(lines) + b"\n\n")
    later = Entry.of_result("output_first/000000-09/1", 5)
    with closing(Journal(tmp_path / "j")) as journal:
        journal.write(later)
        found = [journal.get(entry.key) for entry in (*ENTRIES.values(), later) if entry.answers]

    assert found == [entry for entry in (*ENTRIES.values(), later) if entry.answers]
    assert [entry for _, entry in scan(tmp_path / "j")] == [*ENTRIES.values(), later]


def test_unknown_kinds_are_kept_and_answer_nothing(tmp_path: Path) -> None:
    """A line of a kind to come stays in the file, costs nothing, is no answer, and can be written again."""
    line = sealed(v=2, kind="vote", key="x", usage=USAGE, model="m", votes=[1, 2])
    (tmp_path / "j").write_bytes(line + reply())
    with closing(Journal(tmp_path / "j")) as journal:
        assert journal.get("x") is None
        assert ("x" in journal, len(journal), list(journal.usage)) == (False, 1, [("instructions", "")])
    [vote, _] = [entry for _, entry in scan(tmp_path / "j")]

    assert (vote.kind, vote.more, vote.answers) == ("vote", {"votes": [1, 2]}, False)
    assert (tmp_path / "j").read_bytes() == line + reply()
    assert Entry.of_line(vote.line()) == vote


def test_unknown_fields_are_kept(tmp_path: Path) -> None:
    """Whoever writes an entry again writes what a later version added to it."""
    (tmp_path / "j").write_bytes(reply(region="eu", cached={"tokens": 5}))
    [(_, entry)] = scan(tmp_path / "j")
    copy = Journal()
    copy.write(entry)

    assert entry.more == {"region": "eu", "cached": {"tokens": 5}}
    assert copy.get(entry.key) == entry
    assert json.loads(entry.line())["region"] == "eu"


def test_a_later_format_is_refused_by_its_number(tmp_path: Path) -> None:
    """With its checksum or without one; the line says what this version reads."""
    for line in (reply(v=3, kind=5), b'{"v": 3, "kind": 5}\n'):
        (tmp_path / "j").write_bytes(ONE + line)
        expected = f"{tmp_path / 'j'}, line 4: written in format 3; this version reads 1 and 2"
        assert refusal(tmp_path / "j") == expected


def test_format_1_is_read_and_extended(tmp_path: Path) -> None:
    """Its errors are faults and refusals; new lines are of format 2, and its own bytes stay."""
    path = tmp_path / "j"
    path.write_bytes(ONE)
    written(path, ENTRIES["result"])

    assert path.read_bytes() == ONE + ENTRIES["result"].line()
    entries = [entry for _, entry in scan(path)]
    assert entries == [
        Entry("instructions/000000/1", "ab", reply="1. Go", usage=USAGE, model="m", ms=12),
        Entry.fault("classification/000000-00/1", "cd", "503"),
        Entry.refused("classification/000000-00/1", "cd", ItemRefused("too long", reason="context_too_long"))._replace(
            more={"region": "eu"}
        ),
        ENTRIES["result"],
    ]
    with closing(Journal(path)) as journal:
        assert journal.get("classification/000000-00/1") == entries[2]
        assert journal.model("instructions/000000/1") == "m"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"ms": 12', b'"ms": "12"'), (b"true", b"1"), (b'"error": "503", ', b""), (b'"input_tokens": 7, ', b"")],
)
def test_format_1_has_types_too(tmp_path: Path, old: bytes, new: bytes) -> None:
    """It has no checksum, but what can't be right is found."""
    (tmp_path / "j").write_bytes(ONE.replace(old, new))

    assert "damaged" in refusal(tmp_path / "j")


def test_another_prompt_is_answered_by_the_version_that_wrote_it() -> None:
    """A reply is given to its own prompt only; the message names the version to go on with."""
    journal = Journal(version="0.1.0")
    journal.write(ENTRIES["reply"])

    assert journal.answer("instructions/000000/1", "ab") == ENTRIES["reply"]
    assert journal.answer("instructions/000001/1", "ab") is None
    with pytest.raises(RunError, match=r"go on with selfinstruct-chains 0\.1\.0, or start a new folder: -o"):
        journal.answer("instructions/000000/1", "cd")


def as_format_1(folder: Path) -> bytes:
    """Make of a run folder what version 0.1.0 would have left; the journal's bytes."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"format": 1, "versions": {"selfinstruct-chains": "0.1.0"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_bytes().splitlines()]
    old = [{**line, "v": 1} for line in lines if line["kind"] != "found"]  # which came later
    for line in old:
        del line["kind"], line["crc"]
    journal = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in old).encode()
    (folder / "journal.jsonl").write_bytes(journal)
    return journal


def in_json() -> ChainConfig:
    """A chain as format 1 had them: nothing is left to be found."""
    return config(instances__input_first__output="json_schema", instances__output_first__output="json_schema")


async def test_a_run_of_format_1_goes_on(tmp_path: Path) -> None:
    """No journalled call is made again, the files equal those of a run of format 2, and readers take the mixture."""
    await self_instruct(in_json(), tmp_path / "whole", models=Author().model).ainvoke({"n": 12})
    await self_instruct(in_json(), tmp_path / "old", models=Author().model).ainvoke({"n": 5})
    before = as_format_1(tmp_path / "old")
    author = Author()
    await self_instruct(in_json(), tmp_path / "old", models=author.model).ainvoke({"n": 12})

    journal = (tmp_path / "old" / "journal.jsonl").read_bytes()
    assert files(tmp_path / "old") == files(tmp_path / "whole")
    assert journal.startswith(before)
    added = [json.loads(line) for line in journal[len(before) :].splitlines()]
    assert {line["v"] for line in added} == {2}
    assert sum(line["kind"] == "reply" for line in added) == author.calls.total() > 0
    assert json.loads((tmp_path / "old" / "manifest.json").read_text())["format"] == 1
    assert look(tmp_path / "old").monitor.finished == 12
    assert len(list(RunReader(tmp_path / "old").entries())) == len(journal.splitlines())


async def test_a_run_whose_prompts_changed_names_its_version(tmp_path: Path) -> None:
    """A folder of format 1 with other prompts' hashes is refused in one line, before any call."""
    await self_instruct(in_json(), tmp_path, models=Author().model).ainvoke({"n": 3})
    before = as_format_1(tmp_path)
    line = before.partition(b"\n")[0]
    changed = before.replace(json.loads(line)["prompt_sha256"].encode(), b"0" * 64)
    (tmp_path / "journal.jsonl").write_bytes(changed)
    author = Author()
    with pytest.raises(RunError, match=r"go on with selfinstruct-chains 0\.1\.0"):
        await self_instruct(in_json(), tmp_path, models=author.model).ainvoke({"n": 3})

    assert not author.calls
    assert (tmp_path / "journal.jsonl").read_bytes() == changed
