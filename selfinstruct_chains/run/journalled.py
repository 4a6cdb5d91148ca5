"""How the journal gets between a step and its model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import ensure_config

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.prompting import CHARACTERS_PER_TOKEN
from selfinstruct_chains.method.steps import ATTEMPT
from selfinstruct_chains.run.journal import Entry, call_key, call_seed, text_hash

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.method.steps import RoleModel
    from selfinstruct_chains.models.faults import Fault
    from selfinstruct_chains.models.patience import Patience
    from selfinstruct_chains.run.budget import Budget
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.monitor import Monitor

BYTES_PER_TOKEN = 4
"""For estimates: about right for English, high for most other scripts."""
ITEM = "selfinstruct_item"
"""The metadata key under which the loop says what a call is about: a request's or a candidate's id."""


class _Asked(NamedTuple):
    key: str
    sha: str
    characters: int


class Journalled(Runnable[PromptValue, AIMessage]):
    """A role model that answers from the journal what is there, and writes down what it had to ask.

    Args:
        role: the role it answers for.
        model: the model asked.
        journal: where replies are.
        patience: the retry loop around a call.
        budget: asked before each call; counts it after.
        monitor: told of calls in flight and of tokens.
        seed: the run's, from which each call's own is made.
    """

    def __init__(  # noqa: PLR0913 - it is where these six meet
        self,
        role: Role,
        model: RoleModel,
        *,
        journal: Journal,
        patience: Patience,
        budget: Budget,
        monitor: Monitor,
        seed: int,
    ) -> None:
        self._role: Role = role
        self._model = model
        self._journal = journal
        self._patience = patience
        self._budget = budget
        self._monitor = monitor
        self._seed = seed

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The model's name, for graphs and traces."""
        return self._model.get_name(suffix, name=name)

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:  # noqa: A002
        """Not to be called: the loop is asynchronous.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("journalled models are called by the loop, asynchronously")

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:  # noqa: A002
        """The reply to the call that the config's metadata names.

        Raises:
            ItemRefused: the provider refuses this prompt.
            ProviderError: it refuses all, or does not answer.
            RunStopped: the run is ending, and no new calls are made.
        """
        metadata = ensure_config(config)["metadata"]
        text = input.to_string()
        asked = _Asked(call_key(self._role, metadata[ITEM], metadata.get(ATTEMPT, 1)), text_hash(text), len(text))
        known = self._journal.get(asked.key)
        if known:
            known.check_prompt(asked.sha)
            return known.message()
        return await self._ask(asked, input, config, kwargs)

    async def _ask(
        self, asked: _Asked, prompt: PromptValue, config: RunnableConfig | None, options: dict[str, Any]
    ) -> AIMessage:
        key, sha, characters = asked

        def note(fault: Fault) -> None:
            self._journal.write(Entry.fault(key, sha, fault.text))

        seed = call_seed(self._seed, key)
        started = time.perf_counter()

        async def attempt() -> AIMessage:
            nonlocal started
            self._budget.check()
            started = time.perf_counter()
            self._monitor.in_flight += 1
            try:
                return await self._model.ainvoke(prompt, config, seed=seed, **options)
            finally:
                self._monitor.in_flight -= 1

        try:
            message = await self._patience.reply(attempt, note, characters // CHARACTERS_PER_TOKEN)
        except ItemRefused as refused:
            self._journal.write(Entry.refused(key, sha, str(refused), refused.reason))
            raise
        self._journal.write(Entry.of_message(key, sha, message, round(1000 * (time.perf_counter() - started))))
        self._monitor.replied()
        return message
