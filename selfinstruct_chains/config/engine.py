"""Where a run's calls are made: in its own process, or by the workers of a Ray cluster."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import AfterValidator

from selfinstruct_chains.config.base import Closed, Positive, Real

Engine = Literal["local", "ray"]
_LAST_PORT = 65_535


def _address(text: str) -> str:
    if text in {"local", "auto"}:
        return text
    found = re.fullmatch(r"(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})", text, re.ASCII)
    if not found or not 0 < int(found[1]) <= _LAST_PORT:
        raise ValueError(
            "must be 'local' (a cluster for this run alone), 'auto' (the one that this machine belongs to), or "
            "host:port of a cluster's head, such as 10.0.0.1:6379 (without ray://)"
        )
    return text


Amount = Annotated[Real, Ge(0)]


class RayConfig(Closed):
    """Which Ray cluster makes the calls, and with how many workers; nothing of it shapes the dataset."""

    address: Annotated[str, AfterValidator(_address)] = "local"
    """`local`: one that is started on this machine for the run, and ended with it; `auto`: the one that this machine
    belongs to (`ray start`, RAY_ADDRESS); or host:port of its head."""
    per_node: Positive = 1
    """Workers on each node. One that asks an endpoint has room for hundreds of calls."""
    num_cpus: Amount = 0
    """Cores that Ray sets aside for a worker; 0: none, as one that asks an endpoint needs little."""
    num_gpus: Amount = 0
    """GPUs that Ray sets aside for a worker, which sees no others; nodes without so many get none."""
