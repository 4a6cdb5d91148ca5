"""How a run was made, as its `manifest.json` tells those who read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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


def read_origin(path: Path) -> Origin:
    """How the run in the folder `path` was made.

    Raises:
        RunError: there is no such folder, it is no run, it is damaged, or another version wrote it.
    """
    try:
        return Origin.model_validate(read_manifest(path))
    except ValidationError:
        raise damaged(path / NAME) from None
