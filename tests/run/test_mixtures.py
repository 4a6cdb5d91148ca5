"""Sync and async in any mixture, with the real clients: no call dies of another event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from langchain_anthropic import ChatAnthropic
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI, OpenAI
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from selfinstruct_chains import self_instruct
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer
from tests.leftovers import forget_clients
from tests.run.scripts import config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    # The clients are the user's, and closed by nobody here.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
MODELS: dict[str, Callable[[ScriptedServer], Any]] = {
    "ChatOpenAI": lambda s: ChatOpenAI(base_url=s.base_url, api_key="k", model="m", max_retries=0),
    "OpenAI": lambda s: OpenAI(base_url=s.base_url, api_key="k", model="m", max_retries=0),
    "ChatOllama": lambda s: ChatOllama(base_url=s.url, model="m"),
    "ChatAnthropic": lambda s: ChatAnthropic(base_url=s.url, api_key="k", model="m", max_retries=0),
    "ChatGoogleGenerativeAI": lambda s: ChatGoogleGenerativeAI(base_url=s.url, api_key="k", model="m", max_retries=1),
    "one's own": lambda _: ScriptedChat(reply=scripted_author),
}
N = {"n": 2}


@pytest.fixture(autouse=True, scope="module")
def _gone() -> Iterator[None]:
    """The clients, which nobody closes, go here, and not in the middle of another module's test."""
    yield
    forget_clients()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that knows the shipped prompts."""
    with ScriptedServer(scripted_author) as server:
        yield server


def twice(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """Two sync calls."""
    return [chain.invoke(N), list(chain.stream(N))]


def a_new_model_each_time(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """Sync calls with a new model object each; LangChain shares clients between them."""
    return [self_instruct(config(), models=new()).invoke(N) for _ in range(3)]


def in_threads(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """Sync calls from several threads at once."""
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda _: chain.invoke(N), range(3)))


def inside_a_running_loop(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """A notebook: sync calls where a loop is running, before and after an async one."""

    async def cells() -> list[Any]:
        return [chain.invoke(N), await chain.ainvoke(N), chain.invoke(N)]

    return asyncio.run(cells())


def after_the_apps_loop(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """The model was used on the app's own loop before, by the app itself, and that loop has ended."""
    model = new()
    asyncio.run(model.ainvoke("Say yes."))
    mine = self_instruct(config(), models=model)
    return [mine.invoke(N), asyncio.run(mine.ainvoke(N)), mine.invoke(N)]


def one_loop_after_another(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """Several `asyncio.run`s with the same chain."""
    return [asyncio.run(chain.ainvoke(N)) for _ in range(3)]


def two_loops_at_once(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """Loops in two threads, at the same time."""
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(asyncio.run(chain.ainvoke(N)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def fastapi_def_endpoint(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """FastAPI's `def` and `async def` endpoints, called in turn."""
    app = FastAPI()

    @app.get("/sync")
    def sync() -> int:
        return len(chain.invoke(N))

    @app.get("/async")
    async def asynchronous() -> int:
        return len(await chain.ainvoke(N))

    with TestClient(app) as client:
        return [[None] * client.get(path).json() for path in ("/sync", "/async", "/sync", "/async")]


def langgraph_sync_node(chain: Any, new: Callable[[], Any]) -> list[Any]:
    """A sync node of LangGraph, run twice, and once from an async run."""

    class State(TypedDict, total=False):
        tasks: list[Any]

    graph = StateGraph(State)
    graph.add_node("grow", lambda _: {"tasks": chain.invoke(N)})
    graph.add_edge(START, "grow")
    graph.add_edge("grow", END)
    app = graph.compile()
    return [app.invoke({})["tasks"], app.invoke({})["tasks"], asyncio.run(app.ainvoke({}))["tasks"]]


WAYS = [
    twice,
    a_new_model_each_time,
    in_threads,
    inside_a_running_loop,
    after_the_apps_loop,
    one_loop_after_another,
    two_loops_at_once,
    fastapi_def_endpoint,
    langgraph_sync_node,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_it_works_however_it_is_called(server: ScriptedServer, name: str, way: Any) -> None:
    """Every call gives its two tasks."""

    def new() -> Any:
        return MODELS[name](server)

    found = way(self_instruct(config(), models=new()), new)

    assert found
    assert all(len(tasks) == 2 for tasks in found)
