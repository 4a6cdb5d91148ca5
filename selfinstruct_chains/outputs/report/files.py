"""The figures of a report as files of their own: SVG, for papers and slides, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import make_folder, write_atomically
from selfinstruct_chains.outputs.report.charts import WIDTH
from selfinstruct_chains.outputs.report.markup import xml
from selfinstruct_chains.outputs.report.pen import THEMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.report.charts import Chart
    from selfinstruct_chains.outputs.report.pen import Theme

MARK = 'data-made-by="selfinstruct report"'
"""What stands in the first element of every such file."""


NAMES = (
    "funnel",
    "dropped-instructions",
    "dropped-instances",
    "verbs",
    "novelty-seeds",
    "novelty-others",
    "length-of-instructions",
    "length-of-inputs",
    "length-of-outputs",
    "growth",
    "labels",
    "tokens",
)
"""What figures are called, in the order of the page."""


def check_figures(folder: Path, *, force: bool) -> None:
    """Find out whether figures may be put into a folder, before anything is computed.

    Raises:
        ConfigError: it is a file, or a file in it has the name of a figure and is none, which `force` lets be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: a file; give a folder: --figures")
    if force or not folder.exists():
        return
    for path in (folder / f"{name}-{theme}.svg" for name in NAMES for theme in THEMES):
        if path.exists() and MARK.encode() not in _start(path):
            raise ConfigError(
                f"{path}: exists, and is no figure of a report; choose another folder: --figures, or --force to "
                "replace it"
            )


def write_figures(charts: Sequence[Chart], folder: Path) -> tuple[Path, ...]:
    """Write each figure as NAME-light.svg and NAME-dark.svg: the files, in the figures' order.

    Raises:
        ConfigError: one can't be written.
    """
    texts = {
        folder / f"{chart.name}-{name}.svg": figure_file(chart, theme)
        for chart in charts
        for name, theme in THEMES.items()
    }
    try:
        make_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None
    for path, text in texts.items():
        try:
            write_atomically(path, text)
        except OSError as error:
            raise _unwritable(path, error) from None
    return tuple(texts)


def figure_file(chart: Chart, theme: Theme, width: float = WIDTH) -> str:
    """The figure as a whole SVG file, which needs no other: colours and fonts stand in it."""
    made = chart.drawn(width, theme)
    made.set("data-made-by", "selfinstruct report")
    for part in made.iter():
        part.attrib.pop("class", None)  # the page's names for colours
    return xml(made)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path}: can't be written: {error.strerror or error}")


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4000)
    except OSError:
        return b""
