"""Every example runs: here with a scripted model, in place of the embedded one."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from selfinstruct_chains import Task
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from selfinstruct_chains.testing.server import Asked, ScriptedServer
from tests.run.scripts import Author
from tests.tool_calls import DRAWN, AgentServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

FOLDER = Path(__file__).parents[1] / "examples"
MODEL = ScriptedChat(reply=scripted_author)


def load(name: str) -> Any:
    """The example's module."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # LangGraph looks up the types of a state there
    spec.loader.exec_module(module)
    return module


def run(name: str) -> Any:
    """What the example's `main` returns."""
    return load(name).main("openai", MODEL)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server in the place of OpenAI's, and a key for it."""
    with AgentServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


async def test_the_larger_chain_streams_lines() -> None:
    """The chain in a larger one gives a JSON line for each instance of its three tasks."""
    lines = run("larger_chain")

    assert len(lines) >= 3
    assert all(json.loads(line)["completion"] for line in lines)


async def test_one_step_answers_for_each_instruction() -> None:
    """Classification alone answers in the order of the instructions."""
    assert run("one_step") == [False, False, True]


def process(*arguments: str, **more: str) -> list[str]:
    """The lines that a Python process printed."""
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | more, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("strict", ["false", "true"])
@pytest.mark.slow
async def test_a_graph_that_waits_for_a_person_goes_on_in_another_process(
    strict: str, server: ScriptedServer, tmp_path: Path
) -> None:
    """One process proposes, another completes what was approved, and a third finds it in the file as tasks."""
    script, database = str(FOLDER / "langgraph_approval.py"), str(tmp_path / "waiting.db")
    proposed = process(script, "propose", database, "openai", LANGGRAPH_STRICT_MSGPACK=strict)
    asked = server.counts.requests
    said = process(script, "approve", database, "3", "1", LANGGRAPH_STRICT_MSGPACK=strict)
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        module = load("langgraph_approval")
        state = (await module.build(saver).aget_state(module.THREAD)).values

    assert len(proposed) >= 3
    assert asked == 1
    assert [task.instruction for task in state["tasks"]] == [proposed[2][3:], proposed[0][3:]]
    assert {type(task) for task in state["tasks"] + state["shown"]} == {Task}
    assert [line for line in said if not line.startswith(" ")] == [task.instruction for task in state["tasks"]]


async def until(true: Callable[[], bool]) -> None:
    """Wait for it."""
    while not true():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The address of a real server for `app`, on loopback."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def events(text: str) -> list[tuple[str, Any]]:
    """The kinds and data of server-sent events."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


async def test_a_web_app_sends_each_task_when_it_is_there() -> None:
    """The first event comes while calls are still to be made; the plain endpoint gives the same tasks, at the end."""
    author = Author(slow=0.02)
    async with served(load("fastapi_stream").build("openai", author.model)) as url, httpx.AsyncClient() as client:
        async with client.stream("GET", f"{url}/tasks/stream", params={"n": 60}, timeout=60) as response:
            chunks = response.aiter_text()
            text, at_first = await anext(chunks), author.calls.total()
            text += "".join([chunk async for chunk in chunks])
            in_all = author.calls.total()
        plain = (await client.get(f"{url}/tasks", params={"n": 60}, timeout=60)).json()

    assert response.headers["content-type"].startswith("text/event-stream")
    assert at_first < in_all / 2
    assert events(text) == [("task", task) for task in plain]
    assert len([Task.model_validate(task) for task in plain]) == 60


async def test_a_web_client_that_goes_away_cancels_the_calls() -> None:
    """After the first event the client leaves: the calls under way end, and most that were due are not made."""
    author = Author(slow=0.3)
    async with served(load("fastapi_stream").build("openai", author.model)) as url, httpx.AsyncClient() as client:
        async with client.stream("GET", f"{url}/tasks/stream", params={"n": 100}, timeout=60) as response:
            first = await anext(response.aiter_text())
        await until(lambda: not author.running)
        calls = author.calls.total()
        await asyncio.sleep(0.5)

    assert first.startswith("event: task")
    assert author.calls.total() == calls < 150  # a hundred tasks take 216 and more


async def test_a_web_client_is_told_why_a_run_ended() -> None:
    """When nothing new is accepted any more, the stream ends with an event that says so."""

    def repeats_itself(prompt: str, seed: int | None) -> Reply:
        return scripted_author(prompt, seed) if "Task: " in prompt else Reply("1. Explain the tides to a child of six.")

    model = ScriptedChat(reply=repeats_itself)
    async with served(load("fastapi_stream").build("openai", model)) as url, httpx.AsyncClient() as client:
        text = (await client.get(f"{url}/tasks/stream", params={"n": 100}, timeout=60)).text

    *_, (kind, said) = events(text)
    assert kind == "stopped"
    assert said.startswith("the last 30 requests gave no new instruction, mostly by novelty")


def test_an_agent_uses_the_tasks_of_its_tool(server: ScriptedServer) -> None:
    """The model is offered a tool that takes `n` alone, is told JSON, and what it says in the end has the tasks."""
    said, tasks = load("agent_tool").main("openai", MODEL)

    [tool] = server.asked[0].body["tools"]
    told = json.loads(server.asked[1].body["input"][-1]["output"])
    assert list(tool["parameters"]["properties"]) == ["n"]
    assert len(tasks) == DRAWN
    assert said == "Practice: " + " ".join(task.instruction for task in tasks)
    assert told == [task.model_dump(mode="json", exclude={"provenance"}, exclude_none=True) for task in tasks]
    assert all(isinstance(task, Task) and task.provenance for task in tasks)


def slow_chain(folder: Path) -> Path:
    """A chain file of one's own that asks for new instructions only when they are needed, a few at a time."""
    text = (FOLDER.parent / "chains/openai.yaml").read_text(encoding="utf-8")
    chain = folder / "slow.yaml"
    chain.write_text(text.replace("lookahead: 16, max_concurrency: 16", "lookahead: 1, max_concurrency: 4"))
    return chain


def failing(after: int) -> Any:
    """Faults: of `after` requests every fifth; all later ones."""
    seen = 0

    def plan(asked: Asked) -> str | None:
        nonlocal seen
        seen += 1
        return "reset" if seen > after else {0: "429", 3: "503"}.get(seen % 5)

    return plan


def test_a_run_goes_on_with_another_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first model fails now and then, and is asked again; it goes down for good, and the other finishes the run."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
    with ScriptedServer(faults=failing(after=30)) as first, ScriptedServer() as second:
        monkeypatch.setenv("OPENAI_BASE_URL", first.base_url)
        tasks = load("sturdy_model").main(second.base_url, str(slow_chain(tmp_path)))

    assert len(tasks) == 20
    assert any(asked.attempt > 1 for asked in first.asked)
    assert {task.provenance.model for task in tasks if task.provenance} == {"gpt-6-luna", "mine"}
    assert first.counts.faults["429"] > 0
    assert first.counts.faults["503"] > 0
    assert first.counts.faults["reset"] > 0


async def test_tracing_sees_every_call() -> None:
    """The handler sees three calls or more, each with its item; the root span has the steps below it."""
    calls, spans = run("tracing")

    assert calls.total() >= 5
    assert {"instructions", "complete"} <= set(spans)


async def test_own_parts_are_used() -> None:
    """Own filters and an own prompt shape the dataset."""
    tasks = run("own_parts")

    assert len(tasks) == 3
    assert not any("poem" in task.instruction for task in tasks)


def test_the_table_names_every_example() -> None:
    """examples/README.md has a row for each file, and no other."""
    rows = [line for line in (FOLDER / "README.md").read_text().splitlines() if line.startswith("| [")]

    named = {row.split("](")[1].split(")")[0] for row in rows}
    assert named == {path.name for path in FOLDER.iterdir() if path.suffix in {".py", ".ipynb"}}


async def test_the_notebook_runs_in_a_running_loop() -> None:
    """Each of the notebook's cells runs while an event loop is running, with top-level await."""
    cells = json.loads((FOLDER / "notebook.ipynb").read_text())["cells"]
    scope: dict[str, Any] = {"MODEL": MODEL}
    for cell in cells:
        source = "".join(cell["source"]).replace('load_config("embedded")', 'load_config("openai"), models=MODEL')
        code = compile(source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, scope)  # noqa: S307 - our own notebook
        if inspect.isawaitable(result):
            await result

    assert scope["chain"]
