"""A user's program, for type checkers: chains, steps and values have their own types, and none is Any."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.graph import Graph
from langchain_core.tools import BaseTool

from selfinstruct_chains import (
    ChainConfig,
    Completion,
    Goal,
    Instance,
    Monitor,
    Parsed,
    Provenance,
    Rejection,
    RunStopped,
    SelfInstruct,
    SelfInstructError,
    Steps,
    Task,
    build_steps,
    figures,
    load_config,
    read_seeds,
    self_instruct,
    stats,
)
from selfinstruct_chains.tasks import Dropped
from selfinstruct_chains.testing import ScriptedChat, scripted_author


def of_a_task(task: Task) -> None:
    """A task's."""
    assert_type(task.id, str)
    assert_type(task.instances, tuple[Instance, ...])
    assert_type(task.instances[0].output, str)
    assert_type(task.is_classification, bool)
    assert_type(task.name, str | None)
    assert_type(task.provenance, Provenance | None)
    if task.provenance:
        assert_type(task.provenance.request, int)
        assert_type(task.provenance.calls, tuple[str, ...])


def of_a_run(run: Path) -> None:
    """A run's numbers."""
    assert_type(stats(run)["dropped"], list[dict[str, str | int | float | None]])
    assert_type(figures(str(run), sample=100), dict[str, list[dict[str, str | int | float | None]]])


def of_a_completion(completion: Completion) -> None:
    """A completion's."""
    assert_type(completion.is_classification, bool)
    assert_type(completion.instances, tuple[Instance, ...])
    assert_type(completion.dropped, tuple[Dropped, ...])
    assert_type(completion.dropped[0].instance.input, str)
    assert_type(completion.cut, str)


def of_a_rejection(rejection: Rejection) -> None:
    """A rejection's."""
    assert_type(rejection.rule, str)
    assert_type(rejection.request, int)
    assert_type(rejection.score, float | None)
    assert_type(rejection.nearest, str | None)


def of_a_goal(goal: Goal) -> None:
    """A goal's."""
    assert_type(goal["n"], int)
    assert_type(goal.get("seeds"), Sequence[Task] | None)
    assert_type(goal.get("budgets", {}).get("dollars"), float | None)


made = Task(id="a", instruction="Do it.", instances=(Instance(output="x"),), is_classification=False)
assert_type(Task.model_validate(made.model_dump(mode="json")), Task)
wanted: Goal = {"n": 20, "seeds": [made], "budgets": {"calls": 100, "dollars": 0.5}}


config = load_config("openai", {"run.seed": 7})
chain = self_instruct(config, "run", seeds="mine.jsonl", monitor=Monitor())
assert_type(config, ChainConfig)
assert_type(chain, SelfInstruct)
assert_type(chain.invoke({"n": 3}), list[Task])
assert_type(chain.batch([{"n": 3}, {"n": 4}]), list[list[Task]])
for [task] in chain.stream({"n": 3}):
    assert_type(task, Task)
    assert_type(task.instances[0].output, str)


def outputs(tasks: list[Task]) -> list[str]:
    """What the tasks' first instances give."""
    return [task.instances[0].output for task in tasks]


def asks(number: int) -> Goal:
    """A goal."""
    return {"n": number}


longer = RunnableLambda(asks) | chain | RunnableLambda(outputs)
assert_type(longer.invoke(3), list[str])
assert_type((chain | RunnableLambda(outputs)).invoke({"n": 3}), list[str])
assert_type((chain | outputs).invoke({"n": 3}), list[str])
assert_type(chain.with_retry().invoke({"n": 3}), list[Task])
assert_type(chain.with_config(tags=["mine"]).invoke({"n": 3}), list[Task])
assert_type(chain.get_graph(), Graph)
assert_type(chain.as_tool(), BaseTool)


async def in_an_app() -> None:
    """The asynchronous half."""
    assert_type(await chain.ainvoke({"n": 3}), list[Task])
    async for chunk in chain.astream({"n": 3}):
        assert_type(chunk, list[Task])
    assert_type(await longer.ainvoke(3), list[str])
    assert_type(await steps.complete.ainvoke("Write a poem."), Completion)
    assert_type(await steps.classification.abatch(["Write a poem."]), list[bool])
    assert_type((await steps.input_first.ainvoke("Write a poem.")).items, tuple[Instance, ...])
    assert_type(await steps.aclose(), None)


model = ScriptedChat(reply=scripted_author)
steps = build_steps(config, read_seeds(Path("mine.jsonl")), models={"classification": model.with_retry()})
assert_type(steps, Steps)
assert_type(chain.steps(), Steps)
assert_type(steps.instructions.invoke(["Write a poem."]), Parsed[str])
assert_type(steps.instructions.invoke(["Write a poem."]).items, tuple[str, ...])
assert_type(steps.classification.invoke("Write a poem."), bool)
assert_type(steps.classification.batch(["Write a poem."]), list[bool])
assert_type(steps.input_first.invoke("Write a poem.").items[0].input, str)
assert_type(steps.output_first.invoke("Write a poem.").cut, str)
assert_type(steps.complete.invoke("Write a poem."), Completion)
assert_type((steps.complete | RunnableLambda(of_a_completion)).invoke("Write a poem."), None)
assert_type(next(steps.complete.stream("Write a poem.")), Completion)


def followed(monitor: Monitor) -> None:
    """A run's counts."""
    assert_type(monitor.finished, int)
    assert_type(monitor.rejected, Counter[tuple[str, str]])
    assert_type(monitor.stopping, SelfInstructError | None)


def no_poems(instruction: str, instance: Instance) -> str | None:
    """A rule of one's own."""
    return "poem" if "poem" in instruction + instance.output else None


own = self_instruct(
    config,
    models=model.with_fallbacks([model]),
    steps={"classification": RunnableLambda(lambda instruction: str(instruction).endswith("?"))},
    instance_filters=[no_poems],
)
assert_type(own.invoke({"n": 1}), list[Task])
try:
    own.invoke({"n": 100, "budgets": {"calls": 10}})
except RunStopped as stopped:
    assert_type(stopped.tasks, list[Task])
