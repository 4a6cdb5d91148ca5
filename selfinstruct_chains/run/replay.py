"""A run's candidates from its journal alone, in order, judged by its own filters or by others: not a single call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.runnables import RunnablePassthrough

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models.forms import TEXT
from selfinstruct_chains.run import outcomes
from selfinstruct_chains.run.assembly import demonstrations, links
from selfinstruct_chains.run.found import as_found, as_known
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.language import in_language, lexicon_of
from selfinstruct_chains.run.own import Own
from selfinstruct_chains.run.recall import Recall, recall
from selfinstruct_chains.tasks import request_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from selfinstruct_chains.config import ChainConfig, Kind, Role
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.run.outcomes import Slot
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Task


class AsAsked(NamedTuple):
    """A run's steps without their models."""

    config: ChainConfig
    """The chain, with what was found by calls."""
    kinds: Mapping[Role, Kind]
    """Which family each role's model belongs to."""
    links: Mapping[Role, Links]


def replayed(before: RunReader, new: ChainConfig, seeds: Sequence[Task]) -> Iterator[Slot]:
    """All candidates that the journal of `before` gives, judged by the filters and the novelty threshold of `new`.

    Those that are accepted and have no replies yet are not settled.

    Raises:
        RunError: the run is damaged, or was made by parsers or filters that are not in its folder.
    """
    _check_own(before)
    old, new = (in_language(config, seeds) for config in (before.config, new))
    journal = _in_memory(before)
    old, new = (as_found(config, journal)[0] for config in (old, new))
    then, now = (Pool(config, seeds, lexicon=lexicon_of(config)) for config in (old, new))
    replay = _recall(before, new, seeds, journal)
    sizes: list[int] = []
    while True:
        request, behind = len(sizes), len(sizes) - old.run.lookahead
        shown = then.draw(request, sizes[behind] if behind >= 0 else 0)
        result = replay.request(request_id(request), shown.asked)
        if result is None:
            return
        outcomes.commit(request, result, shown, then)
        sizes.append(then.generated)
        for slot in outcomes.commit(request, result, shown, now):
            completion = replay.completion(slot.id, slot.text) if slot.accepted else None
            if completion is not None:
                outcomes.settle(slot, completion, journal)
            yield slot


def _check_own(before: RunReader) -> None:
    """Refuse a run whose replies only its own program can read and judge again."""
    shaping = before.origin.shaping
    parsers = [key.rpartition(".")[2] for key in shaping if key.startswith("own.parsers.")]
    own = [f"the replies for {', '.join(parsers)} were read by a parser of your own"] if parsers else []
    filters: Any = shaping.get("own_filters", [])
    own += [f"what it kept was chosen by your own {', '.join(filters)} too"] if filters else []
    if own:
        raise RunError(f"{before.path}: {' and '.join(own)}, not in the folder; run it again from Python instead")


def _in_memory(run: RunReader) -> Journal:
    """The run's journal, without a lock on its folder."""
    journal = Journal()
    for entry in run.entries():
        journal.write(entry)
    return journal


def _recall(before: RunReader, new: ChainConfig, seeds: Sequence[Task], journal: Journal) -> Recall:
    """The run's chain with the new filters, over its journal; steps of the user's own stand there by their results."""
    parts = as_asked(before, seeds, journal)
    steps = {role: RunnablePassthrough[Any]() for role in ROLES if f"own.steps.{role}" in before.origin.shaping}
    return recall(new, parts.links, journal, Own({}, steps, {}))


def as_asked(run: RunReader, seeds: Sequence[Task], journal: Journal) -> AsAsked:
    """With which steps the run's model was asked; `journal` has to have what was found before the first request.

    Raises:
        RunError: another version of the program wrote it.
    """
    config, _ = as_found(in_language(run.config, seeds), journal)
    config = as_known(config, dict.fromkeys(ROLES, TEXT))
    kinds: Any = {role: run.origin.shaping.get(f"own.kinds.{role}", config.model_for(role).kind) for role in ROLES}
    return AsAsked(config, kinds, links(config, demonstrations(config, seeds), kinds))
