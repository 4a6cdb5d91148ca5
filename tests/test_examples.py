"""Every example runs: here with a scripted model, in place of the embedded one."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from selfinstruct_chains.testing import ScriptedChat, scripted_author

FOLDER = Path(__file__).parents[1] / "examples"
MODEL = ScriptedChat(reply=scripted_author)


async def run(name: str) -> Any:
    """What the example's `main` returns."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # LangGraph looks up the types of a state there
    spec.loader.exec_module(module)
    result = module.main("openai", MODEL)
    return await result if inspect.isawaitable(result) else result


async def test_the_larger_chain_streams_lines() -> None:
    """The chain in a larger one gives a JSON line for each instance of its three tasks."""
    lines = await run("larger_chain")

    assert len(lines) >= 3
    assert all(json.loads(line)["completion"] for line in lines)


async def test_one_step_answers_for_each_instruction() -> None:
    """Classification alone answers in the order of the instructions."""
    assert await run("one_step") == [False, False, True]


async def test_a_person_approves_before_instances_are_made() -> None:
    """The graph waits for a person, and completes only the two instructions they approved."""
    tasks = await run("human_approval")

    assert 1 <= len(tasks) <= 2
    assert all(task.instances for task in tasks)


async def test_tracing_sees_every_call() -> None:
    """The handler sees three calls or more, each with its item; the root span has the steps below it."""
    calls, spans = await run("tracing")

    assert calls.total() >= 5
    assert {"instructions", "complete"} <= set(spans)


async def test_own_parts_are_used() -> None:
    """Own filters and an own prompt shape the dataset."""
    tasks = await run("own_parts")

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
