"""What lives in a process of its own on a node of a cluster: it holds role models, and answers for them."""

from __future__ import annotations

import asyncio
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from selfinstruct_chains.models.outcome import Answer, answer
from selfinstruct_chains.models.own import OwnModel
from selfinstruct_chains.models.registry import ConfiguredModel, check_model, who

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import Asked, ModelConfig
    from selfinstruct_chains.models.faults import Endpoint
    from selfinstruct_chains.models.outcome import Outcome

_PACKAGES = ("selfinstruct-chains", "langchain-core")
"""What has to be of one version everywhere, besides Python and Ray, which Ray compares."""


class Held(NamedTuple):
    """A role model as it travels: what the chain file says of it, or what the user brought. No key is in it."""

    model: ModelConfig
    own: OwnModel | None = None
    """The user's own model, in the file's place; as it is, with all that it has in it."""
    outputs: tuple[Asked, ...] = ("text",)
    """In which forms it is to answer."""
    decide: Literal["text", "logprob"] = "text"
    patience: float = 600.0
    """Seconds that are waited at most for what it asks."""


def versions() -> dict[str, str]:
    """What has to be the same in all processes, by name."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


class Worker:
    """Role models, connected in this process, which answer by outcomes and never raise."""

    def __init__(self) -> None:
        self._models: list[tuple[ConfiguredModel | OwnModel, Endpoint]] = []

    async def versions(self) -> dict[str, str]:
        """Those of this process; an answer says that it has begun."""
        return versions()

    async def hold(self, given: list[Held]) -> Outcome:
        """Make the models and see whether they can be called from here: an answer with what there is to note of them.

        Keys, certificates and addresses are this process's environment's, weights its disk's.
        """
        notes: list[str] = []
        for held in given:
            model = held.own or ConfiguredModel(held.model)
            endpoint = who(model, held.model, held.patience)
            outcome = await answer(lambda held=held, model=model: _ready(held, model), endpoint)  # type: ignore[misc]
            if not isinstance(outcome, Answer):
                return outcome
            notes += outcome.message
            self._models.append((model, endpoint))
        return Answer(notes)

    async def ask(self, which: int, prompt: PromptValue, options: dict[str, Any], chosen: dict[str, Any]) -> Outcome:
        """What comes of one attempt at a call of the model at place `which`; raises nothing."""
        model, endpoint = self._models[which]
        return await answer(lambda: model.ainvoke(prompt, {"configurable": chosen}, **options), endpoint)


async def _ready(held: Held, model: ConfiguredModel | OwnModel) -> list[str]:
    """What there is to note of a model that can be called; raises as `check_model` and `ConfiguredModel.connect`."""
    if isinstance(model, OwnModel):
        return []
    notes: list[str] = []
    for output in held.outputs:
        notes += await asyncio.to_thread(check_model, held.model, output, held.decide)
    await model.connect()
    return notes
