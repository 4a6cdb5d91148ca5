"""Every LangChain class meets its provider's real answers: its client, its exceptions, and what we read in them.

The classes whose packages stand in the group dev are tried by `uv run pytest`, those of all other providers by
`uv run --group providers pytest -m providers`.
"""

from __future__ import annotations

import gc
import warnings
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx2
import pytest
import pytest_asyncio
from langchain_core.language_models import BaseChatModel
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.models.replying import aask, ask, shaped
from selfinstruct_chains.testing.answers import Answer, answers
from selfinstruct_chains.testing.server import ScriptedServer
from tests.models.clients import CLIENTS, OF_PROVIDERS, Client
from tests.models.outcomes import UNREADABLE, WHOLE, Outcome, is_due, judged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

PROMPT = StringPromptValue(text="Say hello.")
CLASSES = [name for name in CLIENTS if " at " not in name or name == "ChatOpenAI at openai"]
LOST = {
    "ChatOpenAI at llamacpp": {"too_long_in_200_error_line"},  # the openai package drops the line
    "InferenceClient": {"tgi_validation_in_200"},  # read without a look, it is a TypeError
}
"""Answers that a client throws away before anybody sees them."""

# google-genai's own class statement, and a coroutine that it forgets when a status is an error.
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:coroutine 'ClientResponse.json' was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object ClientResponse.json"),
]


_SYNC, _ASYNC = (httpx.Client, httpx2.Client), (httpx.AsyncClient, httpx2.AsyncClient)
_KEPT: list[Any] = []


def _made(name: str, server: ScriptedServer) -> Any:
    _KEPT.append(CLIENTS[name].made(server.url))
    return _KEPT[-1]


def _http_clients() -> dict[int, Any]:
    kinds = (*_SYNC, *_ASYNC, aiohttp.ClientSession)
    return {id(one): one for one in gc.get_objects() if issubclass(type(one), kinds)}


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _nothing_stays_open() -> AsyncIterator[None]:
    """Most classes have no way to close what they opened, and each keeps its HTTP clients elsewhere."""
    before = _http_clients()
    yield
    for one in (client for key, client in _http_clients().items() if key not in before):
        if isinstance(one, _SYNC):
            one.close()
        else:
            await (one.aclose() if isinstance(one, _ASYNC) else one.close())
    _KEPT.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for the coroutines of google-genai's, which no other test is to find
        gc.collect()


async def _called(client: Client, model: Any, found: Answer, *, wait: bool) -> Outcome:
    """One call, as `wait` says by the synchronous or the asynchronous side."""
    try:
        if found.streamed:  # to a client that streams; the others could not read it
            pieces = [piece async for piece in model.astream(PROMPT, **client.call)]
            return Outcome("whole" if pieces else "cut")
        options = dict(client.call)
        said = ask(model, PROMPT, None, options) if wait else await aask(model, PROMPT, None, options)
        reply = shaped(said)
    except Exception as error:  # noqa: BLE001 - whatever a client raises
        return judged(error)
    whole = reply.content and reply.response_metadata["finish_reason"] in WHOLE
    return Outcome("whole" if whole else "cut")


async def _differences(name: str, *, wait: bool) -> list[str]:
    client = CLIENTS[name]
    wrong = []
    with ScriptedServer() as server:
        model = _made(name, server)
        for found in answers(client.answers).values():
            if found.name in LOST.get(name, set()) | UNREADABLE or not _speaks(model, found):
                continue
            before = server.counts.requests
            server.faults = lambda asked, found=found: found.id
            outcome = await _called(client, model, found, wait=wait)
            outcome = outcome._replace(requests=server.counts.requests - before)
            if not is_due(outcome, found):
                due = f"{found.fate} {found.reason} {found.wait or ''}"
                wrong.append(f"{found.name}: {outcome} for {due}: {found.status} {found.body[:200]}")
    return wrong


def _speaks(model: Any, found: Answer) -> bool:
    """Whether the answer is one to its protocol: a 200 holds a chat's reply."""
    return found.status != 200 or isinstance(model, BaseChatModel)


def _each(names: Iterable[str]) -> pytest.MarkDecorator:
    marked = [pytest.param(name, marks=pytest.mark.providers if name in OF_PROVIDERS else ()) for name in names]
    return pytest.mark.parametrize("name", marked)


@_each(CLIENTS)
async def test_every_answer_has_its_fate(name: str) -> None:
    """What a client raises, or returns, for each real answer has the due fate, reason and wait, after one request."""
    assert await _differences(name, wait=False) == []


@_each(CLASSES)
async def test_every_answer_has_its_fate_at_the_synchronous_side(name: str) -> None:
    """The same, by `invoke`, which is another client in most packages."""
    assert await _differences(name, wait=True) == []


@_each(CLASSES)
async def test_a_call_is_answered(name: str) -> None:
    """The server's replies are what the real class takes for one: text, why it ended, and what it cost."""
    client = CLIENTS[name]
    with ScriptedServer(lambda prompt, seed: f"{prompt} Hello.") as server:
        model = _made(name, server)
        replies = [
            shaped(ask(model, PROMPT, None, dict(client.call))),
            shaped(await aask(model, PROMPT, None, dict(client.call))),
        ]

    assert all(str(reply.content).endswith("Say hello. Hello.") for reply in replies)
