"""A report's figures as rows, for pandas and notebooks. Needs the extra `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct_chains.outputs.report.seen import SAMPLE, look
from selfinstruct_chains.run.reader import RunReader

if TYPE_CHECKING:
    from selfinstruct_chains.outputs.stats_rows import Row


def figures(run: str | Path, *, sample: int = SAMPLE) -> dict[str, list[Row]]:
    """The figures of a run's report by name, each a list of rows: `pandas.DataFrame(figures("runs/mine")["verbs"])`.

    The names are those of the files that `selfinstruct report --figures` writes: funnel, dropped-instructions,
    dropped-instances, verbs, novelty-seeds, novelty-others, length-of-instructions, length-of-inputs,
    length-of-outputs, growth, labels, tokens. A figure for which the run has nothing is not there.

    Args:
        run: the folder that `generate` wrote.
        sample: so many tasks, drawn at random, are parsed and compared with all others; the rest is counted whole.

    Raises:
        ConfigError: the extra `report` is not installed.
        RunError: there is no such run, or a line of it is damaged.
    """
    seen = look(RunReader(Path(run)), sample)
    return {chart.name: chart.values() for section in seen.sections() for chart in section.charts}
