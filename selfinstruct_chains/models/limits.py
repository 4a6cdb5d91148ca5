"""How much one endpoint is asked: requests and tokens per minute, and how many at once.

A `Gate` is shared by everything that calls the same model at the same address, since that is what providers count. How
many calls may be in flight follows the endpoint: half as many when it says that it is busy, or when it answers much
later than it used to; one more for each round of replies in time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

MINUTE = 60.0
WINDOW = 100
"""Attempts that the share of failing ones is taken over."""


@dataclass
class Attempt:
    """One attempt that was let through."""

    at: float
    """When it started, by the gate's clock."""
    tokens: int
    """Prompt and reply: an estimate, until `Gate.correct`."""


class Gate:
    """Lets attempts through, in the order in which they came, as fast as one endpoint takes them.

    Args:
        most: attempts in flight at the same time, when all is well.
        requests_per_minute: attempts started in any 60 seconds; None: no limit.
        tokens_per_minute: tokens of the attempts started in any 60 seconds, as far as they are known; None: no limit.
        clock: seconds, on and on.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        most: int,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.most = most
        self.limit = float(most)
        """Attempts that may be in flight now; at least 1."""
        self.in_flight = 0
        self.reached = False
        """Whether anything ever answered at the address."""
        self.clock = clock
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._sleep = sleep
        self._started: deque[Attempt] = deque()  # in the last minute
        self._sum = 0
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._closed_until = 0.0
        self._slowed_at = float("-inf")
        self._failed: deque[bool] = deque(maxlen=WINDOW)
        self._failing_since: float | None = None

    @property
    def full(self) -> bool:
        """Whether as many may be in flight as when all is well."""
        return self.limit >= self.most

    @asynccontextmanager
    async def attempt(self, tokens: int) -> AsyncIterator[Attempt]:
        """Waits for its turn, and counts as in flight until the end of the block.

        Args:
            tokens: an estimate, of prompt and reply together.
        """
        attempt = await self._enter(tokens)
        try:
            yield attempt
        finally:
            self.in_flight -= 1
            self._room.set()

    def correct(self, attempt: Attempt, tokens: int) -> None:
        """Count `tokens`, as the provider reports them, instead of the estimate."""
        if self._started and attempt.at >= self._started[0].at:
            self._sum += tokens - attempt.tokens
        attempt.tokens = tokens

    def speed_up(self) -> None:
        """A reply came in time: one more may be in flight for each full round of them."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)
        self._room.set()

    def slow_down(self, attempt: Attempt) -> bool:
        """Half as many may be in flight; False when `attempt` started before the last cut, and tells nothing of it."""
        if attempt.at < self._slowed_at:
            return False
        self._slowed_at = self.clock()
        self.limit = max(1.0, self.limit / 2)
        return True

    def close_for(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._closed_until = max(self._closed_until, self.clock() + seconds)

    def note(self, *, failed: bool, most: float) -> float:
        """Count an attempt; for how many seconds now more than a share of `most` of the last 100 have failed."""
        self._failed.append(failed)
        if len(self._failed) < WINDOW or sum(self._failed) <= most * WINDOW:
            self._failing_since = None
            return 0.0
        if self._failing_since is None:
            self._failing_since = self.clock()
        return self.clock() - self._failing_since

    async def _enter(self, tokens: int) -> Attempt:
        async with self._turn:
            while True:
                while self.in_flight >= int(self.limit):
                    self._room.clear()
                    await self._room.wait()
                if (wait := self._wait(tokens)) <= 0:
                    break
                await self._sleep(wait)
            attempt = Attempt(self.clock(), tokens)
            self.in_flight += 1
            if self._requests or self._tokens:
                self._started.append(attempt)
                self._sum += tokens
            return attempt

    def _wait(self, tokens: int) -> float:
        """Seconds until one more may start; a request larger than a whole minute's tokens waits for an empty minute."""
        now = self.clock()
        while self._started and self._started[0].at <= now - MINUTE:
            self._sum -= self._started.popleft().tokens
        closed = self._closed_until - now
        if not self._started:
            return closed
        over = bool(self._requests and len(self._started) >= self._requests)
        over |= bool(self._tokens and self._sum + tokens > self._tokens)
        return max(closed, self._started[0].at + MINUTE - now if over else 0.0)


class Pace:
    """Whether the replies to one kind of request come much later than they used to.

    Latency is smoothed, and compared with the lowest it has been while as many were in flight as when all is well: with
    fewer any server is quicker. Each time it says that replies are late, it expects a little less, so that a server
    that has become slow for good is not asked one thing at a time for ever.
    """

    LATE = 3.0
    """Times the usual latency from which on replies are late."""
    SAMPLES = 10
    """Replies that are looked at before judging, anew after each time they were late, and when `full` changes."""

    def __init__(self) -> None:
        self._usual: float | None = None
        self._smooth = 0.0
        self._seen = 0
        self._full = True

    def late(self, seconds: float, *, full: bool) -> bool:
        """Whether replies are late, now that one took `seconds`; `full` as the gate has it."""
        if full != self._full:
            self._full, self._seen = full, 0
        self._seen += 1
        weight = max(1 / self._seen, 1 / self.SAMPLES)
        self._smooth += weight * (seconds - self._smooth)
        if self._seen < self.SAMPLES:
            return False
        if self._usual is not None and self._smooth > self.LATE * self._usual:
            self._usual *= 1.5
            self._seen = 0
            return True
        if full or self._usual is None:
            self._usual = min(self._smooth, self._usual or self._smooth)
        return False
