"""What a run's process leaves word of in its folder while it is at work, and when it ends: progress.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.models.fleet.counts import NodeCount
from selfinstruct_chains.run.monitor import Pauses
from selfinstruct_chains.run.places import PROGRESS

if TYPE_CHECKING:
    from pathlib import Path

NAME = PROGRESS


class Progress(BaseModel):
    """What the last start left in progress.json, or leaves there every two seconds."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    state: Literal["running", "finished", "stopped"]
    """As it said itself; `RunReader.state` tells whether it is still so."""
    why: str
    """Why it stopped."""
    finished: int
    wanted: int
    in_flight: int = 0
    waiting: Pauses | None = None
    """What calls wait for that are to be made again."""
    nodes: tuple[NodeCount, ...] = ()
    """How it stands with each node of the cluster that makes the calls."""
    seconds_left: float | None = None
    """At the pace of what is new since this start; None where nothing tells."""
    started: float = 0.0
    """In seconds since 1970, like `updated`."""
    updated: float = 0.0
    """When it last gave a sign of life."""
    host: str = ""
    """The machine that it runs on."""
    calls: int | None = None
    """Replies in the whole folder; None where an older version did not say."""
    dollars: float | None = None
    """What their counted tokens cost; None where there is no price."""
    unknown_tokens: int = 0
    """Replies whose tokens the provider did not count."""


def read_progress(folder: Path) -> Progress | None:
    """What the last start in a run folder said of itself; None where it left no word that can be read.

    Raises:
        RunError: the file can't be read.
    """
    try:
        return Progress.model_validate_json((folder / NAME).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    except OSError as error:
        raise RunError(f"{folder / NAME}: can't be read: {error.strerror or error}") from None


def has_finished(folder: Path) -> bool:
    """Whether the last start in a run folder came to its end, so that nothing in it is half written."""
    progress = read_progress(folder)
    return progress is not None and progress.state == "finished"
