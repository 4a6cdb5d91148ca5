"""What a user's Runnable came to, as a message."""

from dataclasses import dataclass

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.structured import as_reply


class Word(BaseModel):
    """A word."""

    word: str


@dataclass
class Pair:
    """Two of them."""

    one: str
    other: int


def said(text: str, tokens: int, reason: str = "stop") -> AIMessage:
    usage = {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
    metadata = {"finish_reason": reason, "model_name": text}
    return AIMessage(text, usage_metadata=usage, response_metadata=metadata)


def raw(parsed: object, text: str = "raw") -> dict[str, object]:
    return {"raw": AIMessage(text), "parsed": parsed, "parsing_error": None}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("text", "text"),
        ("", ""),
        ("half \ud83d", "half \ufffd"),
        (AIMessage("message"), "message"),
        (HumanMessage("another's"), "another's"),
        ({"a": 1}, '{"a": 1}'),
        ({"raw": "a", "parsed": None}, '{"raw": "a", "parsed": null}'),
        ([1, "é"], '[1, "é"]'),
        (Word(word="Hé"), '{"word": "Hé"}'),
        (Pair("a", 2), '{"one": "a", "other": 2}'),
        (raw({"a": "é"}), '{"a": "é"}'),
        (raw(Word(word="a")), '{"word": "a"}'),
        (raw({}), "{}"),
        (raw(None), "raw"),
        (None, ""),
    ],
)
def test_after_replies(given, text):
    """Its text, or its JSON, with the metadata of the last reply and the tokens of all."""
    found = as_reply(given, [said("one", 10), said("two", 20, "length")], "mine")

    assert found.content == text
    assert found.response_metadata == {"finish_reason": "length", "model_name": "two"}
    assert found.usage_metadata == {"input_tokens": 30, "output_tokens": 2, "total_tokens": 32}


def test_replies_without_tokens():
    """What nobody counted is unknown; where one was counted, that is what is known."""
    uncounted = AIMessage("a", response_metadata={"finish_reason": None, "model_name": None})

    assert as_reply("text", [uncounted], "mine").usage_metadata is None
    assert as_reply("text", [said("a", 3), uncounted], "mine").usage_metadata == said("a", 3).usage_metadata


UNKNOWN = {"finish_reason": None, "model_name": None}


@pytest.mark.parametrize(
    ("given", "text", "metadata"),
    [
        ("text", "text", UNKNOWN),
        ({"a": 1}, '{"a": 1}', UNKNOWN),
        (HumanMessage("another's"), "another's", UNKNOWN),
        (said("m", 5, "MAX_TOKENS"), "m", {"finish_reason": "length", "model_name": "m"}),
        (raw({"a": 1}), '{"a": 1}', UNKNOWN),
        (
            {"raw": said("m", 5), "parsed": None, "parsing_error": None},
            "m",
            {"finish_reason": "stop", "model_name": "m"},
        ),
    ],
)
def test_without_a_model(given, text, metadata):
    """Where no model was seen to reply, what came is asked for its own metadata, if it is a model's message."""
    found = as_reply(given, [], "mine")

    assert (found.content, found.response_metadata) == (text, metadata)
    assert (found.usage_metadata is not None) == (metadata["finish_reason"] is not None)


@pytest.mark.parametrize(
    ("given", "kind"), [(5, "int"), (True, "bool"), (object(), "object"), ({1: object()}, "dict"), (raw(5), "int")]
)
def test_what_is_none_of_these(given, kind):
    """A number, and what has no JSON, is refused in one line, whatever was said before."""
    for replies in ([], [said("one", 10)]):
        with pytest.raises(ConfigError) as refused:
            as_reply(given, replies, "mine")

        assert str(refused.value) == (
            f"the model mine gave a {kind}; a model gives a message, text, or a structured value (a dict, a list or a "
            "pydantic object)"
        )


def test_nothing_at_all():
    """Nothing is a parser's word for a poor reply only where there was a reply; an empty envelope is none."""
    with pytest.raises(ConfigError, match="gave a NoneType"):
        as_reply(None, [], "mine")
    with pytest.raises(NoReply):
        as_reply(AIMessage(""), [], "mine")
