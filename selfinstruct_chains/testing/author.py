"""A scripted author: replies to the shipped prompts, as a function of prompt and seed. No LangChain is needed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple


class Reply(NamedTuple):
    """What a scripted model answers."""

    text: str
    finish_reason: str = "stop"
    input_tokens: int = 10
    output_tokens: int = 5
    cached_tokens: int = 0
    """How many of the input tokens were read from the provider's cache."""


Script = Callable[[str, int | None], str | Reply | Awaitable[str | Reply]]
"""From a prompt, as one string, and the call's seed to the reply; it may also raise, or be asynchronous."""


def scripted_author(prompt: str, seed: int | None = None) -> Reply:
    """Sensible replies to the shipped prompts of all four roles: a function of prompt and seed alone.

    Instructions vary with the seed, about a tenth are near-copies or poor; instances have inputs, or none, or several.
    """
    random = Random(hashlib.sha256(f"{seed}|{prompt}".encode("utf-8", "backslashreplace")).digest())
    last = prompt.rsplit("Task: ", 1)[-1].split("\n", 1)[0]
    if "Is it classification?" in prompt:
        text = " Yes" if last.startswith("Decide whether") else " No"
    elif "Class label:" in prompt or '"label"' in prompt:
        text = _labels(random, as_json='"label"' in prompt)
    elif "Task: " in prompt:
        text = _inputs(random, as_json='{"instances"' in prompt)
    else:
        text = _instructions(random, prompt)
    return Reply(text, input_tokens=len(prompt) // 4, output_tokens=len(text) // 4)


_VERBS = [
    "Explain",
    "Describe",
    "Summarise",
    "Compare",
    "Rewrite",
    "Translate",
    "Plan",
    "List",
    "Improve",
    "Review",
    "Design",
    "Draft",
]
_THINGS = [
    "budget",
    "garden",
    "recipe",
    "contract",
    "novel",
    "timetable",
    "kitchen",
    "tax",
    "engine",
    "poem",
    "lesson",
    "river",
    "team",
    "bakery",
    "bridge",
]
_REASONS = [
    "for a beginner",
    "in two short sentences",
    "with one example",
    "for a busy manager",
    "without any jargon",
    "step by step",
]


def _instructions(random: Random, prompt: str) -> str:
    first = len(re.findall(r"^\d+\. ", prompt, re.MULTILINE)) + 1
    lines = [f"{number}. {_instruction(random)}" for number in range(first, first + 8)]
    text = "\n".join(lines)
    return text if not prompt.rstrip().endswith(f"{first}.") else " " + text.partition(". ")[2]


def _instruction(random: Random) -> str:
    if random.random() < 0.1:  # noqa: PLR2004 - a tenth is poor
        return "Too short"
    words = " ".join(random.choices(_THINGS, k=4))
    if random.random() < 0.25:  # noqa: PLR2004 - a quarter is classification
        return f"Decide whether a note about {words} number {random.randrange(10**6)} is good news or bad news."
    return f"{random.choice(_VERBS)} {words} number {random.randrange(10**6)} {random.choice(_REASONS)}."


def _labels(random: Random, *, as_json: bool) -> str:
    pairs = [(label, f"A note about {_words(random, 6)}.") for label in ("good news", "bad news")]
    if as_json:
        return '{"instances":[' + ",".join(f'{{"label":"{label}","input":"{text}"}}' for label, text in pairs) + "]}"
    return "\n".join(f"Class label: {label}\nInput: {text}" for label, text in pairs)


def _inputs(random: Random, *, as_json: bool) -> str:
    count = random.choice([1, 1, 2])
    texts = [(_words(random, 5) if random.random() < 0.5 else "", _words(random, 9)) for _ in range(count)]  # noqa: PLR2004
    if as_json:
        return '{"instances":[' + ",".join(f'{{"input":"{i}","output":"{o}"}}' for i, o in texts) + "]}"
    return "\n\n".join(f"Example {n}\nInput: {i}\nOutput: {o}" for n, (i, o) in enumerate(texts, start=1))


def _words(random: Random, count: int) -> str:
    return " ".join(random.choices(_THINGS, k=count))
