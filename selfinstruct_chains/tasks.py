"""The values of a dataset and their wire form, JSON Lines.

A task on disk is a superset of the published seed format, so published seed files load as they are.

Values travel: from JSON or Python, with lists for tuples and dicts for values; through `model_dump`, pickle and a
LangGraph checkpoint. Nothing is changed on the way: 1 is no text, and "yes" no bool. Under strict msgpack
(`LANGGRAPH_STRICT_MSGPACK=true`) a checkpoint gives them back as what they are where the graph's state is annotated
with them, `tasks: list[Task]`; elsewhere, as in an `interrupt`, where they are allowed by name:
`InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=[Task]))`. Those inside of others need no mention.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Annotated, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Strict, StringConstraints

Flag = Annotated[bool, Strict()]
String = Annotated[str, Strict()]
Text = Annotated[str, StringConstraints(strict=True, pattern=r"\S")]
"""Text that is not blank."""
Number = Annotated[int, Strict()]
Rating = Literal["A", "B", "C", "D"]
"""The paper's levels of an answer (section 4.4), best first: right; small flaws; serious errors; no valid answer."""
RATINGS: tuple[Rating, ...] = ("A", "B", "C", "D")
Rule = Literal[
    "truncated",
    "unreadable",
    "context_too_long",
    "content_filter",
    "refused",
    "invalid",
    "too_short",
    "too_long",
    "keyword",
    "punctuation",
    "script",
    "write_a_program",
    "refusal",
    "language",
    "novelty",
    "empty",
    "echo",
    "colon",
    "placeholder",
    "duplicate",
    "conflict",
    "max_instances",
    "no_instance",
    "not_classification",
]
"""What drops a candidate, by its name; functions of a user's own have names of their own. docs/reference/rules.md says
what each means."""


class _Value(BaseModel, frozen=True):
    """Lax about containers, so that values travel; the types above are strict, so that nothing is changed."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Instance(_Value, frozen=True):
    """One example of a task: an input, which may be empty, and the output it should give."""

    input: String = ""
    output: String


class Provenance(_Value, frozen=True):
    """Where a generated task comes from."""

    request: Number
    """The number of the instruction request, from 0."""
    examples: tuple[String, ...]
    """The ids of the tasks that request showed to the model."""
    model: String | None
    """The model that wrote the instruction, as its provider reported it; None if it did not."""
    calls: tuple[String, ...]
    """The journal keys of the calls whose replies the task was made from."""
    topic: String | None = None
    """The topic that the request was about; None in a chain without topics."""
    language: String | None = None
    """The BCP 47 tag of the language that it asked for; None in a chain that has not several."""


class Task(_Value, frozen=True):
    """An instruction with its instances: a seed task, or a finished generated one."""

    id: Text
    instruction: Text
    instances: Annotated[tuple[Instance, ...], Len(min_length=1)]
    is_classification: Flag
    name: String | None = None
    provenance: Provenance | None = None


class Dropped(_Value, frozen=True):
    """An instance that was dropped, and the name of the rule."""

    instance: Instance
    rule: String


class Completion(_Value, frozen=True):
    """An instruction with what the model made of it."""

    instruction: String
    is_classification: Flag
    instances: tuple[Instance, ...]
    """Those that were kept; none means that the task is dropped."""
    dropped: tuple[Dropped, ...] = ()
    cut: String = ""
    """An instance that the token limit cut off."""
    rule: String = ""
    """Why no instance was asked for, if none was: "not_classification"."""


class Rejection(_Value, frozen=True):
    """A candidate that was dropped: an instruction, or one instance of an accepted instruction."""

    id: String
    """The candidate's id; that of the request when its reply held no candidate at all."""
    rule: String
    """The name of the rule that dropped it."""
    stage: String
    """What was dropped: "request", "instruction", "instance", or "task" when no instance was left."""
    text: String
    """What the model wrote; for an instance, its JSON."""
    request: Number
    score: Annotated[float, Strict()] | None = None
    """0 to 1: for rule "novelty" the ROUGE-L F-measure with `nearest`; for "language" the probability that the text is
    in the language that was asked for, to three digits."""
    nearest: String | None = None
    """For rule "novelty": the id of the most similar task that was too similar."""
    language: String | None = None
    """For rule "language": the BCP 47 tag of the language that the text is in."""


def candidate_id(request: int, position: int) -> str:
    """The id of the candidate at `position` (from 0) of the reply to request `request`; `id_order` sorts them."""
    return f"{request:06d}-{position:02d}"


def id_order(one: str) -> tuple[int, ...]:
    """What ids of requests and candidates are to be sorted by: as texts, 100 would come before 11.

    A request comes before its candidates; all other ids, such as a seed task's, before both.
    """
    try:
        return tuple(int(part) for part in one.split("-"))
    except ValueError:
        return ()


def request_id(request: int) -> str:
    """The id of instruction request `request`."""
    return f"{request:06d}"


def label(output: str) -> str:
    """What outputs of the same class have in common: case, width and a stop at the end make no other label."""
    text = " ".join(unicodedata.normalize("NFKC", output).split()).casefold()
    return text.strip(".!\u3002\u060c\u0964 ") or text


def instance_json(instance: Instance) -> str:
    """An instance as one line of JSON."""
    return json.dumps(instance.model_dump(), ensure_ascii=False)


def to_line(value: BaseModel) -> str:
    """One JSON line with its end; fields that are None are left out."""
    return json.dumps(value.model_dump(exclude_none=True), ensure_ascii=False) + "\n"
