"""The retry loop around real clients, and a server that misbehaves."""

import asyncio
from functools import partial

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models.patience import LONGEST_WAIT, Patience
from selfinstruct_chains.testing.server import ScriptedServer, at_first, per_attempt
from tests.models.clocks import Time

PROMPT = StringPromptValue(text="Say hello.")
CLIENTS = [("openai", "chat"), ("openai", "completion"), ("anthropic", "chat")]


@pytest.fixture
def time() -> Time:
    """A clock of the test's own."""
    return Time()


async def _ask(patience: Patience, model, prompt=PROMPT):
    faults = []
    await model.connect()
    try:
        reply = await patience.reply(partial(model.ainvoke, prompt), faults.append)
    except ProviderError as error:
        return error, faults
    return reply.text, faults


@pytest.mark.parametrize("client", CLIENTS)
async def test_asks_until_there_is_a_reply(server, model_at, time, client):
    """Whatever goes wrong with a call, it is asked again until it is answered, and each fault is told of."""
    names = ["429", "500", "503", "reset", "html", "null", "cut", "not_utf8", "blank"]
    server.faults = at_first(*names)
    model = model_at(server, *client)

    text, faults = await _ask(time.patience(), model)
    await model.aclose()

    assert text == "Hello"
    assert len(faults) == len(names)
    assert server.counts.requests == len(names) + 1


async def test_waits_with_full_jitter(server, model_at, time):
    """Waits are random, below a bound that doubles from half a second up to a minute."""
    server.faults = at_first(*["500"] * 12)
    model = model_at(server)

    await _ask(time.patience(10_000), model)
    await model.aclose()

    assert len(time.slept) == len(set(time.slept)) == 12
    assert all(0 <= wait <= min(2**number, LONGEST_WAIT) for number, wait in enumerate(time.slept))


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("0", 0), ("432", 432)])
async def test_retry_after_is_honoured(server, model_at, time, asked, waited):
    """A Retry-After within the patience is what is waited, whole."""
    server.faults, server.retry_after = at_first("429"), asked
    model = model_at(server)

    text, _ = await _ask(time.patience(), model)
    await model.aclose()

    assert text == "Hello"
    assert time.now == waited


async def test_a_wait_longer_than_the_patience_stops_at_once(server, model_at, time):
    """Nothing is waited for that would not come in time; the message says that the same command goes on later."""
    server.faults, server.retry_after = at_first("429"), "86400"
    model = model_at(server)

    error, faults = await _ask(time.patience(), model)
    await model.aclose()

    assert error.resumable
    assert "it asks to wait 86400 s, more than run.patience (600 s); the same command goes on later" in str(error)
    assert (faults, time.slept, server.counts.requests) == ([], [], 1)


async def test_others_wait_too(server, model_at, time):
    """When a provider says when to come back, no other call goes to it before."""
    server.faults, server.retry_after = at_first("429"), "30"
    model, patience = model_at(server), time.patience()
    await model.connect()
    left = []

    await patience.reply(partial(model.ainvoke, PROMPT), lambda fault: left.append(patience.gate._wait(0)))
    await model.aclose()

    assert left == [30]


async def test_busy_halves_what_is_in_flight(server, model_at, time):
    """A 429 halves the number of calls in flight; replies in time raise it again."""
    server.faults = at_first("429")
    model, patience = model_at(server), time.patience(most=16)

    await _ask(patience, model)
    halved, server.faults = patience.gate.limit, None
    for number in range(200):
        await _ask(patience, model, StringPromptValue(text=f"{number}"))
    await model.aclose()

    assert 8 <= halved < 9
    assert patience.gate.full


async def test_never_reached(model_at, server, time, unused_tcp_port):
    """An address at which nothing ever answered is given up after 30 seconds, with the address and what was tried."""
    model = model_at(server, base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")

    error, faults = await _ask(time.patience(), model)
    await model.aclose()

    assert time.now <= 30
    assert str(error).startswith(f"m at http://x gave no reply in {len(faults)} attempts over ")
    assert f"127.0.0.1:{unused_tcp_port}" in str(error) or str(unused_tcp_port) in str(error)
    assert str(error).endswith("check that it is up and that base_url is right")


async def test_answered_before(server, model_at, time):
    """An address that answered once is asked for the whole of `patience`."""
    model, patience = model_at(server), time.patience(600)
    await _ask(patience, model)
    server.faults = lambda asked: "500"

    error, _ = await _ask(patience, model, StringPromptValue(text="another"))
    await model.aclose()

    assert isinstance(error, ProviderError)
    assert 600 - LONGEST_WAIT <= time.now <= 600


async def test_slow_at_first(server, model_at, time):
    """A server that takes its time for the first reply is there: silence is not "never reached"."""
    server.faults = at_first(*["hang"] * 3)
    model, patience = model_at(server, timeout=0.2), time.patience()

    text, _ = await _ask(patience, model)
    await model.aclose()

    assert text == "Hello"
    assert patience.gate.reached


@pytest.mark.parametrize("status", ["401", "402", "404", "501"])
async def test_what_will_not_pass_is_asked_once(server, model_at, time, status):
    """A wrong key or model stops at the first call: nothing is waited for."""
    server.faults = lambda asked: status
    model = model_at(server)

    error, faults = await _ask(time.patience(), model)
    await model.aclose()

    assert isinstance(error, ProviderError)
    assert (faults, time.slept, server.counts.requests) == ([], [], 1)


async def test_refused_item_comes_out(time):
    """An item that the provider refuses is not asked again, and proves that the address is right."""
    patience = time.patience()

    async def refuse():
        raise ItemRefused("too long", reason="context_too_long")

    with pytest.raises(ItemRefused):
        await patience.reply(refuse, print)

    assert patience.gate.reached


def _refusal(number: int, *, unclear: bool = True) -> ItemRefused:
    return ItemRefused(f"m answered 400: no (request {number}ab)", reason="refused", unclear=unclear)


async def _outcomes(patience: Patience, outcomes: list[object]) -> list[str]:
    """The class of what each call ended with."""
    found = []
    for outcome in outcomes:

        async def ask(outcome: object = outcome) -> object:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        try:
            found.append(type(await patience.reply(ask, print)).__name__)
        except ProviderError as error:
            found.append(type(error).__name__)
    return found


async def test_the_same_refusal_of_several_items_stops(time):
    """At the fifth call in a row that is refused alike, for no known reason, the run stops and says so."""
    patience = time.patience()

    assert await _outcomes(patience, [_refusal(number) for number in range(4)]) == ["ItemRefused"] * 4
    with pytest.raises(ProviderError, match=r"5 calls in a row were refused like this.*the same command") as stopped:
        await patience.reply(partial(_raise, _refusal(5)), print)
    assert type(stopped.value) is ProviderError
    assert str(stopped.value).startswith("m answered 400: no (request 5ab); ")


async def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "between", ["a reply", _refusal(9, unclear=False), ItemRefused("m answered 403: other", reason="", unclear=True)]
)
async def test_anything_clear_in_between_begins_anew(time, between):
    """A reply, a clear refusal or another one between them: they are the items' own."""
    four = [_refusal(number) for number in range(4)]

    assert (await _outcomes(time.patience(), [*four, between, *four])).count("ProviderError") == 0


async def test_share_of_failures_stops(server, model_at, time):
    """When more attempts fail than `max_failing_share`, for as long as `patience`, the run stops, saying so."""
    model, patience = model_at(server), time.patience(600, max_failing_share=0.5)
    await _ask(patience, model)
    server.faults = per_attempt({"500": 0.8})
    error = None
    for number in range(2000):
        error, _ = await _ask(patience, model, StringPromptValue(text=f"{number}"))
        if isinstance(error, ProviderError):
            break
    await model.aclose()

    assert "more than 50% of the last 100 attempts failed, for more than 600 s" in str(error)
    assert server.counts.answered > 1


async def test_attempt_takes_too_long(time):
    """An attempt that goes on for longer than its timeout is cut off, even if bytes still trickle in."""
    patience = Patience("m", 0.05, 600, sleep=time.sleep)
    hanging = iter([True, False])

    async def answer():
        if next(hanging):
            await asyncio.sleep(3600)
        raise ItemRefused("enough", reason="context_too_long")

    with pytest.raises(ItemRefused):
        await patience.reply(answer, print)


async def test_bug_is_not_retried(time):
    """What is no client's error comes out as it is, at once."""

    async def bug():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await time.patience().reply(bug, print)

    assert time.slept == []


async def test_thirty_percent_without_reply(model_at):
    """With three in ten attempts failing in mixed ways every call is answered in the end, as without any fault."""
    kinds = ["429", "500", "503", "reset", "cut", "html", "null", "not_utf8", "blank", "error_200"]
    prompts = [StringPromptValue(text=f"{number}") for number in range(150)]

    async def texts(server):
        model, patience = model_at(server, "openai", "completion"), Time().patience(most=16)
        found = await asyncio.gather(*(_ask(patience, model, prompt) for prompt in prompts))
        await model.aclose()
        return [text for text, _ in found]

    with ScriptedServer(lambda prompt, seed: prompt * 2) as calm:
        without = await texts(calm)
    with ScriptedServer(lambda prompt, seed: prompt * 2, faults=per_attempt(dict.fromkeys(kinds, 0.03))) as wild:
        assert await texts(wild) == without

    assert wild.counts.faults.total() > 30
    assert set(wild.counts.faults) == set(kinds)
    assert wild.counts.answered == len(prompts)


async def test_each_pause_is_told_as_it_begins(server, model_at, time):
    """Why, for how long, and how much patience is left then; a wait that the provider asks for is that long."""
    server.faults, server.retry_after = at_first("429", "429", "500"), "7"
    model, waits = model_at(server, "openai", "chat"), []
    patience = time.patience(60)
    await model.connect()
    await patience.reply(partial(model.ainvoke, PROMPT), lambda _: None, on_wait=waits.append)
    await model.aclose()

    assert [wait.why for wait in waits[:2]] == ["m at http://x is busy (429): Too Many Requests"] * 2
    assert waits[2].why.startswith("m at http://x answered 500: ")
    assert [(wait.seconds, wait.left) for wait in waits[:2]] == [(7, 60), (7, 53)]
    assert waits[2].left == 46


async def test_an_address_where_nothing_answers_has_less_patience(server, model_at, time):
    """What is left is told of the half minute that it is given."""
    model, waits = model_at(server, "openai", "chat", base_url="http://127.0.0.1:9/v1"), []
    await model.connect()
    with pytest.raises(ProviderError):
        await time.patience(600).reply(partial(model.ainvoke, PROMPT), lambda _: None, on_wait=waits.append)

    await model.aclose()

    assert "m at http://x can't be reached: " in waits[0].why
    assert waits[0].left == 30
