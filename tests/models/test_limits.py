"""The gate of an endpoint, on a clock that only its own sleeping moves."""

import asyncio
from collections import Counter

import pytest

from selfinstruct_chains.models.limits import MINUTE, WINDOW, Attempt, Gate, Pace


class Time:
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        """The time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Makes it later."""
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    """A clock of the test's own."""
    return Time()


async def starts(gate: Gate, tokens: list[int]) -> list[float]:
    """When each of some attempts of no length starts, after the first."""
    at = []
    for count in tokens:
        async with gate.attempt(count) as entry:
            at.append(entry.at)
    return [start - at[0] for start in at]


async def test_requests_per_minute(time):
    """In no 60 seconds do more attempts start than allowed, and none waits longer than it must."""
    gate = Gate(99, requests_per_minute=3, clock=time.clock, sleep=time.sleep)

    assert await starts(gate, [0] * 7) == [0, 0, 0, 60, 60, 60, 120]


async def test_tokens_per_minute(time):
    """In no 60 seconds do attempts of more tokens start than allowed."""
    gate = Gate(99, tokens_per_minute=100, clock=time.clock, sleep=time.sleep)

    assert await starts(gate, [40, 60, 1, 99, 100]) == [0, 0, 60, 60, 120]


async def test_larger_than_a_minute(time):
    """A request of more tokens than a minute has goes alone, instead of waiting for ever."""
    gate = Gate(99, tokens_per_minute=100, clock=time.clock, sleep=time.sleep)

    assert await starts(gate, [10, 500, 10]) == [0, 60, 120]


async def test_estimate_is_corrected(time):
    """What a request really took counts from when it is known, whether more or less than thought."""
    gate = Gate(99, tokens_per_minute=100, clock=time.clock, sleep=time.sleep)
    async with gate.attempt(90) as entry:
        gate.correct(entry, 20)

    assert await starts(gate, [80, 1]) == [0, 60]


async def test_correction_after_the_minute(time):
    """A correction that comes when its minute is over changes nothing, and the counts don't drift."""
    gate = Gate(99, tokens_per_minute=100, clock=time.clock, sleep=time.sleep)
    async with gate.attempt(90) as entry:
        await time.sleep(MINUTE)
        async with gate.attempt(50):
            gate.correct(entry, 1)

    assert await starts(gate, [50, 1]) == [0, 60]


async def test_closed_for_a_while(time):
    """A provider that says when to come back is not asked before, by anyone."""
    gate = Gate(99, clock=time.clock, sleep=time.sleep)
    gate.close_for(20)
    gate.close_for(5)

    async with gate.attempt(0) as entry:
        assert entry.at == 1020


async def test_never_more_in_flight(time):
    """However many want to, no more than the limit are in flight, and all get their turn in order."""
    gate = Gate(4, clock=time.clock, sleep=time.sleep)
    seen, order = Counter(), []

    async def one(number: int) -> None:
        async with gate.attempt(0):
            order.append(number)
            seen[gate.in_flight] += 1
            await asyncio.sleep(0)

    await asyncio.gather(*(one(number) for number in range(50)))

    assert max(seen) == 4
    assert order == list(range(50))
    assert gate.in_flight == 0


async def test_cancelled_while_waiting(time):
    """One that is cancelled while it waits leaves the way free for the next."""
    gate = Gate(1, clock=time.clock, sleep=time.sleep)
    async with gate.attempt(0):
        waiting = [asyncio.create_task(starts(gate, [0])) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()

    assert await waiting[1] == [0]
    assert gate.in_flight == 0


async def test_halved_once_for_a_round(time):
    """Many attempts of one round that find the endpoint busy halve the number in flight once."""
    gate = Gate(64, clock=time.clock, sleep=time.sleep)
    round_ = [Attempt(time.now, 0) for _ in range(64)]
    await time.sleep(1)

    cuts = [gate.slow_down(entry) for entry in round_]

    assert (gate.limit, sum(cuts)) == (32, 1)


async def test_recovers_by_one_a_round(time):
    """After a cut each full round of replies adds one, up to what it was, and the floor is one."""
    gate = Gate(8, clock=time.clock, sleep=time.sleep)
    for _ in range(10):
        await time.sleep(1)
        gate.slow_down(Attempt(time.now, 0))
    assert gate.limit == 1

    rounds = []
    while not gate.full:
        for _ in range(int(gate.limit)):
            gate.speed_up()
        rounds.append(int(gate.limit))

    assert rounds[0] == 2
    assert rounds[-1] == 8
    assert 7 <= len(rounds) <= 12


async def test_limit_binds_at_once(time):
    """After a cut nobody new gets in until enough have left."""
    gate = Gate(4, clock=time.clock, sleep=time.sleep)
    release = asyncio.Event()

    async def hold() -> None:
        async with gate.attempt(0):
            await release.wait()

    holding = [asyncio.create_task(hold()) for _ in range(4)]
    await asyncio.sleep(0)
    gate.slow_down(Attempt(time.now, 0))
    late = asyncio.create_task(starts(gate, [0]))
    await asyncio.sleep(0.01)

    assert (gate.in_flight, late.done()) == (4, False)

    release.set()
    await asyncio.gather(*holding, late)


def _failing_for(gate: Gate, failed: list[bool], share: float = 0.9) -> float:
    for one in failed:
        seconds = gate.note(failed=one, most=share)
    return seconds


async def test_share_of_failures(time):
    """A failing share counts over a hundred attempts, from when it was passed until it no longer is."""
    gate = Gate(1, clock=time.clock, sleep=time.sleep)

    assert _failing_for(gate, [True] * (WINDOW - 1)) == 0
    assert _failing_for(gate, [True]) == 0
    await time.sleep(30)
    assert _failing_for(gate, [True]) == 30
    assert _failing_for(gate, [False] * 10) == 0  # 90 of 100: not above
    await time.sleep(30)
    assert _failing_for(gate, [True] * 91) == 0  # above again: counted anew


def _late_after(pace: Pace, seconds: list[float], *, full: bool = True) -> list[int]:
    return [index for index, value in enumerate(seconds) if pace.late(value, full=full)]


def test_steady_latency_is_never_late():
    """Replies as late as ever, or varying within a factor of two, are not late."""
    assert _late_after(Pace(), [1.0] * 500) == []
    assert _late_after(Pace(), [0.7, 1.3] * 250) == []


def test_rising_latency_is_late():
    """Replies that take four times as long as they used to are late, soon and not at the first one."""
    assert _late_after(Pace(), [1.0] * 50 + [4.0] * 50) == [60]


def test_slow_for_good():
    """A server that became ten times slower for good is late a few times, and then that is how it is."""
    assert _late_after(Pace(), [1.0] * 50 + [10.0] * 1000) == [52, 62, 72]


def test_usual_is_measured_when_full():
    """That a server is quicker with fewer requests in flight does not make it late with all of them."""
    pace = Pace()
    _late_after(pace, [4.0] * 50)
    _late_after(pace, [1.0] * 50, full=False)

    assert _late_after(pace, [4.0] * 50) == []


def test_usual_is_the_lowest_of_late():
    """A server that became quicker is held to that."""
    assert _late_after(Pace(), [4.0] * 10 + [1.0] * 100 + [4.0] * 11) == [120]


def test_thrice_the_usual_is_not_late():
    """More than that is, from the tenth reply on; with fewer in flight it is measured anew, by the same ten."""
    for seconds, due in [(6.0, []), (6.1, [9])]:
        pace = Pace()
        _late_after(pace, [2.0] * 10)

        assert _late_after(pace, [seconds] * 12, full=False) == due


async def test_room_for_one_more(time):
    """Who waits gets in as soon as one more may be in flight, though nobody has left."""
    gate = Gate(2, clock=time.clock, sleep=time.sleep)
    gate.slow_down(Attempt(time.now, 0))
    async with gate.attempt(0):
        waiting = asyncio.create_task(starts(gate, [0]))
        await asyncio.sleep(0)
        gate.speed_up()
        for _ in range(10):
            await asyncio.sleep(0)

        assert waiting.done()


async def test_closed_for_a_moment(time):
    """A wait below a second is one, and nothing else is added to it."""
    gate = Gate(99, requests_per_minute=9, tokens_per_minute=9, clock=time.clock, sleep=time.sleep)
    gate.close_for(0.25)

    assert [await _start(gate), await _start(gate)] == [1000.25, 1000.25]


async def _start(gate: Gate) -> float:
    async with gate.attempt(0) as entry:
        return entry.at


async def test_an_attempt_of_the_moment_of_a_cut_tells_something(time):
    """Only one that had started before tells nothing new."""
    gate = Gate(8, clock=time.clock, sleep=time.sleep)

    assert [gate.slow_down(Attempt(time.now + ahead, 0)) for ahead in (0, 0, -1)] == [True, True, False]
    assert gate.limit == 2
