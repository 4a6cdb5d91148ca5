"""The figures of a run as 80 columns of plain text."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import printable
from selfinstruct_chains.outputs.stats import PAPER_TABLE_ONE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from selfinstruct_chains.outputs.stats import Cost, Statistics

_TABLE = {
    "instructions": "Instructions",
    "classification": "  of classification tasks",
    "other": "  of other tasks",
    "instances": "Instances",
    "empty_input": "  with an empty input",
    "mean_instruction_words": "Mean words of an instruction",
    "mean_input_words": "  of a non-empty input",
    "mean_output_words": "  of an output",
}
_PARTS = {
    "cache_read_tokens": "in from a cache",
    "cache_write_tokens": "in to a cache",
    "reasoning_tokens": "out of thinking",
}
_WIDTH = 79
_FIRST = 34  # columns of a row's name


def statistics_text(found: Statistics, title: str) -> str:
    """The figures under a title, for people: Table 1 beside the paper's, then one block for each other kind."""
    blocks = [printable(title), _table_one(found)]
    if found.dropped:
        blocks.append(_dropped(found))
    if found.acceptance.requests:
        blocks.append(_acceptance(found))
    if found.spent:
        blocks.append(_spent(found))
    if found.labels.tasks:
        blocks.append(_labels(found))
    blocks += [_counted(name, counts) for name, counts in _counts(found) if counts]
    return "\n\n".join(blocks)


def _counts(found: Statistics) -> list[tuple[str, Counter[str]]]:
    return [("Tasks by topic", found.topics), ("Tasks by language asked for", found.languages)]


def _counted(name: str, counts: Counter[str]) -> str:
    rows = [(f"  {printable(one)}"[: _FIRST - 1], _number(count)) for one, count in counts.most_common()]
    return _grid([(name, "count"), *rows])


def _table_one(found: Statistics) -> str:
    figures = found.table.figures()
    rows = [(name, _number(figures[key]), _number(PAPER_TABLE_ONE[key])) for key, name in _TABLE.items()]
    return _grid([("", "this run", "the paper"), *rows])


def _dropped(found: Statistics) -> str:
    stages = ("request", "instruction", "task", "instance")
    ordered = sorted(found.dropped.items(), key=lambda item: (*(item[0][0] != s for s in stages), -item[1], item[0]))
    rows: list[tuple[str, ...]] = [("Dropped", "count")]
    for stage, group in groupby(ordered, key=lambda item: item[0][0]):
        members = list(group)
        rows.append((f"{printable(stage)}s", _number(sum(count for _, count in members))))
        rows += [(f"  {printable(rule)}"[: _FIRST - 1], _number(count)) for (_, rule), count in members]
    return _grid(rows)


def _acceptance(found: Statistics) -> str:
    rows = [("Accepted, by request", "proposed", "accepted", "share")]
    for block in found.blocks:
        name = f"  {block.first} to {block.last}" if block.last > block.first else f"  {block.first}"
        rows.append((name, _number(block.proposed), _number(block.accepted), _share(block.rate)))
    return _grid(rows)


def _spent(found: Statistics) -> str:
    rows: list[tuple[str, ...]] = [("Spent, by role", "calls", "tokens in", "tokens out", "dollars")]
    rows += [(f"  {role}", *_spent_row(spent)) for role, spent in found.spent.items()]
    unknown = sum(spent.usage.unknown for spent in found.spent.values())
    faults = sum(spent.usage.faults for spent in found.spent.values())
    told = [f"{unknown:,} replies whose tokens nobody counted"] if unknown else []
    told += [f"{faults:,} attempts without a reply"] if faults else []
    for name, words in _PARTS.items():
        tokens = sum(getattr(spent.usage, name) for spent in found.spent.values())
        told += [f"{tokens:,} tokens {words}"] if tokens else []
    besides = textwrap.fill(f"besides: {', '.join(told)}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return _grid(rows) + (f"\n{besides}" if told else "")


def _spent_row(spent: Cost) -> Sequence[str]:
    usage, dollars = spent
    cost = "?" if dollars is None else f"{dollars:,.2f}"
    return _number(usage.calls), _number(usage.input_tokens), _number(usage.output_tokens), cost


def _labels(found: Statistics) -> str:
    labels = found.labels.figures()
    return _grid(
        [
            ("Labels of classification tasks", ""),
            ("  tasks with several instances", _number(labels["tasks"])),
            ("  all of one label", _number(labels["with_one_label"])),
            ("  mean number of labels", _number(labels["mean_labels"])),
            ("  mean share of the top label", _share(labels["mean_share_of_top_label"])),
        ]
    )


def _grid(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"{first:<{_FIRST}}{''.join(f'{cell:>11}' for cell in rest)}".rstrip() for first, *rest in rows)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
