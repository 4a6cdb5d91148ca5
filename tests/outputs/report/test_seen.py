"""All numbers of a report, as JSON values."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from selfinstruct_chains.method.novelty import Similar
from selfinstruct_chains.outputs.report.diversity import Near, Phrases
from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.outputs.report.seen import Seen
from selfinstruct_chains.outputs.review.verdicts import PAPER_TABLE_TWO, Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from pathlib import Path

NEAR = {
    "000000-00": Near(Similar("seed-001", 0.2), None),
    "000000-01": Near(Similar("seed-001", 0.9), Similar("000000-00", 0.5)),
    "000000-02": Near(Similar("seed-001", 0.4), None),
}


def seen(path: Path, found: Phrases, unread: Counter[str]) -> Seen:
    """Of the run of twenty tasks, with a person's verdict."""
    run = twenty(path)
    reviews = Reviews(path)
    reviews.put(verdict("000000-00", "yny"))
    return Seen(run, gather(run), reviews, NEAR, found, unread)


def test_numbers_are_those_of_the_page(tmp_path: Path) -> None:
    """What stands at the top, what was found in the sample, the review, and the figures row by row."""
    numbers = seen(tmp_path, Phrases(20, 13, {"write": {"poem": 12}}), Counter({"fr": 1, "de": 3})).numbers()

    assert json.loads(json.dumps(numbers)) == numbers
    assert numbers["headline"][:2] == [
        {"value": "20", "what": "finished tasks"},
        {"value": "40%", "what": "of them classification"},
    ]
    assert numbers["stats"]["funnel"]["finished"] == 20
    assert numbers["verbs"] == {"parsed": 20, "found": 13, "drawn": 12, "in_other_languages": {"de": 3, "fr": 1}}
    assert numbers["novelty"] == {
        "compared": 3,
        "seeds": {"tasks": 3, "median": 0.4, "highest": 0.9},
        "others": {"tasks": 1, "median": 0.5, "highest": 0.5},
    }
    assert numbers["review"] == {
        "person": {
            "reviewed": 1,
            "valid_instruction": 1.0,
            "appropriate_input": 0.0,
            "correct_output": 1.0,
            "all": 0.0,
        },
        "paper": PAPER_TABLE_TWO,
    }
    assert numbers["sections"][0]["figures"][2] == {
        "name": "dropped-instances",
        "title": "Dropped instances",
        "says": "1 instance of accepted instructions dropped, by these rules.",
        "rows": [{"rule": "empty", "dropped": 1}],
    }
    assert [(one["id"], one["title"], len(one["figures"])) for one in numbers["sections"]] == [
        ("funnel", "From requests to tasks", 3),
        ("verbs", "What the instructions ask for", 1),
        ("novelty", "How new the instructions are", 2),
        ("lengths", "Lengths", 3),
        ("growth", "How the run went", 1),
        ("labels", "Label balance", 1),
        ("tokens", "Calls and tokens", 1),
        ("review", "Quality review", 0),
    ]


def test_without_verbs_only_other_languages_are_told_of(tmp_path: Path) -> None:
    """Where all is English there is no such section."""
    english = seen(tmp_path / "a", Phrases(20, 0, {}), Counter())
    others = seen(tmp_path / "b", Phrases(0, 0, {}), Counter({"de": 20}))

    assert [one.id for one in english.sections()][:2] == ["funnel", "novelty"]
    assert [one.text for one in others.sections()][1] == (
        "The root verb and its direct object. The parser reads English alone; 20 tasks not in it: 20 in German."
    )
