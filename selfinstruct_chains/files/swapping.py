"""Another provider over a chain file: `--set model.provider=...`, or a role's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.config.swapping import is_swap, leave_behind, refuse_old_name, said

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLES = ("instructions", "classification", "instances.input_first", "instances.output_first")


def leave_old_providers(raw: dict[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Take out of a chain file's values what belongs to a provider that `settings` replace; a line for each provider.

    Raises:
        ConfigError: another provider without a name for its model.
    """
    notes = _whole_chain(raw, settings)
    for place in (f"{role}.model" for role in _ROLES):
        own = _at(raw, place)
        before = own if "provider" in own else {**_at(raw, "model"), **own}
        if is_swap(before, settings.get(f"{place}.provider")):
            refuse_old_name(own, place, settings)
            notes += said(place, before["provider"], leave_behind(own, place, settings))
    return notes


def _whole_chain(raw: dict[str, Any], settings: Mapping[str, Any]) -> list[str]:
    default = _at(raw, "model")
    if not is_swap(default, settings.get("model.provider")):
        return []
    refuse_old_name(default, "model", settings)
    notes = said("model", default["provider"], leave_behind(default, "model", settings))
    for place in (f"{role}.model" for role in _ROLES):
        own = _at(raw, place)
        if own and "provider" not in own and f"{place}.provider" not in settings:
            notes += said(place, default["provider"], leave_behind(own, place, settings))
    return notes


def _at(raw: Any, dotted: str) -> dict[str, Any]:
    """The section at a dotted key; an empty one where there is none, or none that has keys."""
    for key in dotted.split("."):
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, dict) else {}
