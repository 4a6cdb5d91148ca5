"""The report: its numbers, worked out by hand, and the rows of its table."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.method.novelty import Similar
from selfinstruct_chains.outputs.pages import data
from selfinstruct_chains.outputs.report import charts, sections
from selfinstruct_chains.outputs.report.diversity import Near, Phrases
from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.outputs.report.report import Report, write_report
from selfinstruct_chains.outputs.report.rows import pack
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

HOSTILE = '</script><script>alert(1)</script><!-- <b> javascript:alert(1) \x1b[31m \u202e \x00 =HYPERLINK("x")'
CONFIG = load_config("openai", {"model.price": {"input": 1, "output": 10}})


def rows_of(blocks: list[str]) -> list[dict[str, Any]]:
    """A table's rows, as the page unpacks them."""
    return [row for block in blocks for row in json.loads(gzip.decompress(base64.b64decode(block)))]


def texts_in(figure: Element) -> list[str]:
    """The texts that are drawn in a figure."""
    return [text.text or "" for text in figure.iter("text")]


def sections_of(report: Report) -> dict[str, Any]:
    """The numbers of a report, by section."""
    return {section["id"]: section for section in report.numbers["sections"]}


def test_the_funnel_is_counted(tmp_path: Path) -> None:
    """Twenty tasks: three requests asked for 24, got 23 (20 finished, 1 without instance, 2 dropped), and 21 joined."""
    section = sections.funnel(gather(twenty(tmp_path)))

    steps, instructions, instances = section.charts
    assert list(steps.rows) == [("asked for", 24), ("written", 23), ("joined the pool", 21), ("finished", 20)]
    assert (
        steps.says == "3 requests asked for 24 instructions and got 23; 21 joined the pool, 20 became finished tasks."
    )
    assert dict(instructions.rows) == {"novelty": 1, "too_short": 1, "no_instance": 1, "unreadable": 1}
    assert dict(instances.rows) == {"empty": 1}


def test_acceptance_and_pool_are_counted_by_request(tmp_path: Path) -> None:
    """The pool begins with one seed; the third request's reply could not be read."""
    section = sections.growth(gather(twenty(tmp_path)))

    assert section.charts[0].rows == [[0, 0, 12, 10, 10 / 12, 11], [1, 1, 11, 11, 1, 22], [2, 2, 0, 0, None, 22]]
    assert section.charts[0].says == (
        "The pool grew from 1 seeds to 22. Of the instructions at first 83% were accepted, at last 0%."
    )


def test_words_and_labels_are_counted(tmp_path: Path) -> None:
    """Twelve instructions of 7 words and eight of 6; labels don't differ by case or blanks."""
    facts = gather(twenty(tmp_path))

    assert facts.words == {"instruction": {7: 12, 6: 8}, "input": {2: 6, 1: 16}, "output": {3: 6, 1: 22}}
    assert facts.labels == {"true": 10, "false": 6}
    section = sections.labels(facts)
    assert section.text == "Classification tasks: 8. Of the 8 with two instances or more, 75% show more than one label."
    assert list(section.charts[0].rows) == [("true", 10), ("false", 6)]


def test_lengths_are_said_in_words(tmp_path: Path) -> None:
    """Mean, median and longest."""
    section = sections.lengths(gather(twenty(tmp_path)))

    assert section.text == "21% of the instances have an empty input."
    assert section.charts[0].says == "20 instructions: 6.6 words on average, half of them at most 7, the longest 7."
    assert [list(row) for row in section.charts[2].rows] == [[1, 1, 22], [3, 3, 6]]


def test_tokens_and_cost_are_counted(tmp_path: Path) -> None:
    """One million input tokens at $1, 0.1 million output tokens at $10; one call whose tokens nobody counted."""
    section = sections.spending(gather(twenty(tmp_path)), CONFIG)

    assert section.text == (
        "3 calls over the whole run folder, 1 attempt without a reply; nobody counted the tokens of 1 call; "
        "$2.00 at the prices known for its models. Models, as reported: m."
    )
    assert [list(row) for row in section.charts[0].rows] == [
        ["instructions", 900_000, 100_000],
        ["classification", 100_000, 0],
        ["input_first", 0, 0],
    ]


def test_the_headline_has_the_main_numbers(tmp_path: Path) -> None:
    """Tasks, classification, instances, acceptance, calls, tokens and dollars."""
    figures = sections.headline(gather(twenty(tmp_path)), CONFIG)

    assert [figure.value for figure in figures] == ["20", "40%", "28", "91%", "3", "1,100,000", "$2.00"]


def test_novelty_is_shown_against_the_threshold() -> None:
    """A score on the border of two bars counts in the upper one, 1 in the last."""
    near = [Near(Similar("s", score), None) for score in (0.0, 0.2, 0.58, 0.7, 1.0)]
    section = sections.novelty(near, 5, CONFIG)

    [chart] = section.charts
    assert chart.says == "Half of the tasks are at 0.58 or above, the highest is 1.00."
    assert [list(row) for row in chart.rows] == [
        [0.0, 0.02, 1],
        [0.2, 0.22, 1],
        [0.58, 0.6, 1],
        [0.7, 0.72, 1],
        [0.98, 1.0, 1],
    ]
    assert "0.7" in texts_in(chart.drawn())
    assert "sample" not in section.text


def test_a_sample_is_called_one() -> None:
    """When not all tasks were looked at, the page says so."""
    assert "a random sample of 1 of the 9 tasks" in sections.novelty([Near(None, None)], 9, CONFIG).text
    assert "a random sample of 2 of the 9 tasks" in sections.verbs(Phrases(2, 1, {"a": {"b": 1}}), 9).text


def test_tasks_in_other_languages_are_left_out_and_counted(tmp_path: Path) -> None:
    """The parser reads English alone; of them it says which languages they are in, and makes no verbs of them."""
    english = [task(number, f"Write a poem about a river in the rain, number {number}.") for number in range(3)]
    german = [task(3 + number, f"Schreibe ein Gedicht über den Regen, Nummer {number}.") for number in range(2)]
    mixed = write_report(run_folder(tmp_path / "run", [*english, *german]).path)
    alone = write_report(run_folder(tmp_path / "de", german).path)
    texts = [sections_of(report)["verbs"] for report in (mixed, alone)]

    assert texts[0]["text"] == (
        "The root verb and its direct object, found by spaCy in 100% of the English instructions. "
        "The parser reads English alone; 2 tasks not in it: 2 in German."
    )
    assert [row["verb"] for row in texts[0]["figures"][0]["rows"]] == ["write"]
    assert texts[1]["text"] == (
        "The root verb and its direct object. The parser reads English alone; 2 tasks not in it: 2 in German."
    )
    assert texts[1]["figures"] == []


def test_why_something_was_dropped_for_its_language_is_told(tmp_path: Path) -> None:
    """What it is in, by name, and how likely it is in the other."""
    dropped = Rejection(
        id="000000-01", rule="language", stage="instruction", text="x", request=0, score=0.001, language="de"
    )
    run = run_folder(tmp_path / "run", [task(0, "Write a poem.")], [dropped])
    [row] = [row for row in rows_of(pack(run, {}, Reviews(run.path)).blocks) if row["status"] == "rejected"]

    assert row["language"] == ["German", 0.001]


def test_who_is_unsure_counts_for_neither(tmp_path: Path) -> None:
    """In the report's table an unsure answer is no yes and no no, and the task's row says that it is unsure."""
    run = run_folder(tmp_path / "run", [task(number, f"Write a line about {number}.") for number in range(3)], [])
    reviews = Reviews(run.path)
    for number, answers in enumerate(("yyy", "uyy", "unu")):
        reviews.put(verdict(f"000000-0{number}", answers))

    assert list(sections.table_two_section(reviews).rows)[:2] == [
        ["Valid instruction", "100%", "92%"],
        ["Appropriate input", "67%", "79%"],
    ]
    rows = {row["id"]: row for row in rows_of(pack(run, {}, reviews).blocks)}
    assert rows["000000-01"]["verdicts"]["person"]["valid_instruction"] == "unsure"


def test_the_review_stands_beside_the_paper_s(tmp_path: Path) -> None:
    """Shares of a person and of a judge, the paper's Table 2, and how far the two agree."""
    reviews = Reviews(tmp_path)
    for one in (verdict("a", "yyy"), verdict("b", "yyn"), verdict("a", "ynn", by="judge")):
        reviews.put(one)

    section = sections.table_two_section(reviews)

    assert list(section.columns) == ["", "a person (2 tasks)", "a model (1 task)", "the paper (200 tasks)"]
    assert list(section.rows) == [
        ["Valid instruction", "100%", "100%", "92%"],
        ["Appropriate input", "100%", "0%", "79%"],
        ["Correct output", "50%", "0%", "58%"],
        ["All three", "50%", "0%", "54%"],
    ]
    assert "On 1 task reviewed by both, 33% of the answers agree." in section.text


def test_long_tails_are_one_bar() -> None:
    """What lies beyond the 99th percentile is a bar of its own, marked as such: it says from where on, and how far."""
    chart = charts.lengths_chart("x", "outputs", Counter({10: 990, 400: 9, 100_000: 1}), charts.BLUE)
    short = charts.lengths_chart("x", "outputs", Counter({10: 990, 9: 10}), charts.BLUE)

    assert [list(row) for row in chart.rows] == [[10, 10, 990], [11, 100_000, 10]]
    assert "the longest 100,000. The pale bar holds the 10 of 11 words or more." in chart.says
    assert "≥ 11" in texts_in(chart.drawn())
    assert [bar.get("stroke-dasharray") for bar in chart.drawn().iter("rect")][1:] == [None, "3 2"]
    assert "pale" not in short.says
    assert not [text for text in texts_in(short.drawn()) if "≥" in text]


def test_every_row_is_in_the_table(tmp_path: Path) -> None:
    """Tasks with provenance, neighbours and verdicts; dropped candidates with rule and neighbour; seeds."""
    run = twenty(tmp_path)
    reviews = Reviews(tmp_path)
    reviews.put(verdict("000000-00", "yyn"))
    near = {"000000-00": Near(Similar("seed-001", 0.25), Similar("000000-02", 6 / 7))}

    packed = pack(run, near, reviews)
    rows = rows_of(packed.blocks)

    assert Counter(row["status"] for row in rows) == {"finished": 20, "rejected": 5, "seed": 1}
    assert packed.left_out == 0
    assert rows[0] == {
        "id": "000000-00",
        "status": "finished",
        "text": "Write a poem about thing number 0.",
        "kind": "other",
        "instances": [["", "one two three"]],
        "provenance": {"request": 0, "examples": ["seed-001"], "model": "m", "calls": []},
        "seed": ["seed-001", 0.25],
        "near": ["000000-02", 0.8571],
        "verdicts": {"person": {"valid_instruction": True, "appropriate_input": True, "correct_output": False}},
    }
    assert rows[20] == {
        "id": "000000-10",
        "rule": "novelty",
        "stage": "instruction",
        "text": "Write a poem about thing number one.",
        "request": 0,
        "status": "rejected",
        "nearest": ["000000-01", 0.8571],
    }


def test_a_table_has_a_limit_and_says_so(tmp_path: Path) -> None:
    """The first tasks and the first dropped candidates, and how many more there are; seeds are always there."""
    packed = pack(twenty(tmp_path), {}, Reviews(tmp_path), most=3)

    assert [row["status"] for row in rows_of(packed.blocks)] == ["finished"] * 3 + ["rejected"] * 3 + ["seed"]
    assert packed.left_out == 19


def test_a_table_comes_in_blocks(tmp_path: Path) -> None:
    """Each of a thousand rows, in order."""
    many = [task(number, f"Thing {number}") for number in range(1_005)]
    packed = pack(run_folder(tmp_path, many), {}, Reviews(tmp_path))

    assert [len(rows_of([block])) for block in packed.blocks] == [1_000, 6]
    assert [row["id"] for row in rows_of(packed.blocks)][:-1] == [one.id for one in many]


def test_data_can_stand_in_a_script_element() -> None:
    """Nothing in it can end the element, and it is read back as it was, halves of characters too."""
    value = {"text": HOSTILE, "half": "\ud800"}

    assert not re.search(r"[<>&\u2028]|[^\x20-\x7e]", data(value))
    assert json.loads(data(value)) == value
