"""One request of a chain, tried: what its model writes, what each filter says of it, and a few of it completed.

For whoever changes a prompt or a filter and looks again: it is a run's request, and nothing of it is kept.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.files.seeds import read_seeds, seeds_source
from selfinstruct_chains.method import quiet
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models.registry import patiences
from selfinstruct_chains.run import outcomes
from selfinstruct_chains.run.assembly import demonstrations, in_text_where_needed, links, role_models
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.callers import disconnect, fit_to_call
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.journalled import ITEM, Calling
from selfinstruct_chains.run.language import in_language, lexicon_of
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.settling import Settling
from selfinstruct_chains.run.start import Chain, found_out, journalled, prices
from selfinstruct_chains.tasks import Rejection, request_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence
    from pathlib import Path

    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.method.novelty import Similar
    from selfinstruct_chains.method.pool import Shown
    from selfinstruct_chains.run.assembly import Composed
    from selfinstruct_chains.run.entry import Entry
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.outcomes import Slot
    from selfinstruct_chains.tasks import Task

_PATIENCE = 60.0  # seconds: who tries something out sits before it


class Looked(NamedTuple):
    """An instruction of the reply, and what is said of it."""

    slot: Slot
    """What a run would make of it."""
    rules: tuple[str, ...]
    """Every rule that drops it, by the filters in their order, novelty last; a run names the first. What could not be
    read, or was cut, has that for its rule."""
    nearest: Similar | None
    """The instruction of the pool, as it stood then, that is most similar; None where there is no instruction."""


class Requested(NamedTuple):
    """What came of the request."""

    shown: Shown
    looked: Sequence[Looked]


class Trial:
    """One request, and some of its instructions completed.

    Args:
        config: the chain.
        monitor: where to follow its counts, and to stop it.
        seeds: a file, as `read_seeds` takes it; the chain's when None.
        request: its number, by which examples and topics are drawn: as in a run without a generated task so far.
        complete: how many of the accepted instructions are completed, the first ones.
    """

    def __init__(
        self, config: ChainConfig, monitor: Monitor, seeds: Path | None = None, *, request: int = 0, complete: int = 2
    ) -> None:
        self._seeds = read_seeds(seeds_source(config, seeds))
        config = in_language(config, self._seeds)
        hasty = config.run.model_copy(update={"patience": min(_PATIENCE, config.run.patience)})
        self._config = config.model_copy(update={"run": hasty})
        self._monitor, self._request, self._complete = monitor, request, complete
        self._journal = Journal()
        self.notes: list[str] = list(config.notes)
        """What there is to say besides; it grows while it goes."""

    async def steps(self) -> AsyncGenerator[Requested | Slot]:
        """What came of the request, and then of each instruction that is completed, in their order.

        Raises:
            ProviderError: a provider refuses, or does not answer.
            DataError: there are too few seeds.
            ConfigError: a model can't be built.
            RunStopped: it was interrupted.
        """
        own, found = brought(), role_models(self._config)
        config = in_text_where_needed(self._config, found, own)
        self.notes += fit_to_call(config, found, own)
        self._monitor.begin(self._complete, self._journal.usage, prices(Chain(config, own)), self.notes)
        budget = Budget({}, self._monitor)
        calling = {
            role: Calling(patience, budget, self._monitor, config.run.seed)
            for role, patience in patiences(found.models, config, config.run.max_concurrency).items()
        }
        try:
            config = await found_out(
                Settling(config, found, own, self._seeds, self._journal, calling), self.notes.append
            )
            shown = demonstrations(config, self._seeds)
            self.notes += shown.notes
            parts = links(config, shown, found.kinds)
            chain = journalled(config, parts, found, own, self._journal, calling)
            async for step in self._tried(config, chain):
                yield step
        finally:
            await disconnect(found)

    def entries(self) -> Iterator[Entry]:
        """The answers to its calls, in the order in which they came."""
        return (entry for key in self._journal if (entry := self._journal.get(key)))

    async def _tried(self, config: ChainConfig, chain: Composed) -> AsyncGenerator[Requested | Slot]:
        pool = Pool(config, self._seeds, (), lexicon_of(config))
        shown = pool.draw(self._request, 0)
        result = await _step(chain.instructions, shown.asked, request_id(self._request))
        looked = _looks(config, self._seeds, pool, outcomes.commit(self._request, result, shown, pool))
        yield Requested(shown, looked)
        slots = [look.slot for look in looked if look.slot.accepted][: self._complete]
        completed = await asyncio.gather(*(_step(chain.complete, slot.text, slot.id) for slot in slots))
        for slot, done in zip(slots, completed, strict=True):
            outcomes.settle(slot, done, self._journal)
            yield slot


async def _step(chain: Runnable[Any, Any], value: Any, item: str) -> Any:
    """What it gives, or why there is nothing."""
    try:
        return await quiet.evaluate(chain, value, {"metadata": {ITEM: item}})
    except (OutputParserException, ItemRefused) as failure:
        return failure


def _looks(config: ChainConfig, seeds: Sequence[Task], pool: Pool, slots: Sequence[Slot]) -> list[Looked]:
    index = NoveltyIndex(config.novelty.threshold, config.novelty.tokenizer)
    for task in seeds:
        index.add(task.instruction, task.id)
    found = []
    for slot in slots:
        found.append(_look(slot, pool, index))
        if slot.accepted:
            index.add(slot.text, slot.id)
    return found


def _look(slot: Slot, pool: Pool, index: NoveltyIndex) -> Looked:
    whole = [one.rule for one in slot.outcome if isinstance(one, Rejection) and one.stage == "request"]
    cut = [one.rule for one in slot.outcome if isinstance(one, Rejection) and one.rule == "truncated"]
    if whole or cut:
        return Looked(slot, (*whole, *cut)[:1], None)
    too_similar = ["novelty"] if index.nearest(slot.text) else []
    return Looked(
        slot,
        (*(one.rule for one in pool.reasons(slot.text, slot.shown.about.language)), *too_similar),
        index.most_similar(slot.text, 1).nearest[0],
    )
