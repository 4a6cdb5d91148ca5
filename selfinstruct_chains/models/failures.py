"""One reading of what a provider answers when a call fails: status, headers and body -> codes, words and a wait.

A provider's own JSON is read, not what a client makes of it: clients lose fields (the openai client the code of xAI,
ollama's the headers). What is peculiar about each of 19 providers stands in `testing/answers/README.md`.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.models.waits import wait_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_TEXT = 100_000
"""Characters of a body that are read."""
_MOST_WORDS = 2000  # characters that are judged
_DEEPEST = 10
_LONGEST_LIST = 20
_CODES = frozenset(
    {
        "code",
        "type",
        "__type",
        "status",
        "reason",
        "error_type",
        "errortype",
        "error_code",
        "errorcode",
        "limit_source",
        "quotaid",
    }
)
_STATUSES = frozenset({"code", "status", "statuscode", "status_code", "raw_status_code", "http_status"})
_WORDS = frozenset(
    {
        "message",
        "error",
        "errors",
        "detail",
        "details",
        "msg",
        "raw",
        "faultstring",
        "title",
        "description",
        "error_description",
        "error_msg",
        "errormessage",
    }
)
_PARAMETERS = frozenset({"param", "parameter", "loc", "field"})
_QUOTED = frozenset(
    {
        "input",
        "ctx",
        "failed_generation",
        "flagged_input",
        "previous_errors",
        "headers",
        "links",
        "user_id",
        "choices",
        "candidates",
        "prompt",
        "messages",
        "content",
        "quotadimensions",
    }
)
"""Fields that hold the prompt, a reply, another attempt's error or a person's id: nothing in them may decide."""
_TELLING = frozenset({"failed_generation", "flagged_input"})
"""Fields that are as good as a code by being there."""
_ECHO = re.compile(r"""(?:\binput_value=|['"]input['"]\s*:).*|"[^"]{100,}\"""", re.DOTALL)
"""What quotes the request: pydantic's `input`, and long quotations."""
_OF_A_STREAM = re.compile(r"^\s*(?:data|error):\s*")
# What is not closed ends with the text, and no tag has another in it: else a page of openings takes quadratic time.
_TAGS = re.compile(r"(?s)<(script|style)\b.*?(?:</\1>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>")
_ABOVE_LIMIT = re.compile(r"\blimit:? (\d[\d,]{0,14})\b.{0,60}?\brequested:? ~?(\d[\d,]{0,14})\b", re.IGNORECASE)
ABOVE_LIMIT = "requested above limit"
"""The code of a request that asks for more than a limit allows at all: no wait helps, however long."""


class Failure(NamedTuple):
    """What is known of a call that failed."""

    status: int | None = None
    """HTTP's, 400 to 599, or the one that an envelope in a 200 names."""
    codes: frozenset[str] = frozenset()
    """Every code, type and reason in the body and in headers, in lower case."""
    parameters: frozenset[str] = frozenset()
    """The names that the body gives as what is wrong, in lower case."""
    words: str = ""
    """What it says to people, in one line."""
    headers: Mapping[str, str] = {}
    """By name in lower case."""
    wait: float | None = None
    """Seconds that it asks to wait."""
    answered: bool = True
    """Whether a server said it; otherwise the words are an exception's."""


@dataclass
class _Found:
    codes: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


def failure(status: int | None, headers: Mapping[str, str], body: str) -> Failure:
    """The failure that an answer tells of.

    Args:
        status: HTTP's; one below 400 counts as none.
        headers: of the answer.
        body: as it was sent: JSON in any shape, a stream's lines, HTML or plain text.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    body = body[:MOST_TEXT]
    documents = _documents(body)
    found = _Found()
    for document in documents:
        _walk(document, found)
    if not documents:
        _read_words(_plain(body), found, 0)
    found.codes.add(_amazon(headers.get("x-amzn-errortype", "")))
    words = " ".join("; ".join(dict.fromkeys(found.words)).split())[:_MOST_WORDS]
    if _asks_too_much(words):
        found.codes.add(ABOVE_LIMIT)
    return Failure(
        _status(status) or next(iter(found.statuses), None),
        frozenset(found.codes - {""}),
        frozenset(found.parameters),
        words,
        headers,
        wait_of(headers, documents, words),
    )


def _status(value: Any) -> int | None:
    return value if type(value) is int and 400 <= value < 600 else None  # noqa: PLR2004 - HTTP's errors


def _documents(body: str) -> list[Any]:
    """The JSON of a body: one value, or one on each line of a stream."""
    whole = _json(body)
    if whole is not None:
        return [whole]
    lines = (_json(_OF_A_STREAM.sub("", line)) for line in body.splitlines())
    return [value for value in lines if isinstance(value, dict)]


def _json(text: str) -> Any:
    """The object or list that `text` is; None for anything else."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _walk(value: Any, found: _Found, key: str = "", depth: int = 0) -> None:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            _walk_field(str(name).lower(), inner, found, depth)
    elif isinstance(value, list):
        for inner in value[:_LONGEST_LIST]:
            _walk(inner, found, key, depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        _read(key, str(value), found, depth)


def _walk_field(name: str, value: Any, found: _Found, depth: int) -> None:
    if name in _TELLING:
        found.codes.add(name)
    if name not in _QUOTED:
        _walk(value, found, name, depth + 1)


def _read(key: str, text: str, found: _Found, depth: int) -> None:
    if key in _STATUSES and len(text) == 3 and text.isdecimal() and (status := _status(int(text))):  # noqa: PLR2004
        found.statuses.append(status)
    elif key in _CODES:
        found.codes.add(_amazon(text) if key == "__type" else text.lower())
    elif key in _PARAMETERS:
        found.parameters.add(text.lower())
    elif key in _WORDS:
        _read_words(text, found, depth)


def _read_words(text: str, found: _Found, depth: int) -> None:
    """Words, and what an upstream's error says that stands in them as JSON."""
    whole = _json(text)
    if whole is None:
        if (said := _ECHO.sub("", text).strip()) not in {"", "None"}:
            found.words.append(said)
        whole = next(_envelopes(text), None)
    _walk(whole, found, "message", depth + 1)


def _envelopes(text: str) -> Iterator[dict[str, Any]]:
    """The first object that prose has in it, as JSON or as Python writes it, if it is an error's."""
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end:
        return
    try:
        value = json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text[start : end + 1])
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return
    if isinstance(value, dict) and {"error", "message", "detail"} & value.keys():
        yield value


def _plain(body: str) -> str:
    """Text as it is, and what stands between the tags of HTML."""
    return _TAGS.sub(" ", body).strip() if body.lstrip()[:1] == "<" else body


def _amazon(name: str) -> str:
    """`ThrottlingException` of `aws.x#ThrottlingException:http://...` (restJson1, operation error serialization)."""
    return name.partition(":")[0].rpartition("#")[2].strip().lower()


def _asks_too_much(words: str) -> bool:
    found = _ABOVE_LIMIT.search(words)
    if found is None:
        return False
    limit, requested = (int(number.replace(",", "")) for number in found.groups())
    return requested > limit
