"""`selfinstruct evaluate`: how good models' answers are, and whether one is better than another."""

from __future__ import annotations

from pathlib import Path

import click

from selfinstruct_chains.cli.echo import echo, echo_json


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
    metavar="[NAME=]FILE.jsonl",
    help='Answers that a model gave: {"id", "output"} on each line. Repeatable; the first is compared with.',
)
@click.option("--json", "as_json", is_flag=True, help="All figures as one JSON object, for programs.")
def command(file: Path | None, models: tuple[str, ...], *, as_json: bool) -> None:
    """Score models' answers to the items of a file, beside two controls, and compare them item by item.

    ROUGE-L is rouge-score's, of the whole answer and of its first paragraph; exact match is that of labels. A
    difference comes with its 95% interval, and with the smallest one that so many items would have shown.

    \b
    selfinstruct evaluate --model base.jsonl --model tuned.jsonl
    selfinstruct evaluate --on mine.jsonl --model 3B=a.jsonl --json
    """
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.files.items import read_items
    from selfinstruct_chains.training.evaluation.comparing import evaluation
    from selfinstruct_chains.training.evaluation.models import answers_of
    from selfinstruct_chains.training.evaluation.table import evaluation_text
    from selfinstruct_chains.training.evaluation.wire import as_json as figures

    source = file or shipped.HELDOUT
    items = read_items(source)
    found = evaluation(items, answers_of(models, items))
    if as_json:
        echo_json(figures(found), indent=2)
    else:
        echo(evaluation_text(found, source.name))
