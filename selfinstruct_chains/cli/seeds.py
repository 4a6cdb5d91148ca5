"""`selfinstruct seeds`: a file of any shape as seed tasks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.drafts import filled, report
from selfinstruct_chains.cli.echo import echo, echo_json, say
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import is_stream, replacing_or_stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains.files.seeds import Draft, Drafts


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "out", type=click.Path(path_type=Path), required=True, help="The seed tasks as JSONL, or -."
)
@click.option("--fill", is_flag=True, help="Have the chain's steps fill in what is missing: kinds and instances.")
@options.chain
@options.settings
@options.budgets
@click.option("--force", is_flag=True, help="Replace an output that exists.")
@options.as_json
@options.quiet
@trust.option
def command(  # noqa: PLR0913 - one for each option
    source: Path,
    out: Path,
    *,
    fill: bool,
    chain: str,
    settings: tuple[str, ...],
    force: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Make seed tasks of FILE, and say what was read as what, left out, and is missing.

    FILE is JSON Lines, JSON, CSV, TSV, parquet, lines of text (.txt), - or hub:OWNER/NAME[:SPLIT]; its rows are
    tasks, alpaca, messages, sharegpt, prompt and completion, or have columns such as question and answer. Nothing is
    asked of a model without --fill. With it replies are kept in OUT.filling, and the same command goes on where it
    was stopped.

    \b
    selfinstruct seeds support.csv -o seeds.jsonl
    selfinstruct seeds support.csv -o seeds.jsonl --fill --chain openai
    """
    from selfinstruct_chains.files.seeds import read_drafts

    if not fill:
        budgets = ("max_calls", "max_tokens", "max_cost", "max_minutes")
        options.refuse("is about --fill, without which nothing is asked", "chain", "settings", "trust", *budgets)
    if fill and is_stream(out):
        raise ConfigError(f"{out}: --fill keeps its replies beside the output; give -o a file")
    if out.exists() and not is_stream(out) and not force:
        raise ConfigError(f"{str(out)!r} exists: give another name, or --force to replace it")
    drafts = read_drafts(source, lenient=True)
    tasks: Sequence[Draft] = drafts.tasks
    unfilled: Counter[str] = Counter()
    if fill and any(draft.lacks for draft in drafts.tasks):
        config = options.load(chain, settings)
        trust.tell(chain, settings, config, trust=given["trust"], say=_note, once=True)
        tasks, unfilled = filled(drafts, config, out, options.limits(given))
    _write(tasks, out)
    to_stdout = str(out) == "-"
    if as_json:
        echo_json(_values(out, drafts, tasks, unfilled), err=to_stdout, indent=1)
        return
    for line in report(source, out, drafts, tasks, unfilled):
        say(line, err=to_stdout)


def _note(text: str) -> None:
    echo(text, err=True)


def _write(tasks: Sequence[Draft], out: Path) -> None:
    """All of it, or nothing."""
    with replacing_or_stdout(out) as file:
        file.writelines(f"{task.line()}\n".encode() for task in tasks)


def _values(out: Path, drafts: Drafts, tasks: Sequence[Draft], unfilled: Counter[str]) -> dict[str, object]:
    from selfinstruct_chains.files.seeds import lacking

    left_out = [{"where": unfit.where, "why": unfit.why} for unfit in drafts.left_out]
    about = {"out": str(out), "tasks": len(tasks), "read": dict(drafts.shapes), "notes": list(drafts.notes)}
    return about | {"left_out": left_out, "unfilled": dict(unfilled), "missing": lacking(tasks)}
