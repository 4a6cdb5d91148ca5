"""`selfinstruct prompts`: the prompt files that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@click.command()
@click.argument("name", required=False)
@options.chain
def command(name: str | None, chain: str) -> None:
    """List the prompt files that are shipped, or print one, to copy and change.

    NAME is a role of a chain (instructions, classification, input_first, output_first), whose own file is printed, or
    one of the list.

    \b
    selfinstruct prompts
    selfinstruct prompts instructions > mine.yaml
    """
    import textwrap

    from selfinstruct_chains.cli.figures import WIDTH

    if not name:
        options.refuse("says whose file a role's is", "chain")
        for known, about in _listed():
            echo(textwrap.fill(about, WIDTH, initial_indent=f"{known:<18}", subsequent_indent=" " * 18))
        return
    echo(_file(name, chain).read_text(encoding="utf-8"), nl=False)


def _listed() -> list[tuple[str, str]]:
    """The shipped prompts with what their first comment says."""
    from selfinstruct_chains.files import shipped

    names = shipped.names(shipped.PROMPTS)
    texts = [(shipped.PROMPTS / f"{name}.yaml").read_text(encoding="utf-8") for name in names]
    return [(name, text.splitlines()[0].lstrip("# ")) for name, text in zip(names, texts, strict=True)]


def _file(name: str, chain: str) -> Traversable:
    from selfinstruct_chains.files import shipped, yaml
    from selfinstruct_chains.files.chain import prompt_files

    for role, file in prompt_files(chain).items():
        if role == name:
            return file
    options.refuse("says whose file a role's is", "chain")
    return yaml.find(name, shipped.PROMPTS, "prompt", Path()).file
