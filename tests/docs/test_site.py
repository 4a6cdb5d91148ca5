"""The site is whole: it builds without a warning, and everything that a user meets has an entry."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import click
import pytest

import selfinstruct_chains
from selfinstruct_chains.cli.main import COMMANDS, cli
from selfinstruct_chains.config.base import Closed
from selfinstruct_chains.errors import SelfInstructError
from selfinstruct_chains.tasks import Rule
from tests.docs.pages import DOCS, PAGES, code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.docs
LONGEST_PAGE = 200
WIDEST_CODE = 80


@pytest.fixture(scope="session")
def entries(site: Path) -> dict[str, set[str]]:
    """The names that pages can be linked to by, for each kind of entry."""
    from sphinx.util.inventory import InventoryFile

    found = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    return {kind: set(names) for kind, names in found.items()}


def test_every_public_name_has_an_entry(entries: dict[str, set[str]]) -> None:
    """Each name of the package is described, under the name by which it is imported."""
    named = set().union(*(names for kind, names in entries.items() if kind.startswith("py:")))

    assert {f"selfinstruct_chains.{name}" for name in selfinstruct_chains.__all__} <= named


def test_every_command_and_option_has_an_entry(entries: dict[str, set[str]]) -> None:
    """Each command is described, with each of its options."""
    options = {
        f"selfinstruct-{name}.{option}"
        for name in COMMANDS
        for parameter in getattr(cli.get_command(click.Context(cli), name), "params", ())
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }

    assert set(COMMANDS) == entries["std:command"]
    assert options <= entries["std:cmdoption"]


def test_every_rule_has_an_entry(entries: dict[str, set[str]]) -> None:
    """The rules that are described are those that there are."""
    assert entries["std:rule"] == set(get_args(Rule))


def test_every_key_has_an_entry(entries: dict[str, set[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field of each section of chain and prompt files is described in one place, and says what it is for."""
    monkeypatch.syspath_prepend(DOCS)
    from ext.keys import chain_sections, prompt_sections

    sections = [*chain_sections(), *prompt_sections()]
    keys = {key.path for section in sections for key in section.keys}
    described = [{key.path.rpartition(".")[2] for key in section.keys} for section in sections]

    assert keys == entries["std:confval"]
    assert [key.path for section in sections for key in section.keys if not key.says] == []
    assert [cls for cls in _sections(Closed) if set(cls.model_fields) not in described] == []


def _sections(cls: type[Closed]) -> set[type[Closed]]:
    """What is in a chain or prompt file, bases apart; the words of languages are files of our own."""
    below = {
        each for each in cls.__subclasses__() if each.__module__.rpartition(".")[2] not in {"languages", "phrases"}
    }
    return {each for each in below if not each.__subclasses__()}.union(*map(_sections, below))


def test_every_exit_code_is_told() -> None:
    """Each code that an error ends a command with stands on the page of exit codes."""
    told = set(
        re.findall(r"^\| (\d+) \|", (DOCS / "reference/exit-codes.md").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert {str(error.exit_code) for error in _errors(SelfInstructError)} <= told


def _errors(cls: type[SelfInstructError]) -> set[type[SelfInstructError]]:
    return {cls}.union(*map(_errors, cls.__subclasses__()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_pages_are_short_and_code_is_narrow(page: Path) -> None:
    """No page has over 200 lines of source, no line of code over 80 columns."""
    wide = [line for text in code(page) for line in text.splitlines() if len(line) > WIDEST_CODE]

    assert len(page.read_text(encoding="utf-8").splitlines()) <= LONGEST_PAGE
    assert not wide


def test_pages_ask_nobody(site: Path) -> None:
    """No page loads anything from elsewhere: it is read offline."""
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"""<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=["']((?:https?:)?//[^"']+)""", page.read_text()
        )
        assert not loaded, (page, loaded)


def test_the_tables_of_keys_in_the_folders_are_the_same() -> None:
    """chains/README.md and prompts/README.md have the keys as the site does."""
    check = [sys.executable, "-m", "ext.tables", "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False, cwd=DOCS)

    assert done.returncode == 0, done.stdout + done.stderr
