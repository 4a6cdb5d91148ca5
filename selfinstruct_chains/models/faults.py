"""What an exception of a provider's client means: ask again, drop the item, or stop the run."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import ItemRefused, ProviderError, SelfInstructError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLIENT_SIDE = {408, 409, 425, 429}
_FOR_GOOD = {501, 505}
_BUSY = {429, 503, 529}
_ABOUT_ONE_ITEM = {400, 413, 422}
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|size|window|limit)|maximum (?:context|model length)|too many (?:input )?tokens"
    r"|(?:prompt|input) is too long|token count.{0,60}exceeds",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content.?(?:filter|policy|management)|safety (?:system|filter|polic)|flagged|moderation", re.IGNORECASE
)
_NO_MONEY = re.compile(r"insufficient_quota|credit balance|payment required", re.IGNORECASE)
_RETRY_IN_TEXT = re.compile(r"retry(?:Delay\W+| in )(\d+(?:\.\d+)?)\s?s", re.IGNORECASE)
_WRONG_CALL = re.compile(r"unexpected keyword argument|missing \d+ required|authentication method")
_SDKS = ("openai", "anthropic", "google", "ollama", "httpx", "httpx2", "requests", "langchain")
_TRANSPORT = (*_SDKS, "httpcore", "httpcore2", "aiohttp", "urllib3", "ssl", "json", "pydantic_core")
_OURS_OR_THEIRS = {"langchain_core", "pydantic", "pydantic_core"}
"""Packages that raise for a broken envelope, and for a part of the user's that does not fit, alike."""
_MODEL_CALLS = "langchain_core.language_models"
"""What is raised below is the provider's side."""
_UNREACHABLE = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ClientConnectorDNSError"}
_CHECK = {
    400: "check the parameters in the chain file",
    401: "check the key",
    402: "check the account's credit",
    403: "check what the key is allowed to do",
    404: "check the model's name and base_url",
    429: "check the account's credit",
}
_LONGEST_TEXT = 300


class NoReply(ProviderError):
    """A response came, with no reply in it: no text, no reason why it ended, no tokens."""


class Fault(NamedTuple):
    """No reply, but worth another attempt."""

    text: str
    """What happened, in one line."""
    status: int | None = None
    """The HTTP status, if there was one."""
    retry_after: float | None = None
    """Seconds the provider asks to wait, if it does."""
    reached: bool = True
    """Whether something answered at the address, if only with silence."""

    @property
    def busy(self) -> bool:
        """Whether the provider says that it is asked too much."""
        return self.status in _BUSY


def fault_of(error: Exception, what: str) -> Fault:
    """The fault behind `error`, if asking again may help.

    Args:
        error: what a client raised.
        what: the model and its address, for messages.

    Raises:
        ItemRefused: the prompt is too long or was filtered: it concerns this item alone.
        ProviderError: asking again won't help: key, credit, model, parameters.
        Exception: `error` itself, when it is no client's: a bug of ours.
    """
    if isinstance(error, NoReply):
        return Fault(str(error))
    if isinstance(error, SelfInstructError):
        raise error
    status = _status(error)
    if status is None:
        if not _is_clients(error):
            raise error
        if _WRONG_CALL.search(str(error)):
            raise ProviderError(f"{what}: {_line(str(error))}; check the chain file's model section") from error
        return Fault(_deepest(error), reached=_reached(error))
    text = _line(str(error)) or type(error).__name__
    if status in _ABOUT_ONE_ITEM:
        _refuse_item(str(error), text, error)
    again = status in _CLIENT_SIDE or (status >= 500 and status not in _FOR_GOOD)  # noqa: PLR2004 - HTTP's range
    if again and not (status == 429 and _NO_MONEY.search(str(error))):  # noqa: PLR2004
        return Fault(text, status, _retry_after(error))
    advice = _CHECK.get(status, "check the chain file's model section")
    raise ProviderError(f"{what} answered {status}: {text}; {advice}") from error


def _refuse_item(whole: str, text: str, error: Exception) -> None:
    if _TOO_LONG.search(whole):
        raise ItemRefused(text, reason="context_too_long") from error
    if _FILTERED.search(whole):
        raise ItemRefused(text, reason="content_filter") from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what is behind it, the outermost first."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind and id(behind) not in seen:
        seen.add(id(behind))
        yield behind
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)


def _package(error: BaseException) -> str:
    return type(error).__module__.split(".")[0]


def _status(error: Exception) -> int | None:
    # Not aiohttp's: those of its transport errors carry a "400" that no server sent.
    for behind in _chain(error):
        if _package(behind).startswith(_SDKS):
            for holder in (behind, getattr(behind, "response", None)):
                for name in ("status_code", "status", "code"):
                    value = getattr(holder, name, None)
                    if isinstance(value, int) and 400 <= value < 600:  # noqa: PLR2004 - HTTP's errors
                        return value
    return None


def _is_clients(error: Exception) -> bool:
    """Whether a client, or LangChain reading a broken envelope, raised it."""
    if isinstance(error, OSError | TimeoutError | EOFError | UnicodeDecodeError):
        return True
    passed = _passed_through(error)
    here = {_package(error), passed[-1].split(".")[0]}
    if here & _OURS_OR_THEIRS and not any(module.startswith(_MODEL_CALLS) for module in passed):
        return False  # LangChain refuses what a user's own part was given, or gave
    return _package(error).startswith(_TRANSPORT) or passed[-1].startswith(_TRANSPORT)


def _passed_through(error: BaseException) -> list[str]:
    """The modules that `error` came through, the one that raised it last."""
    frames = [str(frame.f_globals.get("__name__", "")) for frame, _ in walk_tb(error.__traceback__)]
    return frames or [""]


def _reached(error: Exception) -> bool:
    """Whether a connection stood. openai over aiohttp calls a reset a "ConnectTimeout", so names alone don't tell."""
    behind = list(_chain(error))
    hung_up = (ConnectionResetError, BrokenPipeError)
    if any(isinstance(one, hung_up) or type(one).__name__ == "ServerDisconnectedError" for one in behind):
        return True
    refused = any(isinstance(one, ConnectionRefusedError | socket.gaierror) for one in behind)
    return not refused and not any(type(one).__name__ in _UNREACHABLE for one in behind)


def _retry_after(error: Exception) -> float | None:
    for behind in _chain(error):
        headers: Any = getattr(getattr(behind, "response", None), "headers", None)
        if headers:
            milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
            found = _seconds(milliseconds, 1000) if milliseconds else _seconds(value) if value else None
            if found is not None:
                return found
    told = _RETRY_IN_TEXT.search(str(error))
    return float(told[1]) if told else None


def _seconds(value: str, per_second: int = 1) -> float | None:
    try:
        return max(0.0, float(value) / per_second)
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _deepest(error: Exception) -> str:
    """What stands at the bottom: clients say "Request timed out" of a refused connection, too."""
    told = [f"{type(one).__name__}: {text}" for one in _chain(error) if (text := _line(str(one)))]
    return told[-1] if told else type(error).__name__


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + " ..."
