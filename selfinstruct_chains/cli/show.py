"""`selfinstruct show`: the exact prompt of a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json
from selfinstruct_chains.cli.parameters import OneOf

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.config import Kind, Role

CHOICES = ("instructions", "classification", "input_first", "output_first")


@click.command()
@click.argument("role", type=OneOf(CHOICES), metavar="ROLE")
@options.chain
@options.seeds
@options.settings
@click.option("--kind", type=OneOf(["chat", "completion"]), help="For the other family of models.")
@click.option(
    "--instruction", default="Turn these notes into a polite e-mail.", show_default=True, help="The task it is about."
)
@options.as_json
def command(  # noqa: PLR0913 - one for each option
    role: Role,
    *,
    chain: str,
    seeds: Path | None,
    settings: tuple[str, ...],
    kind: Kind | None,
    instruction: str,
    as_json: bool,
) -> None:
    """Print the exact prompt that a role's model is given, as its first call in a run has it.

    ROLE is instructions, classification, input_first or output_first.

    \b
    selfinstruct show instructions
    selfinstruct show output_first --instruction "Is this mail spam?"
    """
    from selfinstruct_chains.run.show import show_prompt

    if role == "instructions":
        options.refuse("is the task that the other roles' prompts are about", "instruction")
    shown = show_prompt(options.load(chain, settings), role, kind=kind, seeds=seeds, instruction=instruction)
    if as_json:
        echo_json({"role": role, **shown._asdict()}, indent=1)
        return
    echo(shown.prompt)
    echo(f"\n-- {shown.about}", err=True)
    for note in shown.notes:
        echo(f"-- {note}", err=True)
