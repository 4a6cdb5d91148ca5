"""Replies made into values: instructions, yes or no, instances. Pure functions; `parsers` calls them in chains.

A reply that holds nothing usable raises UnreadableReply, and TruncatedReply if a larger token limit may help; one that
the provider's filter ended before it held anything raises ItemRefused. Nothing is guessed: a reply that is neither yes
nor no is not a no. Of a reply that was cut, for whatever reason (`endings`), only the last item is lost (the first
implementation lost them all). Labels and list marks count at line starts only.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from langchain_core.exceptions import OutputParserException

from selfinstruct_chains.errors import SelfInstructError
from selfinstruct_chains.method.answers import ANSWERS, Answers, answer
from selfinstruct_chains.method.json_items import has_our_fields, json_instances, json_instructions
from selfinstruct_chains.method.json_text import looks_like_json
from selfinstruct_chains.method.labels.names import NAMES, Names
from selfinstruct_chains.method.labels.reading import labelled, only_output, unlabelled
from selfinstruct_chains.method.list_marks import unnumbered
from selfinstruct_chains.method.lists import list_items, plain
from selfinstruct_chains.method.tidying import tidied, unfenced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from selfinstruct_chains.config import Output
    from selfinstruct_chains.method.rendering import Form
    from selfinstruct_chains.tasks import Instance

T = TypeVar("T")

_BARE_NUMBER = re.compile(r"(?<=\n)(\d{1,3})\Z")  # a mark that the limit cut in two
_QUOTED = 60  # characters of a reply that a message shows
_THOUGHTS = 1_000_000  # characters of thoughts and marks, beside those of an answer, that are looked through


class UnreadableReply(SelfInstructError, OutputParserException):
    """A model's reply holds nothing usable; `llm_output` is the reply."""

    exit_code = 5

    def __init__(self, message: str, llm_output: str = "") -> None:
        super().__init__(message, llm_output=llm_output)
        self.args = (message,)  # LangChain appends a line with its own address


class TruncatedReply(UnreadableReply):
    """The reply was cut before it held anything whole: a larger token limit may help."""


class Parsed(NamedTuple, Generic[T]):
    """What a reply holds."""

    items: tuple[T, ...]
    """The whole items, in the reply's order; at least one."""
    cut: str = ""
    """The raw text of a last item that was cut, "" if none was."""


class Received(NamedTuple):
    """A reply as far as it is read."""

    reply: str
    """As it came."""
    text: str
    """Without thoughts and marks of a template, at most as long as the bound."""
    truncated: bool
    """Whether it was cut, by the token limit or here."""
    remark: str
    """What to say where it was cut here; else ""."""

    def parsed(self, items: Iterable[T], cut: str = "") -> Parsed[T]:
        """What was found in it; if it was cut here, `cut` ends with the remark."""
        return Parsed(tuple(items), f"{cut}\n{self.remark}".strip() if self.remark else cut)

    def unreadable(self, what: str) -> UnreadableReply:
        """The error that says what is not in it."""
        start = self.reply[:_QUOTED] + ("..." if len(self.reply) > _QUOTED else "")
        before, kind = (" before it was cut", TruncatedReply) if self.truncated else ("", UnreadableReply)
        llm_output = f"{self.text}\n{self.remark}" if self.remark else self.reply
        return kind(f"{what}{before}: {start!r} {self.remark}".rstrip(), llm_output)


def received(reply: str, characters: int | None, *, truncated: bool) -> Received:
    """A reply of which so many characters are read, its thoughts not counted; they are bounded too."""
    if characters is None:
        return Received(reply, tidied(reply), truncated, "")
    text = tidied(reply[: characters + _THOUGHTS])
    is_cut_in_thoughts = len(reply) > characters + _THOUGHTS
    if len(text) <= characters and not is_cut_in_thoughts:
        return Received(reply, text, truncated, "")
    length = len(reply if is_cut_in_thoughts else text)
    remark = f"[{length:,} characters; {characters:,} were read (run.reply_characters)]"
    return Received(reply, text[:characters], True, remark)  # noqa: FBT003 - a named tuple's field


def parse_instructions(
    text: str, *, truncated: bool = False, continues: bool = False, characters: int | None = None
) -> Parsed[str]:
    """The instructions of a numbered or bulleted list (or a JSON array), each on one line, case of letters kept.

    Args:
        text: The reply.
        truncated: It was cut; its last item goes to `cut` unless its text was complete.
        continues: The prompt ended with a mark ("9."), so the reply starts inside its first item.
        characters: How many of the answer's are read, thoughts not counted; a longer reply is a cut one. None: all.

    Raises:
        UnreadableReply: There is no instruction in it (TruncatedReply: no whole one). PEERS defects 1 to 4.
    """
    reply = received(text, characters, truncated=truncated)
    tidy, truncated = reply.text, reply.truncated
    items, cut = json_instructions(tidy, truncated=truncated) if looks_like_json(tidy) else ([], "")
    if not items and not cut:
        tidy = _BARE_NUMBER.sub(r"\1.", tidy) if truncated else tidy
        listed = list_items(tidy if continues else unfenced(tidy), continues=continues)
        if truncated and listed and not listed[-1].closed:
            cut = listed.pop().raw
        whole = [item.text for item in listed if item.text]
    else:
        whole = [text for item in items if (text := plain(" ".join(unnumbered(item).split())))]
    if not whole:
        raise reply.unreadable("no instruction")
    return reply.parsed(whole, cut if truncated else "")


def parse_classification(
    text: str, *, truncated: bool = False, characters: int | None = None, answers: Answers = ANSWERS
) -> bool:
    """Whether a reply says that a task is classification: its first word, a JSON value, or a plain statement.

    Raises:
        UnreadableReply: It says neither or both. PEERS defects 12 and 17: such a reply is not a no.
    """
    reply = received(text, characters, truncated=truncated)
    said = answer(unfenced(reply.text), answers)
    if said is None:
        raise reply.unreadable("neither yes nor no")
    return said


def parse_output(text: str, *, truncated: bool = False, characters: int | None = None) -> str:
    """The output that a reply is, written for an instruction and input that are there.

    Raises:
        UnreadableReply: It is blank (TruncatedReply: it was cut).
    """
    reply = received(text, characters, truncated=truncated)
    output = only_output(reply.text)
    if truncated or reply.truncated or not output:
        raise reply.unreadable("no whole output" if output else "no output")
    return output


def parse_instances(  # noqa: PLR0913 - how a reply may be read
    text: str,
    *,
    form: Form,
    output: Output,
    truncated: bool = False,
    characters: int | None = None,
    names: Names = NAMES,
) -> Parsed[Instance]:
    """The instances of a reply, inner layout kept; what can't be read as `output` is tried in the other form.

    Args:
        text: The reply.
        form: Which field comes first. A text reply without labels is one output for `input_first`.
        output: What was asked for.
        truncated: It was cut; the unfinished last instance goes to `cut`.
        characters: As for `parse_instructions`.
        names: What its parts may be called.

    Raises:
        UnreadableReply: There is no instance with an output, and for `output_first` with an input too unless it is the
            only one, in it (TruncatedReply: no whole one). PEERS defects 20 to 23.
    """
    reply = received(text, characters, truncated=truncated)
    for instances, cut in _readings(reply.text, form, output, names, truncated=reply.truncated):
        needs_no_input = form == "input_first" or len(instances) == 1  # the instruction may carry its material
        if any(each.output.strip() and (each.input.strip() or needs_no_input) for each in instances):
            return reply.parsed(instances, cut)
    raise reply.unreadable("no instance")


def _readings(
    text: str, form: Form, output: Output, names: Names, *, truncated: bool
) -> Iterator[tuple[list[Instance], str]]:
    """What each way to read a reply makes of it; the way that was asked for first."""
    if output == "json_schema" or looks_like_json(text):
        yield _in_json(text, names, truncated=truncated)
    yield labelled(unfenced(text), form, truncated=truncated, names=names)
    if output == "text":
        yield _in_json(text, names, truncated=truncated)
        if form == "input_first" and not truncated and not has_our_fields(text):
            yield unlabelled(unfenced(text), names), ""


def _in_json(text: str, names: Names, *, truncated: bool) -> tuple[list[Instance], str]:
    """The instances of a JSON reply; an input that says there is none ("N/A") is none, as in text."""
    instances, cut = json_instances(text, truncated=truncated)
    return [each.model_copy(update={"input": ""}) if names.is_nothing(each.input) else each for each in instances], cut


def log_odds(first_token: Mapping[str, float]) -> float:
    """The natural log-odds log p(yes) - log p(no), each summed over the ways to write it (" Yes", "yes", "YES").

    A side that is not among the candidates is less likely than the least likely of them, and than all that they leave:
    that bound stands for it.

    Args:
        first_token: Log-probability of each candidate for the reply's first token.

    Raises:
        UnreadableReply: Neither side is among them.
    """
    given = {token: value for token, value in first_token.items() if math.isfinite(value)}
    yes, no = (sum(math.exp(value) for token, value in given.items() if _word(token) == word) for word in ("yes", "no"))
    if not yes and not no:
        said = ", ".join(first_token)
        raise received(said, None, truncated=False).unreadable("neither yes nor no among the first token's candidates")
    left = max(1 - sum(map(math.exp, given.values())), 1e-9)
    bound = min(left, *map(math.exp, given.values()))
    return math.log(yes or bound) - math.log(no or bound)


def _word(token: str) -> str:
    """A token's ASCII letters, lower-cased: " Yes", "▁yes" and "YES" are one word."""
    return re.sub("[^a-z]", "", token.lower())
