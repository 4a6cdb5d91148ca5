"""How far something is that goes through a whole run: told as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
Told: TypeAlias = "Callable[[str, int, int | None], None]"
"""Hears of a stage how many parts of it are done, and of how many; None where nobody knows."""


def untold(*_: object) -> None:
    """A `Told` that nobody hears."""


def telling(items: Iterable[T], told: Told, stage: str, of: int | None) -> Iterator[T]:
    """The same items; each is told when the next one is asked for."""
    for number, item in enumerate(items, start=1):
        yield item
        told(stage, number, of)
