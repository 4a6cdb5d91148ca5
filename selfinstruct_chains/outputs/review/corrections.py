"""Tasks that people have corrected: the text as it should be, beside the model's, with who wrote it and when.

They stand in the run folder, in `corrections.jsonl`, one on each line; of a task the last counts. The run's own files
stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Len
from pydantic import BaseModel, ConfigDict

from selfinstruct_chains.outputs.review.lines import Lines
from selfinstruct_chains.tasks import Instance, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from selfinstruct_chains.tasks import Task

FILE = "corrections.jsonl"


class Wording(BaseModel):
    """What can be corrected of a task."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    instruction: Text
    instances: Annotated[tuple[Instance, ...], Len(min_length=1)]


class Correction(BaseModel):
    """A task's text as a person would have it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    """The task's."""
    text: Wording
    original: Wording
    """As it was; equal to `text` in a line that takes a correction back."""
    name: str | None = None
    """Who corrected it; None where nobody said."""
    at: str | None = None
    """When: date and time in UTC, ISO 8601."""
    entry: str | None = None
    """The page's own number for it: what it sends twice is kept once."""

    def is_of(self, task: Task) -> bool:
        """Whether the task is still what was corrected."""
        return wording(task) == self.original


class Corrections:
    """The corrections of a run, to read and to add to; others may add to them meanwhile.

    Args:
        folder: the run's.

    Raises:
        RunError: the file can't be read, or is damaged before its last line.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lines = Lines(self.path, Correction, "its task can be corrected again")
        self._last: dict[str, Correction] = {}
        self._entries: set[str] = set()
        self.refresh()

    def all(self) -> Mapping[str, Correction]:
        """Those that count, by the task's id."""
        return {id_: one for id_, one in self._last.items() if one.text != one.original}

    def of(self, task: Task) -> Correction | None:
        """That of a task, if it is still the text that was corrected."""
        found = self._last.get(task.id)
        return found if found and found.text != found.original and found.is_of(task) else None

    def last(self, id_: str) -> Correction | None:
        """The last line about a task, also one that takes a correction back."""
        return self._last.get(id_)

    def has(self, entry: str) -> bool:
        """Whether one with that number of a page's is there."""
        return entry in self._entries

    def put(self, correction: Correction) -> None:
        """Append one; it is with the operating system when this returns.

        Raises:
            RunError: it can't be written.
        """
        self._lines.append(correction)
        self.refresh()

    def refresh(self) -> None:
        """Read what was added since, by whomever.

        Raises:
            RunError: as for the class.
        """
        if self._lines.has_shrunk():
            self._last.clear()
            self._entries.clear()
        for one in self._lines.new():
            self._last[one.id] = one
            self._entries |= {one.entry} if one.entry else set()


def wording(task: Task) -> Wording:
    """What can be corrected of a task, as it stands."""
    return Wording(instruction=task.instruction, instances=task.instances)


def corrected(task: Task, corrections: Corrections) -> Task:
    """The task with its corrected text, or as it is where it has none."""
    found = corrections.of(task)
    return task.model_copy(update=dict(found.text)) if found else task
