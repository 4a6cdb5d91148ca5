"""An output parser for each role: a LangChain message in, values out, by `parsing`.

A reply that holds nothing usable and that the provider's filter ended raises ItemRefused.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal, TypedDict, TypeVar

from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from pydantic import ConfigDict, Field

from selfinstruct_chains import endings
from selfinstruct_chains.config import REPLY_CHARACTERS, Output
from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.lexicon import Lexicon
from selfinstruct_chains.method.parsing import (
    Parsed,
    UnreadableReply,
    log_odds,
    parse_classification,
    parse_instances,
    parse_instructions,
    parse_output,
    received,
)
from selfinstruct_chains.method.rendering import Form  # noqa: TC001 - a pydantic field's type
from selfinstruct_chains.tasks import Instance

T = TypeVar("T")
_RULE = "content_filter"  # drops the item


class _Reading(TypedDict):
    truncated: bool
    characters: int


class ReplyParser(BaseOutputParser[T]):
    """Reads an AIMessage with its `finish_reason`; a completion model's bare string has none."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    wanted: ClassVar[str]
    """The form of a reply, as a sentence for a prompt."""

    reply_characters: int = REPLY_CHARACTERS
    """Characters of an answer, without thoughts, that are read: a longer one is a cut one, and what is cut says so."""
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

    def _reading(self, message: AIMessage) -> _Reading:
        """How a reply is to be read."""
        return {"truncated": not endings.is_whole(_reason(message)), "characters": self.reply_characters}

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
        return parse_instructions(str(message.text), continues=self.continues, **self._reading(message))

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
            return parse_classification(str(message.text), answers=self.lexicon.answers, **self._reading(message))
        first_token = message.response_metadata.get("first_token")
        if not first_token:
            reply = received(str(message.text), self.reply_characters, truncated=False)
            raise reply.unreadable("no log-probabilities came with the reply")
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
        return parse_instances(
            str(message.text),
            form=self.form,
            output=self.output,
            names=self.lexicon.names,
            **self._reading(message),
        )

    @property
    def _type(self) -> str:
        return "selfinstruct_instances"


class OutputParser(ReplyParser[str]):
    """Reply that is one output: see `parse_output`."""

    wanted = "Write the output alone, and nothing else."

    def _held(self, message: AIMessage) -> str:
        """The output that `message` is."""
        return parse_output(str(message.text), **self._reading(message))

    @property
    def _type(self) -> str:
        return "selfinstruct_output"


def _reason(message: AIMessage) -> str | None:
    """Why it ended; an explicit None is the door's word for a model that never says."""
    metadata = message.response_metadata
    return None if metadata.get("finish_reason", "") is None else endings.finish_reason(metadata)
