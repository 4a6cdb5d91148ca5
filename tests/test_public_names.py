"""The public names: what `from selfinstruct_chains import ...` gives, documented and typed."""

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import selfinstruct_chains

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tests/data/typed_program.py"
MISTAKES = """
made.instances = ()
words: list[str] = made.instances
nothing: Goal = {"n": "20", "seeds": "seeds.jsonl"}
numbers: list[int] = chain.invoke({"n": 3})
chain.invoke({"m": 3})
steps.classification.invoke(3)
text: str = steps.classification.invoke("Is it?")
"""
"""Each line is one, or two."""
USE = '''
"""As a user of the package writes it."""

from pathlib import Path

from langchain_core.runnables import Runnable, RunnableLambda

from selfinstruct_chains import (
    ChainConfig,
    Completion,
    Goal,
    Instance,
    Monitor,
    NoveltyIndex,
    Prompt,
    Rejection,
    RunStopped,
    SelfInstructError,
    Task,
    build_steps,
    figures,
    load_config,
    read_seeds,
    self_instruct,
    stats,
)
from selfinstruct_chains.testing import ScriptedChat, scripted_author

config: ChainConfig = load_config("openai", {"run.seed": 7})
prompt: Prompt = config.instructions.prompt
seeds: list[Task] = read_seeds(Path("seeds.jsonl"))
goal: Goal = {"n": 20, "seeds": seeds, "budgets": {"calls": 100}}
monitor = Monitor()
model = ScriptedChat(reply=scripted_author)
run: Runnable[Goal, list[Task]] = self_instruct(config, Path("run"), models={"classification": model}, monitor=monitor)


def first_instance(task: Task) -> Instance:
    return task.instances[0]


def outputs(tasks: list[Task]) -> list[str]:
    return [first_instance(task).output for task in tasks]


chain = run | RunnableLambda(outputs)
try:
    for [task] in run.stream(goal):
        words: list[str] = task.instruction.split()
    texts: list[str] = chain.invoke(goal)
except RunStopped as stopped:
    finished: list[Task] = stopped.tasks
except SelfInstructError as error:
    code: int = error.exit_code

is_classification: bool = build_steps(config, seeds, models=model).classification.invoke("Is this mail spam?")
completion: Completion = build_steps(config, seeds, models=model).complete.invoke("Is this mail spam?")
index = NoveltyIndex(0.7, "unicode")
index.add("Write a poem.", "a")
dropped: list[Rejection] = []
tables: list[str] = [*stats(Path("run")), *figures("run", sample=500)]
'''


def test_all_is_what_is_there() -> None:
    """`__all__`, `dir` and the names that can be had are the same, in alphabetical order."""
    names = selfinstruct_chains.__all__

    assert names == sorted(names)
    assert dir(selfinstruct_chains) == names
    assert all(getattr(selfinstruct_chains, name) is not None for name in names)


def test_type_checkers_and_python_see_the_same_names() -> None:
    """Each name is imported for type checkers from the module that it comes from."""
    tree = ast.parse((ROOT / "selfinstruct_chains/__init__.py").read_text(encoding="utf-8"))
    guarded = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert guarded == {name: f"selfinstruct_chains.{home}" for name, home in selfinstruct_chains._HOMES.items()}


@pytest.mark.parametrize("name", selfinstruct_chains.__all__)
def test_each_public_name_is_documented(name: str) -> None:
    """A public name has a docstring of its own that begins with a sentence."""
    thing = getattr(selfinstruct_chains, name)
    text = inspect.getdoc(thing) or ""

    assert text.split("\n\n")[0].endswith(".")
    assert "__doc__" in vars(thing) if inspect.isclass(thing) else thing.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A mistyped import fails like any other."""
    with pytest.raises(AttributeError, match="has no attribute 'self_intruct'"):
        selfinstruct_chains.self_intruct  # noqa: B018
    assert not hasattr(selfinstruct_chains, "__wrapped__")


@pytest.mark.slow
def test_a_user_of_pyright_is_happy(tmp_path: Path) -> None:
    """A typed program passes pyright's strict mode, in which nothing of ours is Any, and its wrong uses are found."""
    right, wrong = PROGRAM.read_text(encoding="utf-8"), tmp_path / "wrong.py"
    wrong.write_text(right + MISTAKES, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    quiet = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "PYRIGHT_PYTHON_GLOBAL_NODE": "0"}  # asks no server

    done = subprocess.run(command, capture_output=True, text=True, env=quiet, cwd=ROOT, check=False)

    found = json.loads(done.stdout)["generalDiagnostics"]
    assert [one for one in found if one["range"]["start"]["line"] < right.count("\n")] == []
    assert [one["rule"] for one in found] == [
        "reportAttributeAccessIssue",
        "reportAssignmentType",
        "reportAssignmentType",
        "reportAssignmentType",
        "reportArgumentType",
        "reportArgumentType",
        "reportAssignmentType",
    ]


@pytest.mark.slow
def test_a_user_of_mypy_strict_is_happy(tmp_path: Path) -> None:
    """Typed use of the public names passes `mypy --strict`, and a wrong use does not."""
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(USE, encoding="utf-8")
    wrong.write_text(USE + 'x: int = self_instruct(config).invoke({"m": 20})\n', encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(ROOT / ".mypy_cache/use")]

    done = subprocess.run(
        [*command, str(right), str(wrong), str(PROGRAM)], capture_output=True, text=True, cwd=ROOT, check=False
    )

    complaints = [line for line in done.stdout.splitlines() if "error:" in line]
    assert [line for line in complaints if "wrong.py" not in line] == []
    assert {line.rsplit("[", 1)[1] for line in complaints} == {
        "typeddict-item]",
        "typeddict-unknown-key]",
        "assignment]",
    }
