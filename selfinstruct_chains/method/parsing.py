"""Replies made into values: instructions, yes or no, instances. Pure functions, and an output parser for each role.

A reply that holds nothing usable raises UnreadableReply, and TruncatedReply if a larger token limit may help; one that
the provider's filter ended before it held anything raises ItemRefused. Nothing is guessed: a reply that is neither yes
nor no is not a no. Of a reply that was cut, for whatever reason (`endings`), only the last item is lost (the first
implementation lost them all). Labels and list marks count at line starts only.
"""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, NoReturn, TypeVar

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from pydantic import ConfigDict, Field

from selfinstruct_chains import endings
from selfinstruct_chains.config import REPLY_CHARACTERS, Output
from selfinstruct_chains.errors import ItemRefused, SelfInstructError
from selfinstruct_chains.method.answers import ANSWERS, Answers, answer
from selfinstruct_chains.method.json_items import has_our_fields, json_instances, json_instructions
from selfinstruct_chains.method.json_text import looks_like_json
from selfinstruct_chains.method.labels.names import NAMES, Names
from selfinstruct_chains.method.labels.reading import labelled, unlabelled
from selfinstruct_chains.method.lexicon import Lexicon
from selfinstruct_chains.method.lists import list_items, plain, unnumbered
from selfinstruct_chains.method.rendering import Form  # noqa: TC001 - a pydantic field's type
from selfinstruct_chains.method.tidying import tidied, unfenced
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")
R = TypeVar("R")

_BARE_NUMBER = re.compile(r"(?<=\n)(\d{1,3})\Z")  # a mark that the limit cut in two
_QUOTED = 60  # characters of a reply that a message shows
_RULE = "content_filter"  # drops the item


class UnreadableReply(SelfInstructError, OutputParserException):
    """A model's reply holds nothing usable; `llm_output` is the reply."""

    exit_code = 5

    def __init__(self, message: str, llm_output: str = "") -> None:
        super().__init__(message, llm_output=llm_output)
        self.args = (message,)  # LangChain appends a line with its own address


class TruncatedReply(UnreadableReply):
    """The reply was cut before it held anything whole: a larger token limit may help."""


class Received(NamedTuple):
    """A reply as far as it is read."""

    text: str
    truncated: bool
    """Whether it was cut, by the token limit or here."""
    remark: str
    """What to say where it was cut here; else ""."""

    def parsed(self, parse: Callable[..., Parsed[T]], **options: Any) -> Parsed[T]:
        """What `parse` finds in it; if it was cut here, its `cut` ends with the remark."""
        found = self.read(parse, **options)
        return found._replace(cut=f"{found.cut}\n{self.remark}".strip()) if self.remark else found

    def read(self, parse: Callable[..., R], **options: Any) -> R:
        """What `parse` makes of it; if it was cut here, the error and its `llm_output` say so."""
        try:
            return parse(self.text, truncated=self.truncated, **options)
        except UnreadableReply as error:
            if not self.remark:
                raise
            raise type(error)(f"{error} {self.remark}", f"{error.llm_output}\n{self.remark}") from None


class Parsed(NamedTuple, Generic[T]):
    """What a reply holds."""

    items: tuple[T, ...]
    """The whole items, in the reply's order; at least one."""
    cut: str = ""
    """The raw text of a last item that was cut, "" if none was."""


def parse_instructions(text: str, *, truncated: bool = False, continues: bool = False) -> Parsed[str]:
    """The instructions of a numbered or bulleted list (or a JSON array), each on one line, case of letters kept.

    Args:
        text: The reply.
        truncated: It was cut; its last item goes to `cut` unless its text was complete.
        continues: The prompt ended with a mark ("9."), so the reply starts inside its first item.

    Raises:
        UnreadableReply: There is no instruction in it (TruncatedReply: no whole one). PEERS defects 1 to 4.
    """
    tidy = tidied(text)
    items, cut = json_instructions(tidy, truncated=truncated) if looks_like_json(tidy) else ([], "")
    if not items and not cut:
        tidy = _BARE_NUMBER.sub(r"\1.", tidy) if truncated else tidy
        listed = list_items(tidy if continues else unfenced(tidy), continues=continues)
        if truncated and listed and not listed[-1].closed:
            cut = listed.pop().raw
        whole = tuple(item.text for item in listed if item.text)
    else:
        whole = tuple(text for item in items if (text := plain(" ".join(unnumbered(item).split()))))
    if not whole:
        _unreadable("no instruction", text, truncated=truncated)
    return Parsed(whole, cut if truncated else "")


def parse_classification(text: str, *, truncated: bool = False, answers: Answers = ANSWERS) -> bool:
    """Whether a reply says that a task is classification: its first word, a JSON value, or a plain statement.

    Raises:
        UnreadableReply: It says neither or both. PEERS defects 12 and 17: such a reply is not a no.
    """
    said = answer(unfenced(tidied(text)), answers)
    if said is None:
        _unreadable("neither yes nor no", text, truncated=truncated)
    return said


def parse_instances(
    text: str, *, form: Form, output: Output, truncated: bool = False, names: Names = NAMES
) -> Parsed[Instance]:
    """The instances of a reply, inner layout kept; what can't be read as `output` is tried in the other form.

    Args:
        text: The reply.
        form: Which field comes first. A text reply without labels is one output for `input_first`.
        output: What was asked for.
        truncated: It was cut; the unfinished last instance goes to `cut`.
        names: What its parts may be called.

    Raises:
        UnreadableReply: There is no instance with an output, and for `output_first` with an input too unless it is the
            only one, in it (TruncatedReply: no whole one). PEERS defects 20 to 23.
    """
    for instances, cut in _readings(tidied(text), form, output, names, truncated=truncated):
        needs_no_input = form == "input_first" or len(instances) == 1  # the instruction may carry its material
        if any(each.output.strip() and (each.input.strip() or needs_no_input) for each in instances):
            return Parsed(tuple(instances), cut)
    return _unreadable("no instance", text, truncated=truncated)


def _readings(
    text: str, form: Form, output: Output, names: Names, *, truncated: bool
) -> Iterator[tuple[list[Instance], str]]:
    """What each way to read a reply makes of it; the way that was asked for first."""
    if output == "json_schema" or looks_like_json(text):
        yield json_instances(text, truncated=truncated)
    yield labelled(unfenced(text), form, truncated=truncated, names=names)
    if output == "text":
        yield json_instances(text, truncated=truncated)
        if form == "input_first" and not truncated and not has_our_fields(text):
            yield unlabelled(unfenced(text), names), ""


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
        _unreadable("neither yes nor no among the first token's candidates", ", ".join(first_token), truncated=False)
    left = max(1 - sum(map(math.exp, given.values())), 1e-9)
    bound = min(left, *map(math.exp, given.values()))
    return math.log(yes or bound) - math.log(no or bound)


class ReplyParser(BaseOutputParser[T]):
    """Reads an AIMessage with its `finish_reason`; a completion model's bare string has none."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    wanted: ClassVar[str]
    """The form of a reply, as a sentence for a prompt."""

    reply_characters: int = REPLY_CHARACTERS
    """Characters of a reply that are read: a longer one is a cut one, and what is cut of it says so."""
    lexicon: Lexicon = Field(default_factory=Lexicon, repr=False, exclude=True)
    """The languages in which labels, yes and no are understood besides English."""

    def read(self, message: AIMessage) -> T:
        """What `message` holds.

        Raises:
            UnreadableReply: nothing usable.
            ItemRefused: nothing usable came before the provider's filter ended it.
        """
        try:
            return self._held(message)
        except UnreadableReply as unreadable:
            reason = _reason(message)
            if not endings.is_filtered(reason):
                raise
            raise ItemRefused(f"the provider's filter ended the reply ({reason}): {unreadable}", reason=_RULE) from None

    @abstractmethod
    def _held(self, message: AIMessage) -> T:
        """What `message` holds; raises UnreadableReply."""

    def _received(self, message: AIMessage) -> Received:
        text = str(message.text)
        truncated = not endings.is_whole(_reason(message))
        if len(text) <= self.reply_characters:
            return Received(text, truncated, "")
        remark = f"[{len(text):,} characters; {self.reply_characters:,} were read (run.reply_characters)]"
        return Received(text[: self.reply_characters], True, remark)  # noqa: FBT003 - a named tuple's field

    def get_format_instructions(self) -> str:
        """The form of a reply that is surely read, as a sentence for a prompt."""
        return self.wanted

    def parse(self, text: str) -> T:
        """What a reply of unknown `finish_reason` holds."""
        return self.read(AIMessage(text))

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> T:  # noqa: ARG002
        """What the first generation holds."""
        message = result[0].message if isinstance(result[0], ChatGeneration) else None
        return self.read(message if isinstance(message, AIMessage) else AIMessage(result[0].text))

    async def aparse_result(self, result: list[Generation], *, partial: bool = False) -> T:
        """The same; in this thread, as it takes microseconds."""
        return self.parse_result(result, partial=partial)


class InstructionsParser(ReplyParser[Parsed[str]]):
    """Reply of the instructions role: see `parse_instructions`."""

    wanted = "Write a numbered list of instructions, each on one line, and nothing else."

    continues: bool = False
    """The prompt ends with the mark of the first item."""

    def _held(self, message: AIMessage) -> Parsed[str]:
        """The instructions in `message`."""
        return self._received(message).parsed(parse_instructions, continues=self.continues)

    @property
    def _type(self) -> str:
        return "selfinstruct_instructions"


class ClassificationParser(ReplyParser[bool]):
    """Reply of the classification role: see `parse_classification` and `log_odds`."""

    wanted = "Answer with one word, Yes or No, and nothing else."

    decide: Literal["text", "logprob"] = "text"
    """By what was written, or by the first token's log-probabilities."""
    threshold: float = 0.0
    """For `logprob`: log-odds above which it is a yes."""

    def _held(self, message: AIMessage) -> bool:
        """Whether `message` says yes; UnreadableReply also if it lacks the log-probabilities to decide by."""
        if self.decide == "text":
            return self._received(message).read(parse_classification, answers=self.lexicon.answers)
        first_token = message.response_metadata.get("first_token")
        if not first_token:
            _unreadable("no log-probabilities came with the reply", self._received(message).text, truncated=False)
        return log_odds(first_token) > self.threshold

    @property
    def _type(self) -> str:
        return "selfinstruct_classification"


class InstancesParser(ReplyParser[Parsed[Instance]]):
    """Reply of the roles input_first and output_first: see `parse_instances`."""

    wanted = (
        'Write each example as "Example 1" with "Input:" and "Output:" (for a classification task "Class label:" and '
        '"Input:"), each label at the start of a line.'
    )

    form: Form
    output: Output = "text"

    def _held(self, message: AIMessage) -> Parsed[Instance]:
        """The instances in `message`."""
        return self._received(message).parsed(
            parse_instances, form=self.form, output=self.output, names=self.lexicon.names
        )

    @property
    def _type(self) -> str:
        return "selfinstruct_instances"


def _reason(message: AIMessage) -> str | None:
    """Why it ended; an explicit None is the door's word for a model that never says."""
    metadata = message.response_metadata
    return None if metadata.get("finish_reason", "") is None else endings.finish_reason(metadata)


def _unreadable(what: str, reply: str, *, truncated: bool) -> NoReturn:
    start = reply[:_QUOTED] + ("..." if len(reply) > _QUOTED else "")
    if truncated:
        raise TruncatedReply(f"{what} before it was cut: {start!r}", reply)
    raise UnreadableReply(f"{what}: {start!r}", reply)


def _word(token: str) -> str:
    """A token's ASCII letters, lower-cased: " Yes", "▁yes" and "YES" are one word."""
    return re.sub("[^a-z]", "", token.lower())
