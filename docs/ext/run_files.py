"""`{run-file} tasks.jsonl`: the first line of that file in the folder of a small run, made by a scripted model."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from selfinstruct_chains import load_config, self_instruct
from selfinstruct_chains.testing import ScriptedChat, scripted_author

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx

_TASKS = 6
_LONGEST = 160
_MOST = 6  # keys of an object inside the line


class RunFile(SphinxDirective):
    """The first line of a file of a run, as JSON over several lines; long texts and lists are cut."""

    required_arguments = 1

    def run(self) -> list[Node]:
        """A block of code."""
        whole = _files()[self.arguments[0]]
        line = whole.partition("\n")[0]
        value = json.loads(whole if line == "{" else line)  # a file that is one object, or a line of JSON Lines
        text = json.dumps(_short(value), indent=2, ensure_ascii=False)
        return [nodes.literal_block(text, text, language="json")]


@cache
def _files() -> dict[str, str]:
    """The text of each file of the run, by its name."""
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        self_instruct(load_config("openai"), run, models=ScriptedChat(reply=scripted_author)).invoke({"n": _TASKS})
        return {path.name: path.read_text(encoding="utf-8") for path in run.glob("*.json*")}


def _short(value: object, *, deep: bool = False) -> object:
    match value:
        case str() if len(value) > _LONGEST:
            return f"{value[:_LONGEST]}..."
        case list() if len(value) > 2:  # noqa: PLR2004
            return [*map(_short, value[:2]), "..."]
        case list():
            return [_short(each) for each in value]
        case dict() if deep and len(value) > _MOST:
            return {key: _short(each) for key, each in list(value.items())[:2]} | {"...": "..."}
        case dict():
            return {key: _short(each, deep=True) for key, each in value.items()}
    return value


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("run-file", RunFile)
