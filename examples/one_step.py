"""One step alone: which instructions of a list are classification tasks?"""

from __future__ import annotations

import sys
from typing import Any

from selfinstruct_chains import build_steps, load_config

INSTRUCTIONS = [
    "Is the sentiment of this review positive, negative or mixed?",
    "Write a short poem about a lighthouse.",
    "Decide whether the sentence is a fact or an opinion.",
]


def main(chain: str = "embedded", models: Any = None) -> list[bool]:
    """The answers, in the order of the instructions."""
    steps = build_steps(load_config(chain), models=models)
    answers = steps.classification.batch(INSTRUCTIONS, config={"max_concurrency": 3})
    for instruction, answer in zip(INSTRUCTIONS, answers, strict=True):
        print("classification" if answer else "other         ", instruction)
    return answers


if __name__ == "__main__":
    main(*sys.argv[1:])
