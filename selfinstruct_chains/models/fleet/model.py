"""What stands in a role model's place in a run on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable

from selfinstruct_chains.models.loops import wait
from selfinstruct_chains.models.outcome import given

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.models.fleet.fleet import Fleet
    from selfinstruct_chains.models.own import OwnModel
    from selfinstruct_chains.models.registry import ConfiguredModel


class FleetModel(Runnable[PromptValue, AIMessage]):
    """A role model that the workers of a cluster answer for.

    Callbacks and tracers see the step that calls it, and nothing of what goes on in the worker.

    Args:
        model: what it stands for.
        fleet: who answers.
        which: the model's place there.
    """

    def __init__(self, model: ConfiguredModel | OwnModel, fleet: Fleet, which: int) -> None:
        self._model = model
        self._fleet = fleet
        self._which = which

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The model's name, for graphs and traces."""
        return self._model.get_name(suffix, name=name)

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt; raises as `ainvoke`."""
        return wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt; raises as `outcome.given`."""
        reply: AIMessage = given(await self._fleet.ask(self._which, input, kwargs, _chosen(config)))
        return reply


def _chosen(config: RunnableConfig | None) -> dict[str, Any]:
    """What the call configures, as far as it is plain values: LangGraph has much else there, which can't travel."""
    configured = (config or {}).get("configurable") or {}
    return {key: value for key, value in configured.items() if isinstance(value, str | int | float | bool)}
