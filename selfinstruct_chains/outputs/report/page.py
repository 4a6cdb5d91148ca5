"""The report as one HTML file (`outputs.pages`): style, scripts, Plotly and data stand in it."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.outputs.pages import assets, blocks, data, policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPTS = ("text.js", "rows.js", "report_table.js", "report_details.js", "report.js")
_STYLES = ("theme.css", "page.css", "report.css")
_DRAW = "startCharts();"
MARK = "<!-- selfinstruct report -->"
"""What stands at the start of every report, after its doctype."""


def page(content: Mapping[str, Any], rows: Sequence[str]) -> str:
    """The whole file.

    Args:
        content: what stands on the page above the table, as JSON values.
        rows: the table, as `report_rows.pack` gave it: the first block stands before the scripts, the others after.

    Raises:
        ConfigError: the extra `report` is not installed.
    """
    plotly = needed("plotly.offline", "report").get_plotlyjs()
    script = assets(_SCRIPTS)
    return Template(assets(["report.html"])).substitute(
        mark=MARK,
        policy=policy([script, plotly, _DRAW]),
        style=assets(_STYLES),
        content=data(content),
        first=blocks(rows[:1]),
        others=blocks(rows[1:]),
        plotly=plotly,
        script=script,
        draw=_DRAW,
    )
