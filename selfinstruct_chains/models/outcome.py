"""What came of one attempt at a call, as a plain value: `Answer | Fault | Refused | Fatal`.

An exception is judged where it was raised: on its way to another process it loses its cause, its response and its
traceback, by which `faults` tells what it means, and some don't arrive at all. What was made of it travels whole. Calls
in this process go the same way, so that both mean the same.
"""

from __future__ import annotations

import asyncio
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from langchain_core.exceptions import OutputParserException

from selfinstruct_chains.errors import ConfigError, ItemRefused, ProviderError
from selfinstruct_chains.models.faults import Fault, fault_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from selfinstruct_chains.models.faults import Endpoint

Kind = Literal["config", "provider", "later", "unreadable", "broken"]
"""Whose it is to mend: the user's (`ConfigError`), the provider's (`ProviderError`), nobody's, as it passes by itself
(the same, resumable); what a part of the user's own could not read; a bug, or anything else."""


class Answer(NamedTuple):
    """A reply came."""

    message: Any
    """What the model gave: an AIMessage, or of a step of the user's own its result."""


class Refused(NamedTuple):
    """The provider refused this prompt; the fields are those of `ItemRefused`."""

    text: str
    reason: str
    unclear: bool = False
    behind: BaseException | None = None
    """What was raised, where it was raised in this process: it does not travel."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Refused, self[:3]

    def error(self) -> BaseException:
        """What to raise: as it was raised, or the same again."""
        return self.behind or ItemRefused(self.text, reason=self.reason, unclear=self.unclear)


class Fatal(NamedTuple):
    """No attempt will do: something is wrong with the key, the model, a file, the program."""

    kind: Kind
    text: str
    """In one line; of what is broken the whole traceback."""
    behind: BaseException | None = None
    """As in `Refused`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Fatal, self[:2]

    def error(self) -> BaseException:
        """What to raise: as it was raised, or what says the same."""
        if self.behind is not None:
            return self.behind
        match self.kind:
            case "config":
                return ConfigError(self.text)
            case "provider" | "later":
                return ProviderError(self.text, resumable=self.kind == "later")
            case "unreadable":
                return OutputParserException(ValueError(self.text))  # of a string it makes advice, once more each time
            case "broken":
                return Broken(self.text)


Outcome = Answer | Fault | Refused | Fatal


class Faulty(ProviderError):
    """An attempt that met a `fault`, and was judged already."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text, resumable=True)
        self.fault = fault

    def __reduce__(self) -> tuple[Any, ...]:
        return Faulty, (self.fault,)


class Broken(Exception):
    """What nobody foresaw, raised in another process; the message is its traceback there."""


async def answer(ask: Callable[[], Awaitable[Any]], endpoint: Endpoint, timeout: float | None = None) -> Outcome:  # noqa: ASYNC109 - it is a fault, and judged as one
    """What comes of an attempt; raises nothing, unless it is cancelled.

    Args:
        ask: makes the attempt.
        endpoint: who is asked, for messages.
        timeout: seconds until it is given up; None: never.
    """
    try:
        async with asyncio.timeout(timeout) if timeout else nullcontext():
            return Answer(await ask())
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - also SystemExit, at which a worker would fall silent
        return judged(error, endpoint)


def judged(error: BaseException, endpoint: Endpoint) -> Fault | Refused | Fatal:
    """What `error` means, with the words for it."""
    if isinstance(error, Faulty):
        return error.fault
    if not isinstance(error, Exception):
        return _fatal(error)
    try:
        return fault_of(error, endpoint.what, keys=endpoint.keys, patience=endpoint.patience)
    except ItemRefused as refused:
        return Refused(str(refused), refused.reason, refused.unclear, refused)
    except Exception as fatal:  # noqa: BLE001 - whatever is no fault
        return _fatal(fatal)


def given(outcome: Outcome) -> Any:
    """The reply.

    Raises:
        Faulty: there is none; another attempt may get one.
        ItemRefused: the prompt was refused.
        ConfigError: or another, where no attempt will do.
        Broken: what was raised elsewhere is a bug.
    """
    if isinstance(outcome, Answer):
        return outcome.message
    try:
        raise Faulty(outcome) if isinstance(outcome, Fault) else outcome.error()
    finally:
        del outcome  # it holds what is raised, which holds this frame


def _fatal(error: BaseException) -> Fatal:
    match error:
        case ConfigError():
            return Fatal("config", str(error), error)
        case ProviderError():
            return Fatal("later" if error.resumable else "provider", str(error), error)
        case OutputParserException():
            return Fatal("unreadable", str(error), error)
    return Fatal("broken", "".join(traceback.format_exception(error)).strip(), error)
