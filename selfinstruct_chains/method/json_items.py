"""Instances and instructions in a reply's JSON, under whatever keys models give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.method.json_text import (
    as_text,
    first_value,
    looks_like_json,
    objects,
    repaired,
    strings,
    unescaped,
    walk,
)
from selfinstruct_chains.method.turns import end_of_turn
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Iterable

Fields = dict[str, Any]
"""An object by its keys in plain words: "expectedOutput", "expected_output" and "Expected Output" are one."""

_OUTPUTS = ("output", "label", "class label", "expected output", "correct output", "outputs", "answer", "response")
_OUTPUTS_BESIDE_INPUT = (
    *("class", "category", "expected", "target", "completion", "solution", "result", "prediction", "answers"),
    *("sentiment", "translation", "summary", "correction", "corrected", "intent", "emotion", "topic", "correct answer"),
)
"""Names that mean an output where an input stands beside them."""
_INPUTS = (
    *("input", "inputs", "question", "text", "review", "sentence", "passage", "context", "query", "email", "message"),
    *("tweet", "comment", "article", "document", "paragraph", "statement", "source", "content", "prompt", "problem"),
    *("dialogue", "conversation", "code", "user", "questions"),
)
_NO_INPUT = frozenset(
    {"id", "number", "index", "example", "instance", "explanation", "reason", "reasoning", "rationale", "thought"}
    | {"thoughts", "difficulty", "type", "task", "instruction", "instructions", "classification", "is classification"}
    | {"confidence", "score", "language", "format", "notes"}
)
_INSTRUCTIONS = ("instruction", "task", "prompt", "question", "request", "description")
_OUR_FIELDS = re.compile(
    r"""["'](?:instances|examples|(?:expected[ _])?(?:in|out)puts?|class[ _]label)(?:[ _]?\d+)?["']\s*:""",
    re.IGNORECASE,
)
_CAMEL, _NOT_WORD = re.compile(r"(?<=[a-z])(?=[A-Z0-9])"), re.compile(r"[\W_]+")
_NUMBERED = re.compile(r"(.*?) ?(\d{1,3})")


def json_instances(text: str, *, truncated: bool) -> tuple[list[Instance], str]:
    """The instances of a JSON reply: objects with an output (or label) and an input, wherever they stand in it.

    Each whole object counts even if what surrounds it is cut or damaged. Numbers, booleans, lists and objects become
    their JSON text, null becomes "". Keys that are neither are the input's, with their names if there are several.
    """
    found = objects(unescaped(text), _instances, truncated=truncated)
    return found.values, found.cut


def json_instructions(text: str, *, truncated: bool) -> tuple[list[str], str]:
    """The instructions of a JSON reply: the strings of its first list, or objects with an instruction.

    Returns:
        The instructions, and the raw text of a last one that was cut.
    """
    text = unescaped(text)
    found = objects(text, _instructions, truncated=truncated)
    if found.values:
        return found.values, found.cut
    if items := _listed(first_value(text)):
        return items, ""
    items, cut = strings(text)
    if items or cut:
        return [_text(item) for item in items], cut
    start = text.find("[")
    items = _listed(repaired(text[start:])) if start >= 0 and "'" in text else []  # Python's strings
    return items[:-1] if truncated else items, ""


def has_our_fields(text: str) -> bool:
    """Whether a reply is JSON with the fields that were asked for: if it can't be read, it is no text of its own."""
    return looks_like_json(text) and bool(_OUR_FIELDS.search(text))


def _instances(value: Any) -> list[Instance]:
    return [instance for item in walk(value, _is_instance) for instance in _in_object(item)]


def _is_instance(value: dict[str, Any]) -> bool:
    return bool(_in_object(value))


def _in_object(value: dict[str, Any]) -> list[Instance]:
    """The instance that an object is, or those that it holds in numbered keys or in two lists beside each other."""
    fields = _fields(value)
    if output := _output(fields):
        return _side_by_side(fields, output) or [_instance(fields, output)]
    numbered: dict[str, Fields] = {}
    for key, item in fields.items():
        if match := _NUMBERED.fullmatch(key):
            numbered.setdefault(match[2], {})[match[1]] = item
    return [_instance(each, output) for each in numbered.values() if (output := _output(each))]


def _fields(value: dict[str, Any]) -> Fields:
    return {" ".join(_NOT_WORD.sub(" ", _CAMEL.sub(" ", key)).casefold().split()): item for key, item in value.items()}


def _output(fields: Fields) -> str:
    """The key of an instance's output; "" if it is no instance."""
    if found := next((key for key in _OUTPUTS if key in fields), ""):
        return found
    if not any(key in fields for key in _INPUTS):
        return ""
    others = [key for key in fields if key not in _INPUTS and key not in _NO_INPUT]
    known = next((key for key in _OUTPUTS_BESIDE_INPUT if key in fields), "")
    return known or (others[0] if len(others) == 1 and {"input", "inputs"} & fields.keys() else "")


def _side_by_side(fields: Fields, output: str) -> list[Instance]:
    """The instances of {"inputs": ["a", "b"], "outputs": ["c", "d"]}."""
    names = [key for key in fields if key.endswith("s") and key != output and _are_texts(fields[key])]
    if not output.endswith("s") or len(names) != 1 or not _are_texts(fields[output]):
        return []
    pairs = zip(fields[names[0]], fields[output], strict=False)
    return [Instance(input=_text(first), output=_text(second)) for first, second in pairs]


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _instance(fields: Fields, output: str) -> Instance:
    known = [key for key in _INPUTS if key in fields]
    others = [key for key in fields if key != output and key not in _NO_INPUT and key not in _OUTPUTS]
    names = known if {"input", "inputs"} & set(known) else others
    texts = {key: text for key in names if key != output and (text := _text(fields[key])).strip()}
    named = "\n".join(f"{key.capitalize()}: {text}" for key, text in texts.items())
    return Instance(input=named if len(texts) > 1 else "".join(texts.values()), output=_text(fields[output]))


def _instructions(value: Any) -> list[str]:
    found = (_instruction(_fields(item)) for item in walk(value, lambda item: bool(_instruction(_fields(item)))))
    return [text for text in found if text]


def _instruction(fields: Fields) -> str:
    return next((_text(fields[key]) for key in _INSTRUCTIONS if isinstance(fields.get(key), str)), "")


def _listed(value: Any) -> list[str]:
    """The strings of a value's first list of them, or of its numbered keys."""
    for item in walk([value], lambda _: False):
        texts = [text for key, text in _fields(item).items() if _NUMBERED.fullmatch(key) and isinstance(text, str)]
        lists = [each for each in item.values() if _are_texts(each)]
        if found := texts or (lists[0] if lists else []):
            return _texts(found)
    return _texts(value) if _are_texts(value) else []


def _texts(values: Iterable[str]) -> list[str]:
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    """A field's text, without a mark that ends the model's turn inside its string."""
    return end_of_turn(whole_characters(as_text(value)))
