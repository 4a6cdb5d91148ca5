"""The report of a run: one page to look at, and to look through, what a run made. Needs the extra `report`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import replacing_or_stdout
from selfinstruct_chains.outputs.pages import may_replace
from selfinstruct_chains.outputs.report import static
from selfinstruct_chains.outputs.report.files import check_figures, write_figures
from selfinstruct_chains.outputs.report.page import MARK, page
from selfinstruct_chains.outputs.report.replies import TASKS, replies
from selfinstruct_chains.outputs.report.rows import pack
from selfinstruct_chains.outputs.report.sections import headline
from selfinstruct_chains.outputs.report.seen import SAMPLE, look
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.telling import untold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.report.sections import Section
    from selfinstruct_chains.outputs.report.seen import Seen
    from selfinstruct_chains.run.telling import Told


class Report(NamedTuple):
    """What was written."""

    path: Path
    tasks: int
    """Finished tasks of the run."""
    unfinished: str
    """Why more tasks may be to come, in words; "" when nothing says so."""
    figures: tuple[Path, ...]
    """The figures' own files, where they were asked for."""
    numbers: dict[str, Any]
    """All numbers of the page, as JSON values; see `Seen.numbers`."""


def write_report(  # noqa: PLR0913 - each is an option of the command
    folder: Path,
    out: Path | None = None,
    *,
    sample: int = SAMPLE,
    calls: int = TASKS,
    figures: Path | None = None,
    force: bool = False,
    on_progress: Told = untold,
) -> Report:
    """Write a run's report.

    Args:
        folder: the run's.
        out: the file to write; `report.html` in the run folder when None, `-` for standard output. Another report is
            replaced.
        sample: so many tasks, drawn at random, are parsed and compared with all others; the rest is counted whole.
        calls: of the first so many tasks, and dropped candidates, the page holds prompts and replies.
        figures: a folder for the figures as SVG, light and dark; it is made where it is not there.
        force: also replace files that are no report, or no figures of one.
        on_progress: hears how far each of the long parts is.

    Raises:
        ConfigError: the extra `report` is not installed, or a file of another kind is in the way.
        RunError: there is no such run, or it is damaged.
    """
    run = RunReader(folder)
    out = out or folder / "report.html"
    may_replace(out, MARK, "report", force=force)
    if figures is not None:
        check_figures(figures, force=force)
    unfinished = run.unfinished()
    seen = look(run, sample, on_progress)
    shown = seen.sections()
    html = _page(seen, shown, unfinished, calls)
    charts = [chart for section in shown for chart in section.charts]
    try:
        with replacing_or_stdout(out) as file:
            file.write(html.encode("utf-8", "backslashreplace"))
            written = write_figures(charts, figures) if figures is not None else ()
    except OSError as error:
        raise ConfigError(f"{out}: can't be written: {error.strerror or error}") from None
    return Report(out, seen.facts.finished, unfinished, written, seen.numbers())


def _page(seen: Seen, shown: Sequence[Section], unfinished: str, calls: int) -> str:
    run, finished = seen.run, seen.facts.finished
    rows, told = pack(run, seen.near, seen.reviews), replies(run, calls)
    made = run.origin.made
    description = " ".join(filter(None, (run.config.description, made and f"{made}.")))
    title = run.path.resolve().name
    about = static.About(title, run.config.name, description, unfinished, headline(seen.facts, run.config))
    content = {
        "title": title,
        "left_out": rows.left_out,
        "rules": sorted({rule for _, rule in seen.facts.stats.dropped}),
        "calls": {"of": calls, "why_not": told.why_not},
    }
    first = static.without_scripts(list(islice(run.tasks(), static.FIRST)), finished)
    return page(about, shown, content, rows=rows.blocks, calls=told.blocks, first=first)
