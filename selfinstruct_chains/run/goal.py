"""What a run is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Required

from annotated_types import Ge, Len
from pydantic import ConfigDict, Strict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.complaints import complain, shown
from selfinstruct_chains.files.seeds import as_seed, read_seeds, seeds_source
from selfinstruct_chains.run.budget import Budgets  # noqa: TC001 - a field's type
from selfinstruct_chains.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.config import ChainConfig

_GIVE = 'give {"n": 20}'
_HINTS = {"budgets": 'give {"n": 20, "budgets": {"calls": 100}}', "seeds": "give tasks, as read_seeds does"}
"""What to give, by the first part of the key that is wrong; else `_GIVE`."""


class Goal(TypedDict, total=False):
    """What a run is asked for. It names no file, so that it may come from anywhere: seeds in it are tasks."""

    __pydantic_config__ = ConfigDict(  # type: ignore[misc]
        extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    n: Required[Annotated[int, Strict(), Ge(1)]]
    """How many finished new tasks."""
    seeds: Annotated[Sequence[Task], Len(min_length=1)]
    """The tasks to start from; left out, those of `self_instruct(..., seeds=...)`, or else the shipped seeds."""
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
    return total  # type: ignore[no-any-return]  # anything at all: `checked` looks


def checked(goal: Goal) -> Goal:
    """The goal, if it is one; lists and dicts in it are made values.

    Raises:
        ConfigError: it is none, names a file, a key is missing or unknown, or its value out of range.
    """
    if not isinstance(goal, Mapping):
        raise ConfigError(f"goal: must be keys and values, not {shown(goal)}; {_GIVE}")
    seeds: Any = goal.get("seeds", [])
    if isinstance(seeds, str | bytes) or not isinstance(seeds, Sequence):
        raise ConfigError(
            f"goal: seeds: must be a list of tasks, not {shown(seeds)}; "
            "a goal names no file: that is for seeds= of self_instruct, or --seeds"
        )
    try:
        return _GOAL.validate_python(dict(goal))
    except ValidationError as error:
        found = complain(error, _GOAL.json_schema())
        raise ConfigError(f"goal: {found}; {_HINTS.get(found.key.partition('.')[0], _GIVE)}") from None


def seed_tasks(goal: Goal, seeds: str | Path | Sequence[Task] | None, config: ChainConfig) -> list[Task]:
    """The tasks that a run starts from: the goal's own; else `seeds`, a file or tasks; else those of the chain.

    Raises:
        ConfigError: `seeds` is neither, or two of the tasks have one id.
        DataError: the file can't be read.
    """
    given = goal.get("seeds", seeds)
    if given is None or isinstance(given, str | Path):
        return read_seeds(seeds_source(config, given))
    try:
        tasks = [as_seed(task) for task in _SEEDS.validate_python(given)]
    except ValidationError as error:
        found = complain(error, _SEEDS.json_schema())
        raise ConfigError(f"seeds{'.' if found.key else ': '}{found}; give a JSON Lines file, or tasks") from None
    for id_, times in Counter(task.id for task in tasks).items():
        if times > 1:
            raise ConfigError(f"seeds: {times} tasks have the id {id_!r}; give each its own")
    return tasks


_GOAL: TypeAdapter[Goal] = TypeAdapter(Goal)
_SEEDS: TypeAdapter[list[Task]] = TypeAdapter(Annotated[list[Task], Len(min_length=1)])
