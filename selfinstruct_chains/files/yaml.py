"""YAML files of plain values: finding a shipped one or one's own, reading it, and checking it against a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.files.complaints import complain
from selfinstruct_chains.files.shipped import names

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable
    from pathlib import Path

M = TypeVar("M", bound=BaseModel)


class Source(NamedTuple):
    """A file, and what messages call it."""

    file: Traversable
    shown: str


_DEEPEST = 50
"""Levels of lists and keys in one another; a chain has six."""
_MOST = 20_000
"""Values, those counted again that an alias stands for."""
_LARGEST = 2**20
"""Characters of a text."""


class _Loader(yaml.SafeLoader):
    """Safe YAML of a bounded size, in which a key may not stand twice: PyYAML itself would keep the last one silently.

    The bounds hold for what is written (PyYAML's composer calls itself for each level) and for what aliases make of it.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if self._depth == _DEEPEST:
            raise _error(f"more than {_DEEPEST} levels in one another", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent) and id(node) not in self._sizes:
            raise _error(f"*{event.anchor} stands for what it is itself a part of", event.start_mark)
        size = self._sizes.setdefault(id(node), 1 + sum(self._sizes[id(below)] for below in _below(node)))
        if max(size, len(self._sizes)) > _MOST:
            raise _error(f"more than {_MOST:,} values, as aliases (*) are counted", event.start_mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise _error(f"{key.value!r} stands there twice", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, where the platform has it; its messages say less


def _error(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _below(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def find(name: str, shipped: Traversable, what: str, beside: Path) -> Source:
    """The file that is shipped as `name`, or, if that ends in .yaml, the file of that path, which starts at `beside`.

    Args:
        name: a name or a path.
        shipped: the folder of the shipped ones.
        what: "chain" or "prompt".
        beside: where a relative path starts.

    Raises:
        ConfigError: there is none; says which there are, and which is nearest.
    """
    if is_path(name):
        path = beside / name
        if path.is_file():
            return Source(path, str(path))
        raise ConfigError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; a {what} file is expected")
    known = names(shipped)
    if name in known:
        return Source(shipped / f"{name}.yaml", f"{what}s/{name}.yaml")
    raise ConfigError(
        f"no {what} {name!r} is shipped{did_you_mean(name, known)}; there are {', '.join(known)}; "
        "a file of your own must end in .yaml"
    )


def is_path(name: str) -> bool:
    """Whether `name` is the path of a file, and not what something is shipped as."""
    return name.endswith((".yaml", ".yml"))


def read(source: Source, *, quick: bool = False) -> dict[str, Any]:
    """The keys and values of a YAML file.

    Args:
        source: the file.
        quick: read it fast; for files of ours, since messages about it say less.

    Raises:
        ConfigError: it can't be read, is no YAML, or has no keys and values at the top; names file and line.
    """
    try:
        value = parse(source.file.read_text(encoding="utf-8-sig"), quick=quick)
    except OSError as error:
        raise ConfigError(f"{source.shown}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{source.shown}: not text in UTF-8; save the file as UTF-8") from None
    except ValueError as error:
        raise ConfigError(f"{source.shown}{error}") from None
    if not isinstance(value, dict):
        found = "empty" if value is None else f"a {'list' if isinstance(value, list) else 'single value'}"
        raise ConfigError(f"{source.shown}: {found}, but keys and values are expected")
    return value


def parse(text: str, *, quick: bool = False) -> Any:
    """What a YAML text stands for.

    Raises:
        ValueError: it is no YAML, or its values can't be written as JSON; starts with the line, if that is known.
    """
    if len(text) > _LARGEST:
        raise ValueError(f": {len(text):,} characters; {_LARGEST:,} are the most")
    try:
        value = yaml.load(text, Loader=_QUICK if quick else _Loader)  # noqa: S506 - a SafeLoader
        json.dumps(value, default=str, ensure_ascii=False).encode()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ValueError(
            f"{line}: not YAML: {getattr(error, 'problem', None) or ' '.join(str(error).split())}"
        ) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f": can't be used as plain values: {error}") from None
    return value


def validate(model: type[M], raw: Any, at: Callable[[str], str]) -> M:
    """`raw` as a `model`.

    Args:
        model: what it should be.
        raw: plain values.
        at: how messages call the place of a dotted key.

    Raises:
        ConfigError: naming the key, what is wrong with it and what is allowed.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = complain(error, model.model_json_schema())
        raise ConfigError(f"{at(found.key)}: {found.text}") from None
