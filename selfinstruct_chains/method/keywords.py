"""Instructions that ask for what a text model can't see, hear, open, fetch or draw.

The paper's code drops an instruction for a word alone (image, graph, map, file, ...), and with it much that is text:
"how map and filter differ", "knowledge graph", "log file format" (PEERS defect 8). Here such words count in context:
pointed at ("this image", "as shown in the chart"), or as the object of an order ("draw a picture"). Orders don't count
where they are explained ("how to ..."), given as code, or inside a text to be written. What those are in a language
stands in prompts/languages/. A chain file adds words that always count.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from selfinstruct_chains.config.phrases import folded

if TYPE_CHECKING:
    from selfinstruct_chains.method.lexicon import KeywordRules, Lexicon

_LANGUAGE = re.compile(
    r"(?i)\b(?:python|java|javascript|typescript|c\+\+|c#|golang|rust|ruby|php|perl|swift|kotlin|scala|sql|bash|shell"
    "|powershell|haskell|lua|matlab|julia|fortran|cobol|pascal|prolog|lisp|clojure|scheme|erlang|elixir|dart|ocaml|vba"
    r"|html|css|assembly|latex|pseudo-?code|curl|wget|regex|mermaid|graphviz|plantuml|tikz|svg|ascii|matplotlib"
    r"|seaborn|ggplot2?|pandas|node\.js|react)(?!\w)"
    r"|\b(?:in|using)(?-i: (?:C|R|D|Go|F#|BASIC|Basic))(?![\w'])"
)
_SENTENCE_END = re.compile(r"[.!?。\uff01\uff1f।؟]\s")


def keyword(text: str, lexicon: Lexicon, words: tuple[str, ...] = (), *, builtin: bool = True) -> bool:
    """Whether an instruction asks for what a text model can't do, or holds one of `words` as whole words."""
    if words and _whole_words(words).search(text):
        return True
    return builtin and any(_asks(folded(text), text, rules) for rules in lexicon.keywords)


def names_a_language(text: str) -> bool:
    """Whether a text names a programming or markup language, or what writes pictures as text."""
    return bool(_LANGUAGE.search(text))


def _asks(lower: str, text: str, rules: KeywordRules) -> bool:
    if rules.always.search(lower):
        return True
    orders = [match for match in rules.orders.finditer(lower) if not _is_explained(lower, match, rules)]
    return bool(orders) and not rules.as_text.search(lower) and not names_a_language(text)


def _is_explained(lower: str, order: re.Match[str], rules: KeywordRules) -> bool:
    """Whether the order's sentence asks how it is done."""
    before = lower[: order.end()]
    begin = max((end.end() for end in _SENTENCE_END.finditer(before, 0, order.start() + 1)), default=0)
    return bool(rules.explained.search(before, begin))


@lru_cache(maxsize=64)
def _whole_words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
