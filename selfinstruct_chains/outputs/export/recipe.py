"""What made a dataset, as files to put beside it: the chain file of its run, and the prompts that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from selfinstruct_chains.config import PART_VARIABLES, ROLES
from selfinstruct_chains.outputs.export.card import model_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import Prompt
    from selfinstruct_chains.run.reader import RunReader

CHAIN = "chain.yaml"
_PLACE = frozenset({"base_url", "api_key_env", "headers_env"})
"""Keys that tell where its maker's models are, which is nobody else's business."""
_HEAD = """\
# The chain that made this dataset: selfinstruct generate -n 20 --chain chain.yaml
# Left out is where its maker's models are, and where their keys come from (base_url, api_key_env, headers_env).
"""
_OWN = "# Its maker's own program took part too, which is not in it: {}.\n"


def recipe(run: RunReader) -> dict[str, str]:
    """The text of chain.yaml and of each role's prompt, by path; beside one another they load as the run's chain.

    Raises:
        RunError: another version of the program wrote the run.
    """
    values = run.config.model_dump(mode="json")
    files = {CHAIN: ""}
    for role in ROLES:
        section = values[role] if role in values else values["instances"][role]
        prompt = section["prompt"] = f"prompts/{role}.yaml"
        files[prompt] = _yaml(_prompt(run.config.role(role).prompt))
        section["model"] = _told(section["model"], values["model"])
    values["model"] = _told(values["model"], {})
    chain = _yaml({key: value for key, value in values.items() if value is not None})
    files[CHAIN] = _HEAD + _own(run.origin.shaping) + chain
    return files


def _prompt(prompt: Prompt) -> dict[str, Any]:
    """A run keeps its prompts with their parts filled in: what each request fills in is a part again in a file."""
    values: dict[str, Any] = prompt.model_dump(mode="json", exclude_defaults=True)
    for name in sorted(PART_VARIABLES & set(prompt.variables)):
        values = _renamed(values, name, f"the_{name}")
        values["variables"].remove(name)
        values.setdefault("parts", {})[f"the_{name}"] = {name: f"{{{name}}}"}
    return values


def _renamed(value: Any, old: str, new: str) -> Any:
    """Plain values in whose texts a name in braces is another; doubled braces stay."""
    match value:
        case str():
            return re.sub(r"\{\{|\}\}|\{(\w+)\}", lambda found: f"{{{new}}}" if found[1] == old else found[0], value)
        case list():
            return [_renamed(item, old, new) for item in value]
        case dict():
            return {key: _renamed(item, old, new) for key, item in value.items()}
    return value


def _told(model: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """A model's settings, as far as they differ from the chain's; all of them for another provider."""
    if model["provider"] != default.get("provider"):
        default = {}
    found = {key: value for key, value in model.items() if key not in _PLACE and value != default.get(key)}
    return found | ({"name": model_name(model["name"])} if "name" in found else {})


def _own(shaping: Mapping[str, Any]) -> str:
    names = sorted(key.removeprefix("own.") for key in shaping if key.startswith("own."))
    names += [f"filter {name}" for name in shaping.get("own_filters") or []]
    return _OWN.format(", ".join(names)) if names else ""


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as they are."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(values: Mapping[str, Any]) -> str:
    text: str = yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
