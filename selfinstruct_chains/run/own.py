"""What a user brings from Python: models, steps, parsers, filters. Checked when given, named in the fingerprint."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.runnables import Runnable

from selfinstruct_chains.config import ROLES, ChainConfig, Role
from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.models.identity import chosen, identity
from selfinstruct_chains.models.own import own_model

Models = Runnable[Any, Any] | Mapping[Role, Runnable[Any, Any]]
"""One model for every role, or one for each of some roles; the others are the chain file's."""

_MODEL = "a LangChain model, or what LangChain makes of one, is expected"
_STEP = "a Runnable is expected (LangChain's RunnableLambda makes one of a function)"


class Own(NamedTuple):
    """The parts that a user brings, each of the type that is called for."""

    models: Mapping[Role, Runnable[Any, Any]]
    """From a prompt to a message, a text or a structured value."""
    steps: Mapping[Role, Runnable[Any, Any]]
    """In the place of whole steps."""
    parsers: Mapping[Role, Runnable[Any, Any]]
    """From a message to a step's result."""
    instruction_filters: tuple[Callable[[str], str | None], ...] = ()
    instance_filters: tuple[Callable[[str, Any], str | None], ...] = ()

    @property
    def runnables(self) -> list[Runnable[Any, Any]]:
        """All models, steps and parsers."""
        return [*self.models.values(), *self.steps.values(), *self.parsers.values()]

    def shaping(self, configurable: Mapping[str, Any]) -> dict[str, Any]:
        """What of it shapes the dataset, by role, with what the call chooses; no addresses and no secrets."""
        parts = {"models": self.models, "steps": self.steps, "parsers": self.parsers}
        found: dict[str, Any] = {
            f"own.{kind}.{role}": identity(part) for kind, by_role in parts.items() for role, part in by_role.items()
        }
        # Which form of a prompt the model was given: nothing else in a run folder tells.
        found |= {f"own.kinds.{role}": own_model(model).kind for role, model in self.models.items()}
        if choice := chosen(self.runnables, configurable):
            found["own.chosen"] = choice
        filters = [_name(function) for function in (*self.instruction_filters, *self.instance_filters)]
        return found | ({"own_filters": filters} if filters else {})


def brought(
    models: Models | None = None,
    steps: Mapping[Role, Runnable[Any, Any]] | None = None,
    parsers: Mapping[Role, Runnable[Any, Any]] | None = None,
    instruction_filters: Sequence[Callable[[str], str | None]] = (),
    instance_filters: Sequence[Callable[[str, Any], str | None]] = (),
) -> Own:
    """The parts that a user brings, if they can be what they are given as.

    Raises:
        ConfigError: an unknown role, or a value of another type; says what to give.
    """
    by_role = dict.fromkeys(ROLES, models) if isinstance(models, Runnable) else _by_role("models", models, _MODEL)
    for model in {id(model): model for model in by_role.values()}.values():
        own_model(model)
    return Own(
        by_role,
        _by_role("steps", steps, _STEP),
        _by_role("parsers", parsers, _STEP),
        _filters("instruction_filters", instruction_filters),
        _filters("instance_filters", instance_filters),
    )


def chain_config(given: Any) -> ChainConfig:
    """`given`, if it is a chain.

    Raises:
        ConfigError: it is not; says what gives one.
    """
    if not isinstance(given, ChainConfig):
        raise ConfigError(f'a chain is expected, as load_config("openai") gives one, not {given!r}')
    return given


def _by_role(what: str, given: Any, expected: str) -> dict[Role, Runnable[Any, Any]]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"{what}: {expected}, or a dict of them by role ({', '.join(ROLES)}), not {given!r}")
    for role, part in given.items():
        if role not in ROLES:
            raise ConfigError(f"{what}: no role {role!r}{did_you_mean(str(role), ROLES)}; there are {', '.join(ROLES)}")
        if not isinstance(part, Runnable):
            raise ConfigError(f"{what}[{role!r}]: {expected}, not {part!r}")
    return dict(given)


def _filters(what: str, given: Any) -> tuple[Callable[..., str | None], ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ConfigError(f"{what}: a list of functions is expected, not {given!r}")
    return tuple(_filter(what, function) for function in given)


def _filter(what: str, function: Any) -> Callable[..., str | None]:
    """`function`, held to give a rule's name or None."""
    expected = "a function that gives the name of a rule to drop by, or None, is expected"
    # A function, or an object that is called as one.
    if not callable(function) or any(map(inspect.iscoroutinefunction, (function, type(function).__call__))):
        found = f"not the asynchronous {_name(function)}" if callable(function) else f"not {function!r}"
        raise ConfigError(f"{what}: {expected}, {found}")
    return _Held(function).rule


class _Held(NamedTuple):
    """A filter of the user's own, whose answers are looked at."""

    function: Callable[..., Any]

    def rule(self, *arguments: Any) -> str | None:
        """What the filter says."""
        rule: Any = self.function(*arguments)
        if rule is None or (isinstance(rule, str) and rule.strip()):
            return rule
        raise ConfigError(
            f"the filter {_name(self.function)} gave {rule!r}; the name of a rule to drop by, or None, is expected"
        )


def _name(function: Any) -> str:
    """A function's full name, as far as it has one."""
    held = getattr(function, "__self__", None)
    function = held.function if isinstance(held, _Held) else function
    return ".".join(str(getattr(function, part, "?")) for part in ("__module__", "__qualname__"))
