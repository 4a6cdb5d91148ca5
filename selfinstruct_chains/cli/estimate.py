"""`selfinstruct estimate`: what a run is expected to take, before it is paid for."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, echo_json
from selfinstruct_chains.cli.parameters import OneOf, Whole

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.config import Engine
    from selfinstruct_chains.run.engine_estimate import Pace
    from selfinstruct_chains.run.estimate import Estimate


@click.command()
@options.latest_run
@click.option("-n", "n", type=Whole(min=1), required=True, help="How many finished tasks in all.")
@options.chain
@options.seeds
@options.settings
@click.option(
    "--engine",
    type=OneOf(["local", "ray"]),
    help="Say how fast the run's own processes are, with the calls made here, or by a Ray cluster.",
)
@click.option("--workers", type=Whole(min=1), help="Workers of that cluster.  [default: run.ray.per_node]")
@options.as_json
@trust.option
def command(  # noqa: PLR0913 - one for each option
    run: Path | None,
    *,
    n: int,
    chain: str,
    seeds: Path | None,
    settings: tuple[str, ...],
    engine: Engine | None,
    workers: int | None,
    as_json: bool,
    **given: bool,
) -> None:
    """Say how many calls, tokens, dollars and minutes N tasks will take: as RUN's own so far, or by stated defaults.

    \b
    selfinstruct estimate -n 5000 --chain openai
    selfinstruct estimate -n 5000 runs/openai-1f2e3d
    selfinstruct estimate -n 1000000 --chain openai --engine ray --workers 32
    """
    from selfinstruct_chains.cli.figures import WIDTH
    from selfinstruct_chains.files.seeds import read_seeds, seeds_source
    from selfinstruct_chains.run import engine_estimate, estimate
    from selfinstruct_chains.run.overview import look

    if workers and engine != "ray":
        raise click.UsageError("--workers is for --engine ray")
    if run:
        options.refuse("is for a run that is to come, and RUN has its own", "chain", "seeds", "settings")
    overview = look(run) if run else None
    there = overview.monitor.finished if overview else 0
    config = overview.config if overview else options.load(chain, settings)
    if not overview:
        trust.tell(chain, settings, config, **given, say=partial(echo, err=True))
    found = estimate.from_measured(overview, max(0, n - there)) if overview else None
    how = f"As the {there} tasks in {run} went; a pool that grows accepts less, so a long way ahead it will be more."
    if not found:
        found, how = estimate.from_defaults(config, read_seeds(seeds_source(config, seeds)), n), estimate.DEFAULTS
    workers = workers or config.run.ray.per_node
    pace = engine_estimate.pace(config, found, engine, workers) if engine else None
    if as_json:
        fast = {"pace": {**pace._asdict(), "by": engine_estimate.MEASURED}} if pace else {}
        echo_json({"tasks": max(0, n - there), "finished": there, **_values(found), "by": how, **fast}, indent=1)
        return
    echo(f"{max(0, n - there)} more tasks:" if there else f"{n} tasks:")
    echo(_table(found._replace(seconds=pace.seconds if pace else found.seconds), config.run.max_concurrency))
    if pace:
        echo(_pace(pace, workers))
    echo("\n" + textwrap.fill(how, WIDTH))
    if pace:
        echo("\n" + textwrap.fill(engine_estimate.MEASURED, WIDTH))


def _values(found: Estimate) -> dict[str, object]:
    roles = {role: asdict(usage) for role, usage in found.roles.items()}
    return {"roles": roles, "dollars": found.dollars, "seconds": round(found.seconds, 1)}


def _table(found: Estimate, concurrency: int) -> str:
    lines = [f"  {'':16}{'calls':>12}{'tokens in':>17}{'tokens out':>17}"]
    rows = [(role, usage.calls, usage.input_tokens, usage.output_tokens) for role, usage in found.roles.items()]
    rows.append(("all", *(sum(row[column] for row in rows) for column in (1, 2, 3))))  # type: ignore[misc, arg-type]
    lines += [f"  {role:16}{calls:>12,}{read:>17,}{wrote:>17,}" for role, calls, read, wrote in rows]
    if cached := sum(usage.cache_read_tokens for usage in found.roles.values()):
        lines.append(f"  of the tokens in, {cached:,} come from the provider's cache")
    if thought := sum(usage.reasoning_tokens for usage in found.roles.values()):
        lines.append(f"  of the tokens out, {thought:,} are hidden thinking")
    if any(usage.unknown for usage in found.roles.values()):
        lines.append("  tokens are those that the provider counted; it did not count all")
    cost = "not known: no price for a model at its address (--set 'model.price={input: ..., output: ...}')"
    lines.append(f"  cost            {cost if found.dollars is None else f'${found.dollars:,.2f}, by list price'}")
    lines.append(f"  time            about {_time(found.seconds)}, with {concurrency:,} calls in flight")
    return "\n".join(lines)


def _pace(pace: Pace, workers: int) -> str:
    by = f", by {workers} worker{'s' * (workers > 1)}" if pace.each["the workers"] else ""
    others = (
        f"{name.removeprefix('the ')} {_time(seconds)}"
        for name, seconds in pace.each.items()
        if seconds and name != pace.waits_for
    )
    return (
        f"  pace            {pace.calls_per_second:,.0f} calls a second, of {pace.mean_latency:.1f} s each{by}\n"
        f"  waits for       {pace.waits_for}, {_time(pace.seconds)}; alone: {', '.join(others)}"
    )


def _time(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} s"
