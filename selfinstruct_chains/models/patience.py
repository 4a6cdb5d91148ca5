"""The one retry loop, for all providers: no reply is never an outcome, it is asked for again."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from langchain_core.messages import AIMessage
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.models.faults import Endpoint, Fault
from selfinstruct_chains.models.limits import Gate, Pace
from selfinstruct_chains.models.outcome import Answer, Refused, answer, given

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from selfinstruct_chains.models.limits import Attempt

T = TypeVar("T")

LONGEST_WAIT = 60.0
"""Seconds between attempts, where the provider names no wait of its own."""
FIRST_PATIENCE = 30.0
"""Seconds that an address at which nothing has ever answered is given."""
REFUSED_ALIKE = 5
"""Calls in a row that are refused in the same words, for no known reason, at which a role's calls stop."""
_FIRST_REPLY = 256  # tokens that a first reply is expected to have

_OWN = re.compile(r"\b(?=\w*\d)[\w-]+\b")
_COMPARED = 100  # characters

_jitter = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT)


class Wait(NamedTuple):
    """A pause between two attempts of a call."""

    why: str
    """What the last attempt met, with the model's name."""
    seconds: float
    """Until the next attempt."""
    left: float
    """Seconds from now after which the call is given up."""


class Patience:
    """Calls one model, for one role, until it answers.

    Args:
        what: the model and its address, for messages.
        timeout: seconds for one attempt.
        patience: seconds that a call is retried, and that a share of failing attempts above `max_failing_share` may
            last.
        keys: the environment variables that the model's key may stand in, for messages.
        gate: what else calls the same endpoint shares it; one without limits when None.
        max_failing_share: share of failing attempts among the last 100 at the gate that is put up with. An endpoint
            that says it is busy (429, 503, 529) does not count as failing.
        sleep: waits so many seconds between attempts.
    """

    def __init__(  # noqa: PLR0913 - what a model, a role and a run have to say
        self,
        what: str,
        timeout: float,
        patience: float,
        *,
        keys: tuple[str, ...] = (),
        gate: Gate | None = None,
        max_failing_share: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.what = what
        self.timeout = timeout
        self.patience = patience
        self.gate = gate or Gate(most=sys.maxsize)
        self._max_failing_share = max_failing_share
        self._sleep = sleep
        self._pace = Pace()
        self._usual_reply = _FIRST_REPLY
        self._endpoint = Endpoint(what, keys, patience)
        self._refused: list[str] = []  # unclear refusals in a row
        self._refused_at = 0.0

    async def reply(
        self,
        ask: Callable[[], Awaitable[T]],
        on_fault: Callable[[Fault], None],
        prompt_tokens: int = 0,
        on_wait: Callable[[Wait], None] = lambda _: None,
    ) -> T:
        """The reply, or whatever else, that `ask` gives in the end; `on_fault` hears of each attempt that gave none.

        Waits between attempts with full jitter, up to a minute, or as long as the provider asks, up to `patience`.

        Args:
            ask: makes one attempt.
            on_fault: told of each fault.
            prompt_tokens: an estimate, for the limit of tokens per minute.
            on_wait: told of each pause, as it begins.

        Raises:
            ItemRefused: the provider refuses this prompt.
            ProviderError: it refuses all, it asks for a longer wait than `patience`, or that is at its end.
        """
        failing_since: list[float] = []
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(_Failed),
            wait=_wait,
            stop=lambda state: self.gate.clock() - failing_since[0] + state.upcoming_sleep > self._limit(),
            retry_error_callback=lambda state: self._give_up(state, self.gate.clock() - failing_since[0]),
            before_sleep=lambda state: on_wait(self._pause(state, failing_since[0])),
            sleep=self._sleep,
        ):
            with attempt:
                try:
                    message = await self._attempt(ask, prompt_tokens)
                except _Failed as failed:
                    failing_since.append(failed.started)
                    on_fault(failed.fault)
                    raise
                return message
        raise AssertionError("tenacity ends by returning or raising")

    async def _attempt(self, ask: Callable[[], Awaitable[T]], prompt_tokens: int) -> T:
        async with self.gate.attempt(prompt_tokens + self._usual_reply) as attempt:
            outcome = await answer(ask, self._endpoint, self.timeout)
            if isinstance(outcome, Answer):
                self._answered(outcome.message, attempt)
            elif isinstance(outcome, Fault):
                self._failed(outcome, attempt)
                raise _Failed(outcome, attempt.at)
            elif isinstance(outcome, Refused):
                self.gate.reached = True
                self._count(outcome)
            try:
                reply: T = given(outcome)
            finally:
                del outcome  # it holds what is raised, which holds this frame
            return reply

    def _answered(self, message: Any, attempt: Attempt) -> None:
        self.gate.reached = True
        if attempt.at >= self._refused_at:  # else it was under way when the refusals began
            self._refused.clear()
        self.gate.note(failed=False, most=self._max_failing_share)
        if isinstance(message, AIMessage) and message.usage_metadata:
            self._usual_reply += round((message.usage_metadata["output_tokens"] - self._usual_reply) / 10)
            self.gate.correct(attempt, message.usage_metadata["total_tokens"])
        self._pace_by(attempt)

    def _pace_by(self, attempt: Attempt) -> None:
        if self._pace.late(self.gate.clock() - attempt.at, full=self.gate.full):
            self.gate.slow_down(attempt)
        else:
            self.gate.speed_up()

    def _failed(self, fault: Fault, attempt: Attempt) -> None:
        self.gate.reached |= fault.reached
        if fault.busy:
            self.gate.slow_down(attempt)
            self.gate.close_for(fault.retry_after or 0.0)
        elif self.gate.note(failed=True, most=self._max_failing_share) > self.patience:
            raise ProviderError(
                f"{self.what}: more than {self._max_failing_share:.0%} of the last 100 attempts failed, for more than "
                f"{self.patience:.0f} s (run.patience, run.max_failing_share); the last one: {fault.text}",
                resumable=True,
            )

    def _count(self, refused: Refused) -> None:
        """Stop when too many items in a row met the same refusal, and nothing tells that it is about them."""
        alike = _alike(refused.text)
        if not refused.unclear or alike not in self._refused:
            self._refused.clear()
        if refused.unclear:
            self._refused.append(alike)
            self._refused_at = self.gate.clock()
        if len(self._refused) >= REFUSED_ALIKE:
            raise ProviderError(
                f"{refused.text}; {REFUSED_ALIKE} calls in a row were refused like this, so it is not about one of "
                "them: check the key, the model and the parameters in the chain file; the same command asks them again"
            ) from refused.behind

    def _pause(self, state: RetryCallState, failing_since: float) -> Wait:
        error = state.outcome.exception() if state.outcome else None
        told = error.fault.told if isinstance(error, _Failed) else "gave no reply"
        left = failing_since + self._limit() - self.gate.clock()
        return Wait(f"{self.what} {told}", state.upcoming_sleep, left)

    def _limit(self) -> float:
        return self.patience if self.gate.reached else min(self.patience, FIRST_PATIENCE)

    def _give_up(self, state: RetryCallState, seconds: float) -> None:
        error = state.outcome.exception() if state.outcome else None
        advice = "it answered before" if self.gate.reached else "check that it is up and that base_url is right"
        many = f" in {state.attempt_number} attempts over {seconds:.0f} s" if state.attempt_number > 1 else ""
        raise ProviderError(
            f"{self.what} gave no reply{many}: {error}; {advice}", resumable=self.gate.reached
        ) from error


class _Failed(Exception):
    def __init__(self, fault: Fault, started: float) -> None:
        super().__init__(fault.text)
        self.fault = fault
        self.started = started


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.fault.retry_after if isinstance(error, _Failed) else None
    return asked if asked is not None else _jitter(state)


def _alike(refusal: str) -> str:
    """How a refusal begins, without the numbers and ids that each has of its own."""
    return _OWN.sub("", refusal)[:_COMPARED]
