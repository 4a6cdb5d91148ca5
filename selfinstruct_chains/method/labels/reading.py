"""The instances in a reply whose parts stand behind labels: "Example 2", "Input:", "Output:", "Class label:"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from selfinstruct_chains.method.labels.cutting import parts
from selfinstruct_chains.method.labels.lines import tokens
from selfinstruct_chains.method.labels.names import NAMES, Names
from selfinstruct_chains.method.labels.part import Part, body, is_chat, without_name
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.method.rendering import Form

_OUTPUT = re.compile(r"(?i)\A\s*(?:\*\*)?output:(?:\*\*)?[ \t]*")
_SURE = re.compile(r"(?i)\A(?:sure|certainly|of course|absolutely)\b[^\n]*:[ \t]*\n[ \t]*\n")
_EMPHASIS = re.compile(r"\A(\*{1,3}|_{1,3}|`)([^*_`\n]+)\1\Z")
_HTML = re.compile(r"^[ \t]{0,9}(?:<(?:b|strong|em|i|u|p|li|div|span|h[1-6])>\s{0,9}){1,3}", re.MULTILINE)
_LONGEST_LABEL = 60  # characters of a class label that stands without "Class label:"


@dataclass
class _Draft:
    start: int
    has_header: bool = False
    title: str = ""
    lead: str = ""
    """Text before the first label, or below "Example n"."""
    inputs: list[str] = field(default_factory=list)
    output: str | None = None
    output_led: bool = False
    """The output stood before any input, or in its place."""


def labelled(text: str, form: Form, *, truncated: bool, names: Names = NAMES) -> tuple[list[Instance], str]:
    """The instances of a labelled reply, and the raw text of a last one that was cut; none if there are no labels.

    Labels count at line starts only, and not inside code fences; a "Task:" that follows ends the reply. An instance
    without output, or an output without input, has "" there, so that a filter names it. Output-first, a label's first
    line is the label, and the others are the input where none is labelled.
    """
    found, ended, fields = parts(text, form, names)
    drafts = list(_drafts(found, form))
    cut = ""
    if truncated and not ended and drafts:
        cut = text[drafts.pop().start :].strip()
    if form == "output_first":
        instances = [_output_first(draft, names, fields) for draft in drafts]
        return ([] if _is_shifted(found, drafts, instances) else instances), cut
    are_outputs = not any(draft.output is not None or draft.inputs for draft in drafts)
    return [_input_first(draft, names, fields, lead_is_output=are_outputs) for draft in drafts], cut


def only_output(text: str) -> str:
    """A reply that is an output and nothing else, whatever labels are in it: a chat opening and its own label off."""
    return body(_OUTPUT.sub("", _SURE.sub("", text, count=1), count=1)).rstrip()


def unlabelled(text: str, names: Names = NAMES) -> list[Instance]:
    """A reply without labels as one output: outer blank lines and a chat opening ("Sure, here is ...:") off.

    A reply that has labels and could not be split at them is none: label text must not become data.
    """
    if parts(text, "input_first", names).parts or any(
        token.kind in {"input", "output"} and token.rank == 0 for token in tokens(_HTML.sub("", text), names)
    ):
        return []
    whole = body(_SURE.sub("", text, count=1))
    return [Instance(output=whole)] if whole else []


def _drafts(found: list[Part], form: Form) -> Iterator[_Draft]:
    draft = _Draft(0)
    for part in found:
        if _begins_another(part.kind, draft, form):
            yield from [draft] if _holds(draft) else []
            label = draft.output if draft.output_led and part.kind == "input" and form == "output_first" else None
            draft = _Draft(part.start, output=label, output_led=label is not None)
        _put(part, draft, form)
    yield from [draft] if _holds(draft) else []


def _holds(draft: _Draft) -> bool:
    return bool(draft.inputs or draft.output is not None or draft.lead)


def _begins_another(kind: str, draft: _Draft, form: Form) -> bool:
    match kind:
        case "example":
            return bool(draft.inputs or draft.output is not None or draft.has_header)
        case "input":
            return draft.output is not None and (form == "input_first" or any(draft.inputs))
        case _:
            return draft.output is not None


def _put(part: Part, draft: _Draft, form: Form) -> None:
    match part.kind:
        case "output":
            draft.output_led = not draft.inputs
            draft.output = part.text
        case "input":
            if form == "output_first" and not draft.has_header and _may_be_label(draft):
                draft.output, draft.output_led = draft.lead, True
            draft.inputs.append(part.text)
        case "example":
            draft.start, draft.has_header, draft.title, draft.lead = part.start, True, part.title, part.text
        case _:
            draft.lead = part.text


def _may_be_label(draft: _Draft) -> bool:
    return draft.output is None and 0 < len(draft.lead) <= _LONGEST_LABEL and "\n" not in draft.lead


def _input_first(draft: _Draft, names: Names, fields: frozenset[str], *, lead_is_output: bool) -> Instance:
    """An instance; where no instance of the reply has an output, what stands below "Example n" is one."""
    lead = without_name(draft.lead, names, fields)
    if lead_is_output and lead == draft.lead:
        return Instance(output=lead)
    inputs = draft.inputs or [lead]
    if draft.inputs and draft.has_header and draft.title != draft.lead and not is_chat(lead):
        inputs = [draft.lead, *inputs]
    return Instance(input=_input(inputs, names), output=draft.output or "")


def _output_first(draft: _Draft, names: Names, fields: frozenset[str]) -> Instance:
    label, inputs = draft.output or "", draft.inputs
    if draft.output is None and _may_be_label(draft):
        label = draft.lead
    if not inputs:
        label, _, rest = label.partition("\n")
        inputs = [without_name(rest, names, fields)]
    return Instance(input=_input(inputs, names), output=_EMPHASIS.sub(r"\2", label.rstrip()))


def _is_shifted(found: list[Part], drafts: list[_Draft], instances: list[Instance]) -> bool:
    """Whether texts without names stand before their labels: "I love it. / Class label: Positive", and so on."""
    leads = bool(found) and found[0].kind == "lead" and len(drafts) > 1 and not any(draft.inputs for draft in drafts)
    return leads and not instances[-1].input and all(instance.input for instance in instances[:-1])


def _input(inputs: list[str], names: Names) -> str:
    text = "\n".join(filter(None, inputs))
    return "" if names.is_nothing(text) else text
