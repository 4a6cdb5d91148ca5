"""`selfinstruct check`: what can be found wrong before paying."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, echo_json
from selfinstruct_chains.cli.parameters import ChainName

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("chain", type=ChainName(), default="embedded")
@options.seeds
@options.settings
@click.option("--call", is_flag=True, help="Also make the first call of each role, as a run would.")
@options.as_json
@trust.option
def command(
    chain: str, seeds: Path | None, settings: tuple[str, ...], *, call: bool, as_json: bool, **given: bool
) -> None:
    """Check a chain and its seeds before paying for anything: exit 0 and a line for each finding, or exit 2.

    \b
    selfinstruct check openai --seeds mine.jsonl
    selfinstruct check mine.yaml --call
    """
    from selfinstruct_chains.run.checking import check_chain

    config = options.load(chain, settings)
    trust.tell(chain, settings, config, **given, say=partial(echo, err=as_json))
    findings = check_chain(config, seeds, call=call)
    if as_json:
        echo_json({"chain": chain, "findings": list(findings)}, indent=1)
        return
    for finding in findings:
        echo(finding)
