"""The examples as a user runs them: alone in a folder, with the wheel, in an environment that has what they need."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hatchling.builders.wheel import WheelBuilder

from selfinstruct_chains.testing.server import ScriptedServer
from tests.tool_calls import AgentServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV", "uv")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Fresh(NamedTuple):
    """An environment of its own, and a folder with the examples alone."""

    python: Path
    folder: Path
    env: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        return [str(self.python), "-W", "error", *arguments]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, cwd=self.folder, env=self.env, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    """A server in the place of OpenAI's."""
    with AgentServer() as server:
        yield server


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, server: ScriptedServer) -> Fresh:
    """The pinned packages of the group `examples`, from uv's cache, and the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("user")
    environment = folder / "environment"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    packages = ["--no-default-groups", "--group", "examples", "--no-install-project"]
    sync = [UV, "sync", "--quiet", "--offline", "--frozen", "--python", sys.executable, *packages]
    subprocess.run(sync, check=True, cwd=ROOT, env=plain | {"UV_PROJECT_ENVIRONMENT": str(environment)})
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    python = environment / "bin/python"
    alone = ["--offline", "--no-config", "--no-index", "--no-deps"]
    subprocess.run([UV, "pip", "install", "--quiet", *alone, "--python", str(python), wheel], check=True, env=plain)
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    keys = {"OPENAI_API_KEY": "sk-of-a-test", "OPENAI_BASE_URL": server.base_url}
    return Fresh(python, folder / "examples", plain | keys)


def test_the_environment_has_nothing_of_the_checkout(fresh: Fresh) -> None:
    """The package comes from the wheel; no path leads to the checkout, and none of its tools are there."""
    code = "import sys, selfinstruct_chains; print(selfinstruct_chains.__file__, *sys.path)"

    assert str(ROOT) not in fresh.run("-c", code)
    assert fresh.run("-c", "import importlib.util as u; print(u.find_spec('pytest'), u.find_spec('mypy'))") == (
        "None None\n"
    )


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["larger_chain.py", "openai"], r'({"prompt": ".+", "completion": ".+"}\n){3,}'),
        (["one_step.py", "openai"], r"(other +.+\n){2}classification .+\n"),
        (["tracing.py", "openai"], r"self_instruct: \d+ spans below it, \d+ model calls\n(  .+: \d+\n)+"),
        (["own_parts.py", "openai"], r"(.+\n){3}"),
        (["agent_tool.py", "openai"], r"Practice: .+\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_example_runs(arguments: list[str], printed: str, fresh: Fresh) -> None:
    """With the name of a chain it prints what it makes."""
    assert re.fullmatch(printed, fresh.run(*arguments))


def test_a_person_approves_in_another_process(fresh: Fresh) -> None:
    """The second process makes tasks of two of the first one's proposals."""
    proposed = fresh.run("langgraph_approval.py", "propose", "waiting.db", "openai").splitlines()
    said = fresh.run("langgraph_approval.py", "approve", "waiting.db", "1", "2").splitlines()

    assert [line for line in said if not line.startswith(" ")] == [line[3:] for line in proposed[:2]]


def test_the_sturdy_model_falls_back(fresh: Fresh) -> None:
    """With a provider that is not there at all, the server of one's own writes every task."""
    with ScriptedServer() as own, ScriptedServer(faults=lambda _: "503") as down:
        there = fresh._replace(env=fresh.env | {"OPENAI_BASE_URL": down.base_url})
        assert there.run("sturdy_model.py", own.base_url) == "20 tasks by mine\n"


def test_the_web_app_answers(fresh: Fresh) -> None:
    """Started by its file, it streams events and gives a list."""
    command = fresh.command("fastapi_stream.py", "openai", "0")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=fresh.folder, env=fresh.env) as app:
        try:
            assert app.stderr
            url = next(found[0] for line in app.stderr if (found := re.search(r"http://[\d.:]+", line)))
            with urllib.request.urlopen(f"{url}/tasks/stream?n=3", timeout=60) as response:
                events = response.read().decode()
            with urllib.request.urlopen(f"{url}/tasks?n=1", timeout=60) as response:
                [task] = json.load(response)
        finally:
            app.terminate()

    assert events.count("event: task") == 3
    assert task["instances"]
