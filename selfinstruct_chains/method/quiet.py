"""Any LCEL composition, run without LangChain's bookkeeping where nobody looks at it.

A traced run of each prompt, parser, branch and sequence costs more than all else that this program does for a call. It
is there for callbacks and tracers; where there are none, the same object is walked here by LangChain's public
attributes. Nothing in this module knows what the composition is for.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.prompts import BasePromptTemplate, ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import (
    RunnableBinding,
    RunnableBranch,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableSequence,
    RunnableWithFallbacks,
)
from langchain_core.runnables.config import ensure_config, get_async_callback_manager_for_config, merge_configs
from langchain_core.runnables.passthrough import RunnableAssign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from langchain_core.runnables import Runnable, RunnableConfig

In = TypeVar("In")
Out = TypeVar("Out")


async def run(chain: Runnable[In, Out], value: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
    """What `chain` gives for `value`: run by LangChain if anybody listens, else quietly; the same either way.

    Anybody is any handler, inheritable or not: of the config, of the context (`collect_runs`, a tracer, a usage
    callback), or LangSmith's by the environment.
    """
    config = ensure_config(config)
    if heard(config):
        return await chain.ainvoke(value, config, **kwargs)
    found: Out = await evaluate(chain, value, config, **kwargs)
    return found


def heard(config: RunnableConfig) -> bool:
    """Whether anybody listens to a run with `config` in this context."""
    return bool(get_async_callback_manager_for_config(config).handlers)


async def evaluate(part: Runnable[Any, Any], value: Any, config: RunnableConfig, **kwargs: Any) -> Any:
    """What `part` gives for `value`, without a trace.

    Sequence, assign, parallel, pick, branch, fallbacks, plain binding, prompt template and output parser are evaluated
    here, each only where it is exactly LangChain's own; every other part, such as a model or a retry, is awaited.
    """
    walk = _WALKS.get(_plain(type(part)))
    if walk is not None:
        return await walk(part, value, config, kwargs)
    if isinstance(part, BaseOutputParser) and type(part).ainvoke is BaseOutputParser.ainvoke:
        return await _parsed(part, value)
    return await part.ainvoke(value, config, **kwargs)


def at_once(coroutine: Coroutine[Any, Any, Out]) -> Out:
    """The result of a coroutine that never waits, without an event loop.

    Raises:
        WouldWaitError: it has to wait for something; it was closed.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Out = done.value
        return result
    with suppress(RuntimeError):  # it waits even then
        coroutine.close()
    raise WouldWaitError


class WouldWaitError(Exception):
    """A coroutine that was to give its result at once would have had to wait."""


@cache
def _plain(cls: type) -> type:
    """The class without its parameters: pydantic makes a class of its own of `RunnableParallel[dict[str, Any]]`."""
    return getattr(cls, "__pydantic_generic_metadata__", {}).get("origin") or cls


async def _sequence(part: RunnableSequence[Any, Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    for step in part.steps:
        value = await evaluate(step, value, config, **kwargs)
        kwargs = {}  # the first step's alone
    return value


async def _assign(part: RunnableAssign, value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    if not isinstance(value, dict):
        return await part.ainvoke(value, config, **kwargs)  # LangChain's own words for it
    return {**value, **await evaluate(part.mapper, value, config, **kwargs)}


async def _parallel(part: RunnableParallel[Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    steps = dict(part.steps__)
    if len(steps) == 1:
        return {key: await evaluate(step, value, config) for key, step in steps.items()}
    results = await asyncio.gather(*(evaluate(step, value, config) for step in steps.values()))
    return dict(zip(steps, results, strict=True))


async def _passthrough(part: RunnablePassthrough[Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    return value if not (part.func or part.afunc) else await part.ainvoke(value, config, **kwargs)


async def _pick(part: RunnablePick, value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    if isinstance(part.keys, str) and isinstance(value, dict):
        return value.get(part.keys)
    return await part.ainvoke(value, config, **kwargs)


async def _branch(part: RunnableBranch[Any, Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    for condition, arm in part.branches:
        if await evaluate(condition, value, config):
            return await evaluate(arm, value, config, **kwargs)
    return await evaluate(part.default, value, config, **kwargs)


async def _fallbacks(part: RunnableWithFallbacks[Any, Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    if part.exception_key is not None:
        return await part.ainvoke(value, config, **kwargs)
    first: BaseException | None = None
    for runnable in part.runnables:
        try:
            return await evaluate(runnable, value, config, **kwargs)
        except part.exceptions_to_handle as error:
            first = first or error
    raise first or AssertionError("fallbacks have a first runnable")


async def _binding(part: RunnableBinding[Any, Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    if part.config_factories or part.config.get("callbacks"):
        return await part.ainvoke(value, config, **kwargs)
    own = part.config
    if own.keys() <= {"run_name"} and _plain(type(part.bound)) in _WALKS:
        own = {}  # a name is for the run of this one part, and quietly it has none
    merged = merge_configs(own, config) if own else config
    return await evaluate(part.bound, value, merged, **{**part.kwargs, **kwargs})


async def _prompt(part: BasePromptTemplate[Any], value: Any, config: RunnableConfig, kwargs: Any) -> Any:
    names = part.input_variables
    given = value if isinstance(value, dict) else {names[0]: value} if len(names) == 1 else {}
    if not given.keys() >= set(names):
        return await part.ainvoke(value, config, **kwargs)  # LangChain's own words for it
    return part.format_prompt(**given)


async def _parsed(part: BaseOutputParser[Any], value: Any) -> Any:
    generation = ChatGeneration(message=value) if isinstance(value, BaseMessage) else Generation(text=value)
    if type(part).aparse_result is BaseOutputParser.aparse_result:
        return part.parse_result([generation])  # what that one does, in a thread
    return await part.aparse_result([generation])


_WALKS: dict[type, Callable[[Any, Any, RunnableConfig, dict[str, Any]], Awaitable[Any]]] = {
    RunnableSequence: _sequence,
    RunnableAssign: _assign,
    RunnableParallel: _parallel,
    RunnablePassthrough: _passthrough,
    RunnablePick: _pick,
    RunnableBranch: _branch,
    RunnableWithFallbacks: _fallbacks,
    RunnableBinding: _binding,
    PromptTemplate: _prompt,
    ChatPromptTemplate: _prompt,
}
