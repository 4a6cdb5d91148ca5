"""How the journal gets between a step and its model, and how a step is answered from it alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.demonstrations import CHARACTERS_PER_TOKEN
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.method.results import misfit, result, result_json
from selfinstruct_chains.method.steps import ATTEMPT
from selfinstruct_chains.models import loops
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import call_key, call_seed, text_hash

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import Purpose, Role
    from selfinstruct_chains.method.steps import RoleModel
    from selfinstruct_chains.models.faults import Fault
    from selfinstruct_chains.models.patience import Patience
    from selfinstruct_chains.run.budget import Budget
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.monitor import Monitor

ITEM = "selfinstruct_item"
"""The metadata key under which the loop says what a call is about: a request's or a candidate's id."""


class NotRemembered(Exception):
    """The journal has no answer to this call."""


class Calling(NamedTuple):
    """What is around each call of a role in a run."""

    patience: Patience
    budget: Budget
    monitor: Monitor
    seed: int
    """The run's, from which each call's own is made."""


class Journalled(Runnable[PromptValue, AIMessage]):
    """A role model that answers from the journal what is there, and writes down what it had to ask.

    Args:
        role: what its calls are for, a role in a run.
        journal: where replies are.
        model: asked for what is not there; None: only remember.
        calling: what is around a call.
    """

    def __init__(
        self, role: Purpose, journal: Journal, model: RoleModel | None = None, calling: Calling | None = None
    ) -> None:
        self._role: Purpose = role
        self._journal = journal
        self._model = model
        self._calling = calling

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The model's name, for graphs and traces."""
        return self._model.get_name(suffix, name=name) if self._model else "journal"

    def knows(self, item: str) -> bool:
        """Whether the journal had an answer about this item before now."""
        return call_key(self._role, item, 1) in self._journal

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """As `ainvoke`."""
        return loops.wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to the call that the config's metadata names.

        Raises:
            ItemRefused: the provider refuses this prompt.
            ProviderError: it refuses all, or does not answer.
            RunStopped: the run is ending, and no new calls are made.
            NotRemembered: there is no model to ask.
        """
        key = _key(self._role, config)
        if self._model is None and key not in self._journal:
            raise NotRemembered
        text = input.to_string()
        sha = text_hash(text)
        known = self._journal.answer(key, sha)
        if known:
            return known.message()
        if self._model is None or self._calling is None:
            raise NotRemembered
        model, options = self._model, kwargs | {"seed": call_seed(self._calling.seed, key)}
        return await asked(
            self._journal,
            self._calling,
            Call(key, sha, len(text)),
            lambda: model.ainvoke(input, config, **options),
        )


class JournalledStep(Runnable[Any, Any]):
    """A step of the user's own that answers from the journal what is there, and writes down what it gave.

    Args:
        role: whose step it is.
        journal: where results are.
        step: invoked for what is not there; None: only remember.
        calling: what is around a call.
    """

    def __init__(
        self, role: Role, journal: Journal, step: Runnable[Any, Any] | None = None, calling: Calling | None = None
    ) -> None:
        self.name = role
        self._role: Role = role
        self._journal = journal
        self._step = step
        self._calling = calling

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """As `ainvoke`."""
        return loops.wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """The result for the item that the config's metadata names; raises as `Journalled.ainvoke`, and what it raised.

        Raises:
            ConfigError: the step gave something else than its role's result.
        """
        key = _key(self._role, config)
        known = self._journal.get(key)
        if known:
            return result(self._role, known.value if known.kind == "result" else known.message())
        if self._step is None or self._calling is None:
            raise NotRemembered
        step, calling, started = self._step, self._calling, time.perf_counter()
        try:
            found = await patiently(
                calling, key, lambda: _given(step, input, config), lambda fault: self._note(key, fault)
            )
        except ItemRefused as refused:
            self._journal.write(Entry.refused(key, "", refused))
            raise
        except UnreadableReply as unreadable:
            # As the journal has it, and so as it is recalled: what was dropped does not depend on the start.
            again = ItemRefused(str(unreadable.llm_output or unreadable), reason="unreadable")
            self._journal.write(Entry.refused(key, "", again))
            raise again from unreadable
        except (TypeError, ValueError) as error:
            raise misfit(self._role, error) from error
        given = result(self._role, found)
        self._journal.confirm(self._role, before=started)
        self._journal.write(Entry.of_result(key, result_json(given)))
        calling.monitor.replied()
        return given

    def _note(self, key: str, fault: Fault) -> None:
        self._journal.write(Entry.fault(key, "", fault.text))


async def _given(step: Runnable[Any, Any], value: Any, config: RunnableConfig | None) -> Any:
    """What the step gives; a reply that its own parser refuses is unreadable, and no provider's fault."""
    try:
        return await step.ainvoke(value, config)
    except OutputParserException as error:
        raise UnreadableReply(str(error), str(error.llm_output or "")) from error


class Call(NamedTuple):
    """A call that is to be made: its name, and its prompt's hash and length."""

    key: str
    sha: str
    characters: int


async def asked(journal: Journal, calling: Calling, call: Call, ask: Callable[[], Awaitable[AIMessage]]) -> AIMessage:
    """The reply that comes in the end; in the journal before anybody has it."""
    started = time.perf_counter()

    async def attempt() -> AIMessage:
        nonlocal started
        started = time.perf_counter()
        return await ask()

    def note(fault: Fault) -> None:
        journal.write(Entry.fault(call.key, call.sha, fault.text))

    try:
        message: AIMessage = await patiently(calling, call.key, attempt, note, call.characters // CHARACTERS_PER_TOKEN)
    except ItemRefused as refused:
        journal.write(Entry.refused(call.key, call.sha, refused))
        raise
    journal.confirm(call.key.partition("/")[0], before=started)
    journal.write(Entry.of_message(call.key, call.sha, message, round(1000 * (time.perf_counter() - started))))
    calling.monitor.replied()
    return message


async def patiently(
    calling: Calling,
    key: str,
    ask: Callable[[], Awaitable[Any]],
    on_fault: Callable[[Fault], None],
    prompt_tokens: int = 0,
) -> Any:
    """What `ask` gives in the end, as far as the budget lets it go ahead; the monitor knows when it goes and pauses."""

    async def attempt() -> Any:
        calling.budget.check()
        with calling.monitor.call(key):
            return await ask()

    try:
        return await calling.patience.reply(
            attempt, on_fault, prompt_tokens, lambda wait: calling.monitor.wait(key, wait)
        )
    finally:
        calling.monitor.go_on(key)


def _key(role: Purpose, config: RunnableConfig | None) -> str:
    metadata = (config or {}).get("metadata") or {}
    return call_key(role, metadata[ITEM], metadata.get(ATTEMPT, 1))
