"""The report as one HTML file, which asks nobody for anything: style, scripts, Plotly and data stand in it.

Its Content-Security-Policy lets only the scripts run that were put in here, and lets nothing be fetched. What a
model wrote stands in data blocks alone, which browsers don't run, and is shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.extras import needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ASSETS = files("selfinstruct_chains.outputs") / "assets"
_SCRIPTS = ("text.js", "report_table.js", "report_details.js", "report.js")
_STYLES = ("theme.css", "report.css")
_BLOCK = '<script type="text/plain" class="rows">{}</script>'
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
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    hashes = " ".join(map(_hash, (script, plotly, _DRAW)))
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return Template(_asset("report.html")).substitute(
        mark=MARK,
        policy=policy,
        style="\n".join(_asset(name) for name in _STYLES),
        content=data(content),
        first=_BLOCK.format(rows[0]),
        others="\n".join(map(_BLOCK.format, rows[1:])),
        plotly=plotly,
        script=script,
        draw=_DRAW,
    )


def data(value: Any) -> str:
    """JSON that can stand in a script element whatever its strings hold."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
