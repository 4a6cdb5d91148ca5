"""What came of a review, in words and as JSON, to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selfinstruct_chains.outputs.review.agreement import Agreement, Interval
from selfinstruct_chains.outputs.review.agreement_text import agreement_text, as_json
from selfinstruct_chains.outputs.review.answers import Rates
from selfinstruct_chains.outputs.review.judge import Judged
from selfinstruct_chains.outputs.review.outcome_text import (
    beside_people,
    judged_text,
    outcome_json,
    outcome_text,
    rated_text,
)
from selfinstruct_chains.outputs.review.sitting import Outcome
from selfinstruct_chains.outputs.review.verdicts import TableTwo

RUN = Path("my-run")
YES = {"valid_instruction": 0.75, "appropriate_input": 0.5, "correct_output": 0.5, "all": 0.25}
TABLE = TableTwo(4, YES)  # type: ignore[arg-type]
SHARES = """\
4 reviewed: valid instruction 75%, appropriate input 50%, correct output 50%,
all three 25%.
"""
FIGURES = "For the page with all figures: selfinstruct report my-run"


def row(who: str, question: str, tasks: int, share: Interval, value: Interval, **other: Any) -> Agreement:
    """Of two people, unless said otherwise."""
    usual: dict[str, Any] = {"question": question, "judge": False, "reviewers": 2, "measure": "kappa"}
    return Agreement(who=who, tasks=tasks, raw=share, beyond_chance=value, **usual | other)


PAIR = [
    row("ann and ben", "valid_instruction", 1_200, Interval(1.0, 1.0, 1.0), Interval(None)),
    row("ann and ben", "appropriate_input", 1_200, Interval(0.5, 0.25, 0.75), Interval(0.13, -0.5, 0.76)),
    row("ann and ben", "correct_output", 1_200, Interval(0.9, 0.8, 1.0), Interval(0.8, 0.61, 1.0)),
    row("ann and ben", "all", 1_200, Interval(0.47, 0.2, 0.7), Interval(0.0, -0.2, 0.2)),
]
JUDGES = [
    row("people and the judge m", "all", 12, Interval(0.5, 0.25, 0.75), Interval(0.13, -0.5, 0.76), judge=True),
    row("people and the judge n", "correct_output", 9, Interval(0.9), Interval(0.8), judge=True),
    row("people and the judge n", "all", 1, Interval(1.0), Interval(None), judge=True),
]


def test_the_table_of_agreement() -> None:
    """A block for each group: intervals where there are some, and a dash for what has no value."""
    one = row("all 3 people", "valid_instruction", 1, Interval(1.0), Interval(0.25), reviewers=3, measure="alpha")

    assert (
        agreement_text([*PAIR, one])
        == """\
ann and ben, 1,200 tasks
  valid instruction  raw 100% [100%, 100%]      kappa -
  appropriate input  raw 50% [25%, 75%]         kappa 0.13 [-0.50, 0.76]
  correct output     raw 90% [80%, 100%]        kappa 0.80 [0.61, 1.00]
  all three          raw 47% [20%, 70%]         kappa 0.00 [-0.20, 0.20]

all 3 people, 1 task
  valid instruction  raw 100%                   alpha 0.25

raw: the share of equal answers; kappa (Cohen, of two) and alpha (Krippendorff,
of more): 1 is full agreement, 0 what chance gives; in brackets 95% intervals."""
    )
    assert agreement_text([]) == "Nobody has reviewed what another has, so there is no agreement to speak of yet."


def test_agreement_as_json_is_flat() -> None:
    """A row for each group and question."""
    assert as_json(PAIR[1:2]) == [
        {
            "who": "ann and ben",
            "judge": False,
            "reviewers": 2,
            "question": "appropriate_input",
            "tasks": 1_200,
            "measure": "kappa",
            "raw": 0.5,
            "raw_low": 0.25,
            "raw_high": 0.75,
            "value": 0.13,
            "value_low": -0.5,
            "value_high": 0.76,
        }
    ]


def test_an_outcome_of_nothing_says_how_to_go_on() -> None:
    """There are no shares then."""
    nothing = Outcome(TableTwo(0, dict.fromkeys(YES, 0.0)), {}, 0, [])  # type: ignore[arg-type]

    assert outcome_text(nothing, RUN) == "Nothing reviewed yet. To go on: selfinstruct review my-run"


def test_an_outcome_of_one_person_is_short() -> None:
    """Nobody to agree with, and nothing to settle."""
    assert outcome_text(Outcome(TABLE, {"ann": 4}, 0, []), RUN) == SHARES + FIGURES


def test_an_outcome_of_several_people_names_them() -> None:
    """Names stay whole, however long; what is to settle has a line."""
    long = "-".join(["ab"] * 30)

    assert (
        outcome_text(Outcome(TABLE, {"": 3, long: 1_200}, 1_001, []), RUN)
        == f"""\
{SHARES}By (no name) 3,
{long}
1,200.
How far they agree: selfinstruct review my-run --agreement
People disagree about 1,001: the page has a view to settle them.
{FIGURES}"""
    )


def test_an_outcome_as_json_holds_all() -> None:
    """Shares, people, what is to settle, and agreement."""
    assert outcome_json(Outcome(TABLE, {"ann": 3, "ben": 2}, 1, PAIR[:1])) == {
        "reviewed": 4,
        "yes": YES,
        "people": {"ann": 3, "ben": 2},
        "to_settle": 1,
        "agreement": as_json(PAIR[:1]),
    }


def test_a_judge_stands_beside_people() -> None:
    """A line for each judge, on all three questions; agreement among people is told elsewhere."""
    m = "People and the judge m: the same on 50% of 12 tasks, kappa 0.13 [-0.50, 0.76]."
    n = "People and the judge n: the same on 100% of 1 task."

    assert beside_people([*PAIR, *JUDGES]) == f"{m}\n{n}"
    assert beside_people(PAIR) == ""


def test_what_a_judge_gave_is_told_with_its_cost() -> None:
    """Above what people's verdicts say of it; what has no verdict has a line where there is any."""
    alone = judged_text(Judged(1_003, 0, 0), "cost: $0.01", Outcome(TABLE, {}, 0, []), RUN)
    beside = judged_text(Judged(3, 1, 2_000), "cost: $0.01", Outcome(TABLE, {"ann": 1}, 0, [*PAIR, *JUDGES[2:]]), RUN)

    assert (
        alone
        == f"""\
1,003 judged now: cost: $0.01.
No person has reviewed what it judged; to know how good it is: selfinstruct review my-run
{SHARES}{FIGURES}"""
    )
    assert (
        beside
        == f"""\
3 judged now: cost: $0.01.
1 got no readable answer, twice; they have no verdict.
2,000 were refused by the provider; they have no verdict.
People and the judge n: the same on 100% of 1 task.
{SHARES}{FIGURES}"""
    )


def test_ratings_are_told_by_model_when_all_are_there() -> None:
    """Until then how many there are."""
    counts = {"yak": {"A": 1, "B": 0, "C": 0, "D": 2}, "zebra": {"A": 0, "B": 3, "C": 0, "D": 0}}

    assert (
        rated_text(Rates(3, 4, {}), Path("compared")) == "3 of 4 answers rated. To go on: selfinstruct review compared"
    )
    assert (
        rated_text(Rates(4, 4, counts), Path("compared"))  # type: ignore[arg-type]
        == """\
yak: 1 A, 0 B, 0 C, 2 D
zebra: 0 A, 3 B, 0 C, 0 D
Beside a judge: selfinstruct evaluate ... --judge CHAIN --people compared/ratings.jsonl"""
    )
