"""Instructions that ask for what a text model can't see, hear, open, fetch or draw; English, like the paper's list.

The paper's code drops an instruction for a word alone (image, graph, map, file, ...), and with it much that is text:
"how map and filter differ", "knowledge graph", "log file format" (PEERS defect 8). Here such words count in context:
pointed at ("this image", "as shown in the chart"), or as the object of an order ("draw a picture"). Orders don't count
in "how to ...", where they are to be given as code, or inside a text to be written. A chain file adds words that always
count.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SEEN = (
    "(?:images?|pictures?|photos?|photographs?|screenshots?|videos?|illustrations?|paintings?|drawings?|infographics?"
    r"|diagrams?|flow ?charts?|charts?|graphs?|histograms?|(?:scatter|bar|box) ?plots?|maps?)\b(?!-)"
)
# What follows such a word where it means something else: "map function", "graph with nodes", "video script".
_ELSE = (
    "(?! (?:of (?:success|life|dorian|how|what)|and (?:filter|reduce)|with (?:nodes|vertices|edges)|where|whose|g"
    "|functions?|methods?|objects?|types?|keys?|data|databases?|theory|algorithms?|search|neural|api|descriptions?"
    r"|captions?|prompts?|books?|scripts?|titles?|ideas?|outlines?|transcripts?|games?|essays?|channels?|concepts?)\b)"
)
_VISUAL = _SEEN + _ELSE
_HEARD = r"(?:audio|recordings?|songs?|music|tracks?|podcasts?|sounds?|melody|tunes?|voice|videos?)\b"
_FILE = r"(?:files?|documents?|pdfs?|spreadsheets?|folders?|attachments?)\b"
_SITE = r"(?:web ?sites?|web ?pages?|web|internet|links?|urls?|sites?|www\.|https?://)"
_A = "(?:an?|the|this|that|these|some|my|your|two|three)"
_ONE = r"(?:[\w-]+ )?"
_FEW = r"(?:[\w-]+ ){0,3}?"

_POINTING = (
    f"(?:this|these|the (?:following|attached|given|provided|above|accompanying|uploaded|enclosed)) {_ONE}{_VISUAL}",
    f"(?:describe|caption|annotate|label|look at|examine|interpret|crop|resize|edit) the {_ONE}(?!images? of){_VISUAL}",
    f"{_SEEN} (?:above|below|shown|attached|provided)",
    r"\A(?:an?|some) (?:images?|pictures?|photos?|drawings?|paintings?|videos?) of",
    f"(?:shown|seen|displayed|depicted|pictured|presented|illustrated) (?:in|on|by) {_A} {_ONE}{_VISUAL}",
    r"(?:in|from) the (?:image|picture|photo|photograph|video|screenshot)\b(?! of)",
    f"(?:based on|according to|refer to|study) the {_ONE}{_VISUAL}",
    r"(?:this|the (?:following|attached|given)) (?:audio|recording|spreadsheet|pdf|attachment)\b(?! format)",
)
_READ = "(?:summari[sz]e|read|visit|open|review|translate|download|analy[sz]e|article|page|video|post|paper)"
_GET = "(?:what is|what's|get|find|check|give me|tell me|report) (?:the )?(?:current|latest|today's|tomorrow's)"
_FETCHING = (
    rf"{_READ} (?:[\w'-]+:? ){{0,6}}?https?://",
    f"{_GET} (?:weather|news|headlines|stock prices?|exchange rates?|date|time)",
)
_NOT_DRAWN = (
    f"(?!{_ONE}(?:conclusion|comparison|parallel|distinction|analogy|inference|lesson|contrast|connection|link"
    "|line between|card|ball|marble|number|name|sample|picture of (?:life|how)|plan|outline|plot|timeline|argument))"
)
_MENTAL = r"(?:(?!knowledge|mind|concept|story|site|road|text|ascii|mental|big|bigger|full|clear)[\w-]+ ){0,3}?"
_PLOTTED = f"(?:{_SEEN}|data|points?|values|functions?|equations?|curves?|lines?|results|distribution|numbers)"
_MAKE = (
    "(?:create|make|generate|produce|prepare|render|design|build|show|give|send|find|take|insert|add|include|provide"
    "|post|upload)"
)
_ORDERS = (
    f"(?:draw|sketch|paint|doodle|photograph|film|animate) (?:me )?{_A} {_NOT_DRAWN}",
    f"{_MAKE} (?:me |us )?{_A} {_MENTAL}{_VISUAL}",
    f"plot (?:an?|the|this|these) {_FEW}{_PLOTTED}",
    f"(?:open|upload|download|attach|save|delete|print|scan|read|edit|convert) {_A} {_FEW}{_FILE}(?! (?:format|name))",
    "(?:open|read|review|summari[sz]e|analy[sz]e|translate|edit|proofread|check|use|see|look at) (?:the|my) attached",
    f"(?:play|record|sing|hum|listen to|transcribe|stream|mix) (?:me )?{_A} {_ONE}{_HEARD}",
    f"(?:play|watch) (?:the|this|that|these) {_ONE}(?:videos?|movies?|films?|clips?|trailers?|episodes?)",
    f"(?:go to|visit|browse|search|open|access|navigate to|follow|click(?: on)?) (?:{_A} )?{_ONE}{_SITE}",
    "(?:click (?:on )?(?:here|the|this)|google (?:for |the )|search (?:online|google)|take a screenshot)",
    "set (?:me )?(?:an?|the|my) (?:alarm|timer|reminder)|turn (?:on|off) (?:the|my)",
)
# An order stands first, or after a stop, "and", "please", "you", "to"; but not in "how to" and "how do you".
_ORDER = r"(?:\A|(?:[.;:,!?]|\band|\bthen|\bplease|(?<!do )\byou|(?<!how )(?<!ways )(?<!way )(?<!learning )\bto) )"
_WRITTEN = (
    r"\b(?:ascii|mermaid|graphviz|plantuml|tikz|svg|matplotlib|seaborn|ggplot2?|code|script|snippet|regex)\b"
    r"|\b(?:in|with|using) words\b"
    r"|\A(?:please )?(?:write|draft|compose|rewrite|continue) (?:me )?(?:an?|the|this|my|two|three) (?:[\w-]+ ){0,4}?"
    "(?:e-?mails?|letters?|messages?|memos?|notes?|stor(?:y|ies)|poems?|dialogues?|descriptions?|captions?|prompts?"
    r"|reviews?|lyrics|instructions)\b"
)
_ALWAYS = re.compile(rf"\b(?:{'|'.join((*_POINTING, *_FETCHING))})\b")
_ORDERED = re.compile(f"{_ORDER}(?:{'|'.join(_ORDERS)})")
_AS_TEXT = re.compile(_WRITTEN)
_LANGUAGE = re.compile(
    r"(?i)\b(?:python|java|javascript|typescript|c\+\+|c#|golang|rust|ruby|php|perl|swift|kotlin|scala|sql|bash|shell"
    "|powershell|haskell|lua|matlab|julia|fortran|cobol|pascal|prolog|lisp|clojure|scheme|erlang|elixir|dart|ocaml|vba"
    r"|html|css|assembly|latex|pseudo-?code)(?!\w)"
    r"|\b(?:in|using)(?-i: (?:C|R|D|Go|F#|BASIC|Basic))(?![\w'])"
)


def keyword(text: str, words: tuple[str, ...] = (), *, builtin: bool = True) -> bool:
    """Whether an instruction asks for what a text model can't do, or holds one of `words` as whole words."""
    if words and _whole_words(words).search(text):
        return True
    lower = " ".join(text.replace("\u2019", "'").casefold().split())
    return builtin and bool(_ALWAYS.search(lower) or (_ORDERED.search(lower) and not _is_text(lower, text)))


def names_a_language(text: str) -> bool:
    """Whether a text names a programming or markup language."""
    return bool(_LANGUAGE.search(text))


def _is_text(lower: str, text: str) -> bool:
    return bool(_AS_TEXT.search(lower)) or names_a_language(text)


@lru_cache(maxsize=64)
def _whole_words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
