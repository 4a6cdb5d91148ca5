"""Scripted models for the loop's tests: with latency, with poor replies, counting what they were asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from selfinstruct_chains import load_config
from selfinstruct_chains.run.journal import Entry, scan
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig

NO_REPLY = (
    "500",
    "502",
    "503",
    "504",
    "429",
    "reset",
    "cut",
    "html",
    "blank",
    "null",
    "not_utf8",
    "error_200",
    "cut_json",
)
"""Faults by which a call gets no reply, as `ScriptedServer` names them."""
CONFIG = {"run.lookahead": 3, "run.max_concurrency": 8, "instructions.model.max_tokens": 100}


def config(**overrides: object) -> ChainConfig:
    """The openai chain, for a scripted chat model."""
    return load_config("openai", CONFIG | {key.replace("__", "."): value for key, value in overrides.items()})


class Author:
    """`scripted_author` with latency up to `slow` seconds and a share of poor replies; counts its calls."""

    def __init__(self, slow: float = 0.0, poor: float = 0.0, seed: int = 0) -> None:
        self.calls: Counter[str] = Counter()
        self.running = 0
        self.most = 0
        self._slow, self._poor, self._random = slow, poor, Random(seed)

    async def __call__(self, prompt: str, seed: int | None) -> Reply:
        digest = hashlib.sha256(f"{seed}|{prompt}".encode()).hexdigest()
        self.calls[digest] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self._slow * self._random.random())
        finally:
            self.running -= 1
        if int(digest[:8], 16) / 16**8 < self._poor:
            return [
                Reply(""),
                Reply("!!"),
                Reply('{"instances":[{"in', "length"),
                Reply("1. Cut off in the mid", "length"),
            ][int(digest[8], 16) % 4]
        return scripted_author(prompt, seed)

    @property
    def model(self) -> ScriptedChat:
        """A chat model that this author answers for."""
        return ScriptedChat(reply=self)


def files(folder: Path) -> tuple[bytes, bytes]:
    """The two derived files of a run."""
    return (folder / "tasks.jsonl").read_bytes(), (folder / "rejected.jsonl").read_bytes()


def entries(folder: Path) -> list[Entry]:
    """The answers to calls in a run's journal."""
    answers = [entry for _, entry in scan(folder / "journal.jsonl") if entry.answers]
    return [entry for entry in answers if entry.kind != "found" or entry.usage]
