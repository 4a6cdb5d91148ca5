"""Questions put to one model outside a run, as durably as in one: journalled, resumed, within budgets.

Answers that are evaluated, judgements and outputs written anew are all asked here. A folder belongs to one model and
one purpose: it has a manifest and a journal as a run's has, and the same call again asks only what has no answer yet.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from selfinstruct_chains.config import NOT_SHAPING, flatten
from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.files.writing import make_folder, sync_names
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.method.steps import ATTEMPT, LARGER
from selfinstruct_chains.models.limits import Gate
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.models.registry import ConfiguredModel, patience
from selfinstruct_chains.run import manifest
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.folder import locked
from selfinstruct_chains.run.hands import each
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.journalled import ITEM, Calling, Journalled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from pathlib import Path

    from langchain_core.messages import AIMessage
    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import ChainConfig, ModelConfig, Purpose
    from selfinstruct_chains.method.steps import RoleModel
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.run.monitor import Monitor

T = TypeVar("T")


class Asked(NamedTuple):
    """Who is asked, and what for."""

    purpose: Purpose
    chain: ChainConfig
    """Its `run` section says how many at once, how patiently, and from which seed."""
    model: ModelConfig
    shaping: Mapping[str, Any]
    """What the replies depend on besides: prompt texts, a hash of the questions. By dotted key."""
    own: RoleModel | None = None
    """A role model to ask instead of `model`'s (`models.own.own_model`)."""


class Question(NamedTuple, Generic[T]):
    """What is asked about one item."""

    id: str
    prompt: PromptValue
    read: Callable[[AIMessage], T]
    """What its reply says; raises UnreadableReply, upon which it is asked once more, with twice the room."""
    options: Mapping[str, Any] = {}
    """What the call asks for besides: `json_schema`, `stop`."""


class Unanswered(NamedTuple):
    """Why an item has no answer."""

    reason: str
    """"unreadable", or the provider's refusal: "content_filter", "context_too_long", ..."""
    text: str


class Asker:
    """Asks one model, at most `most` questions at once. Made by `asking`."""

    def __init__(self, model: Journalled, most: int, monitor: Monitor) -> None:
        self._model = model
        self._most = most
        self._monitor = monitor

    async def all(self, questions: Iterable[Question[T]]) -> dict[str, T | Unanswered]:
        """What came of each question, by its id, in their order.

        Whatever ends it, calls in flight may finish, since they are paid for.

        Raises:
            RunStopped: a budget is used up, or it was interrupted; the same call again goes on.
            ProviderError: the provider refuses all calls, or does not answer.
        """
        questions = list(questions)
        found: dict[str, T | Unanswered] = {}

        async def work(question: Question[T]) -> None:
            answer: T | Unanswered = await self.ask(question)
            found[question.id] = answer

        await each(questions, work, self._most, self._monitor)
        return {question.id: found[question.id] for question in questions}

    async def ask(self, question: Question[T]) -> T | Unanswered:
        """What comes of one question; raises as `all`."""
        item, why = quote(question.id, safe=""), ""
        new = not self._model.knows(item)
        for attempt, room in ((1, 1), (2, LARGER)):
            about: Any = {"metadata": {ITEM: item, ATTEMPT: attempt}}
            try:
                reply = await self._model.ainvoke(question.prompt, about, **question.options, larger=room)
                answer = question.read(reply)
            except ItemRefused as refused:
                self._monitor.answer(new=new)
                return Unanswered(refused.reason, str(refused))
            except UnreadableReply as unreadable:
                why = str(unreadable)
            else:
                self._monitor.answer(new=new)
                return answer
        self._monitor.answer(new=new)
        return Unanswered("unreadable", why)


@asynccontextmanager
async def asking(
    asked: Asked, folder: Path | None, monitor: Monitor, *, questions: int, budgets: Budgets | None = None
) -> AsyncIterator[Asker]:
    """Somebody to ask, until the block ends.

    Args:
        asked: who, and what for.
        folder: where the replies are kept; None: nowhere.
        monitor: counts, for a display; `stop` and `interrupt` end it.
        questions: how many there will be, for the monitor.
        budgets: as a run's, for this folder.

    Raises:
        RunError: another process is at work in the folder, it has another model's replies, is damaged, or full.
        ConfigError: the model can't be built, or has no price where dollars are limited.
    """
    async with AsyncExitStack() as stack:
        journal = _opened(stack, asked, folder)
        monitor.begin(questions, journal.usage, {asked.purpose: _price(asked)}, [])
        budget = Budget(budgets or {}, monitor)
        stack.callback(budget.close)
        model = asked.own or ConfiguredModel(asked.model, log=folder / "llama.log" if folder else None)
        if isinstance(model, ConfiguredModel):
            stack.push_async_callback(model.aclose)
        most = asked.chain.run.max_concurrency
        gate = Gate(most, asked.model.requests_per_minute, asked.model.tokens_per_minute)
        calling = Calling(patience(model, asked.model, asked.chain, gate), budget, monitor, asked.chain.run.seed)
        yield Asker(Journalled(asked.purpose, journal, model, calling), most, monitor)
        journal.confirm()


def _opened(stack: AsyncExitStack, asked: Asked, folder: Path | None) -> Journal:
    """The folder's journal, locked until `stack` ends."""
    if folder is None:
        return Journal()
    try:
        make_folder(folder)
        stack.callback(locked(folder).release)
        begun = manifest.begun(folder, shaping(asked), {"purpose": asked.purpose})
        journal = Journal(folder / "journal.jsonl", manifest.wrote(begun))
        stack.callback(journal.close)
        sync_names(folder / "journal.jsonl")
    except OSError as error:
        raise RunError(f"{error.filename or folder}: can't be written: {error.strerror or error}") from None
    return journal


def shaping(asked: Asked) -> dict[str, Any]:
    """What the replies depend on, by dotted key: not where the model is, nor how patiently it is asked."""
    if asked.own is not None:
        model: dict[str, Any] = {"own": asked.own.get_name()}
    else:
        values = flatten({"model": asked.model.model_dump(mode="json")})
        model = {key: value for key, value in values.items() if not NOT_SHAPING & set(key.split("."))}
    return {"purpose": asked.purpose, "seed": asked.chain.run.seed, **model, **asked.shaping}


def _price(asked: Asked) -> Any:
    return asked.model.price if asked.own is not None else price(asked.model)
