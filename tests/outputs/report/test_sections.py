"""What a report says, section by section."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.method.novelty import Similar
from selfinstruct_chains.outputs.report import sections
from selfinstruct_chains.outputs.report.diversity import Near, Phrases
from selfinstruct_chains.outputs.report.facts import Facts
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.outputs.stats import Labels, Statistics, TableOne
from selfinstruct_chains.run.usage import Usage
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.config import Purpose

CONFIG = load_config("openai", {"model.price": {"input": 1, "output": 10}})
UNKNOWN = load_config("openai", {"model.name": "the-house-model"})
"""Of whose model no price is known."""


def facts(calls: dict[tuple[Purpose, str], Usage] | None = None, table: TableOne | None = None) -> Facts:
    """The counts of a run that has these and nothing else."""
    return Facts(Statistics(calls=calls or {}, table=table or TableOne()), 8, seeds=5)


def requests(number: int) -> Facts:
    """The counts of a run of so many requests, of which each gave a task and what is too like another."""
    found = facts()
    for one in range(number):
        found.finish(task(10 * one, "Do it."))
        found.stats.reject(Rejection(id="x", rule="novelty", stage="instruction", text="x", request=one))
    return found


@pytest.mark.parametrize(
    ("classification", "other", "share"),
    [(0, 0, "none"), (0, 5, "0%"), (1, 999, "0.1%"), (1, 99, "1%"), (2, 198, "1%"), (1, 1, "50%"), (3, 0, "100%")],
)
def test_the_top_says_what_there_is(classification: int, other: int, share: str) -> None:
    """A small share has a digit more; without calls nothing is said of money."""
    found = sections.headline(facts(table=TableOne(classification=classification, other=other)), CONFIG)

    assert [one.value for one in found] == [f"{classification + other:,}", share, "0", "none", "0", "0"]


def test_the_top_says_what_was_spent_where_it_is_known() -> None:
    """In words for each number."""
    spent = facts({("instructions", "m"): Usage(calls=3, input_tokens=2_000_000, output_tokens=50_000)})
    found = sections.headline(spent, CONFIG)

    assert [one.what for one in found] == [
        "finished tasks",
        "of them classification",
        "instances",
        "of the written instructions accepted",
        "calls",
        "tokens",
        "spent",
    ]
    assert [one.value for one in found[4:]] == ["3", "2,050,000", "$2.50"]
    assert [one.value for one in sections.headline(spent, UNKNOWN)[4:]] == ["3", "2,050,000"]


def test_calls_are_told_by_role() -> None:
    """All models of a role together, with what nobody counted or answered, and what is not known of prices."""
    two = {
        ("instructions", "a"): Usage(calls=1, input_tokens=5, output_tokens=7),
        ("classification", "b"): Usage(calls=1, input_tokens=1, output_tokens=1, unknown=1),
        ("instructions", "c"): Usage(calls=1_000, input_tokens=20, output_tokens=30, unknown=1, faults=2),
    }
    one = {("instructions", ""): Usage(calls=1, input_tokens=2, output_tokens=3)}
    found, single = sections.spending(facts(dict(two)), UNKNOWN), sections.spending(facts(dict(one)), CONFIG)

    assert found.text == (
        "1,002 calls over the whole run folder, 2 attempts without a reply; nobody counted the tokens of 2 calls; "
        "the price is not known. Models, as reported: a, b, c."
    )
    assert found.charts[0].rows == [["instructions", 25, 37], ["classification", 1, 1]]
    assert found.charts[0].says == "26 tokens of prompts and 38 of replies."
    assert single.text == "1 call over the whole run folder; $0.00 at the prices known for its models."
    assert sections.spending(facts(), CONFIG) == ("tokens", "Calls and tokens", "", (), (), ())


def test_growth_is_drawn_in_at_most_120_steps() -> None:
    """The pool begins with the seeds; a run without requests has no growth."""
    few, many = (sections.growth(requests(number)).charts[0].rows for number in (120, 121))

    assert (len(few), few[0], few[-1]) == (120, [0, 0, 2, 1, 0.5, 6], [119, 119, 2, 1, 0.5, 125])
    assert (len(many), many[0], many[-1]) == (61, [0, 1, 4, 2, 0.5, 7], [120, 120, 2, 1, 0.5, 126])
    assert sections.growth(facts()) == ("growth", "How the run went", "", (), (), ())


def test_what_nothing_was_dropped_of_has_no_figure() -> None:
    """Of a run that kept all there is the way from requests to tasks alone; else a figure for each kind."""
    found, both = facts(), requests(1_200)
    both.stats.reject(Rejection(id="x", rule="echo", stage="instance", text="x", request=0))

    assert [chart.name for chart in sections.funnel(found).charts] == ["funnel"]
    assert [chart.says for chart in sections.funnel(both).charts] == [
        (
            "1,200 requests asked for 9,600 instructions and got 2,400; "
            "1,200 joined the pool, 1,200 became finished tasks."
        ),
        "1,200 dropped, whole requests among them, by these rules.",
        "1 instance of accepted instructions dropped, by these rules.",
    ]


def test_the_twenty_most_common_labels_are_drawn() -> None:
    """Equal ones by the alphabet."""
    found = facts(table=TableOne(classification=1_000))
    found.labels = Counter({f"label {one:02}": 2 for one in range(20, -1, -1)} | {"label 11": 5})
    section = sections.labels(found)

    assert [name for name, _ in section.charts[0].rows] == [
        "label 11",
        *(f"label {one:02}" for one in range(20) if one != 11),
    ]
    assert section.charts[0].says == "The 20 most common of 21 labels, over 45 instances."
    assert section.text == "Classification tasks: 1,000."


def test_labels_are_told_in_words() -> None:
    """How many tasks show more than one, and why the share of classification tasks is odd where it is."""
    found = facts(table=TableOne(classification=7))
    found.stats.labels = Labels(tasks=1_000, labels=1_200, one_label=997)
    found.share = "Far more than the paper's."

    assert sections.labels(found) == (
        "labels",
        "Label balance",
        "Far more than the paper's. Of the 1,000 with two instances or more, 0.3% show more than one label.",
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("parsed", "of", "unread", "text"),
    [
        (4, 4, {}, "found by spaCy in 75% of the instructions."),
        (4, 5, {}, "found by spaCy in 75% of the instructions (a random sample of 4 of the 5 tasks)."),
        (
            4,
            7,
            {"de": 2, "fr": 1},
            (
                "found by spaCy in 75% of the English instructions. "
                "The parser reads English alone; 3 tasks not in it: 2 in German, 1 in French."
            ),
        ),
        (
            4,
            6_000,
            {"de": 1},
            (
                "found by spaCy in 75% of the English instructions (a random sample of 5 of the 6,000 tasks). "
                "The parser reads English alone; 1 task not in it: 1 in German."
            ),
        ),
    ],
)
def test_of_what_verbs_were_looked_for_is_said(parsed: int, of: int, unread: dict[str, int], text: str) -> None:
    """Of all, or a sample, and of English ones alone."""
    found = Phrases(parsed, 3, {"write": {"poem": 1, "song": 1}, "draw": {"cat": 1}})
    section = sections.verbs(found, of, Counter(unread))

    assert section.text == f"The root verb and its direct object, {text}"
    assert section.charts[0].says == (
        "The 2 most common verbs, with up to four of their most common objects. The most common is “write” (poem, "
        "song). Those drawn are 75% of the instructions that were read, 3 of 4."
    )


def test_without_verbs_there_is_no_figure_of_them() -> None:
    """What was looked at is said all the same."""
    assert sections.verbs(Phrases(4, 0, {}), 4) == (
        "verbs",
        "What the instructions ask for",
        "The root verb and its direct object, found by spaCy in 0% of the instructions.",
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("of", "sample"),
    [(2, ""), (3, " Counted for a random sample of 2 of the 3 tasks, each compared with all.")],
)
def test_how_near_tasks_are_is_said(of: int, sample: str) -> None:
    """Without seeds there is one figure."""
    near = [Near(None, Similar("t", 0.5)), Near(None, Similar("u", 0.25))]
    section = sections.novelty(near, of, CONFIG)

    assert section.text == (
        f"ROUGE-L F-measure between instructions; from 0.7 on (the dotted line) a candidate is dropped.{sample}"
    )
    assert [(chart.name, chart.title) for chart in section.charts] == [
        ("novelty-others", "Nearest other generated task")
    ]
    assert section.charts[0].says == "Half of the tasks are at 0.50 or above, the highest is 0.50."


def test_the_review_says_who_reviewed(tmp_path: Path) -> None:
    """Where nobody did, how it is done; where one did, nothing of agreement."""
    reviews = Reviews(tmp_path)
    nothing = sections.table_two_section(reviews)
    reviews.put(verdict("000000-00", "yyn"))
    one = sections.table_two_section(reviews)

    assert nothing == (
        "review",
        "Quality review",
        "Nothing is reviewed yet. “selfinstruct review” asks the paper's questions about a random sample.",
        (),
        (),
        (),
    )
    assert one.text == (
        "Shares of yes to the three questions of the paper's Table 2. Here a yes is about all instances of a task; the "
        "paper looked at one."
    )
    assert one.columns == ["", "a person (1 task)", "the paper (200 tasks)"]
    assert one.rows == [
        ["Valid instruction", "100%", "92%"],
        ["Appropriate input", "100%", "79%"],
        ["Correct output", "0%", "58%"],
        ["All three", "0%", "54%"],
    ]
