"""What differs in how runs were made: the values of their chains by dotted key, their seeds, and their prompts."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.outputs.compare.side import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.outputs.compare.side import Side

_SECTIONS = {
    "instructions": "instructions",
    "classification": "classification",
    "input_first": "instances.input_first",
    "output_first": "instances.output_first",
}
_TEXTS = ("description",)  # which says nothing of how a run was made
_SHORT = 12  # digits of a hash that are shown


class _Absent:
    """Stands for a key that a run has not."""

    def __repr__(self) -> str:
        return "-"


ABSENT = _Absent()


class PromptChange(NamedTuple):
    """How a role's prompt differs from the first run's."""

    key: str
    """That of the prompt in the chain: "instructions.prompt"."""
    letter: str
    """The run's."""
    lines: Sequence[str]
    """A unified diff for each of its texts that differ, below a line with its dotted key."""

    @property
    def added(self) -> int:
        """Lines that the first run's has not."""
        return sum(line.startswith("+") for line in self.lines)

    @property
    def removed(self) -> int:
        """Lines that it alone has."""
        return sum(line.startswith("-") for line in self.lines)


def differing(sides: Sequence[Side]) -> dict[str, list[Any]]:
    """The keys that are not the same in all runs, each with the runs' values, `ABSENT` where there is none.

    A key of every role's model is told once, as `model.KEY`. Filters have their places in the list as keys, as `--set`
    takes them, or where the lists are not of the same kinds, their kinds. Prompts are left to `prompt_changes`.
    """
    by_kind = len({tuple(_kinds(side.config)) for side in sides}) > 1
    flat = [_values(side, by_kind=by_kind) for side in sides]
    keys = list(dict.fromkeys(key for values in flat for key in values))
    above = {key[:at] for key in keys for at, character in enumerate(key) if character == "."}
    keys = [key for key in keys if key not in above]  # null in one run, and keys below it in another
    rows = {key: [values.get(key, ABSENT) for values in flat] for key in _by_section(keys)}
    rows = {key: found for key, found in rows.items() if any(one != found[0] for one in found)}
    return {key: found for key, found in rows.items() if not _is_told_above(key, found, flat)}


def prompt_changes(sides: Sequence[Side]) -> list[PromptChange]:
    """Each role's prompt that is another one than the first run's; what no chain of them asks for is left out."""
    unused = () if any(side.config.classification_only for side in sides) else ("classification_only",)
    changes = []
    for role in ROLES:
        dumps = [
            side.config.role(role).prompt.model_dump(mode="json", exclude={"variables", *unused}) for side in sides
        ]
        first, *others = (dict(_texts(dump)) for dump in dumps)
        for side, texts in zip(sides[1:], others, strict=True):
            if lines := _diff(first, texts):
                changes.append(PromptChange(f"{_SECTIONS[role]}.prompt", side.letter, lines))
    return changes


def _values(side: Side, *, by_kind: bool) -> dict[str, Any]:
    dump: Any = side.config.model_dump(mode="json", exclude=set(_TEXTS))
    for section in _SECTIONS.values():
        _at(dump, section).pop("prompt")
    dump["language"] = side.config.language or ENGLISH
    if side.config.classification.threshold.is_for(side.config.classification.model.name):
        dump["classification"]["threshold"] = side.config.classification.threshold.value  # whose it is changes nothing
    if by_kind:
        dump["filters"] = _by_kind(dump["filters"])
    shaping = side.origin.shaping
    own = {key: value for key, value in shaping.items() if key.startswith("own.")}
    seeds = str(shaping.get("seeds", ""))[:_SHORT]
    version = side.origin.versions.get("selfinstruct-chains", "")
    return dict(_flat(dump)) | own | {"seeds": f"{side.facts.seeds} ({seeds})", "version": version}


def _by_section(keys: Sequence[str]) -> list[str]:
    """Keys that only a later run has stand with the others of their section."""
    sections = list(dict.fromkeys(key.partition(".")[0] for key in keys))
    return sorted(keys, key=lambda key: sections.index(key.partition(".")[0]))


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Values by dotted key; a list is one value where it holds no sections, and empty sections are none."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        value = {str(place): item for place, item in enumerate(value)}
    if not isinstance(value, dict):
        if value != []:
            yield key, value
        return
    for name, below in value.items():
        yield from _flat(below, f"{key}.{name}".removeprefix("."))


def _at(values: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        values = values[part]
    return values


def _kinds(config: ChainConfig) -> list[str]:
    return [one.kind for one in config.filters]


def _by_kind(filters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Their order by name, and the settings of each."""
    found: dict[str, Any] = {}
    for one in filters:
        name, number = one["kind"], 2
        while name in found:
            name, number = f"{one['kind']}-{number}", number + 1
        found[name] = {key: value for key, value in one.items() if key != "kind"}
    return {"order": ", ".join(found)} | {name: values for name, values in found.items() if values}


def _is_told_above(key: str, found: Sequence[Any], flat: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a key of a role's model says what the chain's model says."""
    _, between, below = key.partition(".model.")
    return bool(between) and list(found) == [values.get(f"model.{below}", ABSENT) for values in flat]


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts of a prompt by dotted key; a list of texts is one, of JSON on each line."""
    match value:
        case dict():
            for name, below in value.items():
                yield from _texts(below, f"{key}.{name}".removeprefix("."))
        case list():
            yield key, "\n".join(json.dumps(item, ensure_ascii=False) for item in value)
        case None:
            return
        case _:
            yield key, str(value)


def _diff(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for key in dict.fromkeys([*one, *other]):
        before, after = (text.split("\n") if (text := texts.get(key)) else [] for texts in (one, other))
        if changed := list(unified_diff(before, after, lineterm="", n=1))[2:]:
            lines += [f"@ {key}", *(line for line in changed if not line.startswith("@@"))]
    return lines
