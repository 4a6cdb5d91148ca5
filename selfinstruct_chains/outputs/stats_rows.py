"""A run's statistics as rows, for pandas and notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct_chains.outputs.report.facts import gather, spread
from selfinstruct_chains.outputs.stats import PAPER_TABLE_ONE
from selfinstruct_chains.run.reader import RunReader

if TYPE_CHECKING:
    from collections import Counter

    from selfinstruct_chains.outputs.stats import Statistics

Row = dict[str, str | int | float | None]
"""A flat dict; all rows of a table have the same keys."""


def stats(run: str | Path) -> dict[str, list[Row]]:
    """The statistics of a run as tables, each a list of rows: `pandas.DataFrame(stats("runs/mine")["dropped"])`.

    The tables are `table_1` (name, run, paper), `funnel`, `words` (of instructions, inputs and outputs), `dropped`,
    `acceptance` (up to ten blocks of requests), `spent` (by role and model), `labels` (how even they are),
    `label_counts`, `topics` and `languages`; one of which nothing is known is an empty list. What has no value is None.

    Args:
        run: the folder that `generate` wrote.

    Raises:
        RunError: there is no such run, or a line of it is damaged.
    """
    facts = gather(RunReader(Path(run)))
    found, table = facts.stats, facts.stats.table.figures()
    return {
        "table_1": [{"name": name, "run": table[name], "paper": paper} for name, paper in PAPER_TABLE_ONE.items()],
        "funnel": [{"step": step, "instructions": count} for step, count in facts.funnel.items()],
        "words": [{"part": part, **spread(counts)} for part, counts in facts.words.items()],
        "dropped": [{"stage": s, "rule": r, "count": count} for (s, r), count in found.dropped.most_common()],
        "acceptance": [block._asdict() | {"rate": block.rate} for block in found.blocks],
        "spent": _spent(found),
        "labels": [{"name": name, "value": value} for name, value in found.labels.figures().items()],
        "label_counts": _counted("label", facts.labels),
        "topics": _counted("topic", found.topics),
        "languages": _counted("language", found.languages),
    }


def _spent(found: Statistics) -> list[Row]:
    return [{"role": role, "model": model} | vars(usage) for (role, model), usage in sorted(found.calls.items())]


def _counted(what: str, counts: Counter[str]) -> list[Row]:
    return [{what: one, "count": count} for one, count in counts.most_common()]
