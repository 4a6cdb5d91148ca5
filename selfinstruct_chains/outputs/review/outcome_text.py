"""What came of a review, in words and as JSON."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.review.agreement_text import NAMES, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from selfinstruct_chains.outputs.review.agreement import Agreement
    from selfinstruct_chains.outputs.review.answers import Rates
    from selfinstruct_chains.outputs.review.judge import Judged
    from selfinstruct_chains.outputs.review.sitting import Outcome

_WIDTH = 79


def outcome_text(found: Outcome, run: Path) -> str:
    """How many are reviewed, the shares of yes, by whom, and what is still to settle."""
    if not found.table.reviewed:
        return f"Nothing reviewed yet. To go on: selfinstruct review {run}"
    yes = ", ".join(f"{NAMES[question]} {share:.0%}" for question, share in found.table.yes.items())
    lines = [_filled(f"{found.table.reviewed} reviewed: {yes}.")]
    if len(found.people) > 1:
        lines += [_filled(f"By {_listed(found.people)}."), f"How far they agree: selfinstruct review {run} --agreement"]
    if found.disagreed:
        lines.append(f"People disagree about {found.disagreed:,}: the page has a view to settle them.")
    return "\n".join([*lines, f"For the page with all figures: selfinstruct report {run}"])


def judged_text(judged: Judged, cost: str, found: Outcome, run: Path) -> str:
    """What a judge gave, what it cost, and how far people bear it out."""
    lines = [_filled(f"{judged.given:,} judged now: {cost}.")]
    if judged.unreadable:
        lines.append(f"{judged.unreadable:,} got no readable answer, twice; they have no verdict.")
    if judged.refused:
        lines.append(f"{judged.refused:,} were refused by the provider; they have no verdict.")
    nobody = f"No person has reviewed what it judged; to know how good it is: selfinstruct review {run}"
    return "\n".join([*lines, beside_people(found.agreement) or nobody, outcome_text(found, run)])


def beside_people(agreement: Iterable[Agreement]) -> str:
    """How far judges agree with people, in a line for each; "" where no person has reviewed what one judged."""
    return "\n".join(_filled(_beside(one)) for one in agreement if one.question == "all" and one.judge)


def _beside(one: Agreement) -> str:
    kappa = one.beyond_chance
    more = "" if kappa.value is None else f", kappa {kappa.value:.2f}"
    more += "" if kappa.low is None else f" [{kappa.low:.2f}, {kappa.high:.2f}]"
    tasks = f"{one.tasks:,} task{'s' * (one.tasks != 1)}"
    return f"{one.who[:1].upper()}{one.who[1:]}: the same on {one.raw.value or 0:.0%} of {tasks}{more}."


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def outcome_json(found: Outcome) -> dict[str, Any]:
    """The same as a value for JSON."""
    return {
        "reviewed": found.table.reviewed,
        "yes": dict(found.table.yes),
        "people": dict(found.people),
        "to_settle": found.disagreed,
        "agreement": as_json(found.agreement),
    }


def rated_text(found: Rates, folder: Path) -> str:
    """What a person said of an evaluation's answers; models are named when all are rated."""
    if not found.by_model:
        return f"{found.given} of {found.answers} answers rated. To go on: selfinstruct review {folder}"
    lines = [
        f"{model}: {', '.join(f'{count} {level}' for level, count in counts.items())}"
        for model, counts in found.by_model.items()
    ]
    return "\n".join(
        [*lines, f"Beside a judge: selfinstruct evaluate ... --judge CHAIN --people {folder}/ratings.jsonl"]
    )


def _listed(people: Mapping[str, int]) -> str:
    return ", ".join(f"{name or '(no name)'} {count:,}" for name, count in people.items())
