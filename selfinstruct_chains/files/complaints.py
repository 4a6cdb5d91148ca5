"""What is wrong with a file's values, in one line: the key, what was found, what is allowed, the nearest known name."""

from __future__ import annotations

import reprlib
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_TEXT = "text"
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "string": _TEXT,
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "keys and values",
    "model": "keys and values",
}
"""By the first word of pydantic's error types."""
_KEY = "[key]"
"""Pydantic's mark for a key, rather than its value, that is wrong."""
_LIMITS = {
    "greater_than_equal": "at least",
    "greater_than": "above",
    "less_than_equal": "at most",
    "less_than": "below",
}
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 60


class Complaint(NamedTuple):
    """What is wrong, and where."""

    key: str
    """The dotted key, as `--set` takes it."""
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" if self.key else self.text


def complain(error: ValidationError, schema: dict[str, Any]) -> Complaint:
    """The complaint that helps most of those in `error`, which validating by the JSON schema `schema` raised.

    A mistyped key goes before the missing one that it causes.
    """
    errors = error.errors(include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    match first["type"]:
        case "extra_forbidden":
            *parents, last = first["loc"]
            key, node = _place(schema, parents)
            known = sorted(node.get("properties", {}))
            text = f"no such key{did_you_mean(str(last), known)}; there are {', '.join(known)}"
            return Complaint(".".join(filter(None, (key, str(last)))), text)
        case "union_tag_invalid" | "union_tag_not_found":
            key, node = _place(schema, first["loc"])
            return _wrong_tag(key, list(node["discriminator"]["mapping"]), first.get("ctx", {}).get("tag"))
        case _:
            key, node = _place(schema, first["loc"])
            return Complaint(key, _text(first, node.get("enum", ())))


def shown(value: Any) -> str:
    """A value as its file has it, shortened."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case date():
            return str(value)
        case _:
            return _brief.repr(value)


def _wrong_tag(key: str, known: Sequence[str], tag: str | None) -> Complaint:
    found = "missing" if tag is None else f"no such kind as {tag!r}{did_you_mean(tag, known)}"
    return Complaint(f"{key}.kind", f"{found}; there are {', '.join(known)}")


def _text(error: ErrorDetails, allowed: Sequence[str]) -> str:
    kind, value, limits = error["type"], error["input"], error.get("ctx", {})
    match kind:
        case "missing":
            return "missing" + (f"; {_either(allowed)} is expected" if allowed else "")
        case "too_short" | "string_too_short" | "string_pattern_mismatch":  # all limits of this kind are "not blank"
            return "empty"
        case "too_long":
            return f"{limits['actual_length']} are too many; {limits['max_length']} are the most"
        case "literal_error":
            expected = _either(allowed) + did_you_mean(str(value), allowed)
        case _ if kind in _LIMITS:
            expected = f"{_LIMITS[kind]} {next(iter(limits.values()))}"
        case _:
            expected = _EXPECTED.get(kind.partition("_")[0], "")
    if not expected:
        return error["msg"].removeprefix("Value error, ")
    quotes = expected == _TEXT and not isinstance(value, dict | list | None)
    return f"must be {expected}, not {shown(value)}" + (" (write it in quotes)" if quotes else "")


def _either(allowed: Sequence[str]) -> str:
    return " or ".join(map(repr, allowed))


def _place(schema: dict[str, Any], path: Sequence[int | str]) -> tuple[str, dict[str, Any]]:
    """The dotted key of pydantic's location `path`, which has the tags of unions in it, and the JSON schema there."""
    node, parts = _resolve(schema, schema), []
    names: dict[str, Any] = {}
    for part in path:
        if "discriminator" in node:
            node = {"$ref": node["discriminator"]["mapping"].get(part, "")}
        elif part == _KEY:
            node = names
        else:
            parts.append(str(part))
            names = node.get("propertyNames", {})
            node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
        node = _resolve(schema, node)
    return ".".join(parts), node


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node or "anyOf" in node:
        if "anyOf" in node:  # "or null"
            node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
        else:
            node = schema["$defs"].get(node["$ref"].rsplit("/", 1)[-1], {})
    return node
