"""What is rendered for a prompt parses back, and fits the schema that goes with it."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import SEEDS
from selfinstruct_chains.method.labels.names import NAMES
from selfinstruct_chains.method.parsing import parse_classification, parse_instances, parse_instructions
from selfinstruct_chains.method.rendering import (
    CLASSIFICATION_SCHEMA,
    INSTRUCTIONS_SCHEMA,
    Form,
    instances_json,
    instances_schema,
    instances_text,
    numbered,
)
from selfinstruct_chains.method.tidying import tidied
from selfinstruct_chains.tasks import Instance, Task

SEED_TASKS = read_seeds(SEEDS)
FORMS: tuple[Form, ...] = get_args(Form)

LABEL_LIKE = re.compile(
    r"(?im)^\W*\d*\W*(?:example|instance|task|inputs?|(?:\w+ )?output|class(?: label)?|label)\b"
    r"|^\W*\d*\W*(?:answer|response|result|solution)\b"
    r"|```|<think|</think|<\||^[ \t]*[-*_=]{3,}[ \t]*$"
)
"""What instances must not hold to parse back from text: lines that look like labels, fences, rules, tokens."""
lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cc"]), max_size=30)
layouts = st.lists(lines | st.just("") | lines.map("    {}".format), min_size=1, max_size=5)
texts = (
    layouts.map(lambda found: re.sub(r"\A\s*\n", "", "\n".join(found)).rstrip())
    .filter(
        lambda text: text.strip() and not LABEL_LIKE.search(text) and text.strip(" <>()[].").casefold() not in NOTHING
    )
    .filter(lambda text: tidied(text).strip() == text.strip())
)  # hypothesis tries the special tokens that our tables hold
NOTHING = {
    "n/a",
    "none",
    "no input",
    "no input needed",
    "no input required",
    "noinput",
    "empty",
    "not applicable",
    "-",
    "",
}
words = st.text(st.characters(categories=["L", "Nd", "Po"], exclude_characters="*`\"'#"), min_size=1, max_size=8)
json_texts = st.text(st.characters(exclude_characters="\b\f")).filter(lambda text: tidied(text) == text)
instructions = st.lists(words, min_size=2, max_size=12).map(lambda found: "Please " + " ".join(found))


@given(st.lists(st.builds(Instance, input=texts | st.just(""), output=texts), min_size=1, max_size=4))
def test_input_first_text_parses_back(instances: list[Instance]) -> None:
    """Instances with and without input, of any layout, parse back from text."""
    text = instances_text(instances, "input_first")
    assert parse_instances(text, form="input_first", output="text").items == tuple(instances)


@given(st.lists(st.builds(Instance, input=texts, output=texts), min_size=1, max_size=4))
def test_output_first_text_parses_back(instances: list[Instance]) -> None:
    """Labels and their inputs parse back from text."""
    text = instances_text(instances, "output_first")
    assert parse_instances(text, form="output_first", output="text").items == tuple(instances)


@given(
    # Without backspaces and form feeds: in a model's JSON they are the beginnings of LaTeX's \\beta and \\frac.
    st.lists(st.builds(Instance, input=json_texts, output=json_texts), min_size=1, max_size=4),
    st.sampled_from(FORMS),
)
def test_json_parses_back(instances: list[Instance], form: Form) -> None:
    """Any instances at all parse back from JSON, but for the blanks and line ends around them; "-" is no input."""
    instances.append(Instance(input="one that", output="is usable"))
    text = instances_json(instances, form)
    inputs = ["" if NAMES.is_nothing(one.input) else one.input.strip("\n").rstrip() for one in instances]
    pairs = zip(inputs, instances, strict=True)
    whole = [Instance(input=given, output=one.output.strip("\n").rstrip()) for given, one in pairs]
    assert parse_instances(text, form=form, output="json_schema").items == tuple(whole)


@given(st.lists(instructions, min_size=1, max_size=12), st.integers(1, 60))
def test_numbered_list_parses_back(texts: list[str], first: int) -> None:
    """A numbered list parses back, from any number on."""
    assert parse_instructions(numbered(texts, first)).items == tuple(texts)


@given(st.lists(instructions, min_size=1, max_size=12), st.integers(3, 60))
def test_continued_list_parses_back(texts: list[str], first: int) -> None:
    """What a model writes behind the list's next mark parses to the same instructions."""
    reply = numbered(texts, first).removeprefix(f"{first}.")
    assert parse_instructions(reply, continues=True).items == tuple(texts)


@pytest.mark.parametrize("task", SEED_TASKS, ids=lambda task: task.id)
def test_every_seed_parses_back(task: Task) -> None:
    """Every seed's instances parse back from text and from JSON, in the form of its kind."""
    form: Form = "output_first" if task.is_classification else "input_first"
    assert parse_instances(instances_text(task.instances, form), form=form, output="text").items == task.instances
    assert (
        parse_instances(instances_json(task.instances, form), form=form, output="json_schema").items == task.instances
    )


def test_list_of_all_seeds_parses_back() -> None:
    """The 175 seed instructions parse back from one list."""
    texts = [task.instruction for task in SEED_TASKS]
    assert parse_instructions(numbered(texts)).items == tuple(texts)


def test_one_instance_without_input_has_no_header() -> None:
    """A lone instance without input is its output, as in the paper's prompts."""
    assert instances_text([Instance(output="Loire")], "input_first") == "Output: Loire"


def test_several_lines_stand_below_their_label() -> None:
    """A text of several lines, or an indented one, starts on a line of its own, so that its layout is kept."""
    text = instances_text([Instance(input="  a", output="b\nc")], "input_first")
    assert text == "Example 1\nInput:\n  a\nOutput:\nb\nc"


@pytest.mark.parametrize(
    "schema", [CLASSIFICATION_SCHEMA, INSTRUCTIONS_SCHEMA, *(instances_schema(f, 3) for f in FORMS)]
)
def test_schemas_keep_to_strict_mode(schema: dict[str, object]) -> None:
    """Every object is closed and requires all it has, the root is an object: what OpenAI's strict mode asks for."""

    def check(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
                assert node["required"] == list(node["properties"])
            for value in node.values():
                check(value)

    assert schema["type"] == "object"
    assert not any(key.startswith("x-") for key in schema)
    check(schema)


@pytest.mark.parametrize(("form", "keys"), [("input_first", ["input", "output"]), ("output_first", ["label", "input"])])
def test_rendered_json_has_the_shape_of_its_schema(form: Form, keys: list[str]) -> None:
    """Demonstrations in JSON have just the keys of the schema, in its order, and no blanks between tokens."""
    text = instances_json([Instance(input="a", output="b")], form)
    schema = instances_schema(form, 5)
    assert list(json.loads(text)["instances"][0]) == keys
    assert list(schema["properties"]["instances"]["items"]["properties"]) == keys
    assert schema["properties"]["instances"]["maxItems"] == 5
    assert " " not in text


def test_fields_have_a_longest_length() -> None:
    """A label counts as an output; without limits the schema has none."""
    schema = instances_schema("output_first", 3, input_characters=50, output_characters=9)
    fields = schema["properties"]["instances"]["items"]["properties"]
    assert fields == {"label": {"type": "string", "maxLength": 9}, "input": {"type": "string", "maxLength": 50}}
    assert "maxLength" not in json.dumps(instances_schema("input_first", 3))


@pytest.mark.parametrize(("answer", "expected"), [("yes", True), ("no", False)])
def test_classification_schema_is_understood(answer: str, expected: bool) -> None:
    """Both answers that the schema allows are read."""
    assert CLASSIFICATION_SCHEMA["properties"]["classification"]["enum"] == ["yes", "no"]
    assert parse_classification(json.dumps({"classification": answer})) is expected
