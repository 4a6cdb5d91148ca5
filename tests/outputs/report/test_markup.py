"""Elements of a page, built as a tree."""

from __future__ import annotations

from selfinstruct_chains.outputs.report.markup import element, html, plain, shown, xml


def test_texts_and_elements_stand_in_their_order() -> None:
    """Several texts in a row, before, between and after elements; None is nothing."""
    made = element(
        "p", {"n": 1, "t": 'a"\x1b'}, "a", "b", element("b", {}, "c"), "d", "e", None, element("i"), "f", None, "<g>"
    )

    assert html(made) == '<p n="1" t="a&quot;\\u001b">ab<b>c</b>de<i></i>f&lt;g&gt;</p>'
    assert xml(element("i")) == '<?xml version="1.0" encoding="UTF-8"?>\n<i />\n'


def test_what_xml_can_not_hold_is_an_escape() -> None:
    """As what can't be seen is."""
    assert plain("a\ufffeb\uffffc\x00") == r"a\ufffeb\uffffc\u0000"


def test_what_can_not_be_seen_is_a_mark() -> None:
    """One for each, with its number; the texts between them stay whole."""
    parts = shown("ab\x00\u202ec\uffff")

    assert html(element("p", {}, *parts)) == (
        '<p>ab<span class="odd">U+0000</span><span class="odd">U+202E</span>c<span class="odd">U+FFFF</span></p>'
    )
    assert shown("") == []
