"""What the calls before a run's first request are made with, without a run around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains import Monitor, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.models.registry import patiences
from selfinstruct_chains.run.assembly import role_models
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.journalled import Calling
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains import ChainConfig, Task

SEEDS = read_seeds(shipped.SEEDS)


def settling(
    config: ChainConfig,
    journal: Journal | None = None,
    *,
    models: Any = None,
    steps: Any = None,
    seeds: Sequence[Task] = tuple(SEEDS),
) -> Settling:
    """As a run would have it; one monitor counts all calls."""
    own, monitor = brought(models, steps), Monitor()
    found, budget = role_models(config, own.models), Budget({}, monitor)
    calling = {
        role: Calling(patience, budget, monitor, config.run.seed)
        for role, patience in patiences(found.models, config, config.run.max_concurrency).items()
    }
    return Settling(config, found, own, seeds, journal if journal is not None else Journal(), calling)
