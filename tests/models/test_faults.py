"""What the exceptions of real clients mean, raised by a real server's misbehaviour."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.errors import ConfigError, ItemRefused, ProviderError
from selfinstruct_chains.models.faults import Fault, fault_of

PROMPT = StringPromptValue(text="Say hello.")
# Google's SDK: its own class statement, and a coroutine that it forgets when a status is an error.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:coroutine 'ClientResponse.json' was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object ClientResponse.json"),
]


async def _raised_by(model) -> Exception:
    try:
        await model.ainvoke(PROMPT)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("there was a reply")


async def _fault_of(model) -> Fault:
    try:
        return fault_of(await _raised_by(model), "the model")
    finally:
        await model.aclose()


async def test_what_may_pass(server, model_at, provider, kind):
    """A status that may pass, and a response that is broken in whichever way, is a fault, whichever client tells."""
    model = model_at(server, provider, kind)
    statuses = ["408", "409", "429", "500", "502", "503", "504", "529"]
    broken = ["reset", "cut", "cut_json", "html", "blank", "null", "error_200"]
    if provider != "ollama":  # whose client puts U+FFFD for bytes that are no UTF-8
        broken.append("not_utf8")
    found = {}

    for name in statuses + broken:
        server.faults = lambda asked, name=name: name
        found[name] = fault_of(await _raised_by(model), "the model")
    await model.aclose()

    assert {name: fault.status for name, fault in found.items()} == (
        {status: int(status) for status in statuses} | dict.fromkeys(broken)
    )
    assert all(fault.reached and fault.text for fault in found.values())
    assert {name for name, fault in found.items() if fault.busy} == {"429", "503", "529"}


async def test_what_will_not_pass(server, model_at, provider, kind):
    """A status that won't pass is one line that names the model and says what to check."""
    model = model_at(server, provider, kind)
    advice = {
        "400": "check the parameters in the chain file",
        "401": "check the key",
        "402": "check the account's credit",
        "403": "check what the key is allowed to do",
        "404": "check the model's name and base_url",
    }
    said = {}

    for status in advice:
        server.faults = lambda asked, status=status: status
        with pytest.raises(ProviderError) as stopped:
            fault_of(await _raised_by(model), "m at http://x")
        said[status] = str(stopped.value)
    await model.aclose()

    assert all(text.startswith(f"m at http://x answered {status}: ") for status, text in said.items())
    assert {status: text.rpartition("; ")[2] for status, text in said.items()} == advice
    assert not any("\n" in text for text in said.values())


@pytest.mark.parametrize("client", [("openai", "chat"), ("openai", "completion"), ("google_genai", "chat")])
async def test_no_choices(server, model_at, client):
    """A response without a single reply in it is a fault."""
    server.faults = lambda asked: "no_choices"

    assert (await _fault_of(model_at(server, *client))).status is None


async def test_silence(server, model_at, provider, kind):
    """A server that takes the request and says nothing is a fault, and counts as reached."""
    server.faults = lambda asked: "hang"

    fault = await _fault_of(model_at(server, provider, kind, timeout=0.3))

    assert (fault.status, fault.reached) == (None, True)


async def test_refused_connection(server, model_at, provider, kind, unused_tcp_port):
    """Where nobody listens the address counts as not reached, and the text says "connect", not "timed out"."""
    fault = await _fault_of(model_at(server, provider, kind, base_url=f"http://127.0.0.1:{unused_tcp_port}/v1"))

    assert (fault.status, fault.reached) == (None, False)
    assert "connect" in fault.text.lower()


@pytest.mark.parametrize("status", ["429", "503"])
async def test_retry_after_in_seconds(server, model_at, provider, kind, status):
    """A Retry-After in seconds is what the fault says, through every client but Ollama's, which loses the headers."""
    server.faults, server.retry_after = lambda asked: status, "17"

    assert (await _fault_of(model_at(server, provider, kind))).retry_after == (None if provider == "ollama" else 17)


@pytest.mark.parametrize(("ahead", "lowest", "highest"), [(600, 500, 600), (-600, 0, 0)])
async def test_retry_after_as_date(server, model_at, ahead, lowest, highest):
    """A Retry-After that is a date is the seconds until then, and 0 when it is over."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    server.faults, server.retry_after = lambda asked: "429", date

    assert lowest <= (await _fault_of(model_at(server))).retry_after <= highest


@pytest.mark.parametrize("value", ["soon", "", "Thu, 99 Foo 2020"])
async def test_unreadable_retry_after(server, model_at, value):
    """A Retry-After that is neither is as none."""
    server.faults, server.retry_after = lambda asked: "429", value

    assert (await _fault_of(model_at(server))).retry_after is None


class FromClient(Exception):
    """Stands for an SDK's error: they have a status, a text, and a module of the SDK's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status_code = status


FromClient.__module__ = "openai"


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens",  # OpenAI, vLLM
        "the request exceeds the available context size. try increasing the context size",  # llama.cpp
        "prompt is too long: 210000 tokens > 200000 maximum",  # Anthropic
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",  # Anthropic
        "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",  # Google
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",  # vLLM
    ],
)
def test_prompt_too_long(text):
    """A 400 that says the prompt is too long concerns its item alone, in every provider's words."""
    with pytest.raises(ItemRefused) as refused:
        fault_of(FromClient(400, text), "m")

    assert refused.value.reason == "context_too_long"


@pytest.mark.parametrize(
    "text",
    [
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy",
        "Your request was rejected as a result of our safety system",
        "Output blocked by content filtering policy",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy",
    ],
)
def test_prompt_filtered(text):
    """A 400 that says the prompt was filtered concerns its item alone."""
    with pytest.raises(ItemRefused) as refused:
        fault_of(FromClient(400, text), "m")

    assert refused.value.reason == "content_filter"


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens is too large: 40960. This model supports at most 16384 completion tokens",
        "Unsupported value: 'temperature' does not support 0.7 with this model",
        "Invalid value for safety_settings",
    ],
)
def test_wrong_parameters(text):
    """A 400 about parameters would meet every item, so it stops the run."""
    with pytest.raises(ProviderError, match="check the parameters") as stopped:
        fault_of(FromClient(400, text), "m")

    assert not isinstance(stopped.value, ItemRefused)


def test_out_of_money():
    """A 429 that says the credit is used up won't pass by waiting."""
    with pytest.raises(ProviderError, match="credit"):
        fault_of(FromClient(429, "You exceeded your current quota (insufficient_quota)"), "m")


def test_googles_quota_per_minute():
    """Google's 429 mentions billing for limits per minute too, and says in its text how long to wait."""
    text = "You exceeded your current quota, please check your plan and billing details. 'retryDelay': '23s'"

    assert fault_of(FromClient(429, text), "m").retry_after == 23


async def test_wrong_call(server, model_at):
    """A parameter that the client itself does not know stops the run, rather than being tried for minutes."""
    model = model_at(server, "openai", "completion")
    try:
        with pytest.raises(TypeError) as wrong:
            await model.ainvoke(PROMPT, top_q=1)
        with pytest.raises(ProviderError, match=r"top_q.*check the chain file's model section"):
            fault_of(wrong.value, "m")
    finally:
        await model.aclose()


@pytest.mark.parametrize("error", [KeyError("a bug"), AssertionError("a bug"), ConfigError("a key")])
def test_our_own_errors_pass(error):
    """What no client raised is no fault: bugs and our own errors come out as they are."""
    with pytest.raises(type(error)) as found:
        fault_of(error, "m")

    assert found.value is error
