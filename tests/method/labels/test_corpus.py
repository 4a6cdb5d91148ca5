"""Replies in text as models label them, with what each holds; and that no text under a label is lost or made up."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct_chains.files.languages import load_languages
from selfinstruct_chains.method.labels.names import names_of
from selfinstruct_chains.method.labels.reading import labelled, unlabelled
from selfinstruct_chains.method.lists import list_items
from selfinstruct_chains.method.parsing import UnreadableReply, parse_instances
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from types import FrameType

    from selfinstruct_chains.method.rendering import Form

NAMES = names_of(load_languages())
REPLIES = Path(__file__).parents[2] / "data" / "replies" / "labelled.jsonl"
"""Shapes that the paper's prompts, model cards and public reports show, in words of our own; `note` names the shape."""
CORPUS: list[dict[str, Any]] = [json.loads(line) for line in REPLIES.read_text("utf-8").splitlines()]
FORMS: tuple[Form, ...] = ("input_first", "output_first")


def read(text: str, form: Form, *, truncated: bool = False) -> dict[str, Any]:
    """What a reply holds, in the form of the corpus' `expected`."""
    try:
        found = parse_instances(text, form=form, output="text", truncated=truncated, names=NAMES)
    except UnreadableReply as error:
        return {"error": type(error).__name__}
    return {"items": [item.model_dump() for item in found.items], "cut": found.cut}


@pytest.mark.parametrize("reply", CORPUS, ids=lambda reply: f"{reply['role']}: {reply['note']}")
def test_shape_is_read(reply: dict[str, Any]) -> None:
    """A reply in a shape that models have gives its instances, or is unreadable where they can't be told."""
    assert read(reply["reply"], reply["role"], truncated=reply["truncated"]) == reply["expected"]


def test_corpus_is_large() -> None:
    """There are at least 50 shapes for either form, each once."""
    shapes = Counter((reply["role"], reply["note"]) for reply in CORPUS)
    assert set(shapes.values()) == {1}
    assert all(sum(role == form for role, _ in shapes) >= 50 for form in FORMS)


LINES = (
    *("Here is my house, and there is the garden.", "Okay, so shall we meet at 5?", "Sure!", "Here are two examples:"),
    *("def f(x):", "    return x", "- milk", "1. eggs", "", "Dear Tom:", "Note: bring milk", "result: 5", "12:30", "x"),
    *("It says Input: and Output: here.", "class: wizard", "https://example.com/a", "**bold** text", "| a | b |"),
    *("<b>bold</b>", "Answer: 5", "Question: 5?", "[1] a", "文\uff1a長い", "Let me know!", "no: yes", "- Agent: hello"),
)
"""What stands in texts, and looks like chat, code, fields and labels of other kinds."""
STYLES = (
    *(
        ("Example {}", "Input:", "Output:", "Class label:"),
        ("**Example {}**", "**Input:**", "**Output:**", "**Label:**"),
    ),
    *(("## Example {}", "### Input:", "### Output:", "### Class label:"), ("", "Input:", "Output:", "Class label:")),
    *(("Beispiel {}", "Eingabe:", "Ausgabe:", "Klasse:"), ("示例{}\uff1a", "输入\uff1a", "输出\uff1a", "类别\uff1a")),
    *(("EXAMPLE #{}:", "INPUT:", "OUTPUT:", "CLASS LABEL:"), ("{}.", "- Input:", "- Output:", "- Class label:")),
)
texts = (
    st.lists(st.sampled_from(LINES), min_size=1, max_size=5)
    .map("\n".join)
    .filter(lambda text: text[:1] not in {"", "\n"} and text.rstrip() == text)
)
classes = st.sampled_from(["Positive", "Not spam", "(e)", "at risk", "类"])


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4), st.sampled_from(STYLES))
def test_nothing_under_a_label_is_lost_input_first(pairs: list[tuple[str, str]], style: tuple[str, ...]) -> None:
    """Whatever stands under "Input" and "Output" comes out whole, also what looks like chat or a field."""
    header, given_label, made_label, _ = style
    blocks = [
        f"{header.format(n)}\n{given_label}\n{given}\n{made_label}\n{made}" for n, (given, made) in enumerate(pairs, 1)
    ]
    found, _ = labelled("\n\n".join(blocks), "input_first", truncated=False, names=NAMES)
    assert found == [Instance(input=given, output=made) for given, made in pairs]


@given(st.lists(st.tuples(texts, classes), min_size=1, max_size=4), st.sampled_from(STYLES), st.booleans())
def test_nothing_under_a_label_is_lost_output_first(
    pairs: list[tuple[str, str]], style: tuple[str, ...], is_named: bool
) -> None:
    """The same for a class label and the input below it, with or without a label of its own."""
    header, given_label, _, class_label = style
    between = f"\n{given_label}\n" if is_named else "\n"
    wanted = [(given, label) for given, label in pairs if is_named or not given.startswith(("Question: ", "文\uff1a"))]
    blocks = [
        f"{header.format(n)}\n{class_label} {label}{between}{given}" for n, (given, label) in enumerate(wanted, 1)
    ]
    found, _ = labelled("\n\n".join(blocks), "output_first", truncated=False, names=NAMES)
    assert found == [Instance(input=given, output=label) for given, label in wanted]


def is_within(text: str, reply: str) -> bool:
    """Whether the characters of a text stand in a reply, in this order."""
    rest = iter(reply)
    return all(character in rest for character in text)


def test_damaged_replies_make_up_nothing() -> None:
    """Of 3,000 damaged replies every input and output stands in the reply, character by character."""
    random = Random(1)
    replies = [reply["reply"] for reply in CORPUS]
    for _ in range(3_000):
        text, other = random.choice(replies), random.choice(replies)
        start, end = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
        reply = random.choice([text[:start] + text[end:], text[:end] + other[start:], text[:end] + text[start:]])
        for form in FORMS:
            for item in labelled(reply, form, truncated=random.random() < 0.3)[0] + unlabelled(reply):
                assert is_within(item.output, reply), reply
                assert is_within("".join(item.input.split()), reply), reply  # several inputs are joined


HOSTILE = (
    *(
        " ",
        "\n",
        " \n",
        "1. ",
        "1. a\n",
        "Input: a\n",
        "Example 1: a\n",
        "Q: a\nA: b\n",
        "A:\n",
        '"',
        "[",
        "{",
        "<a ",
        "|",
    ),
    *(
        "**a ",
        "- - ",
        "```\n",
        "<input>",
        "| a ",
        "Task:\n\n",
        "Example 1" + " " * 50,
        "\n---",
        "x:\n1. a\n",
        "a? 1. B",
    ),
)


def calls(unit: str, length: int) -> int:
    """How many calls of functions it takes to read so many characters of rubbish in every way."""
    text, count = unit * (length // len(unit)), 0

    def counted(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        for form in FORMS:
            labelled(text, form, truncated=False)
        unlabelled(text)
        list_items(text, continues=False)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", HOSTILE)
def test_work_grows_with_the_length_alone(unit: str) -> None:
    """Four times the rubbish takes four times the calls."""
    assert calls(unit, 8_000) < 4.2 * calls(unit, 2_000) + 500


@pytest.mark.parametrize("unit", [" ", "\n", "1. a\n", "Input: a\n", '"', "[", "Example 1 ", "**a "])
def test_long_rubbish_is_read(unit: str) -> None:
    """200,000 characters of rubbish come to an end, within the suite's time."""
    text = unit * (200_000 // len(unit))
    for form in FORMS:
        labelled(text, form, truncated=True)
    unlabelled(text)
    assert list_items(text, continues=False) is not None
