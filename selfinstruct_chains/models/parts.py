"""The models inside what LangChain makes of models, by LangChain's public attributes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.language_models import BaseChatModel, BaseLLM
from langchain_core.runnables import (
    Runnable,
    RunnableAssign,
    RunnableBinding,
    RunnableBranch,
    RunnableParallel,
    RunnableSequence,
    RunnableWithFallbacks,
)
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.configurable import RunnableConfigurableAlternatives, RunnableConfigurableFields
from langchain_core.runnables.retry import RunnableRetry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LangChainModel = BaseChatModel | BaseLLM
"""What LangChain calls a chat model, or an LLM."""


class Leaf(NamedTuple):
    """A model, or something unknown that answers, and where it stands."""

    part: Runnable[Any, Any]
    model: LangChainModel | None
    """The part itself, or the model whose fields it makes configurable; None: unknown, so it takes no options."""
    bound: Mapping[str, Any]
    """The keywords bound to it."""
    asked: bool
    """Whether the prompt's options are its: of several models in a row they are the last one's."""
    followed: bool
    """Whether something is made of its answer."""


class _Shape(NamedTuple):
    inside: Callable[[Any], list[Any]]
    """The parts inside a part."""
    update: Callable[[Any, list[Any]], dict[str, Any]]
    """From a part, and new ones for those inside it, to the fields that change."""


def _one(name: str) -> _Shape:
    return _Shape(lambda part: [getattr(part, name)], lambda _, new: {name: new[0]})


_SHAPES: dict[type, _Shape] = {
    RunnableBinding: _one("bound"),
    RunnableBindingBase: _one("bound"),
    RunnableRetry: _one("bound"),
    RunnableAssign: _one("mapper"),
    RunnableSequence: _Shape(
        lambda part: part.steps, lambda _, new: {"first": new[0], "middle": new[1:-1], "last": new[-1]}
    ),
    RunnableParallel: _Shape(
        lambda part: list(part.steps__.values()),
        lambda part, new: {"steps__": dict(zip(part.steps__, new, strict=True))},
    ),
    RunnableWithFallbacks: _Shape(
        lambda part: [part.runnable, *part.fallbacks], lambda _, new: {"runnable": new[0], "fallbacks": new[1:]}
    ),
    RunnableConfigurableAlternatives: _Shape(
        lambda part: [part.default, *part.alternatives.values()],
        lambda part, new: {"default": new[0], "alternatives": dict(zip(part.alternatives, new[1:], strict=True))},
    ),
    RunnableBranch: _Shape(
        lambda part: [*(then for _, then in part.branches), part.default],
        lambda part, new: {
            "branches": [(when, then) for (when, _), then in zip(part.branches, new[:-1], strict=True)],
            "default": new[-1],
        },
    ),
}
_WITH_GLUE = {RunnableSequence, RunnableParallel, RunnableAssign}
"""Shapes in which what is no model is glue between models, not another one that answers."""


def model_of(part: Any) -> LangChainModel | None:
    """The model that `part` is, or whose fields it makes configurable."""
    part = part.default if isinstance(part, RunnableConfigurableFields) else part
    return part if isinstance(part, LangChainModel) else None


def _known(kind: type) -> type | None:
    """The shape that a class has: a subclass has its base's, unless it goes about a call in its own way."""
    for number, base in enumerate(kind.__mro__):
        if base in _SHAPES:
            own: set[str] = set().union(*map(vars, kind.__mro__[:number]))
            return base if own.isdisjoint({"invoke", "ainvoke", "_merge_configs"}) else None
    return None


def inside(part: Any) -> list[Any]:
    """The parts that a known composition is made of; none for anything else."""
    known = _known(type(part))
    return _SHAPES[known].inside(part) if known else []


def rebuilt(part: Runnable[Any, Any], make: Callable[[Leaf], Runnable[Any, Any]]) -> Runnable[Any, Any]:
    """A copy of a composition, each of whose leaves is what `make` makes of it."""
    new: Runnable[Any, Any] = _rebuilt(Leaf(part, None, {}, asked=True, followed=False), make)
    return new


def _rebuilt(place: Leaf, make: Callable[[Leaf], Runnable[Any, Any]]) -> Any:
    part: Any = place.part
    if _is_made_later(part):
        return cache(lambda: _rebuilt(place._replace(part=part()), make))
    if model := model_of(part):
        return make(place._replace(model=model))
    if not _holds_model(part):
        return make(place)
    known: Any = _known(type(part))
    new = [
        _rebuilt(below, make) if known not in _WITH_GLUE or _holds_model(below.part) else below.part
        for below in _places(place, known)
    ]
    return part.model_copy(update=_SHAPES[known].update(part, new))


def _is_made_later(part: Any) -> bool:
    """Whether it is an alternative that is made when it is first wanted."""
    return not isinstance(part, Runnable)


def _places(place: Leaf, known: type) -> list[Leaf]:
    """Where the parts inside one of a known shape stand."""
    part: Any = place.part
    # Fallbacks and alternatives hand on what is asked of them: their `kwargs` would be those of the first part alone.
    bound = {**(part.kwargs if isinstance(part, RunnableBindingBase) else {}), **place.bound}
    places = [place._replace(part=below, bound=bound) for below in inside(part)]
    if known is RunnableSequence:
        last = max(number for number, below in enumerate(places) if _holds_model(below.part))
        return [
            below._replace(
                bound=below.bound if number == 0 else {},
                asked=place.asked and number == last,
                followed=place.followed or number < len(places) - 1,
            )
            for number, below in enumerate(places)
        ]
    return [below._replace(followed=True) for below in places] if known in _WITH_GLUE else places


def _holds_model(part: Any) -> bool:
    return model_of(part) is not None or any(_holds_model(below) for below in inside(part))
