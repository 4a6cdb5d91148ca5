"""The whole method as one Runnable: `self_instruct(config).stream({"n": 20})`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import create_memory_object_stream
from langchain_core.runnables.base import RunnableSerializable
from langchain_core.runnables.config import (
    RunnableConfig,
    ensure_config,
    get_async_callback_manager_for_config,
    patch_config,
    set_config_context,
)
from langchain_core.runnables.utils import ConfigurableFieldSpec, get_unique_config_specs
from pydantic import ConfigDict, Field, ValidationError

from selfinstruct_chains.config import ChainConfig
from selfinstruct_chains.errors import ConfigError, RunStopped
from selfinstruct_chains.files.complaints import complain
from selfinstruct_chains.method import drawing
from selfinstruct_chains.models import loops
from selfinstruct_chains.run.assembly import public_steps
from selfinstruct_chains.run.goal import Goal, checked, seed_tasks, summed
from selfinstruct_chains.run.own import Own, brought, chain_config
from selfinstruct_chains.run.start import Chain, start
from selfinstruct_chains.run.tool import tool
from selfinstruct_chains.tasks import Task

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from langchain_core.prompts import BasePromptTemplate
    from langchain_core.runnables import Runnable
    from langchain_core.runnables.graph import Graph
    from langchain_core.tools import BaseTool

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.method.graph import InstanceFilter
    from selfinstruct_chains.method.pool import InstructionFilter
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.own import Models
    from selfinstruct_chains.run.step import Steps

_AHEAD = 8  # finished tasks that may wait for a slow reader


class SelfInstruct(RunnableSerializable[Goal, list[Task]]):
    """The method as a Runnable: each chunk of a stream is a list of one finished task; `invoke` gives all of them.

    Made by `self_instruct`. It may run several times, also at once (each with a folder of its own). Its fields can be
    made configurable (`configurable_fields(settings=ConfigurableField(id="settings"))`).
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str | None = "self_instruct"
    config: ChainConfig
    settings: Mapping[str, Any] = Field(default_factory=dict)
    """Values by dotted key that replace those of `config`, as `--set` has them."""
    folder: Path | None = None
    seeds: Any = None
    models: Any = None
    own_steps: Any = None
    own_parsers: Any = None
    instruction_filters: Any = ()
    instance_filters: Any = ()
    monitor: Any = None

    def model_post_init(self, context: Any, /) -> None:
        """Look at what was given, before anything is done with it."""
        self._own()

    def __repr__(self) -> str:
        return f"<self_instruct: chain {self.config.name}, {self.folder or 'in memory'}>"

    __str__ = __repr__

    @property
    def InputType(self) -> Any:
        """A goal."""
        return Goal

    @property
    def OutputType(self) -> Any:
        """Finished tasks."""
        return list[Task]

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """What can be configured in the parts that the user brought."""
        return get_unique_config_specs(spec for part in self._own().runnables for spec in part.config_specs)

    def steps(self, seeds: Sequence[Task] | None = None) -> Steps:
        """The chain's four steps and `complete`, for use on their own."""
        config = self._config()
        given = seed_tasks({"n": 1}, self.seeds, config) if seeds is None else seeds
        return public_steps(config, given, self._own())

    def get_graph(self, config: RunnableConfig | None = None, *, xray: bool = False) -> Graph:
        """The loop, the four steps, the branch with both arms and the filters; `xray` opens the steps."""
        steps = self.steps()
        return drawing.draw(self, steps.instructions.chain, steps.complete.chain, xray=xray)

    def get_prompts(self, config: RunnableConfig | None = None) -> list[BasePromptTemplate[Any]]:
        """The prompt of each step, in the order of the method."""
        steps = self.steps()
        return [prompt for step in steps[:4] for prompt in step.get_prompts(config)]

    def as_tool(self, args_schema: Any = None, **kwargs: Any) -> BaseTool:
        """The chain as an agent's tool, which is asked for `n` alone unless `args_schema` says otherwise.

        The agent is told the tasks as JSON, without where they come from; the tool message's `artifact` has the values.
        """
        return tool(self, args_schema, **kwargs)

    def invoke(self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any) -> list[Task]:
        """All `n` finished tasks.

        Raises:
            RunStopped: the run ended before; its `tasks` are those it had.
        """
        return loops.wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any) -> list[Task]:
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

    def stream(self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[list[Task]]:
        """Each finished task, in a list of its own, as soon as all before it are settled; raises as `invoke`."""
        return self.transform(iter([input]), config, **kwargs)

    async def astream(
        self, input: Goal, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[list[Task], None]:
        """Each finished task, in a list of its own, as soon as all before it are settled; raises as `invoke`."""
        if kwargs:
            raise ConfigError(
                f"self_instruct takes no {', '.join(sorted(kwargs))}; what a run takes stands in its goal"
            )
        async with aclosing(self._traced(input, ensure_config(config))) as chunks:
            async for chunk in chunks:
                yield chunk

    def transform(
        self, input: Iterator[Goal], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[list[Task]]:
        """As `stream`, for the sum of the goals in `input`; the run is on a private event loop, in its own thread."""
        goal = summed(input)
        yield from loops.iterate(self.astream(goal, ensure_config(config), **kwargs))

    async def atransform(
        self, input: AsyncIterator[Goal], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[list[Task], None]:
        """As `astream`, for the sum of the goals in `input`."""
        goal = summed([goal async for goal in input])
        async with aclosing(self.astream(goal, config, **kwargs)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _traced(self, goal: Goal, config: RunnableConfig) -> AsyncGenerator[list[Task], None]:
        """The run under a root of its own: LangChain's stream helper has no input, and takes a break for an error."""
        manager = get_async_callback_manager_for_config(config)
        name = config.get("run_name") or self.get_name()
        root = await manager.on_chain_start(None, goal, name=name, run_id=config.pop("run_id", None))
        chunks = self._chunks(goal, patch_config(config, callbacks=root.get_child()))
        for handler in root.handlers:
            if tap := getattr(handler, "tap_output_aiter", None):  # astream_events
                chunks = tap(root.run_id, chunks)
        tasks: list[Task] = []
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    if root.handlers:
                        tasks += chunk
                    yield chunk
        except GeneratorExit:  # who reads has enough
            await root.on_chain_end(tasks)
            raise
        except BaseException as error:
            await root.on_chain_error(error)
            raise
        await root.on_chain_end(tasks)

    async def _chunks(self, goal: Goal, config: RunnableConfig) -> AsyncGenerator[list[Task], None]:
        """The loop runs in a task of its own and feeds a bounded stream; this generator only reads it."""
        goal = checked(goal)
        chain = Chain(self._config(), self._own(), self.folder, self.seeds, self.monitor)
        send, receive = create_memory_object_stream[Task](_AHEAD)

        async def produce() -> None:
            async with send:
                await start(chain, goal, send.send, config)

        with set_config_context(config) as context:
            producer = asyncio.create_task(produce(), context=context)
        try:
            async with receive:
                async for task in receive:
                    yield [task]
            await producer
        finally:
            producer.cancel()
            await asyncio.wait([producer])

    def _config(self) -> ChainConfig:
        if not self.settings:
            return self.config
        try:
            return self.config.changed(self.settings)
        except ValidationError as error:
            raise ConfigError(f"settings: {complain(error, ChainConfig.model_json_schema())}") from None
        except LookupError as error:
            raise ConfigError(f"settings: {error.args[0]}: there is nothing of that name") from None

    def _own(self) -> Own:
        return brought(self.models, self.own_steps, self.own_parsers, self.instruction_filters, self.instance_filters)


def self_instruct(  # noqa: PLR0913 - two things everybody gives, the others for those who embed it
    config: ChainConfig,
    folder: str | Path | None = None,
    *,
    seeds: str | Path | Sequence[Task] | None = None,
    models: Models | None = None,
    steps: Mapping[Role, Runnable[Any, Any]] | None = None,
    parsers: Mapping[Role, Runnable[Any, Any]] | None = None,
    instruction_filters: Sequence[InstructionFilter] = (),
    instance_filters: Sequence[InstanceFilter] = (),
    monitor: Monitor | None = None,
) -> SelfInstruct:
    """Self-Instruct as one Runnable, to use as `self_instruct(load_config("openai")).stream({"n": 20})`.

    Args:
        config: the chain, from `load_config`.
        folder: the run folder; a run that is there goes on. None keeps everything in memory.
        seeds: a JSON Lines file, or tasks; the shipped seeds when None.
        models: models to use instead of the file's: one for all roles, or a dict by role. A chat or completion model of
            LangChain's, what LangChain makes of one (`with_retry`, `with_fallbacks`, `bind`, ...), or any Runnable from
            a prompt to a message, a text or a structured value.
        steps: Runnables in the place of whole steps, by role; each gives what its role's step gives.
        parsers: Runnables from a message to a step's result, by role.
        instruction_filters: functions from an instruction to the name of a rule to drop it by, or None; they come after
            the file's filters and before the comparison with the pool.
        instance_filters: the same for (instruction, instance); they come before the file's filters.
        monitor: where to follow the run's counts, and to stop it.

    Raises:
        ConfigError: a part can't be what it is given as.
    """
    return SelfInstruct(
        config=chain_config(config),
        folder=Path(folder) if folder is not None else None,
        seeds=seeds,
        models=models,
        own_steps=steps,
        own_parsers=parsers,
        instruction_filters=instruction_filters,
        instance_filters=instance_filters,
        monitor=monitor,
    )
