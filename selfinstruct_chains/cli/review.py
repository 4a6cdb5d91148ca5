"""`selfinstruct review`: the paper's quality review, by people or by a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, echo_json, say
from selfinstruct_chains.cli.parameters import ChainName, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.outputs.review.sitting import Page

_OF_PAGE = ("name", "port", "browse", "guidelines", "keys")
_OF_JUDGE = ("settings", "prompt", "max_calls", "max_tokens", "max_cost", "max_minutes")
_LONGEST_NAME = 100


@click.command()
@options.run
@click.option(
    "--sample",
    type=Whole(min=1),
    default=200,
    show_default=True,
    help="Tasks to review, or items whose answers are rated, drawn at random: the same at each call.",
)
@click.option(
    "--as",
    "--by",
    "name",
    metavar="NAME",
    envvar="SELFINSTRUCT_REVIEW_AS",
    help="Who reviews, where several people do.  [default: asked]",
)
@click.option("--port", type=Whole(0, 65535), default=0, help="Of the local page.  [default: the last one, or any]")
@click.option("--open", "browse", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--guidelines",
    type=click.Path(path_type=Path),
    metavar="FILE.md",
    help="What is shown beside the questions, instead of the paper's categories with examples.",
)
@click.option("--keys", default="", metavar="yes=j,no=k", help="Other keys than those that the page shows.")
@click.option("--agreement", is_flag=True, help="Only say how far the reviewers so far agree.")
@click.option(
    "--judge", type=ChainName(), metavar="CHAIN", help="Have the model of this chain answer instead of a person."
)
@click.option("--prompt", metavar="FILE", help="What the judge is told, instead of prompts/judge.yaml.")
@options.settings
@options.budgets
@options.as_json
@options.quiet
@trust.option
def command(run: Path, sample: int, *, judge: str | None, as_json: bool, **given: Any) -> None:
    """Review a random sample of RUN by the paper's three questions: is the task valid, its input, its output?

    A page on this machine shows one task after another; y, n and d (unsure) answer, as fast as you like. Verdicts go
    into RUN/review.jsonl as they are given, with who gave them and when, so that a review can be stopped (Ctrl-C) and
    taken up again. Several people review the same sample, each under a name; what they disagree about has a view of its
    own to settle it. A text that is corrected there (e) is what `export` takes.

    With --judge a model answers: the chain's classification model, asked as in a run.

    RUN can be the folder of an evaluation too: then each answer is rated by itself, a to d, without its model's name,
    and RUN/ratings.jsonl is what evaluate --people reads.

    \b
    selfinstruct review my-run
    selfinstruct review my-run --as anna --sample 50 --open
    selfinstruct review my-run --agreement
    selfinstruct review my-run --judge openai --sample 500 --max-cost 1
    selfinstruct review my-run --judge openai --prompt mine.yaml
    selfinstruct review compared --as me
    """
    from selfinstruct_chains.outputs.review.outcome_text import outcome_text
    from selfinstruct_chains.outputs.review.sitting import review
    from selfinstruct_chains.training.evaluation.folder import is_evaluation

    if is_evaluation(run):
        _rate(run, sample, given)
    elif given["agreement"]:
        options.refuse("is no part of --agreement, which only reads", "judge", *_OF_PAGE, *_OF_JUDGE)
        _agree(run, sample, as_json=as_json)
    elif judge:
        options.refuse("is about the page, and --judge needs none", *_OF_PAGE)
        _judge(run, sample, judge, given, as_json=as_json)
    else:
        options.refuse("is about the model that --judge names", *_OF_JUDGE)
        options.refuse("goes with --agreement or --judge", "as_json")
        echo(outcome_text(review(run, sample, _page(given), name=_name(given), say=echo), run))


def _rate(run: Path, sample: int, given: Mapping[str, Any]) -> None:
    from selfinstruct_chains.outputs.review.outcome_text import rated_text
    from selfinstruct_chains.outputs.review.sitting import rate

    why = "is about the tasks of a run; evaluate --judge has answers rated, and --people says who agrees"
    options.refuse(why, "judge", "agreement", "as_json", *_OF_JUDGE)
    echo(rated_text(rate(run, sample, _page(given), by=_name(given) or "", say=echo), run))


def _agree(run: Path, sample: int, *, as_json: bool) -> None:
    from selfinstruct_chains.outputs.review.agreement_text import agreement_text
    from selfinstruct_chains.outputs.review.outcome_text import outcome_json
    from selfinstruct_chains.outputs.review.sitting import begin, outcome

    _, tasks, _ = begin(run, sample, lambda _: None)  # nothing is to be reviewed now
    found = outcome(run, tasks, "person")
    if as_json:
        echo_json(outcome_json(found), indent=2)
    else:
        echo(agreement_text(found.agreement))


def _judge(run: Path, sample: int, chain: str, given: Mapping[str, Any], *, as_json: bool) -> None:
    from selfinstruct_chains.cli.durably import durably
    from selfinstruct_chains.cli.figures import cost, tokens
    from selfinstruct_chains.outputs.review.judge import Judge, check_readable, judge_prompt, judged
    from selfinstruct_chains.outputs.review.outcome_text import judged_text, outcome_json
    from selfinstruct_chains.outputs.review.sitting import begin, outcome
    from selfinstruct_chains.run.monitor import Monitor

    config = options.load(chain, given["settings"])
    judge, monitor = Judge(config, prompt=judge_prompt(given["prompt"] or "judge")), Monitor()
    trust.tell(chain, given["settings"], config, trust=given["trust"], say=_note, once=True)
    _, tasks, reviews = begin(run, sample, lambda text: say(text, err=as_json))
    at = judge.folder(run)
    work = judged(judge, tasks, reviews, folder=at, monitor=monitor, budgets=options.limits(given))
    found = durably(work, monitor, at, "verdicts")
    check_readable(judge, found, reviews)
    came = outcome(run, tasks, "judge")
    if as_json:
        told = {"judge": judge.name, "judged": found.given, "unreadable": found.unreadable, "refused": found.refused}
        echo_json(told | {"dollars": monitor.cost} | outcome_json(came), indent=2)
    else:
        paid = f"{tokens(monitor.total)} tokens; cost: {cost(monitor)}" if found.given else "nothing was asked"
        say(judged_text(found, paid, came, run))


def _page(given: Mapping[str, Any]) -> Page:
    from selfinstruct_chains.outputs.review.sitting import Page

    return Page(**{name: given[name] for name in ("port", "browse", "guidelines", "keys")})


def _name(given: Mapping[str, Any]) -> str | None:
    """Who reviews; None: the page asks."""
    name = given["name"]
    if name is not None and not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise click.UsageError(f"--as takes a name of 1 to {_LONGEST_NAME} characters.")
    return name.strip() if name else None


def _note(text: str) -> None:
    echo(text, err=True)
