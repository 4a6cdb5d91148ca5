"""`{keys} chain` and `{keys} prompt`: an entry for each key, below a heading for each section."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sphinx.util.docutils import SphinxDirective

from ext.keys import chain_sections, prompt_sections

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docutils.nodes import Node
    from sphinx.application import Sphinx

    from ext.keys import Key, Section

_OF = {"chain": chain_sections, "prompt": prompt_sections}


class Keys(SphinxDirective):
    """All keys of chain or of prompt files."""

    required_arguments = 1
    has_content: ClassVar[bool] = False

    def run(self) -> list[Node]:
        """The sections' nodes."""
        return self.parse_text_to_nodes(_text(_OF[self.arguments[0]]()), allow_section_headings=True)


def _text(sections: Iterable[Section]) -> str:
    return "\n\n".join(part for section in sections for part in _section(section))


def _section(section: Section) -> Iterable[str]:
    yield f"## `{section.path or 'The file'}`".replace("`The file`", "The file itself")
    yield section.says
    yield from (_entry(key) for key in section.keys)


def _entry(key: Key) -> str:
    default = f"\n:default: `{key.default}`" if key.default else ""
    return f"```{{confval}} {key.path}\n:type: {key.type}{default}\n\n{key.says}\n```"


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("keys", Keys)
