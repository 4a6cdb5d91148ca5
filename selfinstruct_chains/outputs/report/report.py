"""The report of a run: one page to look at, and to look through, what a run made. Needs the extra `report`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import is_stream, replacing_or_stdout
from selfinstruct_chains.outputs.report import diversity, sections
from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.outputs.report.page import MARK, page
from selfinstruct_chains.outputs.report.rows import pack
from selfinstruct_chains.outputs.review.verdicts import Reviews, drawn
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.telling import telling, untold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.report.diversity import Near
    from selfinstruct_chains.outputs.report.facts import Facts
    from selfinstruct_chains.outputs.report.sections import Section
    from selfinstruct_chains.run.telling import Told
    from selfinstruct_chains.tasks import Task

SAMPLE = 5_000
"""Tasks that are parsed, and compared with all others, unless asked otherwise."""


class Report(NamedTuple):
    """What was written."""

    path: Path
    tasks: int
    """Finished tasks of the run."""
    unfinished: str
    """Why more tasks may be to come, in words; "" when nothing says so."""


def write_report(
    folder: Path,
    out: Path | None = None,
    *,
    sample: int = SAMPLE,
    force: bool = False,
    on_progress: Told = untold,
) -> Report:
    """Write a run's report.

    Args:
        folder: the run's.
        out: the file to write; `report.html` in the run folder when None, `-` for standard output. Another report is
            replaced.
        sample: so many tasks, drawn at random, are parsed and compared with all others; the rest is counted whole.
        force: also replace a file that is no report.
        on_progress: hears how far each of the long parts is.

    Raises:
        ConfigError: the extra `report` is not installed, or `out` is another file.
        RunError: there is no such run, or it is damaged.
    """
    run = RunReader(folder)
    out = out or folder / "report.html"
    _check(out, force=force)
    unfinished, made = run.unfinished(), run.origin.made
    facts = gather(run)
    reviews = Reviews(folder)
    tasks = drawn(run.tasks(), sample, f"{run.config.run.seed}:report")
    compared = telling(run.tasks(), on_progress, "reading", facts.finished)
    near = diversity.neighbours(tasks, list(run.seeds()), compared, run.config.novelty, on_progress) if tasks else []
    rows = pack(run, {task.id: one for task, one in zip(tasks, near, strict=True)}, reviews)
    content = {
        "title": folder.resolve().name,
        "chain": run.config.name,
        "description": " ".join(filter(None, (run.config.description, made and f"{made}."))),
        "unfinished": unfinished,
        "left_out": rows.left_out,
        "rules": sorted({rule for _, rule in facts.stats.dropped}),
        "figures": sections.headline(facts, run.config),
        "sections": [_values(section) for section in _sections(run, facts, reviews, tasks, near, on_progress)],
    }
    try:
        with replacing_or_stdout(out) as file:
            file.write(page(content, rows.blocks).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ConfigError(f"{out}: can't be written: {error.strerror or error}") from None
    return Report(out, facts.finished, unfinished)


def _sections(  # noqa: PLR0913, PLR0917 - all that they are made of
    run: RunReader, facts: Facts, reviews: Reviews, tasks: Sequence[Task], near: Sequence[Near], on_progress: Told
) -> list[Section]:
    config = run.config
    by_language = diversity.by_language(tasks, config)
    english = by_language.pop(diversity.ENGLISH, [])
    phrases = diversity.phrases(telling(english, on_progress, "parsing", len(english)))
    unread = Counter({tag: len(texts) for tag, texts in by_language.items()})
    found = [
        sections.funnel(facts),
        sections.verbs(phrases, facts.finished, unread),
        sections.novelty(near, facts.finished, config),
        sections.lengths(facts),
        sections.growth(facts),
        sections.labels(facts),
        sections.spending(facts, config),
        sections.table_two_section(reviews),
    ]
    says_why = {"review", "verbs"} if unread else {"review"}
    return [section for section in found if section.charts or section.rows or section.id in says_why]


def _values(section: Section) -> dict[str, object]:
    return section._asdict() | {"charts": [chart._asdict() for chart in section.charts]}


def _check(out: Path, *, force: bool) -> None:
    if is_stream(out):
        return
    if out.is_dir():
        raise ConfigError(f"{out}: a folder; give a file: -o")
    if not out.parent.is_dir():
        raise ConfigError(f"{out.parent}: no such folder; make it first, or choose another file: -o")
    if out.exists() and not force:
        with out.open("rb") as file:
            if MARK.encode() not in file.read(len(MARK) + 100):
                raise ConfigError(f"{out}: exists, and is no report; choose another file: -o, or --force to replace it")
