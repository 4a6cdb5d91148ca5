"""Which split a task belongs to: by its instruction, so that no instruction stands in two."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.method.tokens import unicode_words

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Shares(NamedTuple):
    """The shares of the instructions that are set aside, 0 to 1; the rest is for training.

    An instruction's split is drawn from a hash of the seed and its words, alone: it stays where it is when the run
    grows, and copies that differ in case or punctuation go the same way. So sizes are the shares only on average.
    """

    validation: float = 0.0
    test: float = 0.0

    def check(self) -> None:
        """Refuse shares that leave nothing to train on.

        Raises:
            ConfigError: a share is negative, or both together are 1 or more.
        """
        if min(self) < 0 or sum(self) >= 1:
            raise ConfigError(f"validation {self.validation:g} and test {self.test:g}: together they must be below 1")

    def split(self, instruction: str, seed: int) -> Split:
        """The split of an instruction."""
        if not any(self):
            return "train"
        words = " ".join(unicode_words(instruction)) or instruction.strip()
        digest = hashlib.sha256(f"{seed}:{words}".encode()).digest()
        lot = int.from_bytes(digest[:8]) / 2**64
        if lot < self.test:
            return "test"
        return "validation" if lot < self.test + self.validation else "train"
