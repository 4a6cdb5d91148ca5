"""Replies as models write them, with what each holds; and whatever random damage makes of them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.files.languages import load_languages
from selfinstruct_chains.method.lexicon import lexicon
from selfinstruct_chains.method.parsing import (
    UnreadableReply,
    parse_classification,
    parse_instances,
    parse_instructions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = lexicon((), load_languages())
"""As a run has them: replies are read in all languages."""
REPLIES = Path(__file__).parents[1] / "data" / "replies"
"""embedded.jsonl: by SmolLM2-135M-Instruct, expected results judged by eye; all others are written by hand, after forms
that chat templates, reasoning parsers and users' reports document; styles.jsonl and strangers.jsonl before any parser
had read them."""


def read(name: str) -> list[dict[str, Any]]:
    """One file of the corpus."""
    return [json.loads(line) for line in (REPLIES / name).read_text("utf-8").splitlines()]


REAL = read("embedded.jsonl")
ODD = [reply for path in sorted(REPLIES.glob("*.jsonl")) if path.stem != "embedded" for reply in read(path.name)]
PIECES = (
    *('"', "{", "}", "[", "]", "\\", "```", "**", "\n", "\n\n", "\r", "\u2028", "\x00", "\ufeff", "\ud800", "\\ud83d"),
    *("Input:", "Output:", "Example 2\n", "Class label:", "Task:", "9.", "10)", "- ", "1e999", "NaN", "\uff11", "²"),
    *('{"output":', '"input":', "[[[[[", "9" * 5000, "<think>", "</think>", " yes", "not ", "'", ",", ":", "_", "#"),
)


def parse(reply: dict[str, Any]) -> dict[str, Any]:
    """What a reply of the corpus holds, in the form of its `expected`."""
    text, truncated = reply["reply"], reply["truncated"]
    try:
        match reply["role"]:
            case "classification":
                return {"answer": parse_classification(text, truncated=truncated, answers=WORDS.answers)}
            case "instructions":
                listed = parse_instructions(text, truncated=truncated, continues=reply["continues"])
                return {"items": list(listed.items), "cut": listed.cut}
            case form:
                found = parse_instances(text, form=form, output=reply["output"], truncated=truncated, names=WORDS.names)
                return {"items": [item.model_dump() for item in found.items], "cut": found.cut}
    except UnreadableReply as error:
        return {"error": type(error).__name__}


@pytest.mark.parametrize("reply", ODD, ids=lambda reply: f"{reply['role']}: {reply['note']}")
def test_odd_reply(reply: dict[str, Any]) -> None:
    """A malformed or unusual reply gives what is in it, and nothing that isn't."""
    assert parse(reply) == reply["expected"]


@pytest.mark.parametrize("reply", REAL, ids=lambda reply: f"{reply['role']}-{reply['number']}")
def test_real_reply(reply: dict[str, Any]) -> None:
    """A reply of the embedded model gives what an eye reads in it."""
    assert parse(reply) == reply["expected"]


INVISIBLE = {
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "line separators": lambda text: text.replace("\n", "\u2028"),
    "marks of byte order": lambda text: re.sub("^", "\ufeff", text, flags=re.MULTILINE),
    "marks of direction": lambda text: re.sub("^(?=.)|(?<=.)$", "\u200f", text, flags=re.MULTILINE),
    "isolated lines": lambda text: re.sub("^(.+)$", "\u2066\\1\u2069", text, flags=re.MULTILINE),
    "no-break blanks behind numbers": lambda text: re.sub(r"^(\d+[.)]) ", "\\1\u00a0", text, flags=re.MULTILINE),
    "no-break blanks behind colons": lambda text: text.replace(": ", ":\u00a0"),
}
"""What nobody sees in a reply: other line ends, marks of width 0, other blanks."""


@pytest.mark.parametrize("changed", INVISIBLE.values(), ids=INVISIBLE)
def test_what_nobody_sees_changes_nothing(changed: Callable[[str], str]) -> None:
    """A reply of the corpus in other line ends, with marks at them or with other blanks holds the same."""
    for reply in ODD:
        if "\r" in reply["reply"] or re.search("[\u00a0\u2066]", reply["reply"]):
            continue
        read = {**parse({**reply, "reply": changed(reply["reply"])}), "cut": ""}
        assert seen(read) == seen({**reply["expected"], "cut": ""}), reply["reply"]


def seen(result: dict[str, Any]) -> str:
    """A result with plain blanks, and without marks of width 0 inside its lines."""
    return re.sub("[\u200f\u2066\u2069\ufeff]", "", json.dumps(result, ensure_ascii=False).replace("\u00a0", " "))


def test_corpus_is_large() -> None:
    """There are at least 300 odd replies and 90 real ones, of every role."""
    assert len(ODD) >= 300
    assert len(REAL) >= 90
    for replies in (ODD, REAL):
        assert {reply["role"] for reply in replies} == {"instructions", "classification", "input_first", "output_first"}


def damaged(random: Random, replies: list[str]) -> str:
    """A reply with a few random cuts, insertions, repetitions, reversals and transplants."""
    text = random.choice(replies)
    for _ in range(random.randint(1, 6)):
        start, end = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
        head, middle, tail = text[:start], text[start:end], text[end:]
        donor = random.choice(replies)[: random.randint(0, 200)]
        changed = head + random.choice(PIECES) + middle + tail
        others = (head, head + tail, head + middle * 2 + tail, head + middle[::-1] + tail, head + donor + tail)
        text = random.choice([changed, changed, *others])
    return text[:2_000]


def check(text: str, random: Random) -> int:
    """Parse a text in every way; how many ways found something. Anything but UnreadableReply passes through."""
    truncated, found = random.random() < 0.3, 0
    for role in ("classification", "instructions", "input_first", "output_first"):
        fields = {"output": random.choice(["text", "json_schema"]), "continues": random.random() < 0.5}
        result = parse({"role": role, "reply": text, "truncated": truncated, **fields})
        found += "error" not in result
        assert result.get("items", True), "no items, and no error"
        assert truncated or not result.get("cut"), "something cut from a whole reply"
        json.dumps(result, ensure_ascii=False).encode("utf-8")
    return found


def fuzz(count: int, seed: int) -> None:
    """Parse `count` damaged replies."""
    random = Random(seed)
    replies = [reply["reply"] for reply in ODD + REAL]
    readable = sum(check(damaged(random, replies), random) > 0 for _ in range(count))
    assert 0.3 * count < readable


def test_damaged_replies_raise_only_the_declared_error() -> None:
    """10,000 random mutations give items that can be written as UTF-8, or UnreadableReply; more by REPLIES_MUTATED."""
    fuzz(int(os.environ.get("REPLIES_MUTATED", "10000")), seed=1)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "x",
            "word ",
            "{",
            "[",
            '"',
            '{"a":',
            "{'a': 'b', ",
            '{"input": "a", "output": "b"} ',
            "1. a\n",
            "- ",
            "**a ",
        ),
        *("_", "Input: a\n", "Output: a\n", "```\n", "```python\n", " \n", "\n\n---", "yes not ", "Task:\n\n"),
        *("classification ", "a? 1. B", "Example 1\n"),
    ],
)
def test_long_replies_are_read_to_their_end(unit: str) -> None:
    """15,000 and 200,000 characters of rubbish, in every way; what is not linear would meet the timeout."""
    check(unit * (15_000 // len(unit)), Random(1))
    check(unit * (200_000 // len(unit)), Random(1))
