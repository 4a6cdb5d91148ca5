"""The whole method as one Runnable: `self_instruct(config).stream({"n": 20})`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import create_memory_object_stream
from anyio.from_thread import BlockingPortalProvider
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import RunnableConfig, ensure_config, get_async_callback_manager_for_config

from selfinstruct_chains.errors import RunStopped
from selfinstruct_chains.method import graph
from selfinstruct_chains.run.assembly import build_steps
from selfinstruct_chains.run.goal import Goal, checked, seed_tasks, summed
from selfinstruct_chains.run.start import Chain, drive
from selfinstruct_chains.tasks import Task

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence

    from langchain_core.callbacks import AsyncCallbackManagerForChainRun
    from langchain_core.runnables.graph import Graph

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.method.graph import InstanceFilter, Steps
    from selfinstruct_chains.method.pool import InstructionFilter
    from selfinstruct_chains.run.assembly import Models
    from selfinstruct_chains.run.monitor import Monitor

_AHEAD = 8  # finished tasks that may wait for a slow reader
_portal = BlockingPortalProvider()


class SelfInstruct(Runnable[Goal, list[Task]]):
    """The method as a Runnable: each chunk of a stream is a list of one finished task; `invoke` gives all of them.

    Made by `self_instruct`. It may run several times, also at once (each with a folder of its own).
    """

    def __init__(  # noqa: PLR0913 - see self_instruct
        self,
        config: ChainConfig,
        folder: Path | None,
        *,
        models: Models | None,
        instruction_filters: Sequence[InstructionFilter],
        instance_filters: Sequence[InstanceFilter],
        monitor: Monitor | None,
        seeds: str | Path | Sequence[Task] | None,
    ) -> None:
        self.name = "self_instruct"
        self._chain = Chain(config, folder, models, tuple(instruction_filters), tuple(instance_filters), monitor, seeds)

    @property
    def config(self) -> ChainConfig:
        """The chain's config."""
        return self._chain.config

    def steps(self, seeds: Sequence[Task] | None = None) -> Steps:
        """The chain's four steps and `complete`, for use on their own."""
        chain = self._chain
        if seeds is None and chain.seeds is not None:
            seeds = seed_tasks({"n": 1}, chain.seeds)
        return build_steps(chain.config, seeds, models=chain.models, instance_filters=chain.instance_filters)

    def get_graph(self, config: RunnableConfig | None = None, *, xray: bool = False) -> Graph:  # noqa: ARG002
        """The loop, the four steps, the branch with both arms and the filters; `xray` opens the steps."""
        return graph.draw(self.steps(), xray=xray)

    def invoke(self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any) -> list[Task]:  # noqa: A002
        """All `n` finished tasks.

        Raises:
            RunStopped: the run ended before; its `tasks` are those it had.
        """
        tasks: list[Task] = []
        try:
            for [task] in self.stream(input, config, **kwargs):
                tasks.append(task)
        except RunStopped as stopped:
            stopped.tasks = tasks
            raise
        return tasks

    async def ainvoke(self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any) -> list[Task]:  # noqa: A002
        """All `n` finished tasks; raises as `invoke`."""
        tasks: list[Task] = []
        try:
            async with aclosing(self.astream(input, config, **kwargs)) as stream:
                async for [task] in stream:
                    tasks.append(task)
        except RunStopped as stopped:
            stopped.tasks = tasks
            raise
        return tasks

    def stream(self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[list[Task]]:  # noqa: A002
        """Each finished task, in a list of its own, as soon as all before it are settled; raises as `invoke`."""
        return self.transform(iter([input]), config, **kwargs)

    async def astream(
        self,
        input: Goal,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[list[Task], None]:
        """Each finished task, in a list of its own, as soon as all before it are settled; raises as `invoke`."""
        async with aclosing(self.atransform(_one(input), config, **kwargs)) as chunks:
            async for chunk in chunks:
                yield chunk

    def transform(
        self,
        input: Iterator[Goal],  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[list[Task]]:
        """As `stream`, for the sum of the goals in `input`; the run is on a private event loop, in its own thread."""
        goal = summed(input)
        with _portal as portal:
            steps = _Steps(self.astream(goal, ensure_config(config), **kwargs))
            try:
                while (chunk := portal.call(steps.next)) is not None:
                    yield chunk
            finally:
                portal.call(steps.close)

    async def atransform(
        self,
        input: AsyncIterator[Goal],  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[list[Task], None]:
        """As `astream`, for the sum of the goals in `input`."""
        config = ensure_config(config)
        manager = get_async_callback_manager_for_config(config)
        if manager.handlers:
            stream: Any = self._atransform_stream_with_config(input, self._chunks, config, **kwargs)
        else:  # LangChain adds up all chunks for those who listen: each time anew, in time that grows with its square
            stream = self._chunks(input, None, {**config, "callbacks": manager})
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _chunks(
        self,
        goals: AsyncIterator[Goal],
        run_manager: AsyncCallbackManagerForChainRun | None,  # noqa: ARG002 - `config` has the child's callbacks
        config: RunnableConfig,
    ) -> AsyncGenerator[list[Task], None]:
        """The loop runs in a task of its own and feeds a bounded stream; this generator only reads it."""
        goal = checked(summed([goal async for goal in goals]))
        send, receive = create_memory_object_stream[Task](_AHEAD)

        async def produce() -> None:
            async with send:
                await drive(self._chain, goal, send.send, config)

        producer = asyncio.create_task(produce())
        try:
            async with receive:
                async for task in receive:
                    yield [task]
            await producer
        finally:
            producer.cancel()
            await asyncio.wait([producer])


class _Steps:
    """An async generator, driven step by step from another thread; closing waits for a step under way."""

    def __init__(self, stream: AsyncGenerator[list[Task], None]) -> None:
        self._stream = stream
        self._pending: asyncio.Future[list[Task] | None] | None = None

    async def next(self) -> list[Task] | None:
        self._pending = asyncio.ensure_future(anext(self._stream, None))
        return await self._pending

    async def close(self) -> None:
        if self._pending and not self._pending.done():
            self._pending.cancel()
            await asyncio.wait([self._pending])
        await self._stream.aclose()


def self_instruct(  # noqa: PLR0913 - two things everybody gives, five for those who embed it
    config: ChainConfig,
    folder: str | Path | None = None,
    *,
    models: Models | None = None,
    instruction_filters: Sequence[InstructionFilter] = (),
    instance_filters: Sequence[InstanceFilter] = (),
    monitor: Monitor | None = None,
    seeds: str | Path | Sequence[Task] | None = None,
) -> SelfInstruct:
    """Self-Instruct as one Runnable, to use as `self_instruct(load_config("openai")).stream({"n": 20})`.

    Args:
        config: the chain, from `load_config`.
        folder: the run folder; a run that is there goes on. None keeps everything in memory.
        models: LangChain models to use instead of the file's: one for all roles, or a dict by role.
        instruction_filters: functions from an instruction to the name of a rule to drop it by, or None; they come after
            the file's filters and before the comparison with the pool.
        instance_filters: the same for (instruction, instance).
        monitor: where to follow the run's counts, and to stop it.
        seeds: the tasks to start from, or a JSON Lines file of them; the shipped ones when None. A goal's own go first.
    """
    return SelfInstruct(
        config,
        Path(folder) if folder is not None else None,
        models=models,
        instruction_filters=instruction_filters,
        instance_filters=instance_filters,
        monitor=monitor,
        seeds=seeds,
    )


async def _one(goal: Goal) -> AsyncGenerator[Goal, None]:
    yield goal
