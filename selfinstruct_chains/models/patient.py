"""Role models with the chain's patience, for steps that are used on their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable

from selfinstruct_chains.models import loops
from selfinstruct_chains.models.registry import ConfiguredModel, patiences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import ChainConfig, Role
    from selfinstruct_chains.models.patience import Patience


class Patiences:
    """The retry loops of a chain's roles, made once for each event loop; roles that share an address share its gate."""

    def __init__(self, models: Mapping[Role, Runnable[Any, Any]], config: ChainConfig) -> None:
        self._models = models
        self._config = config
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Role, Patience]] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        return Patiences, (self._models, self._config)

    def of(self, role: Role) -> Patience:
        """The retry loop of `role` in the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._by_loop:
            self._by_loop[loop] = patiences(self._models, self._config, self._config.run.max_concurrency)
        return self._by_loop[loop][role]


class Patient(Runnable[PromptValue, AIMessage]):
    """A role model that is asked until it answers.

    Args:
        role: the role it answers for.
        model: the model asked.
        patiences: the retry loops.
    """

    def __init__(self, role: Role, model: Runnable[PromptValue, AIMessage], patiences: Patiences) -> None:
        self._role: Role = role
        self._model = model
        self._patiences = patiences

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The model's name, for graphs and traces."""
        return self._model.get_name(suffix, name=name)

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt; raises as `Patience.reply`."""
        return loops.wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt; raises as `Patience.reply`."""
        return await self._patiences.of(self._role).reply(
            lambda: self._model.ainvoke(input, config, **kwargs), lambda _: None
        )

    async def aclose(self) -> None:
        """Close the connections that the model has open in the running loop."""
        if isinstance(self._model, ConfiguredModel):
            await self._model.aclose()
