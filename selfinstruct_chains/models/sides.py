"""Which side of what a user brings is called, its synchronous or its asynchronous one.

Asynchronous clients belong to the event loop that they were first used on, and break on any other; some integrations
share one client between all models of a process. So a user's model is asked by its asynchronous side on one loop of
the user's alone. Synchronous calls, and those on a second loop, go to its synchronous side, in threads, as LangChain's
own `invoke` would. A model that has no synchronous side is asked on the private loop then.
"""

from __future__ import annotations

import asyncio
import re
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.language_models import BaseChatModel, BaseLLM
from langchain_core.runnables import Runnable, RunnableLambda

from selfinstruct_chains.models import loops

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

T = TypeVar("T")
_OTHER_LOOP = re.compile(r"event loop is closed|different (?:event )?loop", re.IGNORECASE)
_NO_SYNC = re.compile(r"Cannot invoke a coroutine function synchronously|No synchronous function")
_WHERE_CLIENTS_ARE = ("root_async_client", "async_client", "_async_client")
_homes: weakref.WeakKeyDictionary[Any, weakref.ref[asyncio.AbstractEventLoop]] = weakref.WeakKeyDictionary()


class Sides:
    """Calls one model, or another Runnable, from any loop.

    Args:
        part: what is called. Models that share a client share its loop.
    """

    def __init__(self, part: Runnable[Any, Any]) -> None:
        self._part = part
        self._only_sync = not _has_async_side(part)
        self._only_async = False
        self._home: weakref.ref[asyncio.AbstractEventLoop] | None = None

    async def call(self, now: Callable[[], T], later: Callable[[], Awaitable[T]]) -> T:
        """What `now` (the synchronous side) or `later` gives, by the rule above.

        A client that turns out to be another loop's, which its user has used it on, is from then on called by `now`.
        """
        if self._only_async:
            return await loops.on_private_loop(later)
        if self._only_sync or not self._at_home(asyncio.get_running_loop()):
            return await self._in_thread(now, later)
        try:
            return await later()
        except Exception as error:
            if not any(isinstance(one, RuntimeError) and _OTHER_LOOP.search(str(one)) for one in _chain(error)):
                raise
            self._only_sync = True
        return await self._in_thread(now, later)

    async def _in_thread(self, now: Callable[[], T], later: Callable[[], Awaitable[T]]) -> T:
        try:
            return await loops.in_thread(now)
        except (NotImplementedError, TypeError) as error:
            if isinstance(error, TypeError) and not _NO_SYNC.search(str(error)):
                raise
            self._only_async = True
        return await loops.on_private_loop(later)

    def _at_home(self, loop: asyncio.AbstractEventLoop) -> bool:
        if loops.is_private(loop):
            return False
        if self._home is None:
            client, here = _client(self._part), weakref.ref(loop)
            self._home = here if client is None else _homes.setdefault(client, here)
        return self._home() is loop


def _client(part: Any) -> Any:
    """The asynchronous HTTP client at the bottom of a model, where there is one to be seen."""
    found = next((held for name in _WHERE_CLIENTS_ARE if (held := getattr(part, name, None)) is not None), None)
    while (below := getattr(found, "_client", None)) is not None:
        found = below
    return found


def _has_async_side(part: Runnable[Any, Any]) -> bool:
    """Whether its asynchronous side is more than a thread of the loop's own, of which there are few."""
    if isinstance(part, BaseChatModel | BaseLLM):
        return any(_is_its_own(type(part), name) for name in ("_agenerate", "_acall"))
    if isinstance(part, RunnableLambda):
        return hasattr(part, "afunc")
    return type(part).ainvoke is not Runnable.ainvoke


def _is_its_own(kind: type, name: str) -> bool:
    """Whether a model's class has a method of that name that is not LangChain's default."""
    owner = next((base for base in kind.__mro__ if name in vars(base)), None)
    return owner is not None and not owner.__module__.startswith("langchain_core.language_models")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
