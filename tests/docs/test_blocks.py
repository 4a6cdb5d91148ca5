"""What a page tells its reader to type works, from its top to its bottom."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from selfinstruct_chains.cli.main import COMMANDS, cli
from selfinstruct_chains.testing.server import ScriptedServer
from tests.docs.forking import Forking
from tests.docs.pages import DOCS, PAGES, blocks, commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docs.pages import Block

pytestmark = pytest.mark.docs
ROOT = DOCS.parent
REASONS = re.compile(r"install|minutes|hour|cluster|GPU|key|server|browser|the Hub|machine|weights")
"""Why a block can't be run here."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the shipped seeds, to work in."""
    shutil.copytree(ROOT / "seeds", tmp_path / "work/seeds")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server in the place of OpenAI's, which commands that name no chain ask too."""
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        for name in COMMANDS:
            monkeypatch.setenv(f"SELFINSTRUCT_{name.upper()}_CHAIN", "openai")
        yield


def with_blocks() -> list[Any]:
    """The pages that have something to run."""
    return [pytest.param(page, id=str(page.relative_to(DOCS))) for page in PAGES if any(blocks(page))]


@pytest.mark.usefixtures("openai")
@pytest.mark.parametrize("page", with_blocks())
def test_a_page_works(page: Path, folder: Path, forking: Path) -> None:
    """Each block of a page ends with 0, one after the other in a folder with what they name."""
    scope: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if not block.not_run:
            _run(block, folder, scope, forking)


@pytest.fixture(scope="session")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a quick `selfinstruct`."""
    with Forking(tmp_path_factory.mktemp("bin")) as forking:
        yield forking.folder


def _run(block: Block, folder: Path, scope: dict[str, Any], *first: Path) -> None:
    if block.file:
        (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "python":
        exec(block.text.replace('"embedded"', '"openai"'), scope)  # noqa: S102 - our own page
    else:
        text = re.sub(r"(\s-n) \d+", r"\1 3", block.text)
        path = os.pathsep.join([*map(str, first), str(Path(sys.executable).parent), os.environ["PATH"]])
        command = ["bash", "-euo", "pipefail", "-c", text]
        env = os.environ | {"PATH": path, "COLUMNS": "80"}
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0, (block.text, done.stdout, done.stderr)


@pytest.mark.parametrize("page", with_blocks())
def test_what_is_not_run_could_be_typed(page: Path) -> None:
    """A block that is not run says why, by a reason that is known, and its commands and options exist."""
    for block in blocks(page):
        if block.not_run:
            assert REASONS.search(block.not_run)
            for name, *words in commands(block.text):
                _check_options(name, words)


def _check_options(name: str, words: list[str]) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command, name
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        assert not re.match(r"--?[a-z]", word) or word.partition("=")[0] in known | {"--help"}, (name, word)
