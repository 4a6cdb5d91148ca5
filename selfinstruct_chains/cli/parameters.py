"""Types of parameters: what a shell completes them with, and what is said of a wrong value."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.errors import RunError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from click.shell_completion import CompletionItem

    _Choice = click.Choice[str]
    _Text = click.ParamType[str]
else:
    _Choice, _Text = click.Choice, click.ParamType  # which older versions of click don't index


class OneOf(_Choice):
    """One of several words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`value`, if it is one of them."""
        if value not in self.choices:
            known = ", ".join(map(repr, self.choices))
            self.fail(f"{value!r} is not one of {known}{did_you_mean(str(value), self.choices)}.", param, ctx)
        return super().convert(value, param, ctx)


class Whole(click.IntRange):
    """A whole number within limits."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`value` as a number, if it is one."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a whole number{_limits(self)}.", param, ctx)


class Number(click.FloatRange):
    """A number within limits."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`value` as a number, if it is one."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a number{_limits(self)}.", param, ctx)


class RunFolder(click.Path):
    """The folder of a run; a shell completes it with those in runs/, the latest first."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`value` as a path.

        Raises:
            RunError: nothing is there, and a run has nearly that name.
        """
        path = Path(str(super().convert(value, param, ctx)))
        if not os.path.lexists(path) and (near := _near(path)):
            raise RunError(f"{path}: there is no such folder{near}")
        return path

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Runs, or where there are none folders."""
        from selfinstruct_chains.run.places import RUNS, run_folders

        start = incomplete[: incomplete.rfind("/") + 1]
        here = run_folders(Path(start)) if start else []
        there = run_folders(RUNS) if Path(start) != RUNS else []
        return _completions(incomplete, [*(f"{start}{path.name}" for path in here), *map(str, there)])


class ChainName(_Text):
    """A shipped chain's name, or a chain file; a shell completes it with both.

    Args:
        suffixes: of the files that can stand there.
    """

    name = "text"

    def __init__(self, *suffixes: str) -> None:
        self._suffixes = suffixes or (".yaml",)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Names, and files of the right suffix, or where there are none folders."""
        from selfinstruct_chains.files import shipped

        files = [typed for typed in _beside(incomplete) if typed.endswith(self._suffixes)]
        return _completions(incomplete, [*shipped.names(shipped.CHAINS), *files])


def _limits(number: click.IntRange | click.FloatRange) -> str:
    """What is said of them behind "a number"."""
    if number.min is None:
        return ""
    low = f"above {number.min:g}" if number.min_open else f"{number.min:g} or more"
    if number.max is None:
        return f" {low}" if number.min_open else f" of {low}"
    return f" from {number.min:g} to {'below ' * number.max_open}{number.max:g}"


def _near(path: Path) -> str:
    """Which run may be meant, of those beside the path, or in runs/ where a name alone was typed."""
    from selfinstruct_chains.run.places import RUNS, run_folders

    whole = RUNS / path if path.parent == Path() else path
    return did_you_mean(str(whole), map(str, run_folders(whole.parent)))


def _beside(incomplete: str) -> Iterator[str]:
    """What stands in the folder that a half-typed path leads to, each as it would be typed."""
    start = incomplete[: incomplete.rfind("/") + 1]
    with suppress(OSError):
        yield from sorted(f"{start}{entry.name}" for entry in Path(start).iterdir() if entry.is_file())


def _completions(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    """Those of the words that go on so, and can be typed; the shell adds folders."""
    from click.shell_completion import CompletionItem

    fitting = [word for word in words if word.startswith(incomplete) and word.isprintable()]
    folders = CompletionItem(incomplete, type="dir")
    return [folders, *map(CompletionItem, dict.fromkeys(fitting))]
