"""What another model made of a run's instances, as 80 columns of plain text."""

from __future__ import annotations

import textwrap
from collections import Counter
from statistics import fmean
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.run.regenerate import Change, Regenerated
    from selfinstruct_chains.tasks import Instance

_WIDTH = 79
_SHOWN = 3  # tasks before and after
_LABEL = 13
_LINES = 3  # of a text


def regenerated_text(found: Regenerated) -> str:
    """How many tasks have other instances, what was dropped, and some tasks before and after."""
    rows = [_row(name, text, 2) for name, text in _figures(found)]
    changed = [change for change in found.changes if change.is_changed]
    step = max(1, len(changed) // _SHOWN)
    return "\n\n".join(["\n".join(rows), *("\n".join(_change(one)) for one in changed[::step][:_SHOWN])])


def _figures(found: Regenerated) -> Iterator[tuple[str, str]]:
    changed = sum(change.is_changed for change in found.changes)
    share = f" ({changed / len(found.changes):.0%})" if found.changes else ""
    yield "changed", f"{changed:,} of {len(found.changes):,} tasks{share}"
    if found.changes:
        before = _words(one for change in found.changes for one in change.before.instances)
        after = _words(one for change in found.changes for one in change.after)
        yield "words", f"{before:.1f} in an output before, {after:.1f} now (means)"
    for stage, name in (("instance", "dropped"), ("task", "tasks gone")):
        rules = Counter(one.rule for one in found.rejected if one.stage == stage)
        listed = ", ".join(f"{rule} {count:,}" for rule, count in rules.most_common())
        if rules:
            yield name, listed if stage == "instance" else f"{rules.total():,}, with no instance left"


def _words(instances: Iterator[Instance]) -> float:
    return fmean(len(one.output.split()) for one in instances)


def _change(change: Change) -> Iterator[str]:
    yield textwrap.shorten(printable(change.before.instruction), _LINES * _WIDTH, placeholder=" ...", initial_indent="")
    old, new = _first_difference(change.before.instances, change.after)
    if old.input == new.input:
        yield from (_row("Input", old.input, 2),) if old.input.strip() else ()
        yield _row("Before", old.output, 2)
        yield _row("Now", new.output, 2)
        return
    for name, one in (("Before", old), ("Now", new)):
        yield _row(name, f"{one.input} -> {one.output}" if one.input.strip() else one.output, 2)


def _first_difference(before: Sequence[Instance], after: Sequence[Instance]) -> tuple[Instance, Instance]:
    """The first two of one input whose outputs differ; else the first of either."""
    by_input = {one.input: one for one in reversed(before)}
    both = ((by_input[one.input], one) for one in after if one.input in by_input)
    return next(((old, new) for old, new in both if old != new), (before[0], after[0]))


def _row(label: str, text: str, indent: int) -> str:
    start = f"{'':{indent}}{label:<{_LABEL}}"
    short = textwrap.shorten(printable(text), _LINES * (_WIDTH - len(start)), placeholder=" ...")
    return textwrap.fill(short, _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
