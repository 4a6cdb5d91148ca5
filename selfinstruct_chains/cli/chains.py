"""`selfinstruct chains`: the chains that are shipped."""

from __future__ import annotations

import click

from selfinstruct_chains.cli.echo import echo


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the chains that are shipped, or print one, to copy and change.

    \b
    selfinstruct chains
    selfinstruct chains openai > mine.yaml
    """
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.files.chain import find_chain, load_config

    if name:
        echo(find_chain(name).read_text(encoding="utf-8"), nl=False)
        return
    for known in shipped.names(shipped.CHAINS):
        config = load_config(known)
        echo(f"{known:<12}{config.model.kind:<12}{config.model.name}")
        echo(f"{'':<12}{config.description}")
