"""A comparison as JSON, whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.outputs.compare.between import Overlap, Pair
from selfinstruct_chains.outputs.compare.comparison import Verbs
from selfinstruct_chains.outputs.compare.settings import ABSENT, PromptChange
from selfinstruct_chains.outputs.compare.shares import Share
from selfinstruct_chains.outputs.compare.side import Said
from selfinstruct_chains.outputs.compare.wire import as_json
from selfinstruct_chains.training.evaluation.intervals import counted
from tests.outputs.compare.made import comparison, difference
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import ENTRIES

if TYPE_CHECKING:
    from pathlib import Path

PRICED = load_config("openai", {"model.price": {"input": 1, "output": 10}})


def test_all_figures_stand_under_their_run(tmp_path: Path) -> None:
    """What is not known is null, and what a run has not is left out."""
    tasks = [
        task(0, "Name a lake.", ("", "Como"), ("a b", "x y z")),
        task(1, "Say what you see."),
        task(2, "Go on now."),
    ]
    one = run_folder(tmp_path / "one", tasks, [], ENTRIES, config=PRICED)
    none = run_folder(tmp_path / "none", [])
    found = comparison(
        one.path,
        none.path,
        settings={"model.name": ["m", ABSENT], "run.seed": [1, 2]},
        prompts=[PromptChange("classification.prompt", "B", ("@ x", "+a"))],
        shares=[
            Share("accepted", " accepted ", [counted(1, 4), counted(0, 0)]),
            Share("person.all", "all three", [counted(0, 0), counted(2, 2)], 0.54),
        ],
        differences={"B": [difference("accepted", 3, clear=True)]},
        overlaps=[Overlap("A", "B", 1, 2, 0.5, None, [Pair(0.75, Said("1", "a"), Said("2", "b"))])],
        verbs=[Verbs(3, Counter({("say", "word"): 1, ("name", "lake"): 2}))],
        notes=("One.",),
    )
    values: dict[str, Any] = as_json(found)
    runs, shares = values.pop("runs"), values.pop("shares")

    assert values == {
        "notes": ["One."],
        "settings": {"model.name": {"A": "m"}, "run.seed": {"A": 1, "B": 2}},
        "prompts": [{"key": "classification.prompt", "letter": "B", "lines": ["@ x", "+a"]}],
        "differences": {
            "B": {
                "accepted": {
                    "difference": 3,
                    "low": 2,
                    "high": 4,
                    "detectable": 2.04,
                    "clear": True,
                    "says": "higher",
                }
            }
        },
        "novelty": {"threshold": 0.7, "tokenizer": "unicode"},
        "between": [
            {
                "one": "A",
                "other": "B",
                "one_in_other": 1,
                "other_in_one": 2,
                "median_one": 0.5,
                "median_other": None,
                "nearest": [{"score": 0.75, "one": {"id": "1", "text": "a"}, "other": {"id": "2", "text": "b"}}],
            }
        ],
        "verbs": {"A": {"parsed": 3, "pairs": [["name", "lake", 2], ["say", "word", 1]]}},
        "in_short": [
            (
                "B beside A. Which is better in quality nothing says: they have no verdicts of one kind (selfinstruct "
                "review). Accepted instructions: more of B's (+3.0 [+2.0, +4.0] points)."
            )
        ],
    }
    assert [round(shares["accepted"]["A"].pop(end), 2) for end in ("low", "high")] == [4.56, 69.94]
    assert [round(shares["person.all"]["B"].pop(end), 2) for end in ("low", "high")] == [34.24, 100]
    nothing = {"yes": 0, "of": 0, "effective": 0, "share": None, "low": None, "high": None}
    assert shares == {
        "accepted": {
            "name": "accepted",
            "A": {"yes": 1, "of": 4, "effective": 4, "share": 25},
            "B": nothing,
        },
        "person.all": {
            "name": "all three",
            "paper": 54,
            "A": nothing,
            "B": {"yes": 2, "of": 2, "effective": 2, "share": 100},
        },
    }
    for letter, run in (("A", one), ("B", none)):
        assert (runs[letter]["run"], runs[letter]["fingerprint"]) == (str(run.path), run.origin.fingerprint)
        assert (runs[letter]["chain"], runs[letter]["unfinished"], runs[letter]["made"]) == ("openai", "", "")
        assert runs[letter]["languages"] == ["und"]
    assert [runs[letter]["tasks"] for letter in "AB"] == [3, 0]
    per_task = {"calls": 1, "tokens_in": 1_000_000 / 3, "tokens_out": 100_000 / 3, "seconds_of_replies": 0.005}
    assert runs["A"]["per_task"] == pytest.approx(per_task | {"dollars": 2 / 3})
    assert set(runs["B"]["per_task"].values()) == {None}
    assert runs["A"]["median_words"] == {"instruction": 3, "input": 2, "output": 1}
    assert runs["B"]["median_words"] == {"instruction": None, "input": None, "output": None}
    assert runs["A"]["stats"]["table_1"]["instances"] == 4
