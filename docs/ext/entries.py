"""Entries of the site's own kinds, which pages link to by a role of the same name: rules of rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.domains.std import GenericObject

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx


class Rule(GenericObject):
    """A rule of rejection: what it drops, and the key of the chain file that sets it."""

    option_spec: ClassVar[dict[str, Any]] = {
        **GenericObject.option_spec,
        "stage": directives.unchanged_required,
        "key": directives.unchanged_required,
    }
    indextemplate = "pair: rule of rejection; %s"

    def handle_signature(self, sig: str, signode: addnodes.desc_signature) -> str:
        """The rule's name, as it stands in rejected.jsonl."""
        signode += addnodes.desc_name(sig, sig)
        return sig

    def transform_content(self, content_node: Node) -> None:
        """What it drops and its key, above what is said of it."""
        said = f"Drops: {self.options['stage']}"
        if key := self.options.get("key"):
            said += f"; set by {{confval}}`{key}`"
        content_node[0:0] = self.parse_text_to_nodes(said)


def setup(app: Sphinx) -> None:
    """Register the kinds, with their roles and their place in the index."""
    app.add_object_type("rule", "rule", objname="rule of rejection")
    app.add_directive_to_domain("std", "rule", Rule, override=True)
