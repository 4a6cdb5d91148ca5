"""Whether a text speaks of a model's mark ("put </s> at the end"), or the mark is one that the model gave."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

_FENCE = re.compile(r"^ {0,3}```", re.MULTILINE)
_LOOK = 200  # characters of a line that are looked at on either side
_LONGEST = 12  # characters of a word of `_UNFINISHED`, with a space on either side
_CLOSING = (*"\"'`\u201d\u2019»)]}\\",)  # a backslash: of a line end inside a JSON string
_ENDS = ".!?:。\uff01\uff1f\uff1a"
_UNFINISHED = frozenset(
    {"is", "are", "was", "be", "with", "by", "as", "and", "or", "not", "than", "the", "a", "an", "of", "in", "to"}
    | {"for", "after", "before", "between", "without", "like", "called", "named", "use", "uses", "using", "add"}
    | {"adds", "adding", "write", "writes", "put", "puts", "token", "tokens", "tag", "tags", "marker", "markers"}
    | {"mark", "marks"}
)


class Text:
    """A text in which marks are looked at one after another; each look takes the same time, however long the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _fences(self) -> list[int]:
        return [match.start() for match in _FENCE.finditer(self.text)]

    def before(self, start: int) -> str:
        """What stands before `start` on its line."""
        begin = max(0, start - _LOOK)
        return self.text[max(self.text.rfind("\n", begin, start) + 1, begin) : start]

    def after(self, end: int) -> str:
        """What stands behind `end` on its line."""
        return self.text[end : end + _LOOK].partition("\n")[0]

    def is_after_colon(self, start: int) -> bool:
        """Whether what stands before announces what follows: "Output:"."""
        return self.text[max(0, start - _LOOK) : start].rstrip().endswith(":")

    def is_code(self, start: int) -> bool:
        """Whether `start` is in a closed code fence, or behind an odd number of backticks."""
        fences = bisect_left(self._fences, start)
        is_fenced = fences % 2 == 1 and fences < len(self._fences)
        return is_fenced or self.before(start).count("`") % 2 == 1

    def is_unfinished(self, start: int) -> bool:
        """Whether the words before `start` ask for one more: "put the"."""
        words = self.before(start)[-_LONGEST:].split(" ")
        return len(words) > 1 and not words[-1] and words[-2].lower() in _UNFINISHED

    def speaks_of(self, start: int, end: int) -> bool:
        """Whether what stands from `start` to `end` is in code, in quotes, or a part of a sentence."""
        before, after = self.before(start), self.after(end)
        return self.is_code(start) or after[:1] in _CLOSING or self.is_unfinished(start) or _goes_on(before, after)


def _goes_on(before: str, after: str) -> bool:
    """Whether a sentence goes on behind the mark: "</s> is the end token", but not "Yes.<|endoftext|>The river ..."."""
    following = after.lstrip()
    if not following:
        return False
    is_continued = after[0].isspace() and following[0].islower()
    if not before.strip():
        return is_continued or after[0] in ",.;:?!"
    if before[-1].isspace():
        return before.rstrip()[-1] not in _ENDS or following[0].islower()
    return is_continued
