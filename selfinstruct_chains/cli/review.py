"""`selfinstruct review`: the paper's quality review, by a person or by a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo
from selfinstruct_chains.cli.parameters import ChainName, Whole

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.review.answers import Rates
    from selfinstruct_chains.outputs.review.verdicts import TableTwo


@click.command()
@options.run
@click.option(
    "--sample",
    type=Whole(min=1),
    default=200,
    show_default=True,
    help="Tasks to review, or items whose answers are rated, drawn at random: the same at each call.",
)
@click.option("--port", type=Whole(0, 65535), default=0, help="Of the local page.  [default: any free one]")
@click.option("--open", "browse", is_flag=True, help="Open the page in a browser.")
@click.option("--by", metavar="NAME", help="Who rates answers, where several people do.")
@click.option(
    "--judge", type=ChainName(), metavar="CHAIN", help="Have the model of this chain answer instead of a person."
)
@click.option("--prompt", metavar="FILE", help="What the judge is told, instead of prompts/judge.yaml.")
@options.settings
@trust.option
def command(  # noqa: PLR0913 - one for each option
    run: Path,
    sample: int,
    port: int,
    *,
    browse: bool,
    by: str | None,
    judge: str | None,
    prompt: str | None,
    settings: tuple[str, ...],
    **given: bool,
) -> None:
    """Review a random sample of RUN by the paper's three questions: is the task valid, its input, its output?

    A page on this machine shows one task after another; y and n answer. Verdicts go into RUN/review.jsonl as they are
    given, so that a review can be stopped (Ctrl-C) and taken up again, and into the report. With --judge a model
    answers: the chain's classification model.

    RUN can be the folder of an evaluation too: then each answer is rated by itself, a to d, without its model's name,
    and RUN/ratings.jsonl is what evaluate --people reads.

    \b
    selfinstruct review my-run
    selfinstruct review my-run --sample 50 --open
    selfinstruct review my-run --judge openai --sample 500
    selfinstruct review my-run --judge openai --prompt mine.yaml
    selfinstruct review compared --by me
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.outputs.review import sitting
    from selfinstruct_chains.training.evaluation.folder import is_evaluation

    if is_evaluation(run):
        options.refuse("is about the tasks of a run; evaluate --judge has answers rated", "judge", "prompt", "settings")
        rates = sitting.rate(run, sample, by=by or "", port=port, browse=browse, say=echo)
        echo(_rated(rates, run))
        return
    options.refuse("is about the answers of an evaluation, and this is a run", "by")
    if judge:
        options.refuse("is about the page, and --judge needs none", "port", "browse")
    else:
        options.refuse("is about the model that --judge names", "settings", "prompt")
    config = options.load(judge, settings) if judge else None
    if config and judge:
        trust.tell(judge, settings, config, **given, say=echo)
        with Bar() as bar:
            outcome = sitting.judge(run, sample, config, say=echo, prompt=prompt or "judge", on_progress=bar)
    else:
        outcome = sitting.review(run, sample, port=port, browse=browse, say=echo)
    echo(_summary(outcome, run))


def _summary(found: TableTwo, run: Path) -> str:
    if not found.reviewed:
        return f"Nothing reviewed yet. To go on: selfinstruct review {run}"
    yes = ", ".join(f"{question.replace('_', ' ')} {share:.0%}" for question, share in found.yes.items())
    return f"{found.reviewed} reviewed: {yes}.\nFor the page with all figures: selfinstruct report {run}"


def _rated(found: Rates, folder: Path) -> str:
    if not found.by_model:
        return f"{found.given} of {found.answers} answers rated. To go on: selfinstruct review {folder}"
    lines = [
        f"{model}: {', '.join(f'{count} {level}' for level, count in counts.items())}"
        for model, counts in found.by_model.items()
    ]
    return "\n".join(
        [*lines, f"Beside a judge: selfinstruct evaluate ... --judge CHAIN --people {folder}/ratings.jsonl"]
    )
