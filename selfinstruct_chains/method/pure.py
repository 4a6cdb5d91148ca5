"""Functions of ours between LangChain's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.runnables import Runnable

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.runnables import RunnableConfig

In = TypeVar("In")
Out = TypeVar("Out")


class Pure(Runnable[In, Out]):
    """A quick function without side effects as a Runnable; it leaves no run of its own in a trace.

    A RunnableLambda would send it through a thread when it is called asynchronously.

    Args:
        function: from the input to the output, in microseconds; at a module's top, or a partial of one, to be pickled.
        name: for graphs.
    """

    def __init__(self, function: Callable[[In], Out], name: str) -> None:
        self.name = name
        self._function = function

    def invoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """What the function gives."""
        return self._function(input)

    async def ainvoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """The same; in this thread, as it takes microseconds."""
        return self._function(input)
