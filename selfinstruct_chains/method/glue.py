"""What stands between the steps, and the way round LangChain's bookkeeping where nobody looks at it.

A traced run of each prompt, parser, branch and sequence costs more than all else that this program does for a call
(measured: 5 ms of 6). It is there for callbacks and tracers; a run without any takes the same functions directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import Runnable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from langchain_core.runnables import RunnableConfig
    from langchain_core.runnables.graph import Graph

In = TypeVar("In")
Out = TypeVar("Out")


class Pure(Runnable[In, Out]):
    """A quick function without side effects as a Runnable; it leaves no run of its own in a trace.

    A RunnableLambda would send it through a thread when it is called asynchronously.

    Args:
        function: it.
        name: for graphs.
    """

    def __init__(self, function: Callable[[In], Out], name: str) -> None:
        self.name = name
        self._function = function

    def invoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:  # noqa: A002, ARG002
        """What the function gives."""
        return self._function(input)

    async def ainvoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:  # noqa: A002, ARG002
        """The same; in this thread, as it takes microseconds."""
        return self._function(input)


class Quiet(Runnable[In, Out]):
    """`chain`; where no callback listens, `direct` is awaited instead, which must do the same with the same functions.

    Args:
        chain: the Runnable that it stands for.
        direct: from an input and a config to the output.
    """

    def __init__(self, chain: Runnable[In, Out], direct: Callable[[In, RunnableConfig], Awaitable[Out]]) -> None:
        self.chain = chain
        self._direct = direct

    @property
    def InputType(self) -> type[In]:  # noqa: N802 - LangChain's name
        """The chain's."""
        return self.chain.InputType

    @property
    def OutputType(self) -> type[Out]:  # noqa: N802 - LangChain's name
        """The chain's."""
        return self.chain.OutputType

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The chain's."""
        return self.chain.get_name(suffix, name=name)

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        """The chain's."""
        return self.chain.get_graph(config)

    def invoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:  # noqa: A002
        """What the chain gives."""
        return self.chain.invoke(input, config, **kwargs)

    async def ainvoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:  # noqa: A002
        """What the chain gives, or its functions, if `config` is that of a run to which nobody listens."""
        if config is None or not _unheard(config):
            return await self.chain.ainvoke(input, config, **kwargs)
        return await self._direct(input, config)


def _unheard(config: RunnableConfig) -> bool:
    """Whether `config` is that of a traced run without a single handler; handlers are inherited from its root."""
    callbacks = config.get("callbacks")
    return isinstance(callbacks, BaseCallbackManager) and not callbacks.handlers
