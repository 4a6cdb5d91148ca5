"""Elements of a page or of a figure, built as a tree: what a model wrote in them is text, whatever it holds."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

from selfinstruct_chains.characters import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    Child = Element | str | None
    """What stands in an element; None is nothing."""

_NO_XML = re.compile("[\ufffe\uffff]")


def element(tag: str, attributes: Mapping[str, object] | None = None, *children: Child) -> Element:
    """An element with these attributes and children, in their order; what can't be seen in a text is an escape."""
    made = Element(tag, {name: plain(str(value)) for name, value in (attributes or {}).items()})
    for child in children:
        if isinstance(child, str):
            _add_text(made, plain(child))
        elif child is not None:
            made.append(child)
    return made


def plain(text: str) -> str:
    """The text in characters that can be seen, and that XML can hold; the others as `visible` escapes them."""
    return _NO_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", visible(text))


def shown(text: str) -> list[Element | str]:
    """A model's text as parts of an HTML element: what could not be seen in it is a small mark, as in text.js."""
    parts: list[Element | str] = []
    for odd, characters in groupby(text, key=lambda one: plain(one) != one):
        if odd:
            parts += [element("span", {"class": "odd"}, f"U+{ord(one):04X}") for one in characters]
        else:
            parts.append("".join(characters))
    return parts


def html(made: Element) -> str:
    """An element as HTML."""
    return tostring(made, encoding="unicode", method="html")


def xml(made: Element) -> str:
    """An element as a whole XML file, in UTF-8."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(made, encoding="unicode")}\n'


def _add_text(made: Element, text: str) -> None:
    if len(made):
        made[-1].tail = (made[-1].tail or "") + text
    else:
        made.text = (made.text or "") + text
