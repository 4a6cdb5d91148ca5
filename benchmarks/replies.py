"""How long a reply takes to read: `uv run python benchmarks/replies.py [--largest 1048576] [--only labelled]`.

Every parser reads adversarial replies, one piece of text over and over, from 1 kB to 1 MB. Printed are microseconds for
each kilobyte of the largest, and the slope of log time over log size: 1 is linear, 2 quadratic. It exits with 1 if a
slope is above 1.1, or if a reply took more than five milliseconds for a kilobyte (a second for one as long as is read)
and a quarter of a second in all; a family that did is not tried at larger sizes. Needs a quiet machine.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from contextlib import suppress
from functools import partial
from itertools import takewhile
from math import log
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.method.parsing import (
    UnreadableReply,
    parse_classification,
    parse_instances,
    parse_instructions,
)
from selfinstruct_chains.models.failures import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAMILIES = {
    "words": "word ",
    "spaces": " ",
    "tabs and line ends": " \t\n",
    "line ends": "\n",
    "line ends, mixed": "a\r\nb\rc\n\u2028",
    "no-break blanks": "\u00a0",
    "marks of width 0": "\u200b",
    "marks of direction": "\u200fa\u200f b\n",
    "braces": "{",
    "brackets": "[",
    "nested objects": '{"a":',
    "nested, quoted": '{"a "b" ',
    "objects": '{"input": "a", "output": "b"} ',
    "broken objects": '{"input": "a" "output": "b", ',
    "Python's objects": "{'input': 'a', 'output': None}, ",
    "Python's objects, lines": "{'input': 'a', 'output': None}\n",
    "strings": '"a", ',
    "quotes": '"',
    "single quotes": "'",
    "backslashes": "\\",
    "escapes": '\\"\\n\\frac ',
    "fences": "```\n",
    "fences, named": "```json\n{}\n```\n",
    "backticks": "`",
    "numbers": "1. a\n",
    "numbers in a line": "1. A b. ",
    "numbers, begun anew": "Write some tasks:\n1. Name a river.\n",
    "signs": "\u2460 a b\n",
    "letters": "a) b c\n",
    "words and numbers": "Aufgabe 1: a\n",
    "digits": "1",
    "bullets": "- a\n",
    "bold": "**a** ",
    "rules": "---\n",
    "underscores": "_",
    "labels": "Input: a\nOutput: b\n",
    "labels, blank": "Input:\n",
    "labels, rules": "Input: a\nOutput: b\n---\n",
    "labels, signs": "\U0001f539 **Input:** a\n",
    "class labels": "Class label: a\nInput: b\n",
    "names alone": "Input\na\nOutput\nb\n",
    "names with dashes": "Input - a\nOutput - b\n",
    "quoted labels": "> Input: a\n> Output: b\n",
    "examples": "Example 1\n",
    "example, spaces": "Example 1" + " " * 60,
    "tasks": "Task: a\n\n",
    "fields": "Email: a\n",
    "colons": "a: ",
    "less-than": "<",
    "tags": "<think>",
    "closing tags": "</think>",
    "comments": "<!--",
    "scripts": "<script>",
    "thoughts": "<think>a</think>\n",
    "thoughts, words": "<analysis>a</analysis>\n",
    "thoughts, a document": "<analysis><b>a</b></analysis>\n<c>d</c>\n",
    "thoughts, attributes": '<analysis a="b">',
    "mentions": "put the </s> token and `</think>` in. ",
    "elements": "<task>a b</task>\n",
    "channels": "<|channel|>analysis<|message|>a<|end|>",
    "end tokens": "a </s> a ",
    "turns": "<|im_start|>user\na<|im_end|>\n",
    "XML": "<input>a</input>",
    "tables": "| a | b |\n",
    "tables with heads": "| Input | Output |\n|---|---|\n| a | b |\n",
    "yes and no": "yes no ",
    "statements": "not classification ",
}
SLOPE = 1.1
AGAIN = 3  # times that a family above the limits is measured once more, since a machine has neighbours
PER_KILOBYTE, AT_LEAST = 5_000, 0.25  # microseconds for a kilobyte, and seconds in all, that are too long

_instances = partial(parse_instances, output="text")
PARSERS: dict[str, Callable[[str], object]] = {
    "instructions": parse_instructions,
    "instructions, continued": partial(parse_instructions, continues=True),
    "instructions, cut": partial(parse_instructions, truncated=True),
    "labelled, input first": partial(_instances, form="input_first"),
    "labelled, output first": partial(_instances, form="output_first"),
    "JSON, input first": partial(parse_instances, form="input_first", output="json_schema"),
    "JSON, output first": partial(parse_instances, form="output_first", output="json_schema", truncated=True),
    "classification": parse_classification,
    "error page": partial(failure, 400, {}),
}


class Took(NamedTuple):
    """What a reply of one size took."""

    size: int
    """Characters."""
    seconds: float

    @property
    def per_kilobyte(self) -> float:
        """Microseconds for 1,024 characters."""
        return self.seconds * 1e6 / self.size * 1024

    @property
    def is_too_long(self) -> bool:
        """Whether a reader of replies must not take so long."""
        return self.per_kilobyte > PER_KILOBYTE and self.seconds > AT_LEAST


def seconds(parse: Callable[[str], object], text: str, rounds: int) -> float:
    """The shortest of some rounds of reading, in seconds of this process."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        with suppress(UnreadableReply):
            parse(text)
        best = min(best, time.process_time() - started)
    return best


def sizes(largest: int) -> Iterator[int]:
    """1,024 characters, and four times as many, up to `largest`."""
    return takewhile(lambda size: size <= largest, (1024 * 4**power for power in range(20)))


def measured(parse: Callable[[str], object], piece: str, largest: int) -> list[Took]:
    """What replies of growing sizes take, up to the first that takes too long."""
    found: list[Took] = []
    for size in sizes(largest):
        text = (piece * (size // len(piece) + 1))[:size]
        found.append(Took(size, seconds(parse, text, rounds=1 if size > 2**18 else 3)))
        if found[-1].is_too_long:
            break
    return found


def shortest(one: list[Took], other: list[Took]) -> list[Took]:
    """The shorter time of each size that both have."""
    return [min(pair, key=lambda each: each.seconds) for pair in zip(one, other, strict=False)]


def slope(took: list[Took]) -> float:
    """How time grows with size, over the sizes from 16 kB on: the least-squares slope of the logarithms."""
    points = [(log(each.size), log(max(each.seconds, 1e-6))) for each in took[-4:] if each.size >= 2**14]
    if len(points) < 2:
        points = [(log(each.size), log(max(each.seconds, 1e-6))) for each in took]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else float("inf")


def main() -> int:
    """Print the table; 1 if a family is above the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=2**20, help="characters of the largest reply")
    parser.add_argument("--only", default="", help="only parsers, or families, with this in their name")
    parser.add_argument("--slope", type=float, default=SLOPE, help="the largest slope that is let through")
    given = parser.parse_args()
    gc.disable()
    failed = 0
    print(f"{'parser':<25}{'family':<22}{'characters':>12}{'us per kB':>12}{'slope':>8}")
    for name, parse in PARSERS.items():
        for family, piece in FAMILIES.items():
            if given.only not in name and given.only not in family:
                continue
            took = measured(parse, piece, given.largest)
            for _ in range(AGAIN):
                if slope(took) <= given.slope and not took[-1].is_too_long:
                    break
                took = shortest(took, measured(parse, piece, given.largest))
            found = slope(took)
            is_bad = found > given.slope or took[-1].is_too_long
            failed += is_bad
            row = f"{name:<25}{family:<22}{took[-1].size:>12,}{took[-1].per_kilobyte:>12,.0f}{found:>8.2f}"
            print(f"{row}{'  above' if is_bad else ''}", flush=True)
            gc.collect()
    print(f"{failed} above a slope of {given.slope} or {PER_KILOBYTE:,} us per kB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
