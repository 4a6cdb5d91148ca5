"""The public steps: Runnables to use alone, in any LangChain app."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - a field's type
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from langchain_core.prompts import BasePromptTemplate
from langchain_core.runnables import Runnable, RunnableSequence
from langchain_core.runnables.base import RunnableSerializable
from pydantic import ConfigDict

from selfinstruct_chains.method import quiet
from selfinstruct_chains.method.drawing import leaves
from selfinstruct_chains.models import loops
from selfinstruct_chains.models.patient import Patient

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langchain_core.runnables.graph import Graph

    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.tasks import Completion, Instance

In = TypeVar("In")
Out = TypeVar("Out")


class Step(RunnableSerializable[In, Out]):
    """A step, or several composed: run by LangChain where anybody listens, else quietly, with the chain's patience.

    Sync methods run on a private event loop, in its own thread.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    chain: Runnable[In, Out]
    """The composition, of LangChain's own parts."""

    @property
    def InputType(self) -> Any:
        """What it takes."""
        return self.chain.InputType

    @property
    def OutputType(self) -> Any:
        """What it gives."""
        return self.chain.OutputType

    def __repr__(self) -> str:
        models = dict.fromkeys(part.get_name() for part in leaves(self.chain) if isinstance(part, Patient))
        return f"<{self.name}: {', '.join(models)}>"

    __str__ = __repr__

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        """Its prompt, model and parser, one behind the other; for `complete` LangChain's drawing of the composition."""
        parts = list(leaves(self.chain))
        linear = self.name != "complete" and len(parts) > 1
        return RunnableSequence(*parts).get_graph(config) if linear else self.chain.get_graph(config)

    def get_prompts(self, config: RunnableConfig | None = None) -> list[BasePromptTemplate[Any]]:
        """Its prompt; those of all its steps for `complete`."""
        return [part for part in leaves(self.chain) if isinstance(part, BasePromptTemplate)]

    def invoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """What the step gives.

        Raises:
            UnreadableReply: two replies could not be read.
            ProviderError: the provider refuses, or does not answer.
        """
        return loops.wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """What the step gives; raises as `invoke`."""
        return await quiet.run(self.chain, input, config, **kwargs)

    async def aclose(self) -> None:
        """Close the connections that its models have open in the running loop; the loop's end does so too."""
        for part in leaves(self.chain):
            if isinstance(part, Patient):
                await part.aclose()


class Steps(NamedTuple):
    """The public steps of a chain: Runnables that can be used alone."""

    instructions: Step[Sequence[str], Parsed[str]]
    """Instructions to show -> new ones."""
    classification: Step[str, bool]
    """Instruction -> is it a classification task?"""
    input_first: Step[str, Parsed[Instance]]
    """Instruction -> instances, inputs first."""
    output_first: Step[str, Parsed[Instance]]
    """Classification instruction -> instances, labels first."""
    complete: Step[str, Completion]
    """Instruction -> classified, with its instances, filtered."""

    async def aclose(self) -> None:
        """Close the connections that the steps have open in the running loop."""
        for step in self:
            await step.aclose()
