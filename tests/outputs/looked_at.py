"""Texts and figures held to files that somebody has looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parents[1] / "data"


def check_looked_at(folder: str, made: Mapping[str, str]) -> None:
    """Each text is, to the letter, what stands under its name in tests/data/`folder`.

    To change them on purpose, delete that folder, run the test twice, and look at what was written.
    """
    to = DATA / folder
    to.mkdir(exist_ok=True)
    new = [name for name in made if not (to / name).exists()]
    for name in new:
        (to / name).write_text(made[name], encoding="utf-8")
    for name, text in made.items():
        assert text == (to / name).read_text(encoding="utf-8"), name
    assert sorted(path.name for path in to.iterdir()) == sorted(made)
    assert not new, f"look at {folder}: {new}"
