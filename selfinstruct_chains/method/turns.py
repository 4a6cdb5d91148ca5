"""Where a model's turn begins and ends in what it wrote: marks of chat templates, from the table of special tokens."""

from __future__ import annotations

import re
from collections import Counter

from selfinstruct_chains.method.mentions import Text
from selfinstruct_chains.method.special_tokens import TABLE, Row, either

_ROWS: dict[str, Row] = {}
for _row in TABLE:
    if _row.kind == "turn" or (_row.kind == "answer" and not _row.closing[0].startswith("</")):
        _ROWS |= {mark: _row for mark in (*_row.opening, *_row.closing) if mark not in _ROWS}
_MARK = re.compile(either(_ROWS))
_FOLLOWED = re.compile(rf"[ \t]{{0,9}}(?:{_MARK.pattern})")
_WRAPPED = [row for row in TABLE if row.kind == "answer"]

_OTHERS = re.compile(r"(?i)user|system|tool|observation")
_ROLE = r"(?:assistant|model|chatbot|bot|ai|gpt)\b"
_HEADER_END = r"(?:<\|(?:end_header_id|header_end|end_of_role|im_sep|im_middle|message|content|role_end|sep)\|>)"
_OWN = either(mark for row in TABLE if row.kind == "turn" for mark in row.opening if not _OTHERS.search(mark))
_BEGINNING = re.compile(
    rf"\s*(?:(?:{_OWN}|\[/INST\])(?:\s*(?i:{_ROLE}))?\s*{_HEADER_END}*\s*|(?i:{_ROLE})\s*{_HEADER_END}\s*)+"
)
_NEXT_ROLE = re.compile(r"\s*(?i:user|human|system|tool|model|assistant|ipython)\b|\s*\Z")
_TAG = re.compile(r"<\w+>")


def begun(text: str) -> str:
    """A reply without the marks of a template that open the model's own turn."""
    match = _BEGINNING.match(text)
    return text[match.end() :] if match else text


def unwrapped(text: str) -> str:
    """What a reply that stands between a family's marks of an answer holds."""
    start = text.lstrip()
    for row in _WRAPPED:
        for opening in row.opening:
            if start.startswith(opening):
                body = start[len(opening) :]
                inside, closing, rest = body.rpartition(row.closing[0])
                return inside.strip("\n") if closing and not end_of_turn(rest).strip() else body.lstrip("\n")
    return text


def end_of_turn(text: str) -> str:
    """A text up to the first mark that ends the model's turn; marks that it speaks of are part of it."""
    if not _MARK.search(text):
        return text
    look, shown = Text(text), Counter[Row]()
    for mark in _MARK.finditer(text):
        row = _ROWS[mark[0]]
        is_opening = mark[0] in row.opening
        if is_opening and (row in shown or not _is_next_turn(look, mark)):
            shown[row] += 1
        elif not is_opening and shown[row] > 0:
            shown[row] -= 1
        elif is_opening or not _is_spoken_of(look, mark):
            return text[: mark.start()]
    return text


def _is_next_turn(look: Text, mark: re.Match[str]) -> bool:
    """Whether an opening mark opens somebody's turn: "Positive.<|user|>"; not "Output:" and a template below it."""
    if _is_spoken_of(look, mark) or look.is_after_colon(mark.start()):
        return False
    return not _TAG.fullmatch(mark[0]) or bool(_NEXT_ROLE.match(look.after(mark.end())))


def _is_spoken_of(look: Text, mark: re.Match[str]) -> bool:
    """As `Text.speaks_of`, but that a mark with another one behind it is no part of a sentence: "</s> <s>[INST]"."""
    if _FOLLOWED.match(look.text, mark.end()):
        return look.is_code(mark.start()) or look.is_unfinished(mark.start())
    return look.speaks_of(mark.start(), mark.end())
