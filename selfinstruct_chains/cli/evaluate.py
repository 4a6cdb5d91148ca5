"""`selfinstruct evaluate`: how good models' answers are, and whether one is better than another."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.durably import durably
from selfinstruct_chains.cli.echo import echo, echo_json, say
from selfinstruct_chains.cli.parameters import ChainName, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.files.predictions import Answer
    from selfinstruct_chains.files.ratings import Rated
    from selfinstruct_chains.run.judges import Judge
    from selfinstruct_chains.training.evaluation.comparing import Evaluation
    from selfinstruct_chains.training.evaluation.examining import Examination
    from selfinstruct_chains.training.evaluation.judging import Judging

_JUDGE = "judge:"  # begins overrides of its chain


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
    type=ChainName(".yaml", ".jsonl"),
    metavar="[NAME=]WHAT",
    help="A shipped chain, a chain file (.yaml) or CHAIN:ROLE, whose model is asked; or a .jsonl of answers: "
    '{"id", "output"} on each line. Repeatable; the others are compared with the first.',
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="[NAME:]KEY=VALUE",
    help="Override a value of the chains, of one model's (tuned:model.kind=chat), or of the judge's (judge:...). "
    "Repeatable.",
)
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Figures, answers and a page go there.  [default, where models are asked: evaluations/<file>-<fingerprint>]",
)
@click.option("--answer-tokens", type=Whole(min=1), help="Tokens an answer may have.  [default: 128]")
@click.option("--prompt", metavar="FILE", help="What models are told, instead of the question alone.")
@click.option("--allow-missing", is_flag=True, help="Leave out what a file of answers lacks, instead of refusing it.")
@click.option(
    "--likelihood",
    is_flag=True,
    help="Also how likely embedded models find the references, and that they end there (extra train).",
)
@click.option(
    "--judge",
    type=ChainName(),
    metavar="CHAIN",
    help="Have the classification model of this chain rate each answer, A to D, and compare each with the first "
    "model's, in both orders.",
)
@click.option(
    "--people",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help='People\'s ratings, to see how the judge agrees with them: {"id", "model", "rating", "by"} on each line.',
)
@options.budgets
@options.as_json
@options.quiet
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
    judge: str | None,
    people: Path | None,
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
    selfinstruct evaluate --model embedded --model tuned/chain.yaml -o compared
    selfinstruct evaluate --model base=embedded --model chat=embedded \\
        --set chat:model.kind=chat
    selfinstruct evaluate --on mine.jsonl --model openai --max-cost 1
    """
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.files.extras import check_installed
    from selfinstruct_chains.training.evaluation.comparing import evaluation
    from selfinstruct_chains.training.evaluation.examining import examination
    from selfinstruct_chains.training.evaluation.folder import check_folder, write
    from selfinstruct_chains.training.evaluation.judging_text import judging_text
    from selfinstruct_chains.training.evaluation.likelihoods import likelihoods
    from selfinstruct_chains.training.evaluation.table import evaluation_text
    from selfinstruct_chains.training.evaluation.wire import as_json as figures

    source = file or shipped.HELDOUT
    of_models, of_judge = _settings(settings)
    found = examination(source, models, of_models, tokens=answer_tokens, prompt=prompt)
    _refuse_in_vain(found, judge=judge, of_judge=of_judge)
    if likelihood:
        check_installed("torch", "train")
    judging = _judge(found, judge, of_judge, people, given) if judge else None
    answers = found.predictions(allow_missing=allow_missing)
    folder = out or (found.default_folder(source.name) if found.asked or judge else None)
    if folder:
        check_folder(folder)
        answers |= _asked(found, folder, given) if found.asked else {}
    known = likelihoods(found, folder, partial(say, err=True)) if likelihood and folder else None
    result = evaluation(found.items, {one.name: answers[one.name] for one in found.models}, likelihoods=known)
    judged = _judged(result, folder, *judging, given) if judging and folder else None
    written = write(result, folder, source.name, judged) if folder else None
    if as_json:
        echo_json(figures(result, judged), indent=2)
    else:
        echo(evaluation_text(result, source.name))
        if judged:
            echo(f"\n{judging_text(judged)}")
    if written:
        say(f"\nThe answers side by side: {written.page}", err=as_json)


def _settings(given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The overrides of the models, and those of the judge's chain, without its name."""
    of_judge = tuple(one.removeprefix(_JUDGE) for one in given if one.startswith(_JUDGE))
    return tuple(one for one in given if not one.startswith(_JUDGE)), of_judge


def _refuse_in_vain(found: Examination, *, judge: str | None, of_judge: tuple[str, ...]) -> None:
    if not found.asked:
        options.refuse("is about models that are asked, and all of these are given answers", "likelihood")
    if not judge:
        options.refuse("is about the ratings of a judge, which --judge names", "people")
        if of_judge:
            raise click.UsageError("--set judge:... would change nothing: there is no --judge.")


def _asked(found: Examination, folder: Path, given: Mapping[str, Any]) -> dict[str, Mapping[str, Answer]]:
    """The answers of the models that are asked."""
    from selfinstruct_chains.run.several import Several

    for one in found.asked:
        trust.tell(one.source, one.settings, one.chain, trust=given["trust"], say=_note, once=True)
    budgets = options.limits(given)
    monitor = Several(len(found.asked) * len(found.items))
    monitor.notes += found.check(budgets)
    return durably(found.ask(folder, monitor, budgets), monitor, folder, "answers")


def _judge(
    found: Examination, chain: str, settings: tuple[str, ...], people: Path | None, given: Mapping[str, Any]
) -> tuple[Judge, list[Rated]]:
    """Who judges, and people's ratings: looked at before anything is asked of the models."""
    from selfinstruct_chains.files.ratings import read_ratings
    from selfinstruct_chains.run.judges import Judge

    names = [one.name for one in found.models]
    ratings = read_ratings(people, {item.id for item in found.items}, names) if people else []
    config = options.load(chain, settings)
    trust.tell(chain, settings, config, trust=given["trust"], say=_note, once=True)
    return Judge(config), ratings


def _judged(result: Evaluation, folder: Path, judge: Judge, people: list[Rated], given: Mapping[str, Any]) -> Judging:
    """What the judge says of all answers."""
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.training.evaluation.folder import JUDGE
    from selfinstruct_chains.training.evaluation.judging import judged

    monitor, budgets = Monitor(), options.limits(given)
    at = folder / JUDGE
    work = judged(judge, result.items, result.answers, folder=at, monitor=monitor, budgets=budgets, people=people)
    return durably(work, monitor, folder, "verdicts")


def _note(text: str) -> None:
    echo(text, err=True)
