"""The values of a dataset and their wire form, JSON Lines.

A task on disk is a superset of the published seed format, so published seed files load as they are.
"""

from __future__ import annotations

import json
from typing import Annotated

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(pattern=r"\S")]
"""Text that is not blank."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Instance(_Value):
    """One example of a task: an input, which may be empty, and the output it should give."""

    input: str = ""
    output: str


class Provenance(_Value):
    """Where a generated task comes from."""

    request: int
    """The number of the instruction request, from 0."""
    examples: tuple[str, ...]
    """The ids of the tasks that request showed to the model."""
    model: str | None
    """The model that wrote the instruction, as its provider reported it; None if it did not."""
    calls: tuple[str, ...]
    """The journal keys of the calls whose replies the task was made from."""


class Task(_Value):
    """An instruction with its instances: a seed task, or a finished generated one."""

    id: Text
    instruction: Text
    instances: Annotated[tuple[Instance, ...], Len(min_length=1)]
    is_classification: bool
    name: str | None = None
    provenance: Provenance | None = None


class Rejection(_Value):
    """A candidate that was dropped: an instruction, or one instance of an accepted instruction."""

    id: str
    """The candidate's id; that of the request when its reply held no candidate at all."""
    rule: str
    """The name of the rule that dropped it."""
    stage: str
    """What was dropped: "request", "instruction", "instance", or "task" when no instance was left."""
    text: str
    """What the model wrote; for an instance, its JSON."""
    request: int
    score: float | None = None
    """For rule "novelty": ROUGE-L F-measure with `nearest`, 0 to 1."""
    nearest: str | None = None
    """For rule "novelty": the id of the most similar task that was too similar."""


def candidate_id(request: int, position: int) -> str:
    """The id of the candidate at `position` (from 0) of the reply to request `request`; sorts in run order."""
    return f"{request:06d}-{position:02d}"


def request_id(request: int) -> str:
    """The id of instruction request `request`."""
    return f"{request:06d}"


def instance_json(instance: Instance) -> str:
    """An instance as one line of JSON."""
    return json.dumps(instance.model_dump(), ensure_ascii=False)


def to_line(value: BaseModel) -> str:
    """One JSON line with its end; fields that are None are left out."""
    return json.dumps(value.model_dump(exclude_none=True), ensure_ascii=False) + "\n"
