"""What every command says of itself."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import click
import pytest

from selfinstruct_chains.cli.main import COMMANDS, cli


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_sentence_and_examples(selfinstruct: Callable[..., Any], command: str) -> None:
    """Help begins with a sentence, shows the command in use as it is typed, and fits 80 columns."""
    said = selfinstruct(command, "--help")
    lines = said.out.splitlines()
    examples = [line for line in lines if line.startswith("  selfinstruct ") or "| selfinstruct " in line]

    assert (said.code, said.err) == (0, "")
    assert len(examples) >= 2
    assert all(line.count("selfinstruct ") == 1 for line in examples), "an example stands on a line of its own"
    assert all(f"selfinstruct {command}" in line for line in examples)
    assert [line for line in lines if len(line) > 80 or "\b" in line or "\\b" in line] == []
    assert lines[2].startswith("  ")
    assert lines[2][2].isupper()


@pytest.mark.usefixtures("narrow")
def test_the_group_lists_every_command(selfinstruct: Callable[..., Any]) -> None:
    """`--help` and `-h` name each command with one line, in the order of work."""
    said = selfinstruct("--help")
    listed = said.out.partition("Commands:\n")[2].splitlines()

    assert (said.code, said.err) == (0, "")
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert max(map(len, said.out.splitlines())) <= 80
    assert selfinstruct("-h").out == said.out


def test_no_command_at_all_shows_the_help(selfinstruct: Callable[..., Any]) -> None:
    """Without a command there is the help, and exit code 2 for scripts."""
    said = selfinstruct()

    assert said.code == 2
    assert "Commands:" in said.out + said.err


def test_the_version(selfinstruct: Callable[..., Any]) -> None:
    """`--version` is the distribution's."""
    assert selfinstruct("--version").out == f"selfinstruct, version {version('selfinstruct-chains')}\n"


def test_an_unknown_command(selfinstruct: Callable[..., Any]) -> None:
    """A mistyped command is named with the nearest one, if one is near, and exit code 2."""
    said, far = selfinstruct("generat"), selfinstruct("xyzzy")

    assert (said.code, far.code) == (2, 2)
    assert "Error: No such command 'generat' (did you mean 'generate'?).\n" in said.err
    assert "Error: No such command 'xyzzy'.\n" in far.err


def test_every_option_can_come_from_the_environment(
    selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SELFINSTRUCT_<COMMAND>_<OPTION> stands for the option."""
    monkeypatch.setenv("SELFINSTRUCT_GRAPH_CHAIN", "opnai")

    assert "no chain 'opnai' is shipped" in selfinstruct("graph").err


def test_variables_are_called_as_options_are_typed(
    selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every option of every command, also where the program calls its value otherwise."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        for option in (each for each in getattr(command, "params", ()) if isinstance(each, click.Option)):
            typed = f"SELFINSTRUCT_{name}_{max(option.opts, key=len).lstrip('-').replace('-', '_')}".upper()
            assert typed in {option.envvar, f"SELFINSTRUCT_{name}_{option.name}".upper()}
    monkeypatch.setenv("SELFINSTRUCT_CHECK_SET", "run.sed=7 run.patience=60")
    assert "run.sed" in selfinstruct("check", "openai").err
    monkeypatch.setenv("SELFINSTRUCT_RUNS_JSON", "1")
    assert selfinstruct("runs").out == "[]\n"
