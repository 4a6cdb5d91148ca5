"""`{commands}`: every command with its usage, examples and options, as `--help` has them, and the role `command`.

sphinx-click (6.2) sets examples as prose, and an entry for each option's variable; click's own records are as short.
"""

from __future__ import annotations

import inspect
import re
from textwrap import dedent
from typing import TYPE_CHECKING

import click
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from selfinstruct_chains.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_PAGE = "reference/commands"
_MARKS = re.compile(r"([*_<>\[\]`\\])")


class Commands(SphinxDirective):
    """A section for each command, in the order of `selfinstruct --help`."""

    def run(self) -> list[nodes.Node]:
        """What is left beside the sections."""
        above = click.Context(cli, info_name="selfinstruct")
        text = "\n\n".join(part for name in COMMANDS for part in _section(above, name))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _note(app: Sphinx, doctree: nodes.document) -> None:
    """Make an entry of each command's section; MyST has put them into the page itself."""
    if app.env.docname == _PAGE:
        for section in doctree.findall(nodes.section):
            for name in set(section["ids"]) & COMMANDS.keys():
                app.env.domains.standard_domain.note_object("command", name, name, location=section)


def _section(above: click.Context, name: str) -> Iterator[str]:
    command = cli.get_command(above, name)
    if command is None:
        raise LookupError(name)
    context = click.Context(command, info_name=name, parent=above)
    says, *examples = re.split(r"^\x08$", inspect.cleandoc(command.help or ""), flags=re.MULTILINE)
    yield f"## {name}"
    yield f"```{{program}} selfinstruct {name}\n```"
    yield _plain(says)
    yield _fenced("text", context.get_usage().removeprefix("Usage: "))
    for example in examples:
        block, _, after = example.strip("\n").partition("\n\n")
        yield _fenced("bash" if block.lstrip().startswith("selfinstruct") else "text", dedent(block))
        yield _plain(after)
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            yield f"```{{option}} {record[0]}\n{_plain(record[1])}\n```"


def _plain(text: str) -> str:
    """What Markdown shows as `text`; code in backquotes stays code."""
    outside = re.split(r"(`[^`]*`)", text)
    outside[::2] = [_MARKS.sub(r"\\\1", part) for part in outside[::2]]
    return "".join(outside).strip()


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def setup(app: Sphinx) -> None:
    """Register the directive and the role."""
    app.add_object_type("command", "command", objname="command")
    app.add_directive("commands", Commands)
    app.connect("doctree-read", _note)
