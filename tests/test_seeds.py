"""The 175 seed tasks hold what their card (seeds/README.md) promises."""

import ast
import json
import re
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import ratio

SEEDS = Path(__file__).parents[1] / "seeds"
KEYS = ["id", "name", "category", "instruction", "is_classification", "instances"]

# What a text model cannot work with. Filters for generated instructions key on such words, so no seed may have them.
FORBIDDEN = re.compile(
    r"\b(images?|pictures?|photos?|photographs?|graphs?|plots?|plotting|charts?|flowcharts?|diagrams?|maps?|"
    r"draw|draws|drawing|videos?|audios?|music|files?|websites?|urls?|web ?pages?|go to)\b",
    re.IGNORECASE,
)
CHATTER = re.compile(r"\s*(sure\b|certainly\b|of course\b|as an ai\b|here(?:'s|’s| is| are)\b)", re.IGNORECASE)  # noqa: RUF001
REAL_URL = re.compile(r"https?://(?!(?:[\w-]+\.)*example\.(?:com|org|net)\b|localhost\b)", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp)/|\b[A-Z]:\\")
INVISIBLE = re.compile("[\r\u00a0\u00ad\u200b-\u200f\u2028\u2029\ufeff]")
FENCE = re.compile(r"^```(\w*)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)

Task = dict[str, Any]


def flat(text: str) -> str:
    """Give a text without the differences of case and white space."""
    return " ".join(text.split()).casefold()


def tokens(text: str) -> list[str]:
    """Split a text the way ROUGE does (without stemming)."""
    return re.findall("[a-z0-9]+", text.lower())


def python_of(output: str) -> list[str]:
    """Give the Python blocks of an output, or the whole output where it has no block at all."""
    blocks = FENCE.findall(output)
    return [code for language, code in blocks if language in {"python", ""}] if blocks else [output]


def instances_of(tasks: list[Task]) -> list[tuple[str, str, str]]:
    """List every instance as (id of its task, input, output)."""
    return [(task["id"], one["input"], one["output"]) for task in tasks for one in task["instances"]]


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    """Read the seed tasks."""
    return [json.loads(line) for line in (SEEDS / "seed_tasks.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def labelled(tasks: list[Task]) -> list[Task]:
    """Keep the classification tasks."""
    return [task for task in tasks if task["is_classification"]]


@pytest.fixture(scope="module")
def others(tasks: list[Task]) -> list[Task]:
    """Keep the tasks that are no classification."""
    return [task for task in tasks if not task["is_classification"]]


def test_bytes_are_plain_json_lines() -> None:
    """The seeds are UTF-8 without a byte order mark, one object a line, every line ended by a single newline."""
    raw = (SEEDS / "seed_tasks.jsonl").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    lines = raw.decode("utf-8").split("\n")[:-1]
    assert len(lines) == 175
    for line in lines:
        assert line == json.dumps(json.loads(line), ensure_ascii=False), line[:80]


def test_schema(tasks: list[Task]) -> None:
    """Every task has the six keys in their order, every instance has two, and all values have their types."""
    for task in tasks:
        assert list(task) == KEYS, task["id"]
        assert all(isinstance(task[key], str) for key in KEYS[:4]), task["id"]
        assert isinstance(task["is_classification"], bool), task["id"]
        assert isinstance(task["instances"], list), task["id"]
        for instance in task["instances"]:
            assert list(instance) == ["input", "output"], task["id"]
            assert all(isinstance(value, str) for value in instance.values()), task["id"]


def test_numbers_of_tasks(tasks: list[Task], labelled: list[Task]) -> None:
    """There are 175 tasks, and 25 of them are classification tasks."""
    assert len(tasks) == 175
    assert len(labelled) == 25


def test_ids_count_up(tasks: list[Task]) -> None:
    """The ids run from seed-001 to seed-175 in the order of the lines."""
    assert [task["id"] for task in tasks] == [f"seed-{number:03d}" for number in range(1, 176)]


def test_names_are_unique_snake_case(tasks: list[Task]) -> None:
    """Names are snake_case, categories are words joined by hyphens, and no name or instruction comes twice."""
    for task in tasks:
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", task["name"]), task["name"]
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", task["category"]), task["category"]
    assert len({task["name"] for task in tasks}) == len(tasks)
    assert len({flat(task["instruction"]) for task in tasks}) == len(tasks)


def test_classification_tasks_are_spread_evenly(tasks: list[Task]) -> None:
    """Every seven tasks in a row, counted from the first, hold exactly one classification task."""
    for start in range(0, 175, 7):
        assert sum(task["is_classification"] for task in tasks[start : start + 7]) == 1, tasks[start]["id"]


def test_no_category_comes_twice_in_a_row(tasks: list[Task]) -> None:
    """Neighbouring tasks are of different categories."""
    for left, right in pairwise(tasks):
        assert left["category"] != right["category"], right["id"]


def test_classification_tasks_cover_balanced_labels(labelled: list[Task]) -> None:
    """A classification task has 2 to 6 instances over two labels or more, each label equally often or one time off."""
    for task in labelled:
        counts = Counter(one["output"] for one in task["instances"])
        assert 2 <= len(task["instances"]) <= 6, task["id"]
        assert len(counts) >= 2, task["id"]
        assert max(counts.values()) - min(counts.values()) <= 1, task["id"]
        assert all(one["input"] for one in task["instances"]), task["id"]


def test_labels_stand_in_their_instruction(labelled: list[Task]) -> None:
    """Each label of a classification task is spelled in the instruction exactly as in the outputs."""
    for task in labelled:
        for one in task["instances"]:
            label = re.escape(one["output"])
            assert re.search(rf"(?<!\w){label}(?!\w)", task["instruction"]), (task["id"], label)


def test_classification_is_a_category(tasks: list[Task]) -> None:
    """The category "classification" and the flag is_classification say the same."""
    for task in tasks:
        assert (task["category"] == "classification") == task["is_classification"], task["id"]


def test_other_tasks_have_one_or_two_instances(others: list[Task]) -> None:
    """A task that is no classification has one or two instances, and only a single one may have an empty input."""
    for task in others:
        assert 1 <= len(task["instances"]) <= 2, task["id"]
        assert len(task["instances"]) == 1 or all(one["input"] for one in task["instances"]), task["id"]


def test_about_half_of_the_other_tasks_have_no_input(others: list[Task]) -> None:
    """Between 40 % and 60 % of the tasks that are no classification have an empty input."""
    empty = sum(not task["instances"][0]["input"] for task in others)
    assert 40 * len(others) <= 100 * empty <= 60 * len(others)


def test_instances_of_a_task_differ(tasks: list[Task]) -> None:
    """No task has the same input twice, and none but a classification task has the same output twice."""
    for task in tasks:
        kinds = ["input"] if task["is_classification"] else ["input", "output"]
        for key in kinds:
            values = [flat(one[key]) for one in task["instances"]]
            assert len(set(values)) == len(values), (task["id"], key)


def test_no_instance_comes_twice(tasks: list[Task]) -> None:
    """No two tasks share an input."""
    inputs = Counter(flat(given) for _, given, _ in instances_of(tasks) if given)
    assert [text for text, count in inputs.items() if count > 1] == []


def test_instruction_lengths(tasks: list[Task]) -> None:
    """Instructions have 3 to 60 words; most have 6 to 30, and short and long ones both occur."""
    lengths = {task["id"]: len(task["instruction"].split()) for task in tasks}
    assert {key: words for key, words in lengths.items() if not 3 <= words <= 60} == {}
    assert sum(6 <= words <= 30 for words in lengths.values()) > len(tasks) / 2
    assert sum(words <= 5 for words in lengths.values()) >= 5
    assert sum(words >= 40 for words in lengths.values()) >= 5


def test_instruction_starts_and_ends_properly(tasks: list[Task]) -> None:
    """An instruction starts with a letter, a digit or a quote, and one of more than eight words ends with a mark."""
    for task in tasks:
        text = task["instruction"]
        assert text == text.strip(), task["id"]
        assert re.match(r"[A-Za-z0-9\"'“‘]", text), task["id"]  # noqa: RUF001
        assert len(text.split()) <= 8 or re.search(r"[.?!)\"'”’`]$", text), task["id"]  # noqa: RUF001


def test_no_forbidden_words(tasks: list[Task]) -> None:
    """No instruction asks for what a text model cannot do, and none begins with "Write a program"."""
    for task in tasks:
        assert not FORBIDDEN.search(task["instruction"]), (task["id"], FORBIDDEN.findall(task["instruction"]))
        assert not task["instruction"].lower().startswith("write a program"), task["id"]


def test_instructions_are_unlike_each_other(tasks: list[Task]) -> None:
    """No two instructions reach a ROUGE-L F-measure of 0.7."""
    split = [(task["id"], tokens(task["instruction"])) for task in tasks]
    alike = [
        (one, other)
        for (one, left), (other, right) in combinations(split, 2)
        if 20 * LCSseq.similarity(left, right) >= 7 * (len(left) + len(right))
    ]
    assert alike == []


def test_openings_vary(tasks: list[Task]) -> None:
    """No two first words open more than three instructions, and no first word opens more than one in sixteen."""
    words = [tokens(task["instruction"]) for task in tasks]
    pairs = Counter(tuple(word[:2]) for word in words)
    firsts = Counter(word[0] for word in words)
    assert {pair: count for pair, count in pairs.items() if count > 3} == {}
    assert {first: count for first, count in firsts.items() if 16 * count > len(tasks)} == {}


def test_outputs_are_clean(tasks: list[Task]) -> None:
    """Outputs are not empty, have no blanks around them, no chatter at the start and no colon at the end."""
    for name, _, output in instances_of(tasks):
        assert output, name
        assert output == output.strip(), name
        assert not output.endswith(":"), name
        assert not CHATTER.match(output), name
        assert output.count("```") % 2 == 0, name


def test_outputs_are_concise(tasks: list[Task]) -> None:
    """No output has more than 170 words, and nine in ten have fewer than 110."""
    lengths = sorted(len(output.split()) for _, _, output in instances_of(tasks))
    assert lengths[-1] <= 170
    assert lengths[len(lengths) * 9 // 10] < 110


def test_output_is_not_the_input(tasks: list[Task]) -> None:
    """No output equals its input or its instruction, nor comes near a longer input."""
    instructions = {task["id"]: flat(task["instruction"]) for task in tasks}
    for name, given, output in instances_of(tasks):
        assert flat(output) not in {flat(given), instructions[name]}, name
        assert len(given) <= 20 or ratio(flat(given), flat(output)) < 95, name


def test_input_does_not_repeat_the_instruction(tasks: list[Task]) -> None:
    """No input holds the whole instruction of its task."""
    instructions = {task["id"]: flat(task["instruction"]) for task in tasks}
    assert [name for name, given, _ in instances_of(tasks) if instructions[name] in flat(given)] == []


def test_no_links_paths_or_invisible_characters(tasks: list[Task]) -> None:
    """No text leads to a real site, shows a path of somebody's machine or hides characters."""
    for task in tasks:
        for text in [task["instruction"], *(one[key] for one in task["instances"] for key in ("input", "output"))]:
            assert not REAL_URL.search(text), task["id"]
            assert not MACHINE_PATH.search(text), task["id"]
            assert not INVISIBLE.search(text), task["id"]


def test_python_parses(tasks: list[Task]) -> None:
    """Python in outputs parses, whether its category says Python or a code block does."""
    for task in tasks:
        for one in task["instances"]:
            fenced = [code for language, code in FENCE.findall(one["output"]) if language == "python"]
            for code in python_of(one["output"]) if task["category"] == "code-python" else fenced:
                ast.parse(code, task["id"])


def test_json_parses(tasks: list[Task]) -> None:
    """JSON in outputs parses, whether the task's category says JSON or a code block does."""
    for task in tasks:
        for one in task["instances"]:
            blocks = FENCE.findall(one["output"])
            if "json" in task["category"] and not blocks:
                json.loads(one["output"])
            for language, code in blocks:
                if language == "json":
                    json.loads(code)


def test_card_counts_every_category(tasks: list[Task]) -> None:
    """The table in the card has every category once, with the number of its tasks, and the right sum."""
    card = (SEEDS / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| *`([a-z0-9-]+)` *\|(?:[^|\n]*\|)* *(\d+) *\|$", card, re.MULTILINE)
    counts = {category: int(number) for category, number in rows}
    assert len(counts) == len(rows)
    assert counts == Counter(task["category"] for task in tasks)
    assert sum(counts.values()) == 175


def test_card_gives_the_right_totals(tasks: list[Task]) -> None:
    """The numbers of tasks, instances and empty inputs in the card's text are those of the data."""
    card = " ".join((SEEDS / "README.md").read_text("utf-8").split())
    instances = instances_of(tasks)
    empty = sum(not given for _, given, _ in instances)
    assert (
        f"holds 175 tasks for a language model: 25 classification tasks and 150 others, with {len(instances)}" in card
    )
    assert f"when the instruction says all ({empty} tasks)" in card
