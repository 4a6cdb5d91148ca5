"""What a report shows of a run, before it is a page: counts, a sample that was parsed and compared, all its numbers."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.outputs.report import diversity, sections
from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.outputs.review.verdicts import PAPER_TABLE_TWO, Reviews, drawn, table_two
from selfinstruct_chains.run.telling import telling, untold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.method.novelty import Similar
    from selfinstruct_chains.outputs.report.diversity import Near, Phrases
    from selfinstruct_chains.outputs.report.facts import Facts
    from selfinstruct_chains.outputs.report.sections import Section
    from selfinstruct_chains.outputs.review.verdicts import By
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.run.telling import Told

SAMPLE = 5_000
"""Tasks that are parsed, and compared with all others, unless asked otherwise."""
_REVIEWERS: tuple[By, ...] = ("person", "judge")


class Seen(NamedTuple):
    """What there is to see of a run."""

    run: RunReader
    facts: Facts
    reviews: Reviews
    near: dict[str, Near]
    """The neighbours of those tasks that were compared, by id."""
    phrases: Phrases
    """The verbs of those that are in English."""
    unread: Counter[str]
    """The others of them, by their language's BCP 47 tag."""

    def sections(self) -> list[Section]:
        """The parts of the page that have something to say."""
        facts, config = self.facts, self.run.config
        found = [
            sections.funnel(facts),
            sections.verbs(self.phrases, facts.finished, self.unread),
            sections.novelty(list(self.near.values()), facts.finished, config),
            sections.lengths(facts),
            sections.growth(facts),
            sections.labels(facts),
            sections.spending(facts, config),
            sections.table_two_section(self.reviews),
        ]
        says_why = {"review", "verbs"} if self.unread else {"review"}
        return [section for section in found if section.charts or section.rows or section.id in says_why]

    def numbers(self) -> dict[str, Any]:
        """All numbers as JSON values: counts, what was found in the sample, and the figures' tables, row by row."""
        near, phrases = self.near.values(), self.phrases
        return {
            "headline": [one._asdict() for one in sections.headline(self.facts, self.run.config)],
            "stats": self.facts.as_json(),
            "verbs": {"parsed": phrases.parsed, "found": phrases.found, "drawn": phrases.drawn}
            | {"in_other_languages": dict(self.unread.most_common())},
            "novelty": {
                "compared": len(near),
                "seeds": _similarity(one.seed for one in near),
                "others": _similarity(one.generated for one in near),
            },
            "review": _review(self.reviews),
            "sections": [_section(section) for section in self.sections()],
        }


def look(run: RunReader, sample: int = SAMPLE, on_progress: Told = untold) -> Seen:
    """Count what is in a run, and parse a sample of its tasks and compare them with all.

    Raises:
        ConfigError: the extra `report` is not installed.
        RunError: a file of it is damaged.
    """
    facts = gather(run)
    reviews = Reviews(run.path)
    tasks = drawn(run.tasks(), sample, f"{run.config.run.seed}:report")
    compared = telling(run.tasks(), on_progress, "reading", facts.finished)
    near = diversity.neighbours(tasks, list(run.seeds()), compared, run.config.novelty, on_progress) if tasks else []
    by_language = diversity.by_language(tasks, run.config)
    english = by_language.pop(diversity.ENGLISH, [])
    phrases = diversity.phrases(telling(english, on_progress, "parsing", len(english)))
    unread = Counter({tag: len(texts) for tag, texts in by_language.items()})
    return Seen(run, facts, reviews, {task.id: one for task, one in zip(tasks, near, strict=True)}, phrases, unread)


def _similarity(nearest: Iterable[Similar | None]) -> dict[str, float | None]:
    """The ROUGE-L with the nearest ones, over those tasks that have one."""
    scores = [one.score for one in nearest if one]
    return {
        "tasks": len(scores),
        "median": median(scores) if scores else None,
        "highest": max(scores, default=None),
    }


def _review(reviews: Reviews) -> dict[str, Any]:
    """The shares of yes, 0 to 1; of a person and a judge where they reviewed any, beside the paper's."""
    found = {who: table_two(reviews.by(who).values()) for who in _REVIEWERS}
    shares: dict[str, Any] = {who: {"reviewed": one.reviewed, **one.yes} for who, one in found.items() if one.reviewed}
    return shares | {"paper": PAPER_TABLE_TWO}


def _section(section: Section) -> dict[str, Any]:
    figures = [{"name": one.name, "title": one.title, "says": one.says, "rows": one.values()} for one in section.charts]
    return {"id": section.id, "title": section.title, "text": section.text, "figures": figures}
