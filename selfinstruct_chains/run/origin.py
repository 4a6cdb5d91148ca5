"""How a run was made, as its `manifest.json` tells those who read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from selfinstruct_chains.run.manifest import NAME, read_manifest
from selfinstruct_chains.run.sealed import damaged

if TYPE_CHECKING:
    from pathlib import Path


class Refiltering(BaseModel):
    """From what a refiltered run was made, and how."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    """The fingerprint of the run whose replies were filtered anew."""
    changed: dict[str, JsonValue]
    """The values that differ from that run's, by dotted key."""

    def __str__(self) -> str:
        changes = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in self.changed.items())
        return f"Refiltered, without a call, from the run {self.source[:12]}; changed: {changes or 'nothing'}"


class Regenerating(BaseModel):
    """From what a regenerated run was made, and how."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    """The fingerprint of the run whose instructions they are."""
    wrote: Literal["outputs", "inputs and outputs"]
    """What was written anew."""
    model: str
    """Who wrote it: provider and name."""
    best_of: int = 1
    """How many samples the best was taken of."""
    judge: str = ""
    """Who rated them."""
    before: str = ""
    """What that run was made from in its turn, in words."""

    def __str__(self) -> str:
        best = f", the best of {self.best_of} by ratings of {self.judge}" if self.best_of > 1 else ""
        before = f"; before: {self.before}" if self.before else ""
        return f"{self.wrote.capitalize()} written anew by {self.model}{best}, for the run {self.source[:12]}{before}"


class Origin(BaseModel):
    """How a run was made, as `manifest.json` has it."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    fingerprint: str
    """SHA-256, in hex, of all that shapes the dataset."""
    versions: dict[str, str]
    """The version of each package that began the run, by its name."""
    chain: dict[str, JsonValue]
    """The resolved chain file; `RunReader.config` is the same with types."""
    shaping: dict[str, JsonValue] = Field(default_factory=dict)
    """All that shapes the dataset, by dotted key; what the user brought from Python by "own.KIND.ROLE"."""
    format: int
    """That of the folder; from 2 on, all in it has checksums."""
    refiltered: Refiltering | None = None
    """From what it was made, if `refilter` made it."""
    regenerated: Regenerating | None = None
    """The same, if `regenerate` made it."""

    @property
    def made(self) -> str:
        """From what other run it was made, and how, in words; "" where models grew it."""
        return str(self.refiltered or self.regenerated or "")


def read_origin(path: Path) -> Origin:
    """How the run in the folder `path` was made.

    Raises:
        RunError: there is no such folder, it is no run, it is damaged, or another version wrote it.
    """
    try:
        return Origin.model_validate(read_manifest(path))
    except ValidationError:
        raise damaged(path / NAME) from None
