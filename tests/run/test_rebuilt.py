"""Prompts made anew from a run that was written by hand: which, whether they are what was sent, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.parsing import Parsed, UnreadableReply
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal, text_hash
from selfinstruct_chains.run.manifest import read_manifest, write
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.rebuilt import Prompt, Rebuilt
from selfinstruct_chains.run.replay import as_asked
from tests.outputs.runs import SEED, run_folder

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = {"instructions.seed_examples": 1, "run.lookahead": 1}
LIST = "1. Paint the old fence.\n2. Count all red cars."
ITEMS = ("Paint the old fence.", "Count all red cars.")
CLASSIFICATION = Entry("classification/000000-00/1", "ab", reply="No")


def written(path: Path, *entries: Entry, **changes: Any) -> RunReader:
    """A run of these lines, of one seed."""
    return run_folder(path / "run", [], entries=entries, config=load_config("openai", CHAIN | changes))


def request(number: int, attempt: int, reply: str = LIST) -> Entry:
    """The reply to a request for instructions."""
    return Entry(f"instructions/{number:06d}/{attempt}", "ab", reply=reply, finish_reason="stop")


def begun(run: RunReader) -> str:
    """By what the run was begun, in words."""
    return f"the run was begun by version {run.origin.versions['selfinstruct-chains']}, which may word it otherwise"


def test_a_request_has_its_first_readable_reply(tmp_path: Path) -> None:
    """The first attempt's, else the second's; else why there is none; and nothing as long as nothing answered."""
    refused = Entry.refused("instructions/000003/2", "ab", ItemRefused("too long", reason="invalid"))
    run = written(
        tmp_path,
        *[request(0, 1), request(0, 2, "1. Sing a new song."), request(1, 1, ""), request(1, 2), request(2, 1, "")],
        *[request(3, 1, ""), refused, request(4, 2)],
    )
    rebuilt = Rebuilt(run)

    assert rebuilt.request(0) == rebuilt.request(1) == Parsed(ITEMS)
    assert isinstance(rebuilt.request(2), UnreadableReply)
    assert str(rebuilt.request(3)) == "too long"
    assert rebuilt.request(4) is rebuilt.request(5) is None


def test_a_prompt_is_what_was_sent_or_not_by_its_hash(tmp_path: Path) -> None:
    """With the instruction that it was sent with; with another one it is not."""
    run = written(tmp_path, request(0, 1))
    sent = as_asked(run, [SEED], Journal()).links["classification"].prompt("Paint the old fence.")
    entry = CLASSIFICATION._replace(prompt_sha256=text_hash(sent.to_string()))
    found, other = Rebuilt(run).prompt(entry, "Paint the old fence."), Rebuilt(run).prompt(entry, "Sing.")

    assert found == Prompt(found.turns, as_sent=True, why="")
    assert [(turn.by, turn.text) for turn in found.turns] == [(one.type, one.content) for one in sent.to_messages()]
    assert other == Prompt(other.turns, as_sent=False, why=f"made anew, and not just what was sent: {begun(run)}")
    assert "Sing." in other.turns[-1].text


def test_a_completion_model_s_prompt_is_one_text(tmp_path: Path) -> None:
    """It is nobody's turn."""
    [turn] = Rebuilt(written(tmp_path, **{"model.kind": "completion"})).prompt(CLASSIFICATION, "Sing.").turns

    assert turn.by == ""
    assert "Sing." in turn.text


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("found/classification/0", "it was known without a call"),
        ("classification/000000-00/1", "a step of your own was asked, and its prompts are its own"),
    ],
)
def test_what_was_not_asked_has_no_prompt(tmp_path: Path, key: str, why: str) -> None:
    """Nothing was sent, so that there is no hash of it."""
    assert Rebuilt(written(tmp_path)).prompt(Entry(key, kind="result", value=True), "Sing.") == Prompt((), why=why)


def test_a_request_s_prompt_needs_the_replies_that_it_depends_on(tmp_path: Path) -> None:
    """With a lookahead of 1 request 1 shows what request 0 gave, and request 2 can't be made while 1 has no reply."""
    run = written(tmp_path, request(0, 1), request(2, 1))
    rebuilt = Rebuilt(run)
    turns = [rebuilt.prompt(request(number, 1), "").turns for number in range(4)]

    assert [bool(each) for each in turns] == [True, True, False, False]
    assert SEED.instruction in turns[0][-1].text
    assert not any(text in turns[0][-1].text for text in ITEMS)
    assert all(text in turns[1][-1].text for text in (SEED.instruction, *ITEMS))
    assert rebuilt.prompt(request(2, 1), "").why == f"it can't be made anew: {begun(run)}"


def test_with_a_lookahead_of_two_a_request_shows_what_the_one_before_the_last_gave(tmp_path: Path) -> None:
    """The reply to the last one is not waited for."""
    other = "1. Describe a winter evening by the sea.\n2. Translate these words into Latin."
    rebuilt = Rebuilt(written(tmp_path, request(0, 1), request(1, 1, other), **{"run.lookahead": 2}))
    last = [rebuilt.prompt(request(number, 1), "").turns[-1].text for number in range(3)]

    assert [all(text in prompt for text in ITEMS) for prompt in last] == [False, False, True]
    assert "winter evening" not in last[2]


def test_too_few_seeds_are_said(tmp_path: Path) -> None:
    """They may be gone; the prompt of a candidate needs none of its own."""
    rebuilt = Rebuilt(written(tmp_path, request(0, 1), **{"instructions.seed_examples": 6}))

    assert rebuilt.prompt(request(0, 1), "") == Prompt(
        why="it can't be made anew: 1 seed tasks, but each request shows 6; write more, or lower it: "
        "--set instructions.seed_examples=1"
    )
    assert rebuilt.prompt(CLASSIFICATION, "Sing.").turns


def test_why_a_prompt_is_not_what_was_sent(tmp_path: Path) -> None:
    """Its seeds are gone; or nothing tells by what it was begun; or one's own parsers had a say in what it shows."""
    run = written(tmp_path, request(0, 1))
    manifest = read_manifest(run.path)
    write(run.path, manifest | {"versions": {}, "shaping": manifest["shaping"] | {"own.parsers.instructions": "x"}})
    rebuilt, same = Rebuilt(RunReader(run.path)), "made anew, and not just what was sent: "

    assert rebuilt.prompt(request(0, 1), "").why == (
        f"{same}it shows what parsers or filters of your own let through, which are not in the folder"
    )
    assert rebuilt.prompt(CLASSIFICATION, "Sing.").why == (
        f"{same}the run was begun by another version, which may word it otherwise"
    )
    (run.path / "seeds.jsonl").unlink()
    assert Rebuilt(run).prompt(CLASSIFICATION, "Sing.").why == f"{same}seeds.jsonl is missing or empty"


def test_whose_parser_reads(tmp_path: Path) -> None:
    """That of each role by itself."""
    run = written(tmp_path)
    manifest = read_manifest(run.path)
    write(run.path, manifest | {"shaping": manifest["shaping"] | {"own.parsers.instructions": "x"}})
    rebuilt = Rebuilt(RunReader(run.path))

    assert (rebuilt.is_read_here("instructions"), rebuilt.is_read_here("classification")) == (False, True)
