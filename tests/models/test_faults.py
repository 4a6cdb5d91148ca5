"""What the exceptions of real clients mean, raised by a real server's misbehaviour."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from langchain_core.language_models import FakeListChatModel
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
    broken = ["reset", "cut", "cut_json", "html", "blank", "null"]
    if provider not in {"ollama", "google_genai"}:  # whose clients put U+FFFD for bytes that are no UTF-8
        broken.append("not_utf8")
    found = {}

    for name in [*statuses, *broken, "error_200"]:
        server.faults = lambda asked, name=name: name
        found[name] = fault_of(await _raised_by(model), "the model")
    await model.aclose()

    # An envelope in a 200 has the status that it names, where its provider's do.
    assert found["error_200"].status in {502, None}
    assert {name: fault.status for name, fault in found.items() if name != "error_200"} == (
        {status: int(status) for status in statuses} | dict.fromkeys(broken)
    )
    assert all(fault.reached and fault.text for fault in found.values())
    assert {name for name, fault in found.items() if fault.busy} == {"429", "503", "529"}


async def test_what_will_not_pass(server, model_at, provider, kind):
    """A status that won't pass is one line that names the model and says what to check, and where the key stands."""
    model = model_at(server, provider, kind)
    advice = {
        "401": "check the key in ONE_KEY or OTHER_KEY",
        "402": "check the account's credit and its limits",
        "404": "check the model's name and base_url",
    }
    said = {}

    for status in advice:
        server.faults = lambda asked, status=status: status
        with pytest.raises(ProviderError) as stopped:
            fault_of(await _raised_by(model), "m at http://x", keys=("ONE_KEY", "OTHER_KEY"))
        said[status] = str(stopped.value)
    await model.aclose()

    assert all(text.startswith(f"m at http://x answered {status}: ") for status, text in said.items())
    assert {status: text.rpartition("; ")[2] for status, text in said.items()} == advice
    assert not any("\n" in text for text in said.values())


@pytest.mark.parametrize("status", ["400", "403", "422"])
async def test_what_can_not_be_told_apart(server, model_at, provider, kind, status):
    """A refusal for no known reason is tried as the item's, and marked."""
    server.faults = lambda asked: status
    model = model_at(server, provider, kind)
    with pytest.raises(ItemRefused, match=f"^m answered {status}: ") as refused:
        fault_of(await _raised_by(model), "m")
    await model.aclose()

    assert (refused.value.reason, refused.value.unclear) == ("refused", True)


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
    """Stands for an SDK's error: they have a status, and the body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__("the client's own words")
        self.status_code, self.body = status, body


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [
        (400, "This model's maximum context length is 2048 tokens", "context_too_long"),
        (403, "Your input was flagged for violence", "content_filter"),
        (422, "`inputs` cannot be empty", "invalid"),
    ],
)
def test_one_items_refusal(status, words, reason):
    """What concerns one prompt is refused with its reason, in the provider's words, and clear."""
    with pytest.raises(ItemRefused, match=f"^{words}$") as refused:
        fault_of(FromClient(status, {"message": words}), "m")

    assert (refused.value.reason, refused.value.unclear) == (reason, False)


@pytest.mark.parametrize(
    ("words", "patience", "said"),
    [
        ("Try again in 7m12s", 300, "it asks to wait 432 s, more than run.patience (300 s)"),
        ("You've reached your weekly usage limit", 600, "weekly usage limit"),
    ],
)
def test_a_wait_longer_than_the_patience(words, patience, said):
    """It stops at once, and says that the same command goes on later."""
    with pytest.raises(ProviderError, match="the same command goes on later") as stopped:
        fault_of(FromClient(429, {"error": words}), "m", patience=patience)

    assert said in str(stopped.value)
    assert stopped.value.resumable
    assert not isinstance(stopped.value, ItemRefused)


def test_a_wait_within_the_patience():
    """It is the fault's, whole."""
    assert fault_of(FromClient(429, {"error": "Try again in 7m12s"}), "m", patience=600).retry_after == 432


def test_what_messages_show(monkeypatch):
    """The provider's words stand in one printable line of bounded length, without keys or a person's id."""
    monkeypatch.setenv("THE_KEY", "plain-secret")
    said = "no: plain-secret,\x1b[31m sk-abcdefghijklmnop, AIzaSyA0123456789012345678901, user_2abc7def\n" + "x" * 400
    with pytest.raises(ProviderError) as stopped:
        fault_of(FromClient(401, {"error": {"message": said}, "user_id": "user_9"}), "m", keys=("THE_KEY",))

    shown = str(stopped.value)
    assert shown.startswith("m answered 401: no: ..., [31m ..., ..., ... x")
    assert len(shown) < 400
    assert shown.isprintable()


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


class Lacking(FakeListChatModel):
    """A client that imports what it needs when it is called."""

    def _call(self, *_: object, **__: object) -> str:
        raise ImportError("jwt package not found,\nplease install it with `pip install pyjwt`")


async def test_a_package_that_a_client_lacks():
    """It is named in one line, for its user to install; one that is lacking elsewhere is a bug."""
    error = await _raised_by(Lacking(responses=["x"]))

    with pytest.raises(ConfigError, match=r"^m: jwt package not found, please install it with `pip install pyjwt`$"):
        fault_of(error, "m")
    with pytest.raises(ImportError):
        fault_of(ImportError("ours"), "m")
