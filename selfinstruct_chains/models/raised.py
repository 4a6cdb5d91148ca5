"""From an exception to the answer behind it: status, headers and body, whichever client raised it.

Nothing here knows a client: what they have in common is looked for by its names. Those are `status_code`, `status` or
`code` on the exception or its `response` (openai, anthropic, groq, httpx, requests, google-genai, urllib), `body` and
`headers` (cohere, the SDKs made by Speakeasy), `details` (google-genai), `error` (ollama), and botocore's `response`,
a dict with "Error" and "ResponseMetadata".
"""

from __future__ import annotations

import json
import re
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.models.failures import MOST_TEXT, Failure, failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MODEL_CALLS = "langchain_core.language_models"
"""What is raised below is the provider's side, whoever raises it."""
_HTTP = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "h11", "aiohttp", "urllib3", "requests", "ssl"})
_BUGS = (NameError, ImportError, AssertionError, NotImplementedError, ZeroDivisionError, RecursionError)
"""What no answer of a server causes, however broken it is."""
_LOCAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
_CODE_IN_WORDS = re.compile(r"\b(?:code|status)(?: code)?[:=\s]+([45]\d\d)\b", re.IGNORECASE)


def chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what is behind it, the outermost first."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind and id(behind) not in seen:
        seen.add(id(behind))
        yield behind
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)


def package(error: BaseException) -> str:
    """The package that an exception's class is of."""
    return type(error).__module__.partition(".")[0]


def is_providers(error: BaseException) -> bool:
    """Whether `error` is of the provider's side: raised below a model's call, or by an HTTP client anywhere."""
    if isinstance(error, _BUGS):
        return False
    passed = _passed_through(error)
    if is_below_a_model(error):
        return True
    if passed and passed[-1].partition(".")[0] in _HTTP:
        return True
    return any(_is_of_a_connection(one) for one in chain(error))


def is_below_a_model(error: BaseException) -> bool:
    """Whether `error` was raised below a model's call."""
    return any(module.startswith(_MODEL_CALLS) for module in _passed_through(error))


def failure_of(error: BaseException) -> Failure:
    """What is known of the answer behind `error`; where there was none, the words are the exception's own."""
    behind = [one for one in chain(error) if not _never_sent(one)]
    status = next(filter(None, map(_status, behind)), None)
    headers = next(filter(None, map(_headers, behind)), {})
    body = next(filter(None, map(_body, behind)), "") or _stumbled_over(error)
    if body or status:
        return failure(status, headers, body or _text_of(sorted(behind, key=lambda one: not _status(one))))
    told = failure(None, {}, _text_of(behind))
    said = _CODE_IN_WORDS.search(told.words)
    status = told.status or (int(said[1]) if said else None)
    return told._replace(status=status, answered=status is not None)


def _is_of_a_connection(error: BaseException) -> bool:
    if isinstance(error, _LOCAL):
        return False
    return isinstance(error, OSError | EOFError) or package(error) in _HTTP or _status(error) is not None


def _passed_through(error: BaseException) -> list[str]:
    """The modules that `error` came through, the one that raised it last."""
    return [str(frame.f_globals.get("__name__", "")) for frame, _ in walk_tb(error.__traceback__)]


def _never_sent(error: BaseException) -> bool:
    """Whether its status is aiohttp's own: a broken response line is a "400" to it, that no server sent."""
    return package(error) == "aiohttp" and any(
        type(one).__module__ == "aiohttp.http_exceptions" for one in chain(error)
    )


def _status(error: BaseException) -> int | None:
    response = _get(error, "response")
    metadata = response.get("ResponseMetadata") if isinstance(response, dict) else None
    found = [_get(holder, name) for holder in (error, response) for name in ("status_code", "status", "code")]
    found.append(metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None)
    return next((value for value in found if type(value) is int and 400 <= value < 600), None)  # noqa: PLR2004


def _headers(error: BaseException) -> Mapping[str, str]:
    response = _get(error, "response")
    metadata = response.get("ResponseMetadata") if isinstance(response, dict) else None
    told: Any = metadata.get("HTTPHeaders") if isinstance(metadata, dict) else None
    for headers in (_get(response, "headers"), _get(error, "headers"), told):
        if hasattr(headers, "items"):
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def _body(error: BaseException) -> str:
    response = _get(error, "response")
    raw = _get(error, "raw_response")
    held = (
        *(_get(holder, name) for holder in (response, raw) for name in ("text", "content")),
        *(_get(error, name) for name in ("body", "details", "error")),
        response if isinstance(response, dict) else None,
        error.args[0] if error.args and not isinstance(error.args[0], str | bytes) else None,
    )
    return next((text for value in held if (text := _text(value)).strip()), "")


def _stumbled_over(error: BaseException) -> str:
    """The envelope of an error in a 200 that an integration did not look for.

    langchain_openai's completion class, called asynchronously, takes `response["choices"]` of it and fails on None: the
    envelope is then nowhere but in the frame that failed.
    """
    held = (frame.f_locals.get("response") for frame, _ in walk_tb(error.__traceback__))
    return next((_text(one) for one in held if isinstance(one, dict) and one.get("error")), "")


def _text(value: Any) -> str:
    if hasattr(value, "model_dump"):
        value = _called(value.model_dump)
    match value:
        case str():
            return value[:MOST_TEXT]
        case bytes():
            return value[:MOST_TEXT].decode(errors="replace")
        case dict() | list():
            return str(_called(lambda: json.dumps(value, default=str)) or "")
    return ""


def _text_of(errors: list[BaseException]) -> str:
    """What the first of the exceptions that says anything says."""
    return next((text for one in errors if (text := str(one).strip())), "")


def _get(holder: Any, name: str) -> Any:
    """An attribute; None where there is none, or where it can't be had (httpx: a stream that was not read)."""
    return _called(lambda: getattr(holder, name, None))


def _called(read: Any) -> Any:
    try:
        return read()
    except Exception:  # noqa: BLE001 - a client's property may raise whatever it likes
        return None
