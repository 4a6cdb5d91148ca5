"""What came of a call as a value: the same wherever the call was made."""

import asyncio
import pickle
from functools import partial

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage

from selfinstruct_chains.errors import BudgetReached, ConfigError, ItemRefused, ProviderError
from selfinstruct_chains.models.faults import Endpoint, Fault, NoReply
from selfinstruct_chains.models.limits import Gate
from selfinstruct_chains.models.outcome import Answer, Broken, Fatal, Faulty, Refused, answer, given, judged
from selfinstruct_chains.models.patience import Patience

WHO = Endpoint("m at http://x", ("THE_KEY",), 600)
VALUES = [
    Answer(AIMessage("Hello", response_metadata={"finish_reason": "stop"})),
    Fault("Too Many Requests", 429, 17.0),
    Fault("refused", reached=False),
    Refused("too long", "context_too_long"),
    Refused("m answered 400: no", "refused", unclear=True),
    Fatal("config", "the environment variable THE_KEY is not set"),
    Fatal("provider", "m answered 401: wrong key; check the key in THE_KEY"),
    Fatal("later", "m answered 402: no money; the same command goes on later"),
    Fatal("unreadable", "no JSON"),
]


async def _raising(error):
    raise error


def _travelled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - it was made here


async def _came_of(error):
    return await answer(partial(_raising, error), WHO)


@pytest.mark.parametrize("value", VALUES)
async def test_a_value_is_the_same_after_being_raised_and_after_a_journey(value):
    """Raised by `given` and judged again, and pickled in between, an outcome is what it was."""
    again = _travelled(await answer(lambda: _given(_travelled(value)), WHO))

    told = (again.kind, again.text) if isinstance(again, Fatal) else again
    assert told == (value[:2] if isinstance(value, Fatal) else value)


async def _given(value):
    return given(value)


CASES = [
    (NoReply("the response holds no reply"), Fault("the response holds no reply")),
    (ConnectionResetError("gone"), Fault("ConnectionResetError: gone")),
    (Faulty(Fault("busy", 503, 2.0)), Fault("busy", 503, 2.0)),
    (ItemRefused("long", reason="context_too_long"), Refused("long", "context_too_long")),
    (ConfigError("no key"), Fatal("config", "no key")),
    (ProviderError("no money", resumable=True), Fatal("later", "no money")),
    (ProviderError("wrong key"), Fatal("provider", "wrong key")),
    (OutputParserException(ValueError("no JSON")), Fatal("unreadable", "no JSON")),
]


@pytest.mark.parametrize(("error", "due"), CASES)
async def test_what_is_raised_becomes_a_value(error, due):
    """Each kind of exception is judged where it is raised; what raised it stays in its process."""
    found = await _came_of(error)

    assert _travelled(found) == due
    assert getattr(found, "behind", error) is error


async def test_here_what_was_raised_comes_out_itself():
    """In one process a stop, a bug or a refusal is the exception that it was, with its traceback."""
    for error in (BudgetReached("5 calls", budget="calls"), ZeroDivisionError(), ItemRefused("no", reason="refused")):
        with pytest.raises(type(error)) as raised:
            given(await _came_of(error))
        assert raised.value is error


async def test_a_bug_elsewhere_tells_where():
    """From another process a bug brings its traceback, in the words of one exception."""
    value = _travelled(await _came_of(ZeroDivisionError("by zero")))

    with pytest.raises(Broken, match=r"(?s)Traceback.*_raising.*ZeroDivisionError: by zero"):
        given(value)


async def test_an_exit_is_a_value_too():
    """A part that calls sys.exit gives a value like any other: a worker that raised it would never answer again."""
    found = await _came_of(SystemExit(3))

    assert (found.kind, type(found.behind)) == ("broken", SystemExit)


async def test_being_cancelled_is_no_outcome():
    """Who cancels an attempt hears of that, and of nothing else."""
    attempt = asyncio.create_task(answer(lambda: asyncio.sleep(60), WHO))
    await asyncio.sleep(0)
    attempt.cancel()

    with pytest.raises(asyncio.CancelledError):
        await attempt


async def test_an_attempt_that_takes_too_long_is_a_fault():
    """The time that an attempt may take is part of it; something is there, if only silence."""
    found = await answer(lambda: asyncio.sleep(60), WHO, 0.01)

    assert isinstance(found, Fault)
    assert (found.text, found.reached) == ("TimeoutError", True)


async def test_no_key_travels(monkeypatch):
    """A key that a message repeats, and what was raised with it, stay where they were."""
    monkeypatch.setenv("THE_KEY", "sesame-7")
    value = judged(ConnectionResetError("Bearer sesame-7 was sent"), WHO)

    assert b"sesame" not in pickle.dumps(value)


async def test_a_fault_judged_elsewhere_is_met_with_patience():
    """The wait that it asks for is waited, the address counts as reached, and the attempt is made again."""
    slept, faults, outcomes = [], [], iter([Fault("busy", 429, 17.0), Fault("gone"), Answer(AIMessage("Hello"))])

    async def sleep(seconds):
        slept.append(seconds)

    patience = Patience("m", 5, 600, gate=Gate(9, sleep=sleep), sleep=sleep)

    async def ask():
        return given(next(outcomes))

    patience.gate.close_for = lambda seconds: None  # the gate's clock is the real one
    assert (await patience.reply(ask, faults.append)).text == "Hello"
    assert [fault.text for fault in faults] == ["busy", "gone"]
    assert slept[0] == 17
    assert patience.gate.reached


def test_an_attempt_that_met_a_fault_may_be_made_again():
    """What is raised for it says what happened, and that it passes; so does its copy elsewhere."""
    faulty = Faulty(Fault("busy", 503))

    assert [(str(one), one.resumable, one.fault) for one in (faulty, _travelled(faulty))] == [
        ("busy", True, Fault("busy", 503))
    ] * 2


@pytest.mark.parametrize(
    ("kind", "raised", "resumable"),
    [
        ("config", ConfigError, None),
        ("provider", ProviderError, False),
        ("later", ProviderError, True),
        ("unreadable", OutputParserException, None),
        ("broken", Broken, None),
    ],
)
def test_what_is_raised_of_what_came_from_elsewhere(kind, raised, resumable):
    """Each kind in the class that it had, with its words."""
    error = Fatal(kind, "so it is").error()

    assert type(error) is raised
    assert str(error).startswith("so it is")
    assert getattr(error, "resumable", None) is resumable
