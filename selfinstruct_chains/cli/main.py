"""The command group. Commands are imported when they are called, so that `--help` answers at once."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import version
from io import StringIO
from typing import TYPE_CHECKING, NoReturn

import click

from selfinstruct_chains.cli.echo import echo, overheard
from selfinstruct_chains.errors import ConfigError, SelfInstructError, did_you_mean
from selfinstruct_chains.files.writing import FULL, StandardOutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

_UNWRITTEN = {*FULL, errno.EIO}

COMMANDS = {
    "init": "Write a folder to begin with: chain, prompts, seeds.",
    "generate": "Grow a dataset of N new tasks from seed tasks.",
    "status": "Show how a run is going, or went.",
    "runs": "List the runs, and how each stands.",
    "log": "Show what a run's model was asked, and replied.",
    "estimate": "Say what N tasks will take: calls, tokens, dollars, minutes.",
    "repair": "Mend a damaged run folder, keeping all that is good.",
    "refilter": "Filter a run anew with other filters, without a call.",
    "regenerate": "Have another model write a run's outputs anew.",
    "check": "Check a chain and its seeds before paying for anything.",
    "preview": "Try one request: what comes, what the filters say.",
    "seeds": "Make seed tasks of a file of any shape.",
    "chains": "List the chains that are shipped.",
    "prompts": "List the prompt files, or print one.",
    "show": "Print the exact prompt of a role.",
    "graph": "Draw the chain.",
    "compare": "Hold runs against one another, with intervals.",
    "report": "Write a page of figures and tasks to look through.",
    "review": "Review a sample by hand or by a model.",
    "dedup": "Drop near-duplicates from any JSONL by exact ROUGE-L.",
    "export": "Write a run as a dataset to train on.",
    "finetune": "Fine-tune a model on a run or an export.",
    "experiment": "Generate, fine-tune on growing parts, and see what it did.",
    "evaluate": "Score models' answers, and compare them honestly.",
    "stats": "Count what is in a run, beside the paper's figures.",
}
"""Each command's name and one-line help. It lives in `cli/<name>.py` as `command`, with dashes as underscores."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"selfinstruct_chains.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        _name_variables(cmd_name, command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {word!r}{did_you_mean(word, COMMANDS)}.", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=said) for name, said in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _name_variables(name: str, command: click.Command) -> None:
    """Options are read from the environment by the name that one types: click goes by that of the parameter alone."""
    for option in command.params:
        typed = max(option.opts, key=len).lstrip("-").replace("-", "_")
        if isinstance(option, click.Option) and not option.envvar and typed != option.name:
            option.envvar = f"SELFINSTRUCT_{name}_{typed}".upper()


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SELFINSTRUCT"}
)
@click.version_option(version("selfinstruct-chains"), prog_name="selfinstruct")
def cli() -> None:
    """Grow an instruction-tuning dataset from a few seed tasks and any language model.

    \b
    selfinstruct generate -n 20           a first dataset, by the embedded model
    selfinstruct generate -n 500 --chain openai
    selfinstruct COMMAND --help           the options of a command, and examples
    """


@contextmanager
def _system() -> Iterator[None]:
    """What the system refuses about a file is the user's to mend, and so is a disk or standard output that is full.

    Standard output that nobody reads any more ends the command in silence.
    """
    try:
        yield
    except StandardOutputError as error:
        with suppress(OSError):  # so that Python does not try once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            raise SystemExit(141) from None  # as a shell has it: 128 + SIGPIPE
        raise ConfigError(f"standard output can't be written: {error.strerror}") from None
    except OSError as error:
        if error.filename:
            raise ConfigError(f"{error.filename}: {error.strerror or error}") from None
        if error.errno not in _UNWRITTEN:
            raise
        raise ConfigError(f"a file can't be written: {error.strerror}; make room, also for temporary files") from None


def _note(text: str) -> None:
    echo(f"note: {text}", err=True)


def main() -> NoReturn:
    """Run the command line; errors of the user's side are one line and an exit code, bugs keep their traceback."""
    try:
        with _system(), overheard(_note):
            cli(prog_name="selfinstruct", standalone_mode=False)
    except click.exceptions.Abort:
        echo("Stopped.", err=True)
        raise SystemExit(130) from None
    except click.ClickException as error:
        echo(_shown(error), err=True, nl=False)
        raise SystemExit(error.exit_code) from None
    except SelfInstructError as error:
        echo(f"Error: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except Exception:  # noqa: BLE001 - a bug of ours
        echo(traceback.format_exc(), err=True, nl=False)
        raise SystemExit(1) from None
    raise SystemExit(0)


def _shown(error: click.ClickException) -> str:
    """What click says of a wrong option, with the usage."""
    out = StringIO()
    error.show(file=out)
    return out.getvalue()
