"""The one way to a terminal or a log: all that commands say goes through here, and nothing in it is obeyed."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.characters import visible
from selfinstruct_chains.errors import SelfInstructError
from selfinstruct_chains.files.writing import standard_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_HUSHED = "selfinstruct_chains.quiet"


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print `text`, whoever wrote it, with what a terminal would obey or hide as escapes: `\\u001b`."""
    with nullcontext() if err else standard_output():
        click.echo(visible(str(text)), err=err, nl=nl)


def say(text: object = "", *, err: bool = False) -> None:
    """As `echo`, for what `--quiet` leaves out: progress, notes, and what was done. It leaves no error out."""
    if not hushed():
        echo(text, err=err)


def hush(context: click.Context, _: click.Parameter, quiet: bool) -> None:  # noqa: FBT001 - click's signature
    """Have this command say nothing but errors; a callback of its option."""
    context.meta[_HUSHED] = quiet


def hushed() -> bool:
    """Whether `--quiet` was given; asked by the thread that runs the command."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_HUSHED))


def echo_json(values: object, *, err: bool = False, **style: Any) -> None:
    """Print `values` as JSON, which reads as the same values."""
    echo(json.dumps(values, ensure_ascii=False, **style), err=err)


def is_somebody_there() -> bool:
    """Whether somebody sits at a terminal who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agreed(question: str) -> bool:
    """Whether who sits at the terminal says yes; no where nobody does."""
    return is_somebody_there() and click.confirm(visible(question), err=True)


def answer(question: str, check: Callable[[str], str] = str) -> str:
    """What who sits at the terminal answers, "" for nothing; asked again where `check` refuses it."""

    def checked(text: str) -> str:
        try:
            return check(text.strip())
        except SelfInstructError as error:
            raise click.UsageError(visible(str(error))) from None

    found: str = click.prompt(visible(question), default="", show_default=False, value_proc=checked, err=True)
    return found


@contextmanager
def overheard(say: Callable[[str], None]) -> Iterator[None]:
    """What libraries warn of or log is told by `say`, each text once: they repeat what providers and files hold."""
    said = set()

    def tell(text: object) -> None:
        line = " ".join(str(text).split())
        if line not in said:
            said.add(line)
            say(line)

    before = logging.lastResort
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: tell(message)
        logging.lastResort = _Heard(tell)
        try:
            yield
        finally:
            logging.lastResort = before


class _Heard(logging.Handler):
    def __init__(self, tell: Callable[[object], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
