"""What an exception of a provider's client means: ask again, drop the item, or stop the run."""

from __future__ import annotations

import math
import os
import re
import socket
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.characters import printable
from selfinstruct_chains.errors import ConfigError, ItemRefused, ProviderError, SelfInstructError
from selfinstruct_chains.models.fates import ADVICE
from selfinstruct_chains.models.known_failures import fate_of, with_status
from selfinstruct_chains.models.raised import chain, failure_of, is_below_a_model, is_providers
from selfinstruct_chains.models.unsent import unsent

if TYPE_CHECKING:
    from selfinstruct_chains.models.failures import Failure

_BUSY = {429, 503, 529}
_UNREACHABLE = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ClientConnectorDNSError"}
_LONGEST_TEXT = 300
_KEYS = re.compile(
    r"\b(?:sk|gsk|pk|rk|xai|hf|r8|nvapi|pplx|fw|tgp|csk)[-_][\w.=+/-]{12,}|\b(?:bearer|basic) [\w.=+/-]{20,}"
    r"|\bAIza[\w-]{20,}|\bA[KS]IA[A-Z0-9]{12,}|\buser_(?=\w*\d)\w{4,}",
    re.IGNORECASE,
)
"""What looks like a key, or names a person."""
_LATER = "the same command goes on later, with all that there is"


class NoReply(ProviderError):
    """A response came, with no reply in it: no text, no reason why it ended, no tokens."""


class Endpoint(NamedTuple):
    """Who is asked, for messages."""

    what: str
    """The model and its address."""
    keys: tuple[str, ...] = ()
    """The environment variables that its key may stand in."""
    patience: float = math.inf
    """Seconds that are waited at most."""

    @property
    def key(self) -> str:
        """Where the key stands, as " in VARIABLE"; "" when that is not known."""
        return f" in {' or '.join(self.keys)}" if self.keys else ""


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

    @property
    def told(self) -> str:
        """What the provider did, in words that follow its name."""
        if self.busy:
            return f"is busy ({self.status}): {self.text}"
        if not self.reached:
            return f"can't be reached: {self.text}"
        return f"answered {self.status}: {self.text}" if self.status else f"gave no reply: {self.text}"


def fault_of(error: Exception, what: str, *, keys: tuple[str, ...] = (), patience: float = math.inf) -> Fault:
    """The fault behind `error`, if asking again may help.

    Args:
        error: what a client raised.
        what: the model and its address, for messages.
        keys: the environment variables that its key may stand in, for messages.
        patience: seconds that are waited at most.

    Raises:
        ItemRefused: it concerns this item alone: the prompt is too long, was filtered or refused.
        ConfigError: a package is missing that its client needs.
        ProviderError: asking again won't help (key, money, model, region, parameters), or not before long.
        Exception: `error` itself, when it is not the provider's: a bug of ours, or a part of the user's own.
    """
    if isinstance(error, NoReply):
        return Fault(str(error))
    if isinstance(error, ImportError) and is_below_a_model(error):  # some clients import only when they are called
        raise ConfigError(f"{what}: {' '.join(str(error).split())}") from error
    if isinstance(error, SelfInstructError) or not is_providers(error):
        raise error
    endpoint, failure = Endpoint(what, keys, patience), failure_of(error)
    if not failure.answered and not _in_langchains_words(error, failure):
        return _without_answer(error, endpoint)
    return _judged(with_status(failure), endpoint, error)


def _judged(failure: Failure, endpoint: Endpoint, error: Exception) -> Fault:
    row = fate_of(failure)
    text = _shown(failure.words, endpoint) or type(error).__name__
    said = f"{endpoint.what} answered {failure.status or 'with an error'}: {text}"
    match row.fate:
        case "item":
            raise ItemRefused(text, reason=row.why) from error
        case "unclear":
            raise ItemRefused(said, reason="refused", unclear=True) from error
        case "fix":
            raise ProviderError(f"{said}; {ADVICE[row.why].format(key=endpoint.key)}") from error
        case "resumable":
            raise ProviderError(f"{said}; {_LATER}", resumable=True) from error
    if failure.wait is not None and failure.wait > endpoint.patience:
        too_long = f"it asks to wait {failure.wait:.0f} s, more than run.patience ({endpoint.patience:.0f} s)"
        raise ProviderError(f"{said}; {too_long}; {_LATER}", resumable=True) from error
    return Fault(text, failure.status, failure.wait)


def _in_langchains_words(error: Exception, failure: Failure) -> bool:
    """Whether it is what LangChain says of an answer in a 200 that it threw away: a bare ValueError."""
    return type(error) is ValueError and fate_of(failure).fate == "item"


def _without_answer(error: Exception, endpoint: Endpoint) -> Fault:
    text = _deepest(error, endpoint)
    if isinstance(error, UnicodeEncodeError) and error.encoding.startswith("utf"):
        raise ItemRefused(text, reason="invalid") from error
    advice = unsent(error, endpoint.key)
    if advice:
        raise ProviderError(f"{endpoint.what}: {text}; {advice}") from error
    return Fault(text, reached=_reached(error))


def _reached(error: Exception) -> bool:
    """Whether a connection stood. openai over aiohttp calls a reset a "ConnectTimeout", so names alone don't tell."""
    behind = list(chain(error))
    hung_up = (ConnectionResetError, BrokenPipeError)
    if any(isinstance(one, hung_up) or type(one).__name__ == "ServerDisconnectedError" for one in behind):
        return True
    refused = any(isinstance(one, ConnectionRefusedError | socket.gaierror) for one in behind)
    return not refused and not any(type(one).__name__ in _UNREACHABLE for one in behind)


def _deepest(error: Exception, endpoint: Endpoint) -> str:
    """What stands at the bottom: clients say "Request timed out" of a refused connection, too."""
    told = [f"{type(one).__name__}: {text}" for one in chain(error) if (text := _shown(str(one), endpoint))]
    return told[-1] if told else type(error).__name__


def _shown(text: str, endpoint: Endpoint) -> str:
    """The words in one line, of bounded length, without keys."""
    for name in endpoint.keys:
        if key := os.environ.get(name, "").strip():
            text = text.replace(key, "...")
    text = " ".join(printable(_KEYS.sub("...", text)).split())
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + " ..."
