"""What `seeds` and `init` do alike with drafts of seed tasks: have them filled in, and say what was made of what."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.files.seeds import Draft, Drafts
    from selfinstruct_chains.run.budget import Budgets

_LANGUAGES = 5  # that are named
_LOOKED_AT = 1000  # tasks, at most, whose language is told


def filled(drafts: Drafts, config: ChainConfig, out: Path, limits: Budgets) -> tuple[list[Draft], Counter[str]]:
    """The tasks with what they lacked, by the steps of a chain, and how many could not be filled in, by the reason.

    Replies are kept beside `out`, for the same command again.

    Raises:
        DataError: none could.
    """
    from selfinstruct_chains.cli.durably import durably
    from selfinstruct_chains.run.filling import Filling

    folder = out.with_name(f"{out.name}.filling")
    work = Filling(config, drafts.tasks, folder)
    filled = durably(work.run(limits), work.monitor, folder, "replies")
    if not filled.tasks:
        raise DataError(f"{out}: not written, as no task could be filled in: {', '.join(filled.left_out)}")
    return filled.tasks, filled.left_out


def report(  # noqa: PLR0913, PLR0917 - one for each thing that is known
    source: Path,
    out: Path,
    drafts: Drafts,
    tasks: Sequence[Draft],
    unfilled: Counter[str],
    chain: str = "NAME",
) -> Iterator[str]:
    """What was made of what, line by line; `chain` is what the command that fills in should name."""
    from selfinstruct_chains.files.seeds import lacking

    yield f"{len(tasks):,} tasks of {sum(drafts.shapes.values()) + len(drafts.left_out):,} rows: {out}"
    for how, count in drafts.shapes.most_common():
        yield f"read: {count:,} rows as {how}"
    yield from (f"note: {note}" for note in drafts.notes)
    for why, count in Counter(unfit.why for unfit in drafts.left_out).items():
        first = next(unfit.where for unfit in drafts.left_out if unfit.why == why)
        yield f"left out: {count:,} rows, the first at {first.rpartition(', ')[2]}: {why}"
    for rule, count in unfilled.items():
        yield f"left out: {count:,} tasks that could not be filled in: {rule}"
    yield from _counts(tasks)
    if lacks := lacking(tasks):
        yield f"missing: {lacks}; generate and check need it"
        yield "to have a model write it:"
        again = ("selfinstruct", "seeds", str(source), "-o", str(out), "--force", "--fill", "--chain", chain)
        yield f"  {shlex.join(again)}"


def _counts(tasks: Sequence[Draft]) -> Iterator[str]:
    from selfinstruct_chains.run.language import languages

    kinds = Counter(task.is_classification for task in tasks)
    unknown = f", {kinds[None]:,} not known" if kinds[None] else ""
    yield f"classification: {kinds[True]:,} yes, {kinds[False]:,} no{unknown}"
    looked_at = tasks[:: 1 + len(tasks) // _LOOKED_AT]
    named = languages(task.instruction for task in looked_at).most_common()
    more = sum(count for _, count in named[_LANGUAGES:])
    shares = [f"{tag} {count:,}" for tag, count in named[:_LANGUAGES]] + [f"others {more:,}"] * bool(more)
    yield f"languages, as {len(looked_at):,} of them look: {', '.join(shares)}"
