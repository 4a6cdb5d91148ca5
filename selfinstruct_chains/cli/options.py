"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from selfinstruct_chains.cli.echo import echo, hush
from selfinstruct_chains.cli.parameters import ChainName, Number, RunFolder, Whole
from selfinstruct_chains.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.run.budget import Budgets

F = TypeVar("F", bound="Callable[..., Any]")

run = click.argument("run", type=RunFolder())
"""The folder of a run."""
latest_run = click.argument("run", type=RunFolder(), required=False)
"""The same for commands that only read: none is the latest, by `the_run`."""
runs = click.argument("runs", type=RunFolder(), nargs=-1, metavar="[RUN]...")
"""Several; none are the two latest, by `the_runs`."""
as_json = click.option("--json", "as_json", is_flag=True, help="All of it as one JSON value, for programs.")
quiet = click.option(
    "-q", "--quiet", is_flag=True, expose_value=False, callback=hush, help="No progress and no notes; only errors."
)
"""What `echo.say` and displays obey."""
chain = click.option(
    "--chain",
    type=ChainName(),
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
    metavar="FILE",
    help="Seed tasks of your own, instead of the 175 that are shipped: JSON, CSV, ...: see `selfinstruct seeds`.",
)
_BUDGETS = {"max_calls": "calls", "max_tokens": "tokens", "max_cost": "dollars", "max_minutes": "minutes"}


def budgets(command: F) -> F:
    """The options that limit what a command may spend; `limits` reads them."""
    above_zero = Number(min=0, min_open=True)
    for option in (
        click.option("--max-minutes", type=above_zero, help="Stop after so many minutes of this start."),
        click.option(
            "--max-cost",
            type=above_zero,
            metavar="DOLLARS",
            help="Stop when the tokens cost so much, over the whole folder; prices: model.price, or a kept list.",
        ),
        click.option("--max-tokens", type=Whole(min=1), help="Stop after so many tokens, over the whole folder."),
        click.option("--max-calls", type=Whole(min=1), help="Stop after so many replies, over the whole folder."),
    ):
        command = option(command)
    return command


def limits(given: Mapping[str, Any]) -> Budgets:
    """The budgets among a command's parameters."""
    found: Any = {budget: given[name] for name, budget in _BUDGETS.items() if given[name] is not None}
    return found  # type: ignore[no-any-return]


def typed_limits(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The same as they are typed, for other commands."""
    named = {name: given[name] for name in _BUDGETS if given[name] is not None}
    return tuple(part for name, value in named.items() for part in (f"--{name.replace('_', '-')}", f"{value:g}"))


def load(chain: str, settings: tuple[str, ...], seed: int | None = None) -> ChainConfig:
    """The chain config that `--chain`, `--set` and `--seed` name."""
    from selfinstruct_chains.files.chain import load_config, parse_overrides

    overrides = parse_overrides(settings)
    if seed is not None and "run.seed" in overrides:
        raise click.UsageError("--seed and --set run.seed are the same: give one of them.")
    return load_config(chain, overrides if seed is None else overrides | {"run.seed": seed})


def the_run(named: Path | None) -> Path:
    """The run that a command is about: that which is named, or the latest in runs/, which is then told.

    Raises:
        RunError: none is named, and there is none.
    """
    from selfinstruct_chains.run.places import latest

    if named is not None:
        return named
    found = latest()
    echo(f"run: {found} (the latest)", err=True)
    return found


def the_runs(named: tuple[Path, ...]) -> tuple[Path, ...]:
    """The runs that a command holds against one another: those named, or the two latest in runs/, the older first.

    Raises:
        RunError: none is named, and there are not two.
    """
    from selfinstruct_chains.run.places import RUNS, run_folders

    if named:
        return named
    found = run_folders()[1::-1]
    if len(found) < 2:  # noqa: PLR2004
        raise RunError(f"no runs are named, and there are not two in {RUNS}: give their folders")
    echo(f"runs: {found[0]} and {found[1]} (the two latest)", err=True)
    return tuple(found)


def refuse(why: str, *names: str) -> None:
    """Refuse options that were typed and would change nothing: `why` says what they do, or where they belong.

    Raises:
        click.UsageError: one of them stands in the command line (what stands in the environment is for other calls).
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source == ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{max(parameter.opts, key=len)} would change nothing: it {why}.")
