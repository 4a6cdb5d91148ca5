"""The files for contributors: short, true, and in step with one another."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from selfinstruct_chains.cli.main import COMMANDS
from selfinstruct_chains.config import EXAMPLE_VARIABLES, PROMPT_VARIABLES, STOP_VARIABLES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
).stdout.splitlines()


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_agents_is_short() -> None:
    """AGENTS.md has at most 60 lines."""
    assert len(_read("AGENTS.md").splitlines()) <= 60


@pytest.mark.parametrize("name", ["AGENTS.md", "CONTRIBUTING.md", "README.md", "prompts/README.md", "seeds/README.md"])
def test_the_paths_that_are_named_exist(name: str) -> None:
    """A path in backticks, in a link or in a command is there."""
    text = _read(name)
    ours = r"(?:selfinstruct_chains|tests|chains|prompts|seeds|benchmarks|examples|scripts|docs|\.ci)/[\w./-]*"
    named = set(re.findall(rf"`({ours}|\w+\.(?:toml|md))`", text)) | set(re.findall(rf"(?<=[ `])({ours}\.\w+)", text))
    links = set(re.findall(r"\]\(([^)#:]+)\)", text))

    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []
    assert [path for path in links if not ((ROOT / name).parent / path).exists()] == []


def test_agents_names_every_module_of_the_lower_floors() -> None:
    """The floors in AGENTS.md have each module that lies at the top of the package, those for tests apart."""
    modules = {path.name for path in (ROOT / "selfinstruct_chains").glob("*.py")}
    text = _read("AGENTS.md")

    assert [name for name in modules if not name.startswith(("testing", "__init__")) and name not in text] == []


def test_agents_names_every_room() -> None:
    """The floors in AGENTS.md have each folder of the package."""
    rooms = {path.parent.name for path in (ROOT / "selfinstruct_chains").glob("*/__init__.py")}
    text = _read("AGENTS.md")

    assert [room for room in rooms if f"`selfinstruct_chains/{room}/`" not in text] == []


def test_every_shipped_prompt_is_somebody_s() -> None:
    """Each file in prompts/ is named after who is given it; an evaluated model is told the question alone."""
    assert {path.stem for path in (ROOT / "prompts").glob("*.yaml")} == set(PROMPT_VARIABLES) - {"answer"}


@pytest.mark.parametrize("name", ["AGENTS.md", "CONTRIBUTING.md", "Makefile", ".ci/run"])
def test_make_has_the_targets_that_are_named(name: str) -> None:
    """`make X` is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", _read("Makefile"), re.MULTILINE))

    assert set(re.findall(r"(?:^ *|[`\"])make (\w+)", _read(name), re.MULTILINE)) <= targets


@pytest.mark.parametrize("name", ["AGENTS.md", "README.md", "prompts/README.md"])
def test_commands_that_are_named_exist(name: str) -> None:
    """`selfinstruct X` is a command."""
    assert set(re.findall(r"(?<![\w./-])selfinstruct ([a-z][\w-]+)", _read(name))) <= set(COMMANDS)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """`.ci/run` takes the README's line word for word."""
    shown = subprocess.run([ROOT / ".ci/run", "--show"], capture_output=True, text=True, check=True).stdout.strip()

    assert shown == "pip install uv && uv run pytest"
    assert re.search(rf"^ *{re.escape(shown)} +#", _read("README.md"), re.MULTILINE)


def test_what_the_classifiers_promise_is_tested() -> None:
    """CI runs the tests under each Python of the classifiers; the README names the one system."""
    classifiers = PROJECT["project"]["classifiers"]
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))
    *others, last = versions

    assert f"versions=({' '.join(versions)})" in _read("scripts/pythons")
    assert "scripts/pythons --others" in _read(".ci/run")
    assert f"Python {', '.join(others)} and {last} on Linux" in _read("README.md")
    assert [one for one in classifiers if "Operating System" in one] == ["Operating System :: POSIX :: Linux"]


def test_every_dependency_is_pinned() -> None:
    """The pins are exact, and each direct dependency has one, by `make lock`; those of `train` are for pip to find."""
    project = PROJECT["project"]
    extras = [packages for name, packages in project["optional-dependencies"].items() if name != "train"]
    groups = [*PROJECT["dependency-groups"].values(), *extras]
    wanted = [one for group in [project["dependencies"], *groups] for one in group]
    pins = PROJECT["tool"]["uv"]["constraint-dependencies"]
    pinned = {re.split("[<>=!~ ;\\[]", pin)[0] for pin in pins}

    assert [pin for pin in pins if "==" not in pin] == []
    names = {re.split(r"[<>=!~ ;\[]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names - pinned - {"selfinstruct-chains"} == set()


def test_no_file_names_a_package_index() -> None:
    """Where packages come from is the machine's business: no index's address, and no lock file, is committed."""
    index = re.compile(r"py" r"pi\.org/simple|python" r"hosted\.org|extra-index" r"-url|index" r"-url *=")

    assert TRACKED
    assert "uv.lock" not in TRACKED
    assert [
        name
        for name in TRACKED
        if (ROOT / name).is_file() and index.search((ROOT / name).read_bytes().decode("utf-8", "replace"))
    ] == []


def test_the_prompts_readme_has_every_variable() -> None:
    """Each role's variables stand in its row."""
    rows = [line.split("|") for line in _read("prompts/README.md").splitlines() if line.startswith("| `")]

    for role in PROMPT_VARIABLES:
        _, _, texts, example, stop, _ = next(row for row in rows if f"`{role}`" in row[1] and len(row) == 6)
        assert set(re.findall(r"`(\w+)`", texts)) == PROMPT_VARIABLES[role]
        assert set(re.findall(r"`(\w+)`", example)) == EXAMPLE_VARIABLES[role]
        assert set(re.findall(r"`(\w+)`", stop)) == STOP_VARIABLES[role]
