"""What reviewers have to do with an export, in sentences: for the notes and the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.outputs.review.agreement import agreements_with_judges
from selfinstruct_chains.outputs.review.outcome_text import beside_people
from selfinstruct_chains.outputs.review.verdicts import Reviews, table_two

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.outputs.export.selection import Selection
    from selfinstruct_chains.run.reader import RunReader


def of_reviewers(run: RunReader, selection: Selection) -> Iterator[str]:
    """What people corrected of what is taken, and how far they bear out a judge whose verdicts decided on it."""
    if selection.corrected:
        yield f"Corrected by people: {_tasks(selection.corrected)}."
    if selection.outdated == 1:
        yield "1 correction is of a text that has changed since, or is gone, and is not used."
    elif selection.outdated:
        yield f"{selection.outdated:,} corrections are of texts that have changed since, or are gone, and are not used."
    if selection.judged:
        beside = beside_people(agreements_with_judges(Reviews(run.path))).replace("\n", " ")
        known = f". {beside}" if beside else "; no person has reviewed what it judged."
        yield f"A judge's verdicts decide on {_tasks(selection.judged)}{known}"


def reviewed(run: RunReader) -> Iterator[str]:
    """How many tasks of the run people and judges have reviewed, and how many they approved."""
    reviews = Reviews(run.path)
    for given, name in ((reviews.by("person"), "people"), (reviews.by("judge"), "a judging model")):
        found = table_two(given.values())
        if found.reviewed:
            approved = sum(verdict.approved for verdict in given.values()) / found.reviewed
            yield f"Reviewed by {name}: {found.reviewed:,} tasks of the run, {approved:.0%} of them approved."


def _tasks(count: int) -> str:
    return f"{count:,} task{'s' * (count != 1)}"
