"""How demonstrations are written: what `parsing` reads back, so that a model that imitates them is understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from selfinstruct_chains.config import Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains.tasks import Instance

Form: TypeAlias = Literal["input_first", "output_first"]
"""Which field of an instance is written first: paper section 2.2, step 3."""

FIELDS: dict[Form, tuple[str, str]] = {"input_first": ("input", "output"), "output_first": ("label", "input")}
"""The keys of an instance in JSON, in their order."""
_ENGLISH = Labels()


def numbered(instructions: Sequence[str], first: int = 1) -> str:
    """The instructions as a numbered list, each on one line."""
    return "\n".join(f"{number}. {' '.join(text.split())}" for number, text in enumerate(instructions, start=first))


def instances_text(instances: Sequence[Instance], form: Form, labels: Labels = _ENGLISH) -> str:
    """The instances behind labels, English ones if not said otherwise.

    Output-first has "Class label:" and "Input:" for each. Input-first has "Example n", "Input:" and "Output:"; a lone
    instance without input is its "Output:" alone, as in the paper's prompts.
    """
    if form == "output_first":
        return "\n".join(f"{_labelled(labels.label, i.output)}\n{_labelled(labels.input, i.input)}" for i in instances)
    if len(instances) == 1 and not instances[0].input:
        return _labelled(labels.output, instances[0].output)
    return "\n\n".join(_example(number, instance, labels) for number, instance in enumerate(instances, start=1))


def instances_json(instances: Sequence[Instance], form: Form) -> str:
    """The instances as compact JSON in the shape of `instances_schema`."""
    first, second = FIELDS[form]
    values = [
        {first: i.input, second: i.output} if form == "input_first" else {first: i.output, second: i.input}
        for i in instances
    ]
    return json.dumps({"instances": values}, ensure_ascii=False, separators=(",", ":"))


def instances_schema(
    form: Form, max_instances: int, *, input_characters: int | None = None, output_characters: int | None = None
) -> dict[str, Any]:
    """The JSON schema of one to `max_instances` instances, with fields in the order of `form`.

    A field may have at most as many characters as given: without a limit a small model that repeats itself never closes
    its string.
    """
    longest = {"input": input_characters, "output": output_characters, "label": output_characters}
    item = _object({name: _string(longest[name]) for name in FIELDS[form]})
    return _object({"instances": {"type": "array", "items": item, "minItems": 1, "maxItems": max_instances}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    # OpenAI's strict mode wants an object at the root, every property required, and no others.
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _string(longest: int | None) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest} if longest else {"type": "string"}


CLASSIFICATION_SCHEMA: dict[str, Any] = _object({"classification": {"type": "string", "enum": ["yes", "no"]}})
"""The JSON schema of the answer to "is it a classification task?"."""

INSTRUCTIONS_SCHEMA: dict[str, Any] = _object(
    {"instructions": {"type": "array", "items": {"type": "string"}, "minItems": 1}}
)
"""The JSON schema of new instructions."""


def _example(number: int, instance: Instance, labels: Labels) -> str:
    fields = [_labelled(labels.input, instance.input)] if instance.input else []
    return "\n".join([f"{labels.example} {number}", *fields, _labelled(labels.output, instance.output)])


def _labelled(label: str, text: str) -> str:
    # Below its label where a first line of its own keeps the layout: several lines, or an indented one.
    return f"{label}:\n{text}" if "\n" in text or text[:1].isspace() else f"{label}: {text}".rstrip()
