"""How fast a run's own processes are: calls a second of a driver and its workers, at rates measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import ROLES

if TYPE_CHECKING:
    from selfinstruct_chains.config import ChainConfig, Engine
    from selfinstruct_chains.run.estimate import Estimate

DRIVER_MS = {"local": 4.2, "ray": 2.6}
"""Milliseconds of one core that a call costs the process that keeps order, pool and journal: chain `openai`, measured
as `benchmarks/cluster.py` does. Locally it has the HTTP client too."""
WORKER_MS = 4.4
"""What it costs a worker."""
NOVELTY_MS = 0.72
"""What a candidate's comparison with a pool of a million costs the driver: `benchmarks/novelty.py`."""
NOVELTY_GROWTH = 0.96
"""The power of the pool's size that it grows by."""

MEASURED = (
    f"Taken are, as measured on two shared cores: {DRIVER_MS['ray']} ms of one core of the driver for a call "
    f"({DRIVER_MS['local']} where it makes the calls itself) and {WORKER_MS} of a worker's; {NOVELTY_MS} ms for a "
    f"candidate beside a pool of a million, growing as its size to the power {NOVELTY_GROWTH}; each worker with a core "
    "of its own; an endpoint, or models in the workers, that answer as many calls at once as are in flight "
    "(run.max_concurrency, over all workers) no slower than few."
)


class Pace(NamedTuple):
    """How fast a run goes, and what it waits for."""

    calls_per_second: float
    seconds: float
    waits_for: str
    """What takes longest: "replies", "the driver", "the workers" or "the provider's limits"."""
    mean_latency: float
    """Seconds from a call to its reply."""
    each: dict[str, float]
    """Seconds that each would take, if nothing else took any."""


def pace(config: ChainConfig, found: Estimate, engine: Engine, workers: int) -> Pace:
    """How fast what was estimated goes.

    Args:
        config: the chain, for calls in flight, and how many instructions a request asks for.
        found: the calls and how long they take.
        engine: where they are made.
        workers: how many there are; one core each.
    """
    calls = sum(usage.calls for usage in found.roles.values())
    waited = sum(usage.milliseconds for usage in found.roles.values()) / 1000
    candidates = found.roles[ROLES[0]].calls * config.instructions.ask
    accepted = found.roles[ROLES[1]].calls
    replies = waited / config.run.max_concurrency
    each = {
        "replies": replies,
        "the driver": calls * DRIVER_MS[engine] / 1000 + _novelty(candidates, accepted),
        "the workers": calls * WORKER_MS / 1000 / workers if engine == "ray" else 0.0,
        "the provider's limits": found.seconds if found.seconds > replies else 0.0,
    }
    longest = max(each, key=lambda name: each[name])
    seconds = max(each[longest], 0.001)
    return Pace(calls / seconds, seconds, longest, waited / max(calls, 1), each)


def _novelty(candidates: int, accepted: int) -> float:
    """Seconds for comparing so many candidates with a pool that grows to so many."""
    last = NOVELTY_MS * float((accepted / 1e6) ** NOVELTY_GROWTH) / 1000
    return candidates * last / (1 + NOVELTY_GROWTH)
