"""`selfinstruct chains`: the chains that are shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json
from selfinstruct_chains.cli.parameters import ChainName

if TYPE_CHECKING:
    from selfinstruct_chains.config import ChainConfig


@click.command()
@click.argument("name", type=ChainName(), required=False)
@options.as_json
def command(name: str | None, *, as_json: bool) -> None:
    """List the chains that are shipped, or print one, to copy and change.

    \b
    selfinstruct chains
    selfinstruct chains openai > mine.yaml
    """
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.files.chain import find_chain, load_config

    if name:
        options.refuse("is about the list of chains, and a chain is printed as it is", "as_json")
        echo(find_chain(name).read_text(encoding="utf-8"), nl=False)
        return
    configs = {known: load_config(known) for known in shipped.names(shipped.CHAINS)}
    if as_json:
        echo_json([_values(known, config) for known, config in configs.items()], indent=1)
        return
    for known, config in configs.items():
        echo(f"{known:<12}{config.model.kind:<12}{config.model.name}")
        echo(f"{'':<12}{config.description}")


def _values(name: str, config: ChainConfig) -> dict[str, str]:
    model = {"provider": config.model.provider, "kind": config.model.kind, "model": config.model.name}
    return {"name": name, **model, "description": config.description}
