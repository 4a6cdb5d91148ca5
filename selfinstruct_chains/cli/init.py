"""`selfinstruct init`: a folder to begin with."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import answer, echo, is_somebody_there
from selfinstruct_chains.cli.parameters import ChainName
from selfinstruct_chains.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.config import ChainConfig

_BUDGETS = ("max_calls", "max_tokens", "max_cost", "max_minutes")
_OF_OTHERS = "openai"  # the chain that another provider's name is put into
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_FILE)
@click.option("--domain", metavar="TEXT", help="What the tasks are about: who asks, for what, about what.")
@click.option("--language", metavar="TAG", help="Of the tasks: de, or several with shares: '{de: 0.5, en: 0.5}'.")
@click.option("--topics", metavar="N|FILE", help="Have the model write N topics first, or take those of a file.")
@click.option("--chain", type=ChainName(), metavar="NAME", help="The shipped chain to begin with.  [default: embedded]")
@options.settings
@click.option("--seeds", type=_FILE, metavar="FILE", help="Examples, of any shape that `selfinstruct seeds` reads.")
@click.option("--fill", is_flag=True, help="Have the chain's steps fill in what the examples lack.")
@options.budgets
@click.option("--no-input", is_flag=True, help="Ask nothing, also on a terminal.")
def command(folder: Path, *, settings: tuple[str, ...], fill: bool, no_input: bool, **given: Any) -> None:
    """Write a folder to begin with: a chain file, its prompts to change, and seed tasks made of your examples.

    On a terminal it asks for what no option says. Without examples the seed tasks are shipped ones, to be replaced.

    \b
    selfinstruct init bank
    selfinstruct init bank --chain openai --seeds examples.csv \\
      --domain "A bank's support chat" --language '{de: 0.5, en: 0.5}'
    """
    from selfinstruct_chains.files import project
    from selfinstruct_chains.files.chain import is_file, load_config, parse_overrides

    if not fill:
        options.refuse("is about --fill, without which nothing is asked", *_BUDGETS)
    project.refuse_strangers(folder)
    overrides = parse_overrides(settings)
    if not no_input and is_somebody_there():
        _ask(given, overrides)
    chain, top = given["chain"] or "embedded", _top(given)
    config = load_config(chain, {**overrides, **top})
    if is_file(chain):
        raise ConfigError(f"--chain {chain}: a shipped chain is expected; one of your own is a beginning already")
    if "language" in top:
        top["language"] = config.language  # in its usual writing
    text, lines = _seeds(folder, config, given, fill=fill)
    made = project.project(chain, folder.resolve().name, overrides, top, text)
    for path in made.place(folder):
        echo(path)
    for line in [*lines, *_next(folder)]:
        echo(line)


def _ask(given: dict[str, Any], overrides: dict[str, Any]) -> None:
    """Ask whoever sits at the terminal for what no option says."""
    if given["domain"] is None:
        given["domain"] = answer("What are the tasks about, in a sentence? (Enter: anything)") or None
    if given["language"] is None:
        question = "Which language are they in, as de or pt-BR? (Enter: that of the examples)"
        given["language"] = answer(question, _language) or None
    if given["chain"] is None and "model.provider" not in overrides:
        _ask_model(given, overrides)
    if given["seeds"] is None:
        found = answer("A file with some examples? (Enter: begin with shipped ones)", _existing)
        given["seeds"] = Path(found) if found else None


def _ask_model(given: dict[str, Any], overrides: dict[str, Any]) -> None:
    from selfinstruct_chains.files import shipped

    known = [name for name in shipped.names(shipped.CHAINS) if name not in {"mixed", "paper"}]
    found = answer(f"Which model: {', '.join(known)}, or another provider? (Enter: embedded)", _provider)
    if not found or found in shipped.names(shipped.CHAINS):
        given["chain"] = found or None
        return
    given["chain"] = _OF_OTHERS
    overrides |= {"model.provider": found, "model.name": answer(f"The name of {found}'s model?", _not_empty)}


def _language(text: str) -> str:
    from selfinstruct_chains.files.chain import load_config

    if text:
        load_config("embedded", _top({"language": text}))
    return text


def _provider(text: str) -> str:
    from selfinstruct_chains.config.provider_names import canonical
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.models.native import known_providers

    known = [*shipped.names(shipped.CHAINS), *known_providers()]
    if text and canonical(text) not in known and text not in known:
        raise ConfigError(f"no chain and no provider {text!r}{did_you_mean(text, known)}")
    return text


def _existing(text: str) -> str:
    if text and not Path(text).is_file():
        raise ConfigError(f"{text}: no such file")
    return text


def _not_empty(text: str) -> str:
    if not text:
        raise ConfigError("a name is needed, as the provider has it")
    return text


def _top(given: dict[str, Any]) -> dict[str, Any]:
    """The keys at the top of the chain file."""
    from selfinstruct_chains.files.chain import parse_overrides
    from selfinstruct_chains.files.topics import load_topics

    top = {"domain": given.get("domain")}
    if language := given.get("language"):
        top |= parse_overrides([f"language={language}"])
    if topics := given.get("topics"):
        named = {"ask": int(topics)} if topics.isdecimal() else topics
        top["topics"] = load_topics(named, beside=Path(), typed=True, at="--topics")
    return {key: value for key, value in top.items() if value is not None}


def _seeds(folder: Path, config: ChainConfig, given: dict[str, Any], *, fill: bool) -> tuple[str, list[str]]:
    """The text of the seed tasks' file, and what there is to say of it."""
    from selfinstruct_chains.cli.drafts import filled, report
    from selfinstruct_chains.files import project
    from selfinstruct_chains.files.seeds import read_drafts, template

    out = folder / project.SEEDS
    if not given["seeds"]:
        tasks, tag = template(config.language)
        return _lines(tasks), [f"{out}: {len(tasks)} shipped seed tasks ({tag}), to be replaced by your own"]
    drafts = read_drafts(given["seeds"], lenient=True)
    tasks, unfilled = drafts.tasks, Counter[str]()
    if fill and any(draft.lacks for draft in tasks):
        tasks, unfilled = filled(drafts, config, out, options.limits(given))
    return _lines(tasks), list(report(given["seeds"], out, drafts, tasks, unfilled, str(folder / project.CHAIN)))


def _lines(tasks: Any) -> str:
    return "".join(f"{task.line()}\n" for task in tasks)


def _next(folder: Path) -> Iterator[str]:
    """The next three commands."""
    from selfinstruct_chains.files import project

    chain = shlex.quote(str(folder / project.CHAIN))
    yield "\nNext:"
    yield f"  selfinstruct check {chain}"
    yield f"  selfinstruct preview --chain {chain}"
    yield f"  selfinstruct generate -n 200 --chain {chain}"
