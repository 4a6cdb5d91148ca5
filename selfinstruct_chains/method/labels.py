"""The instances in a reply whose parts stand behind labels: "Example 2", "Input:", "Output:", "Class label:"."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.method.rendering import Form

_OPENING = r"^[ ]{0,3}(?:(?:[-*•]|\#{1,6}|\d{1,2}[.)])[ \t]+)?(?P<bold>\*\*|__)?"
_NUMBER = r"(?:[ \t]*\#?\d{1,3})?(?:[ \t]*[-\u2013\u2014(][^:\n]{1,40})?"
_COLON = r"[ \t]*(?(bold)(?:(?P=bold)[ \t]*:|:[ \t]*(?P=bold)|:)|:)[ \t]*"
_EXAMPLE = r"(?P<example>(?:Example|Instance)[ \t]*(?:\#?\d{1,3}|(?=:))[ \t]*:?(?:\*\*|__)?[ \t]*:?[ \t]*$)"
_INPUT = r"(?P<input>Inputs?|INPUT)"


def _labels(output: str) -> re.Pattern[str]:
    fields = rf"(?:(?P<task>Task|TASK)|{_INPUT}|(?P<output>{output}))"
    return re.compile(rf"{_OPENING}(?:{_EXAMPLE}|{fields}{_NUMBER}{_COLON})", re.MULTILINE)


_STRICT = _labels(r"(?:Expected |Correct )?[Oo]utput|OUTPUT|Class [Ll]abel|Class|Label|LABEL")
_LOOSE = _labels(r"Answer|Response|Result|Solution")

_FENCE = re.compile(r"^ {0,3}```", re.MULTILINE)
_LEADING_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
_RULE = re.compile(r"\n[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})\Z")
_FIELD = re.compile(r"^(\*\*)?[A-Z][\w '-]{0,30}(?(1)(?:\*\*:|:\*\*)|:)[ \t]*", re.MULTILINE)
_PREAMBLE = re.compile(
    r"(?i)\A(?:sure|certainly|of course|absolutely|okay|here (?:is|are)|here's|the following)\b[^\n]*\n*\Z|[^\n]*:\s*\Z"
)
_SURE = re.compile(r"(?i)\A(?:sure|certainly|of course|absolutely)\b[^\n]*:[ \t]*\n[ \t]*\n")
_NOTHING = frozenset(
    {"n/a", "none", "no input", "no input needed", "no input required", "noinput", "empty", "not applicable", "-"}
)
_LONGEST_LABEL = 60  # characters of a class label that stands without "Class label:"


@dataclass
class _Draft:
    start: int
    lead: str = ""
    inputs: list[str] = field(default_factory=list)
    output: str | None = None
    output_led: bool = False


class _Part(NamedTuple):
    kind: str
    text: str
    start: int


def labelled(text: str, form: Form, *, truncated: bool) -> tuple[list[Instance], str]:
    """The instances of a labelled reply, and the raw text of a last one that was cut; none if there are no labels.

    Labels count at line starts only, and not inside code fences; a "Task:" that follows ends the reply. An instance
    without output, or an output without input, has "" there, so that a filter names it.
    """
    parts, stopped = _parts(text)
    drafts = list(_drafts(parts, form))
    cut = ""
    if truncated and not stopped and drafts:
        cut = text[drafts.pop().start :].strip()
    return [_instance(draft) for draft in drafts if draft.output is not None or draft.inputs], cut


def unlabelled(text: str) -> list[Instance]:
    """A reply without labels as one output: outer blank lines and a chat opening ("Sure, here is ...:") off."""
    body = "" if _parts(text)[0] else _body(_SURE.sub("", text, count=1))
    return [Instance(output=body)] if body else []


def _parts(text: str) -> tuple[list[_Part], bool]:
    """What stands before the first label and behind each; and whether another task's text, left out here, follows."""
    matches = _matches(text, _STRICT)
    if not any(match["output"] for match in matches):
        matches = _matches(text, _LOOSE)
    begun = next((i for i, match in enumerate(matches) if not match["task"]), len(matches))
    echo, matches = matches[:begun], matches[begun:]
    last = next((i for i in range(len(matches) - 1, -1, -1) if not matches[i]["task"]), -1)
    end = len(text)
    for i, match in enumerate(matches):
        if match["task"] and (i < last or text[: match.start()].endswith("\n\n")):
            end, matches = match.start(), matches[:i]
            break
    matches = [match for match in matches if not match["task"]]
    return list(_cut_up(text[:end], matches, echoed=bool(echo))), end < len(text)


def _matches(text: str, labels: re.Pattern[str]) -> list[re.Match[str]]:
    """The labels outside code fences; a fence that is never closed is none."""
    fences = [match.start() for match in _FENCE.finditer(text)]
    closed = len(fences) // 2 * 2
    found = []
    for match in labels.finditer(text):
        before = bisect_left(fences, match.start())
        if before >= closed or before % 2 == 0:
            found.append(match)
    return found


def _cut_up(text: str, matches: list[re.Match[str]], *, echoed: bool) -> Iterator[_Part]:
    if not matches:
        return
    if not echoed and (lead := _lead(text[: matches[0].start()])):
        yield _Part("lead", lead, 0)
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, end in zip(matches, ends, strict=True):
        body = _body(text[match.end() : end])
        if match["bold"] and match[0].count(match["bold"]) == 1:
            body = body.removesuffix(match["bold"])
        kind = "example" if match["example"] else "input" if match["input"] else "output"
        yield _Part(kind, _lead(body) if kind == "example" else body, match.start())


def _drafts(parts: list[_Part], form: Form) -> Iterator[_Draft]:
    draft = _Draft(0)
    for part in parts:
        if _begins_another(part.kind, draft, form):
            yield draft
            label = draft.output if draft.output_led and part.kind == "input" and form == "output_first" else None
            draft = _Draft(part.start, output=label, output_led=label is not None)
        _put(part, draft, form)
    if draft.inputs or draft.output is not None or draft.lead:
        yield draft


def _begins_another(kind: str, draft: _Draft, form: Form) -> bool:
    match kind:
        case "example":
            return bool(draft.inputs or draft.output is not None)
        case "input":
            return draft.output is not None and (form == "input_first" or bool(draft.inputs))
        case _:
            return draft.output is not None


def _put(part: _Part, draft: _Draft, form: Form) -> None:
    """Lay one part into an instance; text without a label is the first field that the form asks for."""
    match part.kind:
        case "output":
            draft.output_led = not draft.inputs
            draft.output = part.text
            if draft.lead and form == "input_first" and not draft.inputs:
                draft.inputs.append(_without_field(draft.lead))
        case "input":
            if draft.lead and form == "output_first" and draft.output is None and len(draft.lead) <= _LONGEST_LABEL:
                draft.output, draft.output_led = draft.lead, True
            draft.inputs.append(part.text)
        case _:
            draft.lead = part.text


def _instance(draft: _Draft) -> Instance:
    text = "\n".join(filter(None, draft.inputs))
    return Instance(input="" if _is_nothing(text) else text, output=draft.output or "")


def _is_nothing(text: str) -> bool:
    """Whether a model says that there is no input: "N/A", "<noinput>", "(none)"."""
    return text.strip(" <>()[].").casefold() in _NOTHING


def _without_field(lead: str) -> str:
    """Without the label of its only field, "Sentence: ..."; with several fields, as it is."""
    return lead if len(_FIELD.findall(lead)) != 1 else _FIELD.sub("", lead, count=1) if _FIELD.match(lead) else lead


def _lead(text: str) -> str:
    """Text without a label, unless it is chat around the instances."""
    body = _body(text).lstrip(" \t")
    return "" if _PREAMBLE.match(body) else body


def _body(text: str) -> str:
    """Text without its outer blank lines and a rule ("---") at its end; its inner layout is kept."""
    text = _LEADING_BLANK_LINES.sub("", text).rstrip()
    return _RULE.sub("", text).rstrip()
