"""What a step gives, from a part of the user's own: a parser or a whole step; and its form in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.method.parsing import Parsed
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from selfinstruct_chains.config import Role

_ANSWER: TypeAdapter[bool] = TypeAdapter(bool)
_TEXTS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])
_INSTANCES: TypeAdapter[tuple[Instance, ...]] = TypeAdapter(tuple[Instance, ...])
_EXPECTED: dict[Role, str] = {
    "instructions": "new instructions, as a list of texts",
    "classification": "whether it is a classification task, True or False",
    "input_first": 'instances, as a list of {"input": ..., "output": ...}',
    "output_first": 'instances, as a list of {"input": ..., "output": ...}',
}
_SHOWN = 60  # characters of a value in a message


def result(role: Role, value: Any) -> Any:
    """`value` as the step of `role` gives it: a bool, or `Parsed` of texts or instances.

    Args:
        role: whose step it is.
        value: a bool; or `Parsed`, a sequence of items (instances as dicts too), or {"items": ..., "cut": ...}.

    Raises:
        ConfigError: it is something else; says what is expected.
    """
    try:
        if role == "classification":
            return _ANSWER.validate_python(value, strict=True)
        items, cut = _parts(value)
        checked: Any = _TEXTS if role == "instructions" else _INSTANCES
        return Parsed(checked.validate_python(items), cut)
    except ValidationError:
        raise ConfigError(
            f"the {role} step of your own gave {repr(value)[:_SHOWN]}; {_EXPECTED[role]} is expected"
        ) from None


def misfit(role: Role, error: Exception) -> ConfigError:
    """What to say when a step of the user's own can't take what it is invoked with."""
    takes = "a list of instructions" if role == "instructions" else "an instruction"
    said = " ".join(str(error).split())[:_SHOWN]
    return ConfigError(
        f"the {role} step of your own failed: {type(error).__name__}: {said}; it is invoked with {takes}, and "
        f"{_EXPECTED[role]} is expected"
    )


def result_json(value: Any) -> Any:
    """A step's result as plain values, which `result` reads back."""
    if not isinstance(value, Parsed):
        return value
    items = [item.model_dump(mode="json") if isinstance(item, Instance) else item for item in value.items]
    return {"items": items, "cut": value.cut}


def _parts(value: Any) -> tuple[Any, str]:
    match value:
        case Parsed():
            return value.items, value.cut
        case {"items": items, **more} if isinstance(value, Mapping):
            return items, str(more.get("cut", ""))
        case str() | bytes():
            return None, ""  # a sequence, but not of items
        case Sequence():
            return tuple(value), ""
        case _:
            return value, ""
