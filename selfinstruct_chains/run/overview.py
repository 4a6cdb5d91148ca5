"""A run folder looked at from outside: the counts that its own process shows, without a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.run.acceptance import Acceptance
from selfinstruct_chains.run.entry import FOUND
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.tasks import id_order

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig, Price, Purpose
    from selfinstruct_chains.run.monitor import Pauses
    from selfinstruct_chains.run.reader import State
    from selfinstruct_chains.run.usage import Usage


@dataclass
class Overview:
    """What a run folder shows."""

    config: ChainConfig
    monitor: Monitor
    """The counts, as `generate` shows them."""
    state: State = "unknown"
    """What became of the last start."""
    why: str = ""
    """Why it was stopped."""
    updated: float | None = None
    """When its process last gave a sign of life, in seconds since 1970."""
    left: float | None = None
    """Seconds until all is there, as its process says while it runs."""
    waiting: Pauses | None = None
    """What its calls wait for, as its process says while it runs."""
    used: dict[tuple[Purpose, str], Usage] = field(default_factory=dict)
    """What the calls up to the last settled candidate have cost, but for those before the first request."""
    made: str = ""
    """From what other run it was made, in words."""


def look(path: Path) -> Overview:
    """What the run folder `path` shows now; also while its process writes into it.

    Raises:
        RunError: it is no run folder, damaged, or another version's.
    """
    run = RunReader(path)
    overview = Overview(run.config, Monitor(prices=_prices(run)))
    overview.made = run.origin.made
    last = _count_candidates(run, overview.monitor)
    _count_calls(run, overview, last)
    _say_how_it_goes(run, overview)
    return overview


def _prices(run: RunReader) -> dict[Purpose, Price | None]:
    """What the chain file's models cost; of models and steps of the user's own only its `price` tells."""
    configs = {role: run.config.model_for(role) for role in ROLES}
    own = {key.rpartition(".")[2] for key in run.origin.shaping if key.startswith(("own.models.", "own.steps."))}
    return {role: model.price if role in own else price(model) for role, model in configs.items()}


def _count_candidates(run: RunReader, monitor: Monitor) -> tuple[int, ...]:
    """Count the finished tasks and the dropped candidates; where the last one stands (`id_order`)."""
    acceptance = Acceptance()
    last: tuple[int, ...] = ()
    for task in run.tasks():
        monitor.finish(task)
        acceptance.finish(task)
        last = max(last, id_order(task.id))
    for rejection in run.rejections():
        monitor.reject(rejection)
        acceptance.reject(rejection)
        last = max(last, id_order(rejection.id))
    monitor.wanted, monitor.accepted, monitor.requests = monitor.finished, acceptance.accepted, acceptance.requests
    return last


def _count_calls(run: RunReader, overview: Overview, last: tuple[int, ...]) -> None:
    spent: dict[tuple[Purpose, str], Usage] = {}
    for entry in run.entries():
        entry.spend(spent)
        is_before = entry.key.startswith(FOUND)
        if is_before or id_order(entry.item) <= last:
            overview.monitor.replies_used += entry.is_call
        if not is_before and id_order(entry.item) <= last:
            entry.spend(overview.used)
    overview.monitor.ledger = spent


def _say_how_it_goes(run: RunReader, overview: Overview) -> None:
    overview.state, progress, monitor = run.state(), run.progress(), overview.monitor
    if progress is None:
        return
    overview.why, overview.updated = progress.why, progress.updated
    monitor.wanted, monitor.started, monitor.nodes = progress.wanted, progress.started, lambda: progress.nodes
    if overview.state == "running":
        monitor.in_flight = progress.in_flight
        overview.left, overview.waiting = progress.seconds_left, progress.waiting
    else:
        monitor.ended = progress.updated
