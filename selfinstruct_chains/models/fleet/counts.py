"""What is counted of a cluster's nodes."""

from __future__ import annotations

from typing import NamedTuple


class NodeCount(NamedTuple):
    """How it stands with a node."""

    node: str
    """Its address."""
    workers: int
    in_flight: int
    """Calls that its workers are at."""
    replies: int
    """That came from it in this run; refusals are some."""
    lost: int
    """Calls that had no outcome, as a worker or the whole node died."""
