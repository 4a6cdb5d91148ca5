"""The wheel and the sdist: built offline, installed in an environment of its own, and used from an empty folder."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from selfinstruct_chains.files import shipped

ROOT = Path(__file__).parents[1]
DATA = ("chains", "prompts", "seeds")
Run = Callable[..., str]


def _wheel(root: Path, folder: Path) -> Path:
    return Path(next(WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return _wheel(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of a fresh environment that has the wheel alone, and this one's packages behind it."""
    folder = tmp_path_factory.mktemp("fresh")
    environment, empty = folder / "environment", folder / "empty"
    empty.mkdir()
    uv, offline = os.environ.get("UV", "uv"), ["--offline", "--no-config", "--quiet"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}

    def run(program: str, *arguments: str, env: Mapping[str, str] = plain) -> str:
        command = [str(environment / "bin" / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=empty, env=dict(env), check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    subprocess.run([uv, "venv", *offline, "--python", sys.executable, str(environment)], check=True, env=plain)
    python = str(environment / "bin/python")
    install = [uv, "pip", "install", *offline, "--no-index", "--no-deps", "--python", python, str(wheel)]
    subprocess.run(install, check=True, env=plain)
    site = run("python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip()
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return run


def _files(folder: Path) -> set[str]:
    """The files below a folder of the checkout, caches apart."""
    files = (path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in files if "__pycache__" not in name}


def test_the_wheel_has_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    """Modules, the py.typed mark and the three data folders; no tests, no caches, no second top-level folder."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = {name.partition(".dist-info/")[2] for name in archive.namelist() if ".dist-info/" in name}

    package = _files(ROOT / "selfinstruct_chains")
    data = {f"selfinstruct_chains/data/{name}" for folder in DATA for name in _files(ROOT / folder)}
    assert names == package | data
    assert "selfinstruct_chains/py.typed" in package
    assert {"METADATA", "RECORD", "entry_points.txt", "licenses/LICENSE"} <= metadata


def test_the_wheel_names_what_it_needs(wheel: Path) -> None:
    """Its metadata has lower bounds, and neither pins nor what only the development needs."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("METADATA")]
        metadata = archive.read(name).decode()
    needed = [
        line.removeprefix("Requires-Dist: ") for line in metadata.splitlines() if line.startswith("Requires-Dist")
    ]

    assert "Requires-Python: >=3.11" in metadata
    assert any(line.startswith("langchain-core>=") for line in needed)
    assert [line for line in needed if "==" in line.partition(";")[0] or "pytest" in line] == []


def test_a_wheel_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    """The sdist has all that the wheel is built from, and the tests."""
    sdist = Path(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4 on
        archive.extractall(tmp_path / "unpacked")  # noqa: S202 - made a line above
    [source] = (tmp_path / "unpacked").iterdir()

    with zipfile.ZipFile(_wheel(source, tmp_path)) as second, zipfile.ZipFile(wheel) as first:
        assert second.namelist() == first.namelist()
    assert (source / "tests/test_packaging.py").is_file()
    assert not list(source.rglob("__pycache__"))


def test_the_installed_package_is_used_from_its_own_place(installed: Run) -> None:
    """Package and data come from the environment, not from the checkout."""
    code = (
        "from selfinstruct_chains.files import shipped as r; print(r.__file__, r.CHAINS, r.PROMPTS, r.SEEDS, sep='\\n')"
    )
    places = installed("python", "-c", code).splitlines()

    assert len(places) == 4
    assert all("/environment/lib/" in place and str(ROOT) not in place for place in places)


@pytest.mark.slow
def test_the_installed_commands_work(installed: Run) -> None:
    """`--version`, `chains`, `show` and `check` answer, and `check` finds the weights that pip installed."""
    assert installed("selfinstruct", "--version").startswith("selfinstruct, version ")
    listed = installed("selfinstruct", "chains")
    assert all(f"{name} " in listed for name in shipped.names(shipped.CHAINS))
    assert "Class label:" in installed("selfinstruct", "show", "output_first", "--chain", "paper")
    checked = installed("selfinstruct", "check")
    assert "seeds: 175 tasks" in checked
    assert "models: ok" in checked


@pytest.mark.slow
def test_the_installed_command_makes_a_dataset(installed: Run) -> None:
    """`generate -n 1` with the embedded model writes one finished task below the folder it was started in."""
    said = installed("selfinstruct", "generate", "-n", "1", "-o", "run")
    tasks = installed("python", "-c", "import pathlib; print(pathlib.Path('run/tasks.jsonl').read_text())").split("\n")

    assert "1 finished of 1" in said
    assert [line[:14] for line in tasks if line] == ['{"id": "000000']
