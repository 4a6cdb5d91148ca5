"""What a report counts beyond the statistics of a run."""

from __future__ import annotations

from collections import Counter

import pytest

from selfinstruct_chains import Instance, Rejection, Task
from selfinstruct_chains.outputs.report.facts import Facts, percentile, spread
from selfinstruct_chains.outputs.stats import Statistics


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [
        ({}, 0.5, 0),
        ({7: 1}, 0.5, 7),
        ({1: 1, 2: 1}, 0.5, 1),
        ({1: 1, 2: 1, 3: 1}, 0.5, 2),
        ({9: 1, 2: 3}, 0.75, 2),
        ({9: 1, 2: 3}, 0.76, 9),
        ({5: 99, 80: 1}, 0.99, 5),
        ({5: 98, 80: 2}, 0.99, 80),
    ],
)
def test_a_percentile_is_the_least_value_that_enough_do_not_exceed(
    counts: dict[int, int], share: float, value: int
) -> None:
    """Just enough are enough; of nothing it is 0."""
    assert percentile(Counter(counts), share) == value


def test_a_spread_has_mean_and_percentiles() -> None:
    """Of 100 texts; of none there are no means."""
    assert spread(Counter({5: 60, 10: 39, 80: 1})) == {
        "count": 100,
        "mean": 7.7,
        "median": 5,
        "percentile_99": 10,
        "longest": 80,
    }
    assert spread(Counter()) == {"count": 0, "mean": None, "median": None, "percentile_99": None, "longest": None}


def test_a_task_is_counted_part_by_part() -> None:
    """Blank inputs have no length, and labels are of classification tasks alone."""
    facts = Facts(Statistics(), 8, seeds=3)
    instances = (Instance(input=" \n", output="Yes it is"), Instance(input="a b", output="No"))
    for kind in (True, False):
        facts.finish(Task(id="x", instruction="Is it so?", instances=instances, is_classification=kind))

    assert facts.words == {"instruction": {3: 2}, "input": {2: 2}, "output": {3: 2, 1: 2}}
    assert facts.labels == {"yes it is": 1, "no": 1}
    assert facts.finished == 2


def test_what_was_dropped_is_told_by_rule() -> None:
    """Of some stages, the most common first, whatever the stage."""
    facts = Facts(Statistics(), 8, seeds=0)
    dropped = [*["novelty"] * 2, "echo", "script"]
    for stage in ("instruction", "task", "instance"):
        for rule in dropped[: 4 if stage == "instruction" else 3]:
            facts.stats.reject(Rejection(id="x", rule=rule, stage=stage, text="x", request=0))

    assert list(facts.dropped("instruction", "task").items()) == [("novelty", 4), ("echo", 2), ("script", 1)]
    assert facts.dropped("instance") == {"novelty": 2, "echo": 1}
    assert facts.dropped("request") == {}


def test_the_hundred_most_common_labels_are_told() -> None:
    """As JSON, beside the funnel and how long the parts are."""
    facts = Facts(Statistics(), 8, seeds=0, labels=Counter({f"label {one}": one for one in range(1, 102)}))
    told = facts.as_json()

    assert len(told["most_common_labels"]) == 100
    assert "label 1" not in told["most_common_labels"]
    assert told["funnel"] == {"asked for": 0, "written": 0, "joined the pool": 0, "finished": 0}
    assert told["words"]["input"] == spread(Counter())
    assert told["table_1"]["instructions"] == 0
