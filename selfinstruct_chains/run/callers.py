"""Who makes a run's calls: the models in this process, or the workers of a cluster; tried before a folder is made."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.models.forms import keyless
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.registry import ConfiguredModel, check_model
from selfinstruct_chains.run.hands import unless_stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from selfinstruct_chains.config import ChainConfig, Role
    from selfinstruct_chains.models.fleet.fleet import Fleet
    from selfinstruct_chains.models.fleet.worker import Held
    from selfinstruct_chains.run.assembly import RoleModels
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.own import Own


class Callers(NamedTuple):
    """The role models of a run, fit to be called."""

    models: RoleModels
    notes: list[str]
    """What there is to say of them, a line each."""
    fleet: Fleet | None = None
    """The cluster's workers, where they make the calls."""

    def watched(self, monitor: Monitor) -> None:
        """Have `monitor` see the cluster's nodes, and hear what else there is to say of them."""
        if self.fleet:
            monitor.nodes = self.fleet.nodes
            self.fleet.note = monitor.notes.append


@asynccontextmanager
async def callers(
    config: ChainConfig, found: RoleModels, own: Own, most: int, monitor: Monitor
) -> AsyncIterator[Callers]:
    """Who makes the calls that `config` asks for, until the block ends.

    Args:
        config: the chain.
        found: its models.
        own: what the user brings.
        most: calls in flight.
        monitor: what stops the wait for a cluster.

    Raises:
        ConfigError: a model lacks what the chain asks of it, or its key or weights; there is no cluster as the chain
            names it.
    """
    if config.run.engine == "local":
        yield Callers(found, fit_to_call(config, found, own))
        return
    from selfinstruct_chains.models.fleet.fleet import Fleet
    from selfinstruct_chains.models.fleet.model import FleetModel

    places, held = _held(config, found, own)
    for one in held:
        if one.own is None and one.model.provider != "embedded":
            build(keyless(one.model))  # what it can be asked is found here, without its key: the packages have to be
    notes: list[str] = []
    fleet = Fleet(held, config.run.ray, most, notes.append)
    try:
        await unless_stopped(fleet.begin(), monitor)
        elsewhere = {role: FleetModel(found.models[role], fleet, place) for role, place in places.items()}
        yield Callers(found._replace(elsewhere=elsewhere), notes, fleet)
    finally:
        await fleet.end()


def fit_to_call(config: ChainConfig, found: RoleModels, own: Own) -> list[str]:
    """Find out what the chain file's models lack before a folder is made; a line for each thing left out."""
    notes: list[str] = []
    for role in ROLES:
        if isinstance(found.models[role], ConfiguredModel) and role not in own.steps:
            section = config.role(role)
            notes += check_model(section.model, section.output, getattr(section, "decide", "text"))
    return list(dict.fromkeys(notes))


def _held(config: ChainConfig, found: RoleModels, own: Own) -> tuple[dict[Role, int], list[Held]]:
    """The models that workers hold, each once, and the place of each role's among them."""
    from selfinstruct_chains.models.fleet.worker import Held

    sharing: dict[int, list[Role]] = {}
    for role in ROLES:
        if role not in own.steps:
            sharing.setdefault(id(found.models[role]), []).append(role)
    held: list[Held] = []
    for roles in sharing.values():
        model, sections = found.models[roles[0]], [config.role(role) for role in roles]
        decides = {getattr(section, "decide", "text") for section in sections}
        held.append(
            Held(
                config.model_for(roles[0]),
                None if isinstance(model, ConfiguredModel) else model,
                tuple(dict.fromkeys(section.output for section in sections)),
                "logprob" if "logprob" in decides else "text",
                config.run.patience,
            )
        )
    return {role: place for place, roles in enumerate(sharing.values()) for role in roles}, held


async def disconnect(found: RoleModels) -> None:
    """Close the connections of the chain file's models."""
    for model in set(found.models.values()):
        if isinstance(model, ConfiguredModel):
            await model.aclose()
