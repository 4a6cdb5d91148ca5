"""A run folder looked at from outside: the counts that its own process shows, without a lock and without a change."""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from selfinstruct_chains.config import ROLES, ChainConfig
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.run import manifest
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.run.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.run.usage import Usage

_SILENT = 30.0  # seconds without a sign of life after which a process is taken for dead; it gives one every two

State = Literal["running", "finished", "stopped", "killed", "unknown"]


@dataclass
class Overview:
    """What a run folder shows."""

    config: ChainConfig
    monitor: Monitor
    """The counts, as `generate` shows them."""
    state: State = "unknown"
    """What became of the last start; "unknown" for a folder without a progress.json."""
    why: str = ""
    """Why it was stopped."""
    updated: float | None = None
    """When its process last gave a sign of life, in seconds since 1970."""
    used: dict[tuple[Role, str], Usage] = field(default_factory=dict)
    """What the calls up to the last settled candidate have cost."""


def look(path: Path) -> Overview:
    """What the run folder `path` shows now; also while its process writes into it.

    Raises:
        RunError: it is no run folder, damaged, or another version's.
    """
    config = _config(path)
    monitor = Monitor(prices={role: price(config.model_for(role)) for role in ROLES})
    overview = Overview(config, monitor)
    last = max(_finished(path, monitor), _rejected(path, monitor))
    spent: dict[tuple[Role, str], Usage] = {}
    for _, entry in scan(path / "journal.jsonl"):
        entry.spend(spent)
        if entry.item <= last:
            entry.spend(overview.used)
            monitor.replies_used += entry.kind == "reply"
    monitor.spent = spent
    _say_how_it_goes(path, overview)
    return overview


def _config(path: Path) -> ChainConfig:
    chain = manifest.read(path)["chain"]
    try:
        return ChainConfig.model_validate_json(json.dumps(chain))
    except ValidationError:
        raise RunError(f"{path / manifest.NAME}: this version can't read its chain") from None


def _finished(path: Path, monitor: Monitor) -> str:
    """Count the finished tasks; the last one's id."""
    last = ""
    for task in _values(path / "tasks.jsonl"):
        monitor.finished += 1
        monitor.accepted += 1
        monitor.classification += task["is_classification"]
        monitor.instances += len(task["instances"])
        monitor.requests = task["provenance"]["request"] + 1
        last = task["id"]
    monitor.wanted = monitor.finished
    return last


def _rejected(path: Path, monitor: Monitor) -> str:
    """Count the dropped candidates; the last one's id."""
    rejected: Counter[tuple[str, str]] = Counter()
    last = ""
    for drop in _values(path / "rejected.jsonl"):
        rejected[drop["stage"], drop["rule"]] += 1
        monitor.accepted += drop["stage"] == "task"
        monitor.requests = max(monitor.requests, drop["request"] + 1)
        last = drop["id"]
    monitor.rejected = rejected
    return last


def _values(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of JSON objects; half a last line is left out."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield dict(json.loads(line))
            except (ValueError, TypeError):
                raise RunError(f"{path}, line {number}: damaged; it is made anew by the run's own command") from None


def _say_how_it_goes(path: Path, overview: Overview) -> None:
    try:
        progress = json.loads((path / "progress.json").read_bytes())
        monitor, overview.updated = overview.monitor, float(progress["updated"])
        monitor.wanted, monitor.started = int(progress["wanted"]), float(progress["started"])
        overview.state, overview.why = progress["state"], progress["why"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if overview.state == "running" and not _alive(progress, overview.updated):
        overview.state = "killed"
    if overview.state == "running":
        monitor.in_flight = int(progress["in_flight"])
    else:
        monitor.ended = overview.updated


def _alive(progress: dict[str, Any], updated: float) -> bool:
    if time.time() - updated > _SILENT:
        return False
    if progress["host"] != socket.gethostname():
        return True
    try:
        os.kill(int(progress["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
