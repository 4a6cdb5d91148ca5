"""The models that are evaluated: files of given predictions, and models that are asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from selfinstruct_chains.config import ROLES, ModelConfig, Role
from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.files.chain import is_file, load_config, parse_overrides
from selfinstruct_chains.training.evaluation.comparing import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from selfinstruct_chains.config import ChainConfig

TOKENS = 128
"""That an answer may have, unless asked otherwise: the same for all models, or shorter ones would look better."""
DEFAULT_ROLE: Role = "input_first"
_GREEDY: dict[str, Any] = {"temperature": 0.0, "top_p": None, "presence_penalty": None, "frequency_penalty": None}
"""How an answer is sampled: what a role has for its own work stays out of it."""


class Given(NamedTuple):
    """A file of predictions."""

    name: str
    path: Path


class Asked(NamedTuple):
    """A model that is asked for its answers."""

    name: str
    source: str
    """The chain, as it was typed."""
    settings: tuple[str, ...]
    """The overrides that concern it, as they were typed, without its name."""
    chain: ChainConfig
    model: ModelConfig
    """Its role's, set up for answers."""


class _Named(NamedTuple):
    name: str
    what: str


def read_models(given: Iterable[str], settings: Sequence[str] = (), tokens: int = TOKENS) -> list[Given | Asked]:
    """What `--model` and `--set` name.

    Args:
        given: each `[NAME=]WHAT`: a file of predictions (.jsonl), a shipped chain, a chain file (.yaml), or one of the
            roles of these, `CHAIN:ROLE`.
        settings: overrides of the chains, each `[NAME:]KEY=VALUE`: for one of the models, or for all.
        tokens: that an answer may have, where no override says.

    Raises:
        ConfigError: two models have one name, there is no such chain, role or model, or an override can't be.
    """
    named = [_named(one) for one in given]
    _check_names(named)
    chains = [one.name for one in named if not _is_predictions(one.what)]
    by_name = _settings_by_name(settings, chains)
    return [
        _asked(one, by_name[one.name], tokens) if one.name in by_name else Given(one.name, Path(one.what))
        for one in named
    ]


def folder_name(name: str) -> str:
    """What a model's folder and file are called."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:80] or "model"


def _named(given: str) -> _Named:
    name, equals, what = given.partition("=")
    if equals and name.strip() and not Path(given).exists():
        return _Named(name.strip(), what)
    if _is_predictions(given):
        return _Named(Path(given).stem, given)
    chain, role = _parts(given)
    path = Path(chain)
    stem = path.parent.name if path.stem == "chain" and path.parent.name else path.stem  # a trained model's chain.yaml
    return _Named(f"{stem}:{role}" if role else stem, given)


def _is_predictions(what: str) -> bool:
    """Whether `what` is a file of answers, not a chain: by its suffix, or because it is there."""
    chain, role = _parts(what)
    return not is_file(chain) and (
        what.endswith((".jsonl", ".json")) or what == "-" or (not role and Path(what).is_file())
    )


def _parts(what: str) -> tuple[str, str]:
    """The chain, and its role or ""."""
    chain, colon, role = what.rpartition(":")
    return (chain, role) if colon and chain and re.fullmatch(r"\w+", role) else (what, "")


def _check_names(named: Sequence[_Named]) -> None:
    seen: dict[str, str] = {}
    for name, what in named:
        key = folder_name(name).casefold()
        if key in seen:
            raise ConfigError(f"--model: {name!r} is there twice; give one of them another name: --model OTHER={what}")
        if name in CONTROLS:
            raise ConfigError(f"--model: {name!r} is a control's name; give it another: --model OTHER={what}")
        seen[key] = what


def _settings_by_name(settings: Sequence[str], chains: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The overrides of each model that is asked."""
    found: dict[str, list[str]] = {name: [] for name in chains}
    for setting in settings:
        key, equals, value = setting.partition("=")
        name, colon, below = key.rpartition(":")
        if not found:
            raise ConfigError(f"--set {setting}: changes a model that is asked, and all of these are given predictions")
        if colon and name not in found:
            known = ", ".join(map(repr, found))
            raise ConfigError(
                f"--set {setting}: no model {name!r} is asked{did_you_mean(name, found)}; there are {known}"
            )
        for one in [name] if colon else list(found):
            found[one].append(f"{below}{equals}{value}")
    return {name: tuple(own) for name, own in found.items()}


def _asked(one: _Named, settings: tuple[str, ...], tokens: int) -> Asked:
    chain, role = _parts(one.what)
    if role and role not in get_args(Role):
        raise ConfigError(
            f"--model {one.what}: no role {role!r}{did_you_mean(role, ROLES)}; there are {', '.join(ROLES)}"
        )
    overrides = parse_overrides(settings)
    config = load_config(chain, overrides)
    found: Role = role or DEFAULT_ROLE  # type: ignore[assignment]  # looked for above
    return Asked(one.name, chain, settings, config, _for_answers(config, found, overrides, tokens))


def _for_answers(config: ChainConfig, role: Role, overrides: Mapping[str, Any], tokens: int) -> ModelConfig:
    """A role's model without what the role sets for its own work, but with what was typed."""
    model, default = config.model_for(role), config.model
    values: dict[str, Any] = {}
    for key, value in (_GREEDY | {"max_tokens": tokens}).items():
        if any(typed.endswith(f"{role}.model.{key}") for typed in overrides):
            continue
        values[key] = getattr(default, key) if f"model.{key}" in overrides else value
    if (model.provider, model.name) == (default.provider, default.name):
        values["extra"] = default.extra
    optional = {*model.optional, *("temperature" for key in values if values.get(key) == 0)}
    return model.model_copy(update=values | {"optional": tuple(sorted(optional))})
