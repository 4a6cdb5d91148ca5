"""The chain as a LangChain citizen: composition, streaming, callbacks, threads and loops (DESIGN.md section 5)."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from typing import Any
from uuid import UUID  # noqa: TC003 - a handler's types

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.context import collect_runs

from selfinstruct_chains import Goal, Monitor, Task, build_steps, self_instruct
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion, scripted_author
from tests.run.scripts import Author, config

CHAT = ScriptedChat(reply=scripted_author)


def instructions(tasks: list[Task]) -> list[str]:
    """Their instructions."""
    return [task.instruction for task in tasks]


async def test_all_four_ways_to_run_it_agree() -> None:
    """invoke, stream, ainvoke and astream give the same tasks, one in each chunk, several times in one process."""
    chain = self_instruct(config(), models=CHAT)
    invoked = await asyncio.to_thread(chain.invoke, {"n": 6})
    streamed = await asyncio.to_thread(lambda: list(chain.stream({"n": 6})))
    ainvoked = await chain.ainvoke({"n": 6})
    astreamed = [chunk async for chunk in chain.astream({"n": 6})]

    assert [len(chunk) for chunk in streamed] == [1] * 6
    assert invoked == ainvoked == [task for [task] in streamed] == [task for [task] in astreamed]


async def test_sync_methods_work_inside_a_running_loop() -> None:
    """`invoke` from within a running event loop, as in a notebook, works: its loop is another."""
    assert len(self_instruct(config(), models=CHAT).invoke({"n": 3})) == 3


def test_it_works_in_one_event_loop_after_another() -> None:
    """The same chain object runs in several `asyncio.run`s."""
    chain = self_instruct(config(), models=CHAT)
    first, second = (asyncio.run(chain.ainvoke({"n": 3})) for _ in range(2))

    assert first == second


def test_it_composes_on_both_sides() -> None:
    """`prepare | chain | then` invokes and streams; a goal may be computed before it."""
    chain: Any = (
        RunnableLambda(lambda n: Goal(n=n)) | self_instruct(config(), models=CHAT) | RunnableLambda(instructions)
    )

    assert len(chain.invoke(4)) == 4
    assert [text for chunk in chain.stream(4) for text in chunk] == chain.invoke(4)


async def test_a_stream_gives_its_first_task_before_the_run_ends() -> None:
    """The first chunk comes while calls for later tasks are still to be made."""
    author = Author(slow=0.01)
    chain = self_instruct(config(), models=author.model)
    stream = chain.astream({"n": 40})
    await anext(stream)
    at_first = author.calls.total()
    rest = [chunk async for chunk in stream]

    assert len(rest) == 39
    assert at_first < author.calls.total() / 2


async def test_leaving_a_stream_cancels_its_calls() -> None:
    """Breaking out of an async stream leaves no running call and no task behind."""
    author = Author(slow=0.05)
    before = asyncio.all_tasks()
    async for _ in self_instruct(config(), models=author.model).astream({"n": 100}):
        break
    gc.collect()
    await asyncio.sleep(0.05)
    made = author.calls.total()
    await asyncio.sleep(0.1)

    assert author.running == 0
    assert author.calls.total() == made
    assert asyncio.all_tasks() == before


def test_leaving_a_sync_stream_cancels_its_calls() -> None:
    """Breaking out of a sync stream does so too, before the `for` statement is left behind."""
    author = Author(slow=0.05)
    stream = self_instruct(config(), models=author.model).stream({"n": 100})
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # an iterator that is a generator

    assert author.running == 0


class Seen(BaseCallbackHandler):
    """Collects the runs of models and chains with their parents."""

    def __init__(self) -> None:
        self.models: list[UUID] = []
        self.parents: dict[UUID, UUID | None] = {}
        self.names: dict[UUID, str] = {}
        self.metadata: list[dict[str, Any]] = []
        self.ended = 0

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kw: Any
    ) -> None:
        self.parents[run_id] = parent_run_id
        self.names[run_id] = kw.get("name") or ""

    def on_chat_model_start(
        self, serialized: Any, messages: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kw: Any
    ) -> None:
        self._model(run_id, parent_run_id, kw)

    def on_llm_start(
        self, serialized: Any, prompts: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kw: Any
    ) -> None:
        self._model(run_id, parent_run_id, kw)

    def on_llm_end(self, response: Any, **kw: Any) -> None:
        self.ended += 1

    def _model(self, run_id: UUID, parent: UUID | None, kw: Any) -> None:
        self.models.append(run_id)
        self.parents[run_id] = parent
        self.metadata.append(kw["metadata"])

    def root(self, run: UUID) -> UUID:
        """The run at the top of `run`'s trace."""
        while (parent := self.parents.get(run)) is not None:
            run = parent
        return run


@pytest.mark.parametrize("family", [ScriptedChat, ScriptedCompletion])
@pytest.mark.parametrize("sync", [False, True])
async def test_callbacks_see_every_model_call_under_one_root(family: Any, sync: bool) -> None:
    """A handler given to the run sees each call start and end, all in one trace, with the caller's metadata."""
    seen, monitor = Seen(), Monitor()
    chain = self_instruct(config(), models=family(reply=scripted_author), monitor=monitor)
    tracing: Any = {"callbacks": [seen], "tags": ["mine"], "metadata": {"customer": 7}, "run_name": "my run"}
    if sync:
        await asyncio.to_thread(chain.invoke, {"n": 5}, tracing)
    else:
        await chain.ainvoke({"n": 5}, tracing)

    assert len(seen.models) >= monitor.calls == seen.ended
    roots = {seen.root(run) for run in seen.models}
    assert [seen.names[root] for root in roots] == ["my run"]
    assert {data["customer"] for data in seen.metadata} == {7}
    assert all(data["selfinstruct_item"] for data in seen.metadata)


async def test_the_callers_concurrency_wins() -> None:
    """`config={"max_concurrency": 2}` goes before the chain file's number."""
    author = Author(slow=0.01)
    await self_instruct(config(), models=author.model).ainvoke({"n": 10}, {"max_concurrency": 2})

    assert author.most == 2


async def test_a_failing_async_handler_does_not_stop_the_run() -> None:
    """An async handler that raises is LangChain's to log; the run goes on."""

    class Broken(AsyncCallbackHandler):
        async def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            raise RuntimeError("broken handler")

    assert len(await self_instruct(config(), models=CHAT).ainvoke({"n": 2}, {"callbacks": [Broken()]})) == 2


def test_the_graph_shows_the_steps_and_both_arms() -> None:
    """The drawing has the four steps, an edge to each arm of the branch with its condition, and the filters."""
    mermaid = self_instruct(config()).get_graph().draw_mermaid()

    for node in ("instructions", "classification", "input_first", "output_first", "instance filters"):
        assert f"({node})" in mermaid.replace("\\20", " ")
    assert "classification -. &nbsp;yes&nbsp; .-> output_first" in mermaid
    assert "classification -. &nbsp;no&nbsp; .-> input_first" in mermaid


def test_the_graph_opens_its_steps() -> None:
    """With xray each step shows its prompt, model and parser; in ASCII both arms are there too."""
    graph = self_instruct(config()).get_graph(xray=True)

    names = {node.name for node in graph.nodes.values()}
    assert {"instructions:InstructionsParser", "output_first:InstancesParser", "instance filters"} <= names
    assert graph.draw_mermaid().count("subgraph") == 4
    assert "output_first" in self_instruct(config()).get_graph().draw_ascii()


@pytest.mark.parametrize("family", [ScriptedChat, ScriptedCompletion])
def test_each_step_is_a_runnable_of_its_own(family: Any) -> None:
    """Instructions, classification, both instance steps and `complete` can be invoked alone, with any model."""
    steps = build_steps(config(), models=family(reply=scripted_author))
    shown = ["Explain the tides.", "Write a haiku on rain."]

    assert len(steps.instructions.invoke(shown).items) == 8
    assert steps.classification.invoke("Decide whether it rains.") is True
    assert steps.classification.batch(["Explain tides.", "Decide whether it rains."]) == [False, True]
    assert steps.input_first.invoke("Explain tides.").items
    assert {instance.output for instance in steps.output_first.invoke("Decide it.").items} == {"good news", "bad news"}
    completion = steps.complete.invoke("Decide whether it rains.")
    assert completion.is_classification
    assert len(completion.instances) == 2
    assert steps.complete.get_output_jsonschema()


async def test_a_trace_has_the_goal_and_the_tasks() -> None:
    """The root run's input is the goal, its output the tasks, its children the steps that ran."""
    with collect_runs() as collected:
        tasks = await self_instruct(config(), models=CHAT).ainvoke({"n": 3})
    [root] = collected.traced_runs

    assert root.inputs == {"n": 3}
    assert root.outputs == {"output": tasks}
    assert {"instructions", "complete"} == {child.name for child in root.child_runs}


@pytest.mark.parametrize("sync", [False, True])
async def test_a_break_is_no_error(sync: bool) -> None:
    """Who has enough leaves the stream: the trace ends with what was taken, and no error."""
    chain = self_instruct(config(), models=CHAT)

    def leave() -> None:
        stream = chain.stream({"n": 50})
        next(stream)
        stream.close()  # type: ignore[attr-defined]  # an iterator that is a generator

    with collect_runs() as collected:
        if sync:
            await asyncio.to_thread(leave)
        else:
            async with aclosing(chain.astream({"n": 50})) as stream:
                await anext(stream)
    [root] = collected.traced_runs

    assert root.error is None
    assert len((root.outputs or {})["output"]) == 1


@pytest.mark.parametrize("watched", [False, True])
async def test_options_that_a_run_does_not_take_are_refused(watched: bool) -> None:
    """A keyword is refused in the same words, whether anybody listens or not."""
    chain, tracing = self_instruct(config(), models=CHAT), {"callbacks": [Seen()]} if watched else {}
    with pytest.raises(ConfigError, match="self_instruct takes no temperature"):
        await chain.ainvoke({"n": 1}, tracing, temperature=0)  # type: ignore[arg-type]


async def test_events_have_each_task() -> None:
    """`astream_events` has a stream event of the root for each finished task."""
    chain = self_instruct(config(), models=CHAT)
    events = [event async for event in chain.astream_events({"n": 3}, version="v2")]
    chunks = [e["data"]["chunk"] for e in events if e["event"] == "on_chain_stream" and e["name"] == "self_instruct"]

    assert [len(chunk) for chunk in chunks] == [1, 1, 1]
    assert events[-1]["event"] == "on_chain_end"


@pytest.mark.filterwarnings("ignore:This API is in beta")
def test_as_a_tool_it_asks_for_n_alone() -> None:
    """`as_tool()` has a name, a description, and one argument, which is held to a number from 1."""
    tool = self_instruct(config(), models=CHAT).as_tool()

    assert tool.name == "self_instruct"
    assert list(tool.args) == ["n"]
    assert tool.args["n"]["minimum"] == 1
    assert len(tool.description.split()) > 10


def test_what_langchain_makes_of_a_runnable() -> None:
    """What LangChain makes of any Runnable it makes of the chain too: a retry, a name, a batch."""
    chain = self_instruct(config(), models=CHAT)

    assert len(chain.with_retry(stop_after_attempt=2).invoke({"n": 2})) == 2
    assert [len(tasks) for tasks in chain.with_config(run_name="mine").batch([{"n": 1}, {"n": 2}])] == [1, 2]
