"""The figures of a run as text, to the letter."""

from __future__ import annotations

from collections import Counter

from selfinstruct_chains import Rejection
from selfinstruct_chains.config import Price
from selfinstruct_chains.outputs.stats import Labels, Statistics, TableOne
from selfinstruct_chains.outputs.stats_text import statistics_text
from selfinstruct_chains.run.usage import Usage
from tests.outputs.runs import task

ALL = """\
runs/ x

                                     this run  the paper
Instructions                            1,234     52,445
  of classification tasks               1,000     11,584
  of other tasks                          234     40,861
Instances                               2,500     82,439
  with an empty input                     500     35,878
Mean words of an instruction             10.0       15.9
  of a non-empty input                    2.5       12.7
  of an output                            0.0       18.9

Dropped                                 count
requests                                    1
  unreadable                                1
instructions                            6,004
  novelty                               6,000
  keyword                                   2
  too_short                                 2
tasks                                       1
  no_instance                               1
instances                                  13
  a rule  whose name has more tha           9
  echo                                      4

Accepted, by request                 proposed   accepted      share
  0 to 1                                    3          2        67%
  2 to 3                                    2          2       100%
  4 to 5                                    2          2       100%
  6 to 7                                    2          2       100%
  8 to 9                                    2          2       100%
  10                                        0          0          -

Spent, by role                          calls  tokens in tokens out    dollars
  instructions                          1,234  1,000,000    250,000       3.50
  classification                            1          7          8          ?
  besides: 3 replies whose tokens nobody counted, 2 attempts without a reply,
    600,000 tokens in from a cache, 5 tokens in to a cache, 9 tokens out of
    thinking

Labels of classification tasks
  tasks with several instances              4
  all of one label                          1
  mean number of labels                   2.0
  mean share of the top label             75%

Tasks by topic                          count
  lakes  and ponds                      1,000
  a topic whose name has more tha           3

Tasks by language asked for             count
  de                                        2"""
NOTHING = """\
x

                                     this run  the paper
Instructions                                0     52,445
  of classification tasks                   0     11,584
  of other tasks                            0     40,861
Instances                                   0     82,439
  with an empty input                       0     35,878
Mean words of an instruction                -       15.9
  of a non-empty input                      -       12.7
  of an output                              -       18.9"""


def dropped(request: int, stage: str, rule: str) -> Rejection:
    """A dropped candidate."""
    return Rejection(id="x", rule=rule, stage=stage, text="x", request=request)


def test_all_that_is_told_of_a_run() -> None:
    """Names have their column's width, rules stand by stage and number, and what is no price is a question mark."""
    found = Statistics(
        prices={"instructions": Price(input=1, output=10), "classification": None},
        table=TableOne(
            classification=1_000,
            other=234,
            instances=2_500,
            empty_input=500,
            instruction_words=12_340,
            input_words=5_000,
        ),
        dropped=Counter(
            {
                ("instance", "echo"): 4,
                ("instance", "a rule\x1b whose name has more than thirty-three letters"): 9,
                ("task", "no_instance"): 1,
                ("instruction", "too_short"): 2,
                ("instruction", "keyword"): 2,
                ("instruction", "novelty"): 6_000,
                ("request", "unreadable"): 1,
            }
        ),
        calls={
            ("classification", "m"): Usage(calls=1, input_tokens=7, output_tokens=8, unknown=1, reasoning_tokens=2),
            ("instructions", "m"): Usage(
                calls=1_234,
                input_tokens=1_000_000,
                output_tokens=250_000,
                unknown=2,
                faults=2,
                cache_read_tokens=600_000,
                cache_write_tokens=5,
                reasoning_tokens=7,
            ),
        },
        labels=Labels(tasks=4, labels=8, one_label=1, top_shares=3.0),
        topics=Counter({"a topic whose name has more than thirty-three letters": 3, "lakes\n and ponds": 1_000}),
        languages=Counter({"de": 2}),
    )
    for request in range(10):
        found.acceptance.finish(task(10 * request, "Do it."))
    found.acceptance.reject(dropped(0, "instruction", "novelty"))
    found.acceptance.reject(dropped(10, "request", "unreadable"))

    assert statistics_text(found, "runs/\u202ex") == ALL


def test_of_nothing_there_is_the_table_alone() -> None:
    """With zeros, and without means."""
    assert statistics_text(Statistics(), "x") == NOTHING


def test_what_was_spent_may_have_nothing_besides() -> None:
    """Where every reply was counted, and nothing came from a cache."""
    found = Statistics(prices={}, calls={("instructions", ""): Usage(calls=1, input_tokens=2, output_tokens=3)})

    assert (
        statistics_text(found, "x")
        == f"""\
{NOTHING}

Spent, by role                          calls  tokens in tokens out    dollars
  instructions                              1          2          3          ?"""
    )
