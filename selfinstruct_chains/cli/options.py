"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from selfinstruct_chains.config import ChainConfig

F = TypeVar("F", bound="Callable[..., Any]")

chain = click.option(
    "--chain",
    default="embedded",
    show_default=True,
    metavar="NAME|FILE.yaml",
    help="A shipped chain, or a file of yours.",
)
settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a value of the chain file: run.seed=7. Repeatable.",
)
seeds = click.option(
    "--seeds",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Seed tasks of your own, instead of the 175 that are shipped.",
)


def load(chain: str, settings: tuple[str, ...], seed: int | None = None) -> ChainConfig:
    """The chain config that `--chain`, `--set` and `--seed` name."""
    from selfinstruct_chains.files.chain import load_config, parse_overrides

    overrides = parse_overrides(settings)
    return load_config(chain, overrides if seed is None else overrides | {"run.seed": seed})
