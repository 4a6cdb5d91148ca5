"""The retry loop to the second and to the call: waits, what is given up, what is expected of a reply. No client."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models.faults import Fault
from selfinstruct_chains.models.outcome import Answer, given
from tests.models.clocks import Time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from selfinstruct_chains.models.patience import Patience, Wait

USAGE: Any = {"input_tokens": 52, "output_tokens": 16, "total_tokens": 68}
GONE = Fault("gone", 500, 0.0)
SLOW = Fault("slow down", 429, 20.0)
SILENT = Fault("refused", None, 20.0, reached=False)


def coming(*outcomes: Any) -> Callable[[], Coroutine[Any, Any, Any]]:
    """What makes attempts of which one after the other comes to these; the last one to the end."""
    left = list(outcomes)

    async def ask() -> Any:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return given(outcome)

    return ask


def unheard(_: Fault) -> None:
    """Faults that no test looks at."""


async def test_waits_are_drawn_below_a_bound_that_doubles() -> None:
    """Below half a second at first, below a minute at last."""
    time = Time()
    random.seed(5)
    bounds = [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    due = [random.uniform(0, bound) for bound in bounds]
    random.seed(5)
    fault = Fault("gone", 500)

    assert await time.patience(10_000).reply(coming(*[fault] * len(bounds), Answer("Hello")), unheard) == "Hello"
    assert time.slept == due


LATER, UP = "it answered before", "check that it is up and that base_url is right"


@pytest.mark.parametrize(
    ("fault", "seconds", "pauses", "said"),
    [
        (SLOW, 10, [], f"gave no reply: slow down; {LATER}"),
        (SLOW, 20, [(20, 20)], f"gave no reply in 2 attempts over 20 s: slow down; {LATER}"),
        (SLOW, 60, [(20, 60), (20, 40), (20, 20)], f"gave no reply in 4 attempts over 60 s: slow down; {LATER}"),
        (SILENT, 60, [(20, 30)], f"gave no reply in 2 attempts over 20 s: refused; {UP}"),
        (SILENT, 10, [], f"gave no reply: refused; {UP}"),
    ],
)
async def test_what_is_given_up_and_when(
    fault: Fault, seconds: float, pauses: list[tuple[float, float]], said: str
) -> None:
    """A wait that ends with the patience is waited for; each pause is told with what is left of the patience then."""
    time = Time(1000)
    told: list[Wait] = []
    faults: list[Fault] = []

    with pytest.raises(ProviderError) as stopped:
        # Such a fault came judged: its wait was not yet held against this patience.
        await time.patience(seconds).reply(coming(fault), faults.append, on_wait=told.append)

    assert str(stopped.value) == f"m at http://x {said}"
    assert stopped.value.resumable is fault.reached
    assert [(wait.seconds, wait.left) for wait in told] == pauses
    assert {wait.why for wait in told} <= {f"m at http://x {fault.told}"}
    assert faults == [fault] * (len(pauses) + 1)
    assert time.now == 1000 + 20 * len(pauses)


async def test_who_is_busy_without_a_word_is_not_closed() -> None:
    """Without a wait that it asks for, only the call itself waits, and the others go on."""
    time = Time()

    await time.patience().reply(coming(Fault("slow down", 429), Answer("Hello")), unheard)

    assert len(time.slept) == 1


@pytest.mark.parametrize(
    ("reply", "tokens", "limit", "due"),
    [
        ("Hello", {}, 512, [0, 0, 60]),
        ("Hello", {"prompt_tokens": 50}, 612, [0, 0, 60]),
        ("Hello", {"prompt_tokens": 50}, 611, [0, 60, 120]),
        (AIMessage("Hi", usage_metadata=USAGE), {"prompt_tokens": 44}, 344, [0, 0]),
        (AIMessage("Hi", usage_metadata=USAGE), {"prompt_tokens": 44}, 343, [0, 60]),
    ],
)
async def test_what_a_reply_is_expected_to_take(reply: Any, tokens: Any, limit: int, due: list[float]) -> None:
    """256 tokens at first; a tenth of the way to each that came; what one really took counts from then on."""
    time, starts = Time(), list[float]()
    patience = time.patience(gate=time.gate(tokens_per_minute=limit))

    async def ask() -> Any:
        starts.append(time.now)
        return reply

    for _ in due:
        await patience.reply(ask, unheard, **tokens)

    assert starts == due


async def _answered(patience: Patience, time: Time, fails: int) -> tuple[int, ProviderError | None]:
    """How many of 200 calls, one in each second, are answered, and what ended them; each fails so often first."""
    for number in range(200):
        try:
            await patience.reply(coming(*[GONE] * fails, Answer("Hello")), unheard)
        except ProviderError as error:
            return number, error
        time.now += 1
    return 200, None


async def test_a_share_of_failures_that_is_put_up_with() -> None:
    """Half of the attempts fail, as may be, for ever."""
    time = Time()

    assert await _answered(time.patience(60, max_failing_share=0.5), time, fails=1) == (200, None)


async def test_a_share_of_failures_that_is_not() -> None:
    """Two of three fail: that is known at the hundredth attempt, and for longer than 60 s in the 95th second."""
    time = Time()
    answered, stopped = await _answered(time.patience(60, max_failing_share=0.5), time, fails=2)

    assert answered == 94
    assert stopped is not None
    assert stopped.resumable
    assert str(stopped) == (
        "m at http://x: more than 50% of the last 100 attempts failed, for more than 60 s "
        "(run.patience, run.max_failing_share); the last one: gone"
    )


async def test_replies_that_come_late_halve_what_is_in_flight() -> None:
    """Ten times as late as they used to: at the third of them."""
    time, limits = Time(1000), list[float]()
    patience = time.patience(most=16)

    for seconds in [1.0] * 20 + [10.0] * 3:

        async def ask(seconds: float = seconds) -> str:
            time.now += seconds
            return "Hello"

        await patience.reply(ask, unheard)
        limits.append(patience.gate.limit)

    assert limits == [16] * 22 + [8]


@pytest.mark.parametrize(
    ("same", "ends"),
    [("word " * 20, ["ItemRefused"] * 4 + ["ProviderError"]), ("word " * 19 + "four", ["ItemRefused"] * 5)],
)
async def test_how_much_of_a_refusal_is_compared(same: str, ends: list[str]) -> None:
    """Its first hundred characters."""
    patience = Time().patience()
    found: list[str] = []
    for letter in "abcde":
        with pytest.raises(ProviderError) as refused:
            await patience.reply(coming(ItemRefused(f"{same}{letter} is why", reason="refused", unclear=True)), unheard)
        found.append(type(refused.value).__name__)

    assert found == ends
