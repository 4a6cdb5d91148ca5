"""Which requests go wrong, and how: a function of the request and of how often it was asked before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    prompts: list[str]
    digest: str
    """SHA-256 of path and body, in hex: equal requests have equal ones."""
    attempt: int
    """How many equal requests came so far, this one among them."""


Plan = Callable[[Asked], "str | None"]
"""From a request to the name of what goes wrong with it, or None."""


def per_attempt(rates: Mapping[str, float], seed: int = 0) -> Plan:
    """A plan that draws anew for each attempt at a request: `rates` are shares of all attempts, by name."""
    return lambda asked: _draw(rates, f"{seed}|{asked.digest}|{asked.attempt}")


def per_request(rates: Mapping[str, float], seed: int = 0) -> Plan:
    """A plan by which all attempts at a request fare alike: `rates` are shares of all requests, by name."""
    return lambda asked: _draw(rates, f"{seed}|{asked.digest}")


def at_first(*names: str) -> Plan:
    """A plan by which the first attempt at each request meets the first of `names`, the second the second, and on."""
    return lambda asked: names[asked.attempt - 1] if asked.attempt <= len(names) else None


def _draw(rates: Mapping[str, float], key: str) -> str | None:
    point = Random(hashlib.sha256(key.encode()).digest()).random()
    return next((name for name, end in zip(rates, accumulate(rates.values()), strict=True) if point < end), None)
