"""`selfinstruct graph`: draw the chain."""

from __future__ import annotations

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo
from selfinstruct_chains.cli.parameters import OneOf


@click.command()
@options.chain
@options.settings
@click.option("--format", "form", type=OneOf(["mermaid", "ascii"]), default="mermaid", show_default=True)
@click.option("--xray", is_flag=True, help="Draw the prompt, the model and the parser of each step too.")
def command(chain: str, settings: tuple[str, ...], form: str, *, xray: bool) -> None:
    """Draw a chain: the pool, the four steps, the branch with both arms, the filters.

    \b
    selfinstruct graph > chain.mmd
    selfinstruct graph --format ascii
    """
    from selfinstruct_chains.run.self_instruct import self_instruct

    graph = self_instruct(options.load(chain, settings)).get_graph(xray=xray)
    echo(graph.draw_mermaid() if form == "mermaid" else graph.draw_ascii())
