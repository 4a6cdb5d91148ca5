"""What a run is asked for."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - a field's type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Required

from annotated_types import Ge
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.run.budget import Budgets  # noqa: TC001 - a field's type
from selfinstruct_chains.tasks import Task  # noqa: TC001 - the same

if TYPE_CHECKING:
    from collections.abc import Iterable


class Goal(TypedDict, total=False):
    """What a run is asked for."""

    __pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # type: ignore[misc]

    n: Required[Annotated[int, Ge(1)]]
    """Finished new tasks."""
    seeds: str | Path | Sequence[Task]
    """A JSON Lines file, or tasks; the shipped seeds when left out."""
    budgets: Budgets
    """What may be spent."""


def summed(goals: Iterable[Goal]) -> Goal:
    """A goal that came in pieces, as a streaming chain before us sends it; pieces that don't add up: the last one."""
    total: Any = None
    for goal in goals:
        try:
            total = goal if total is None else total + goal
        except TypeError:
            total = goal
    return total if total is not None else {}  # type: ignore[typeddict-item]  # found wanting in `checked`


def checked(goal: Goal) -> Goal:
    """The goal, if it is one.

    Raises:
        ConfigError: a key is missing, unknown, or its value out of range.
    """
    try:
        return _GOAL.validate_python(dict(goal))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"goal: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None


def seed_tasks(goal: Goal, seeds: str | Path | Sequence[Task] | None = None) -> list[Task]:
    """The goal's seeds.

    Raises:
        DataError: their file can't be read.
    """
    given = goal.get("seeds", seeds)
    if given is None:
        return read_seeds(shipped.SEEDS)
    return read_seeds(Path(given)) if isinstance(given, str | Path) else list(given)


_GOAL: TypeAdapter[Goal] = TypeAdapter(Goal)
