"""The keys of chain and prompt files, read from the pydantic models: type, limits, default, and what each is for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic.json_schema import GenerateJsonSchema
from sphinx.pycode import ModuleAnalyzer

from selfinstruct_chains.config import ChainConfig, Filter, ModelConfig, Prompt
from selfinstruct_chains.config.base import Closed
from selfinstruct_chains.config.prompt import Forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "object": "mapping",
}
_LIMITS = {
    "ge": "at least {}",
    "minimum": "at least {}",
    "gt": "above {}",
    "exclusiveMinimum": "above {}",
    "le": "at most {}",
    "maximum": "at most {}",
    "minLength": "{} characters or more",
    "maxLength": "at most {} characters",
    "maxItems": "at most {}",
}
_NESTED = {
    "ModelConfig": "as `model`",
    "Prompt": "name or path of a prompt file",
    "Forms": "`chat` and `completion`, as above",
    "Topics": "list of topics, topics with weights, `{ask: N}`, or a file",
}


class Key(NamedTuple):
    """One key."""

    path: str
    """Dotted, as `--set` has it."""
    type: str
    """In words, with its limits."""
    default: str
    """As YAML has it; "" where the key has to be there."""
    says: str
    """One or a few sentences, with the unit."""


class Section(NamedTuple):
    """The keys of one class."""

    path: str
    says: str
    keys: tuple[Key, ...]


class _Schema(GenerateJsonSchema):
    """Takes what has no schema for anything at all."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:  # noqa: ARG002
        return {}


def chain_sections() -> Iterator[Section]:
    """Every section of a chain file, in the order in which a chain has them, and the filters' settings."""
    yield from _sections("", ChainConfig)
    for each in get_args(get_args(Filter)[0]):
        kinds = get_args(each.model_fields["kind"].annotation)
        yield from _sections(f"filters[{', '.join(kinds)}]", each)


def prompt_sections() -> Iterator[Section]:
    """Every section of a prompt file; paths begin with `prompt`, as in a role's section."""
    yield from _sections("prompt", Prompt)


def _sections(path: str, cls: type[BaseModel]) -> Iterator[Section]:
    schema = cls.model_json_schema(schema_generator=_Schema)
    says = _attribute_docs(cls)
    below: list[tuple[str, type[BaseModel]]] = []
    keys = []
    for name, field in schema["properties"].items():
        own = f"{path}.{name}" if path else name
        nested = _nested(cls.model_fields[name].annotation)
        keys.append(Key(own, _type(field, own), _default(field, name not in schema.get("required", ())), says[name]))
        if nested and nested is not Prompt and cls is not Forms and not (path and nested is ModelConfig):
            below.append((own, nested))
    yield Section(path, _says(cls), tuple(keys))
    for own, nested in below:
        yield from _sections(own, nested)


def _nested(annotation: Any) -> type[BaseModel] | None:
    """The section that stands under a key, if one does."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, Closed):
            return each
    return None


def _says(cls: type[BaseModel]) -> str:
    return re.sub(r"\bNone\b", "null", " ".join((cls.__doc__ or "").split("\n\n")[0].split()))


def _attribute_docs(cls: type[BaseModel]) -> dict[str, str]:
    """What stands under each field, by its name; "" under none."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("selfinstruct_chains."):
            docs = ModuleAnalyzer.for_module(base.__module__).find_attr_docs()
            found |= {
                name: " ".join(docs[base.__name__, name]) for name in cls.model_fields if (base.__name__, name) in docs
            }
    return {name: re.sub(r"\bNone\b", "null", " ".join(found.get(name, "").split())) for name in cls.model_fields}


def _default(field: dict[str, Any], is_optional: bool) -> str:  # noqa: FBT001
    """In YAML's flow style; sections that have only defaults of their own are left to their keys."""
    if not is_optional:
        return ""
    default = field.get("default", {})
    return "null" if default is None else "(its own)" if isinstance(default, dict) and default else json.dumps(default)


def _type(schema: dict[str, Any], own: str) -> str:
    kinds = [_one(each, own) for each in schema.get("anyOf", schema.get("oneOf", [schema]))]
    return " or ".join(dict.fromkeys(filter(None, kinds))).replace(" or null", "")


def _one(schema: dict[str, Any], own: str) -> str:
    if "$ref" in schema:
        if own == "model":  # the one that those of roles are merged over
            return "section"
        name = schema["$ref"].rpartition("/")[2]
        return _NESTED.get(name, "section")
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return _list(schema, own)
    kind = _TYPES.get(schema.get("type", ""), "any")
    return ", ".join([kind, *_limits(schema)])


def _list(schema: dict[str, Any], own: str) -> str:
    items = schema.get("items", {})
    what = "sections, each with a `kind`" if "discriminator" in items else f"list of {_type(items, own)}"
    return ", ".join([what, *_limits(schema)])


def _limits(schema: dict[str, Any]) -> list[str]:
    found = [(says, schema[limit]) for limit, says in _LIMITS.items() if limit in schema]
    return [says.format(f"{value:,}") for says, value in found if (says, value) != (_LIMITS["minLength"], 1)]
