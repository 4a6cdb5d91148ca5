"""The report as one HTML file (`outputs.pages`): style, figures, scripts and data stand in it."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.pages import assets, blocks, data, policy
from selfinstruct_chains.outputs.report import static
from selfinstruct_chains.outputs.report.markup import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from selfinstruct_chains.outputs.report.sections import Section
    from selfinstruct_chains.outputs.report.static import About

_SCRIPTS = (
    "text.js",
    "rows.js",
    "report_table.js",
    "report_replies.js",
    "report_details.js",
    "report_places.js",
    "report_figures.js",
    "report.js",
)
_STYLES = ("theme.css", "page.css", "report.css")
_CALLS = '<script type="text/plain" class="calls">{}</script>'
MARK = "<!-- selfinstruct report -->"
"""What stands at the start of every report, after its doctype."""


def page(  # noqa: PLR0913 - all that it is made of
    about: About,
    sections: Sequence[Section],
    content: Mapping[str, Any],
    *,
    rows: Sequence[str],
    calls: Sequence[str],
    first: str,
) -> str:
    """The whole file.

    Args:
        about: what stands at the top.
        sections: with figures and words.
        content: what the scripts need besides, as JSON values.
        rows: the table, as `rows.pack` gave it: the first block stands before the scripts, the others after.
        calls: prompts and replies, as `replies.replies` gave them.
        first: the first tasks, as HTML for a browser without scripts.
    """
    script = assets(_SCRIPTS)
    return Template(assets(["report.html"])).substitute(
        mark=MARK,
        policy=policy([script]),
        title=escape(plain(about.title)),
        style=assets(_STYLES),
        header=static.header(about, sections),
        sections="\n".join(map(static.section, sections)),
        content=data(content),
        without_scripts=first,
        first=blocks(rows[:1]),
        others=blocks(rows[1:]) + "\n" + "\n".join(map(_CALLS.format, calls)),
        script=script,
    )
