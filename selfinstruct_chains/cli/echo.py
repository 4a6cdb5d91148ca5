"""The one way to a terminal or a log: all that commands say goes through here, and nothing in it is obeyed."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import Any

import click

from selfinstruct_chains.characters import visible
from selfinstruct_chains.files.writing import standard_output


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print `text`, whoever wrote it, with what a terminal would obey or hide as escapes: `\\u001b`."""
    with nullcontext() if err else standard_output():
        click.echo(visible(str(text)), err=err, nl=nl)


def echo_json(values: object, *, err: bool = False, **style: Any) -> None:
    """Print `values` as JSON, which reads as the same values."""
    echo(json.dumps(values, ensure_ascii=False, **style), err=err)


def agreed(question: str) -> bool:
    """Whether who sits at the terminal says yes; no where nobody does."""
    return sys.stdin.isatty() and sys.stderr.isatty() and click.confirm(visible(question), err=True)
