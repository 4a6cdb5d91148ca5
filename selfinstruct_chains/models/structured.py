"""What a user's Runnable came to, as a message in the one shape (`replying`)."""

from __future__ import annotations

import json
from functools import reduce
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import add_usage
from pydantic_core import PydanticSerializationError, to_jsonable_python

from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.replying import from_chat, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages.ai import UsageMetadata

_WITH_RAW = {"raw", "parsed", "parsing_error"}  # the keys of `with_structured_output(..., include_raw=True)`


def as_reply(given: Any, replies: Sequence[AIMessage], name: str) -> AIMessage:
    """`given` as a message; its metadata are those of the last of the models' `replies`, its tokens those of all.

    Args:
        given: a message, text, or a structured value, which becomes its JSON.
        replies: what the models on the way said, in the one shape.
        name: of what gave it, for messages.

    Raises:
        ConfigError: it is none of these.
        NoReply: no model was seen to reply, and there is nothing in it.
    """
    raw = given["raw"] if isinstance(given, dict) and set(given) == _WITH_RAW else given
    if not replies and isinstance(raw, AIMessage):
        replies = [from_chat(raw)]
    metadata = replies[-1].response_metadata if replies else {"finish_reason": None, "model_name": None}
    text = _text(given, name, empty=bool(replies))
    return AIMessage(content=whole_characters(text), usage_metadata=_usage(replies), response_metadata=metadata)


def _usage(replies: Sequence[AIMessage]) -> UsageMetadata | None:
    counted = [reply.usage_metadata for reply in replies if reply.usage_metadata]
    return reduce(add_usage, counted) if counted else None


def _text(given: Any, name: str, *, empty: bool) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, BaseMessage):
        return spoken(given)
    if isinstance(given, dict) and set(given) == _WITH_RAW:
        return spoken(given["raw"]) if given["parsed"] is None else _json(given["parsed"], name)
    if given is None and empty:  # a parser's word for a reply that it found nothing in
        return ""
    return _json(given, name)


def _json(given: Any, name: str) -> str:
    try:
        plain = to_jsonable_python(given)
    except PydanticSerializationError:
        plain = None
    if not isinstance(plain, dict | list):
        raise ConfigError(
            f"the model {name} gave a {type(given).__name__}; a model gives a message, text, or a structured value "
            "(a dict, a list or a pydantic object)"
        )
    return json.dumps(plain, ensure_ascii=False)
