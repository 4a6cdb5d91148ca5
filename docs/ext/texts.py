"""Docstrings as the site shows them: an indented block after a sentence is code, and names of ours are links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import selfinstruct_chains

if TYPE_CHECKING:
    from docutils.nodes import TextElement
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def _code(_app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Put a directive before each block that is indented deeper than the plain text above it."""
    made: list[str] = []
    is_text = True
    for number, line in enumerate(lines):
        begins = not number or not lines[number - 1].strip()
        if line.strip() and begins:
            if line.startswith("    ") and is_text:
                made += [".. code-block:: python", ""]
                is_text = False
            elif not line.startswith(" "):
                is_text = not line.startswith((":", "..", "*", "-"))
        made.append(line)
    lines[:] = made


def _named(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: TextElement) -> TextElement | None:
    """What a type's name in a signature leads to: a public name's entry; nowhere for others', as the page is no source.

    Annotations have short names, as they stand under TYPE_CHECKING. What a page names itself is whole, and is checked.
    """
    target = node.get("reftarget", "")
    name = target.rpartition(".")[2]
    if node.get("refdomain") != "py" or (node.get("reftype") == "obj" and target.count(".") <= 1):
        return None
    if name not in selfinstruct_chains.__all__:
        return shown
    whole = f"{selfinstruct_chains.__name__}.{name}"
    found = env.domains.python_domain.resolve_xref(env, node["refdoc"], app.builder, "obj", whole, node, shown)
    return found or shown


def setup(app: Sphinx) -> None:
    """Register what reads docstrings, after napoleon has."""
    app.connect("autodoc-process-docstring", _code, priority=900)
    app.connect("missing-reference", _named)
