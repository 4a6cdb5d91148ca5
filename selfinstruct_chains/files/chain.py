"""chains/*.yaml -> ChainConfig: merging, overrides, and errors that name the file, the key and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ChainConfig, Role, whole_language
from selfinstruct_chains.config.filters import with_implied
from selfinstruct_chains.config.secret_names import is_secret
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped, yaml
from selfinstruct_chains.files.beside import file_beside
from selfinstruct_chains.files.complaints import shown
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.files.sources import HUB
from selfinstruct_chains.files.swapping import leave_old_providers
from selfinstruct_chains.files.topics import load_topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable

_ROLE_KEYS: dict[Role, tuple[str, ...]] = {
    "instructions": ("instructions",),
    "classification": ("classification",),
    "input_first": ("instances", "input_first"),
    "output_first": ("instances", "output_first"),
}


class _Origin(NamedTuple):
    """Where values come from: the file, or the overrides over it."""

    source: yaml.Source
    overrides: Mapping[str, Any]

    def at(self, key: str) -> str:
        """What messages call the place of a dotted key."""
        return f"--set {key}" if self.overrides_touch(key) else f"{self.source.shown}: {key}"

    def beside(self, key: str) -> Path:
        """Where a relative path at a dotted key starts: the chain file's folder, or the working directory."""
        return Path() if self.overrides_touch(key) else Path(str(self.source.file)).parent

    def overrides_touch(self, key: str) -> bool:
        """Whether an override set `key`, or something above or below it."""
        return any(f"{key}.".startswith(f"{own}.") or own.startswith(f"{key}.") for own in self.overrides)


def load_config(chain: str | Path = "embedded", overrides: Mapping[str, Any] | None = None) -> ChainConfig:
    """The chain that is shipped under the name `chain`, or that stands in the file `chain` (ending in .yaml).

    Prompt files named in a chain file are looked for beside it, those named in an override in the working directory. An
    override of `model.provider` leaves behind what the file has for the provider before; the config's `notes` tell.

    Args:
        chain: a shipped name ("openai") or a path ("./mine.yaml"): the suffix tells which.
        overrides: values by dotted key, which replace the file's: {"run.seed": 7, "filters.0.min_words": 3}.

    Raises:
        ConfigError: naming the file and the key, what is allowed, and the nearest known name.
    """
    source = _find(str(chain))
    origin = _Origin(source, overrides or {})
    raw = yaml.read(source)
    notes = leave_old_providers(raw, origin.overrides)
    _imply_filters(raw, origin)  # so that an override finds it in its place
    replace(raw, origin.overrides)
    _imply_filters(raw, origin)
    _refuse_secrets(raw, origin)
    _load_topics(raw, origin)
    _find_seeds(raw, origin)
    raw.setdefault("name", named_after(Path(str(chain)).stem))
    sections = {role: _section(raw, path, origin) for role, path in _ROLE_KEYS.items()}
    notes += _roles_own(sections, origin)
    for section in sections.values():
        section["model"] = _merged(raw.get("model"), section.get("model"))
    language = _prompts_in(raw, origin)
    for role, section in sections.items():
        section["prompt"] = _load_prompt(section, role, origin, language)
    return yaml.validate(ChainConfig, raw, origin.at).noted(notes)


def replace(raw: dict[str, Any], overrides: Mapping[str, Any]) -> None:
    """Replace values of a chain file by dotted key.

    Raises:
        ConfigError: a key stands below a single value, or is no place in a list.
    """
    for key, value in overrides.items():
        _override(raw, key, value)


def prompt_files(chain: str, overrides: Mapping[str, Any] | None = None) -> dict[Role, Traversable]:
    """The file of each role's prompt in a chain.

    Raises:
        ConfigError: there is no such chain, or no such prompt.
    """
    origin = _Origin(_find(chain), overrides or {})
    raw = yaml.read(origin.source)
    replace(raw, origin.overrides)
    language = _prompts_in(raw, origin)
    names = {role: str(_section(raw, path, origin).get("prompt", role)) for role, path in _ROLE_KEYS.items()}
    return {
        role: yaml.find(name, shipped.prompts_in(language, name), "prompt", origin.beside(_prompt_key(role))).file
        for role, name in names.items()
    }


def find_chain(chain: str) -> Traversable:
    """The file of a shipped chain, or of a path that ends in .yaml.

    Raises:
        ConfigError: there is none.
    """
    return _find(chain).file


def is_file(chain: str) -> bool:
    """Whether `chain` names a file of one's own, and no shipped chain."""
    return yaml.is_path(chain)


def parse_overrides(settings: Sequence[str]) -> dict[str, Any]:
    """`["run.seed=7"]` -> `{"run.seed": 7}`; values are read as YAML.

    Raises:
        ConfigError: a setting has no "=" or an empty key, or its value is no YAML.
    """
    values = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip()
        if not equals or not all(key.split(".")):
            found = key + "=..." * bool(equals)
            raise ConfigError(f"--set {found}: KEY=VALUE is expected, for example run.seed=7 or filters.0.min_words=3")
        try:
            values[key] = yaml.parse(value)
        except ValueError as error:
            raise ConfigError(
                f"--set {key}: {str(error).split(': ', 1)[1]}; text may need quotes: '{key}=\"...\"'"
            ) from None
    return values


def _find(chain: str) -> yaml.Source:
    return yaml.find(chain, shipped.CHAINS, "chain", Path())


def _imply_filters(raw: dict[str, Any], origin: _Origin) -> None:
    language = origin.overrides.get("language", raw.get("language"))
    filters = with_implied(raw.get("filters"), language)
    if filters is not None:
        raw["filters"] = filters


def _override(raw: Any, dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for part in parents:
        raw = raw[_index(raw, part, dotted)] if isinstance(raw, list) else _child(raw, part, dotted)
    if isinstance(raw, list):
        raw[_index(raw, last, dotted)] = value
    elif isinstance(raw, dict):
        raw[last] = value
    else:
        raise ConfigError(f"--set {dotted}: {parents[-1]!r} is a single value, with nothing below it")


def _child(raw: Any, part: str, dotted: str) -> Any:
    if not isinstance(raw, dict):
        raise ConfigError(f"--set {dotted}: {part!r} stands below a single value")
    if raw.get(part) is None:
        raw[part] = {}
    return raw[part]


def _index(items: list[Any], part: str, dotted: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", part) or int(part) >= len(items):
        allowed = f"a number from 0 to {len(items) - 1}" if items else "nothing, as the list is empty"
        raise ConfigError(f"--set {dotted}: {part!r} should be {allowed}")
    return int(part)


def _section(raw: dict[str, Any], path: tuple[str, ...], origin: _Origin) -> dict[str, Any]:
    section = raw
    for depth, key in enumerate(path, start=1):
        below = section.setdefault(key, {})
        if not isinstance(below, dict):
            raise ConfigError(f"{origin.at('.'.join(path[:depth]))}: must be keys and values, not {shown(below)}")
        section = below
    return section


def named_after(stem: str) -> str:
    """What a chain is called after a file or folder of that name: run folders are named after it in turn."""
    return re.sub(r"[^\w.+-]+", "-", stem).lstrip("_.+-")[:80] or "chain"


def _roles_own(sections: Mapping[Role, dict[str, Any]], origin: _Origin) -> list[str]:
    """A line for each override of the chain's own model that some roles' models go before."""
    lines = []
    for key in origin.overrides:
        name = key.removeprefix("model.").partition(".")[0] if key.startswith("model.") else ""
        own = [
            ".".join(_ROLE_KEYS[role])
            for role, section in sections.items()
            if isinstance(section.get("model"), dict)
            and name in section["model"]
            and not origin.overrides_touch(f"{'.'.join(_ROLE_KEYS[role])}.model.{name}")
        ]
        if own:
            lines.append(f"{key} does not reach {', '.join(own)}, which have their own: set {own[0]}.{key}")
    return lines


def _merged(default: Any, own: Any) -> Any:
    """A role's model over the chain's; one that names a provider of its own inherits nothing."""
    if not isinstance(own, dict | None) or not isinstance(default, dict):
        return default if own is None else own
    return own if own and "provider" in own else {**default, **(own or {})}


def _refuse_secrets(raw: Any, origin: _Origin, key: str = "") -> None:
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for name, value in items:
        place = f"{key}.{name}".removeprefix(".")
        if is_secret(str(name), value):
            raise ConfigError(
                f"{origin.at(place)}: a secret in a chain ends up in records and repositories; put it into an "
                "environment variable, and the variable's name into model.api_key_env (or headers_env)"
            )
        if name != "headers_env":  # headers by name, with the variables that hold their values
            _refuse_secrets(value, origin, place)


def _load_topics(raw: dict[str, Any], origin: _Origin) -> None:
    if "topics" in raw:
        typed = origin.overrides_touch("topics")
        at = origin.at("topics")
        raw["topics"] = load_topics(raw["topics"], beside=origin.beside("topics"), typed=typed, at=at)


def _find_seeds(raw: dict[str, Any], origin: _Origin) -> None:
    name = raw.get("seeds")
    if isinstance(name, str) and not name.startswith(HUB):
        beside, typed, at = origin.beside("seeds"), origin.overrides_touch("seeds"), origin.at("seeds")
        raw["seeds"] = str(file_beside(name, beside=beside, typed=typed, at=at, what="seeds"))


def _prompts_in(raw: dict[str, Any], origin: _Origin) -> str:
    """The language in which shipped prompts are taken; "" where `prompt_language` does not say `own`."""
    if raw.get("prompt_language") != "own":
        return ""
    language, there = raw.get("language"), ("en", *shipped.prompt_languages())
    if not isinstance(language, str):
        raise ConfigError(f"{origin.at('prompt_language')}: own: one language is expected, as language: de")
    own = whole_language(language)
    if own not in there:
        raise ConfigError(
            f"{origin.at('prompt_language')}: own: no prompts are shipped in {language!r}; there are "
            f"{', '.join(there)}; English ones ask for any language: prompt_language: english"
        )
    return own


def _load_prompt(section: dict[str, Any], role: Role, origin: _Origin, language: str) -> Any:
    key = _prompt_key(role)
    beside = origin.beside(key)
    output = section.get("output", "text")
    return load_prompt(section.get("prompt", role), role, output, beside=beside, at=origin.at(key), language=language)


def _prompt_key(role: Role) -> str:
    return ".".join((*_ROLE_KEYS[role], "prompt"))
