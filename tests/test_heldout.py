"""The 252 held-out tasks hold what their card (seeds/HELDOUT.md) promises, and no run ever reads them."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz.distance import LCSseq

from selfinstruct_chains import read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.items import read_items
from selfinstruct_chains.method.tokens import unicode_words

FILE = Path(__file__).parents[1] / "seeds" / "heldout_tasks.jsonl"
TASKS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
CARD = (FILE.parent / "HELDOUT.md").read_text(encoding="utf-8")


def reference(beginning: str) -> str:
    """The reference of the one task whose instruction begins so."""
    [found] = [task["instances"][0]["output"] for task in TASKS if task["instruction"].startswith(beginning)]
    return str(found)


def test_fields_and_counts() -> None:
    assert [task["id"] for task in TASKS] == [f"heldout-{number:03d}" for number in range(1, 253)]
    assert {tuple(task) for task in TASKS} == {("id", "category", "instruction", "is_classification", "instances")}
    assert len({task["instruction"] for task in TASKS}) == 252
    assert all(len(task["instances"]) == 1 and task["instances"][0]["output"].strip() for task in TASKS)
    assert all(text == text.strip() for task in TASKS for text in (task["instruction"], *task["instances"][0].values()))


def test_twelve_of_each_kind_that_the_card_names() -> None:
    counts = Counter(task["category"] for task in TASKS)
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", CARD)) & counts.keys()

    assert named == counts.keys()
    assert set(counts.values()) == {12}
    assert sum(task["is_classification"] for task in TASKS) == 48
    assert len({task["category"] for task in TASKS[:21]}) == 21


def test_a_label_is_one_that_its_instruction_names() -> None:
    for task in TASKS:
        if task["is_classification"]:
            asked = " ".join((task["instruction"], task["instances"][0]["input"])).casefold()
            assert any(word in asked for word in task["instances"][0]["output"].casefold().split()), task["id"]


def test_none_is_like_a_seed() -> None:
    seeds = [unicode_words(seed.instruction) for seed in read_seeds(shipped.SEEDS)]
    for task in TASKS:
        words = unicode_words(task["instruction"])
        likest = max(2 * LCSseq.similarity(words, seed) / (len(words) + len(seed)) for seed in seeds)
        assert likest < 0.5, task["id"]


def test_code_in_references_runs() -> None:
    names: dict[str, Any] = {"n": 3, "name": "Ada", "keys": "ab", "values": [1, 2], "s": "abcdef"}
    for beginning in (
        "Write a Python function is_even",
        "Write a function that counts the vowels",
        "Add a one-line doc",
    ):
        exec(reference(beginning), names)  # noqa: S102 - our own text
    people = names["people"] = [{"age": 3}, {"age": 9}]
    exec(reference('Sort the list of dictionaries by the key "age"'), names)  # noqa: S102

    assert (names["is_even"](4), names["is_even"](7), names["count_vowels"]("Education")) == (True, False, 5)
    assert people[0]["age"] == 9
    assert eval(reference("Python: get the last three characters"), names) == "def"  # noqa: S307
    assert eval(reference("Make a dictionary from the two lists"), names) == {"a": 1, "b": 2}  # noqa: S307
    with pytest.raises(ValueError, match="twelve"):
        int("twelve")
    assert json.loads(reference("Turn this sentence into JSON")) == {"name": "Priya", "age": 34, "city": "Leeds"}


def test_queries_in_references_run() -> None:
    database = sqlite3.connect(":memory:")
    for task in TASKS:
        query = task["instances"][0]["output"]
        if query.startswith(("SELECT ", "DELETE ")):
            database.execute(f"CREATE TABLE {task['instances'][0]['input']}")
            database.execute(query)
    database.close()


@pytest.mark.parametrize(
    ("beginning", "right", "wrong"),
    [
        ("Write a regular expression that matches a whole string of exactly five", "12345", "123456"),
        ("Regular expression for a time", "07:35", "24:00"),
    ],
)
def test_expressions_in_references_match(beginning: str, right: str, wrong: str) -> None:
    expression = re.compile(reference(beginning))

    assert expression.match(right)
    assert not expression.match(wrong)


def test_sums_in_references() -> None:
    assert (
        reference("How many days are there from 25 February 2024")
        == f"{(date(2024, 3, 5) - date(2024, 2, 25)).days} days"
    )
    assert reference("Tickets cost 9 euros") == f"{2 * 9 + 3 * 5} euros"
    assert reference("The price of 80 euros") == f"{80 * 85 // 100} euros"
    assert reference("Work out the area") == f"{4.2 * 3.5:.1f} square metres"
    assert reference("Convert 68 degrees") == f"{(68 - 32) * 5 // 9} °C"
    assert reference("Round 18.4567") == f"{18.4567:.2f}"
    assert reference("Give 90 km/h") == f"{90 * 1000 // 3600} m/s"


def test_they_are_an_evaluation_file() -> None:
    items = read_items(FILE)

    assert len(items) == 252
    assert items[0].category == "sentiment-and-stance"


def test_no_run_reads_them(tmp_path: Path) -> None:
    script = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
from selfinstruct_chains import load_config, self_instruct
from selfinstruct_chains.testing import ScriptedChat, scripted_author
self_instruct(load_config("openai"), models=ScriptedChat(reply=scripted_author)).invoke({"n": 3})
print(*opened, sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert "seed_tasks.jsonl" in done.stdout
    assert "heldout" not in done.stdout
