"""`selfinstruct evaluate`: how good models' answers are, and whether one is better than another."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, echo_json
from selfinstruct_chains.errors import SelfInstructError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.files.predictions import Answer
    from selfinstruct_chains.training.evaluation.examining import Examination


@click.command()
@click.option(
    "--on",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Questions with reference answers: tasks, alpaca, messages, Super-NaturalInstructions (also a folder).  "
    "[default: the 252 held-out tasks that are shipped]",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    metavar="[NAME=]WHAT",
    help="A shipped chain, a chain file (.yaml) or CHAIN:ROLE, whose model is asked; or a .jsonl of answers: "
    '{"id", "output"} on each line. Repeatable; the others are compared with the first.',
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="[NAME:]KEY=VALUE",
    help="Override a value of the chains, or of one model's: tuned:model.kind=chat. Repeatable.",
)
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Figures, answers and a page go there.  [default, where models are asked: evaluations/<file>-<fingerprint>]",
)
@click.option("--answer-tokens", type=click.IntRange(min=1), help="Tokens an answer may have.  [default: 128]")
@click.option("--prompt", metavar="FILE", help="What models are told, instead of the question alone.")
@click.option("--allow-missing", is_flag=True, help="Leave out what a file of answers lacks, instead of refusing it.")
@click.option(
    "--likelihood",
    is_flag=True,
    help="Also how likely embedded models find the references, and that they end there (extra train).",
)
@options.budgets
@click.option("--json", "as_json", is_flag=True, help="All figures as one JSON object, for programs.")
@trust.option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    file: Path | None,
    models: tuple[str, ...],
    settings: tuple[str, ...],
    out: Path | None,
    answer_tokens: int | None,
    prompt: str | None,
    allow_missing: bool,  # noqa: FBT001
    likelihood: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    **given: Any,
) -> None:
    """Score models' answers to the items of a file, beside two controls, and compare them item by item.

    Models are asked one after another, without sampling; a chat model gets the question alone, a completion model
    "Instruction: ... Input: ... Output:". The same command goes on where it was stopped or killed.

    ROUGE-L is rouge-score's, of the whole answer and of its first paragraph; exact match is that of labels. A
    difference comes with its 95% interval. "can't tell below 5.0" says: a true difference of 5.0 would have shown in
    four of five evaluations with so many items, a smaller one need not.

    \b
    selfinstruct evaluate --model base.jsonl --model tuned.jsonl
    selfinstruct evaluate --model embedded --model tuned/chain.yaml -o before-after
    selfinstruct evaluate --model base=embedded --model chat=embedded \\
        --set chat:model.kind=chat
    selfinstruct evaluate --on mine.jsonl --model openai --max-cost 1
    """
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.training.evaluation.comparing import evaluation
    from selfinstruct_chains.training.evaluation.examining import examination
    from selfinstruct_chains.training.evaluation.folder import check_folder, write
    from selfinstruct_chains.training.evaluation.likelihoods import likelihoods
    from selfinstruct_chains.training.evaluation.table import evaluation_text
    from selfinstruct_chains.training.evaluation.wire import as_json as figures

    source = file or shipped.HELDOUT
    found = examination(source, models, settings, tokens=answer_tokens, prompt=prompt)
    answers = found.predictions(allow_missing=allow_missing)
    folder = out or (found.default_folder(source.name) if found.asked else None)
    if likelihood and not found.asked:
        options.refuse("is about models that are asked, and all of these are given answers", "likelihood")
    if folder:
        check_folder(folder)
    if found.asked and folder:
        answers |= _asked(found, folder, given)
    known = likelihoods(found, folder, _note) if likelihood and folder else None
    result = evaluation(found.items, {one.name: answers[one.name] for one in found.models}, likelihoods=known)
    written = write(result, folder, source.name) if folder else None
    if as_json:
        echo_json(figures(result), indent=2)
    else:
        echo(evaluation_text(result, source.name))
    if written:
        echo(f"\nThe answers side by side: {written.page}", err=as_json)


def _asked(found: Examination, folder: Path, given: Mapping[str, Any]) -> dict[str, Mapping[str, Answer]]:
    """The answers of the models that are asked; ends the command with a word on how to go on if that was stopped."""
    from selfinstruct_chains.cli.progress import LiveDisplay
    from selfinstruct_chains.cli.signals import handlers_put_back, interruptible
    from selfinstruct_chains.cli.summary import how_to_go_on
    from selfinstruct_chains.run.several import Several

    for one in found.asked:
        trust.tell(one.source, one.settings, one.chain, trust=given["trust"], say=_note, once=True)
    budgets = options.limits(given)
    monitor = Several(len(found.asked) * len(found.items))
    monitor.notes += found.check(budgets)
    try:
        with handlers_put_back(), LiveDisplay(monitor, folder, as_json=False, items="answers"):
            return asyncio.run(interruptible(found.ask(folder, monitor, budgets), monitor))
    except SelfInstructError as stopped:
        if not monitor.wanted or stopped.exit_code == 2:  # noqa: PLR2004 - the user's to mend
            raise
        echo(how_to_go_on(monitor, stopped, f"{monitor.finished} of {monitor.wanted} answers are in {folder}"))
        raise SystemExit(stopped.exit_code) from None


def _note(text: str) -> None:
    echo(text, err=True)
