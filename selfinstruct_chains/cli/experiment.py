"""`selfinstruct experiment`: generate, fine-tune on growing parts, and see whether the model got better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, hushed, say
from selfinstruct_chains.cli.parameters import ChainName, Whole

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("chain", type=ChainName(), default="embedded", metavar="[CHAIN]")
@click.option("-n", type=Whole(min=1), required=True, help="Tasks to generate.")
@click.option("--sizes", required=True, metavar="K,K,...", help="How many of them a model is trained on, each.")
@click.option("-o", "--output", "out", type=_FILE, metavar="FOLDER", required=True, help="Where all goes.")
@click.option("--base", metavar="MODEL", help="A .gguf file to train.  [default: the chain's embedded model]")
@click.option(
    "--regenerate", type=ChainName(), metavar="CHAIN", help="Also train on outputs that this stronger chain wrote anew."
)
@click.option("--on", type=_FILE, metavar="FILE", help="Items to evaluate on.  [default: the held-out tasks]")
@click.option("--answer-tokens", type=Whole(min=1), default=128, show_default=True, help="Of an answer.")
@click.option("--tune", multiple=True, metavar="KEY=VALUE", help="A setting of finetune: epochs=2. Repeatable.")
@options.seeds
@options.settings
@options.budgets
@options.quiet
@trust.option
def command(  # noqa: PLR0913 - one for each option
    chain: str,
    n: int,
    sizes: str,
    *,
    out: Path,
    base: str | None,
    regenerate: str | None,
    on: Path | None,
    answer_tokens: int,
    tune: tuple[str, ...],
    seeds: Path | None,
    settings: tuple[str, ...],
    **given: Any,
) -> None:
    """Find out whether CHAIN's data makes a model better: a table, a figure and a verdict (extra train).

    Tasks are generated, a model is trained on the first K of them, for each K, and once more on the seed tasks, as a
    positive control: what people wrote has to help, or the experiment can't tell anything. Then base and trained
    models answer the same held-out items. Each step is a command of its own, which is printed; the same command again
    goes on where it was stopped. Budgets are for each step.

    \b
    selfinstruct experiment -n 150 --sizes 50,150 -o mine
    selfinstruct experiment openai -n 900 --sizes 300,900 --base my.gguf -o mine
    """
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.files.extras import check_installed
    from selfinstruct_chains.files.writing import write_atomically
    from selfinstruct_chains.training.experiment import plan as plans
    from selfinstruct_chains.training.experiment import steps
    from selfinstruct_chains.training.experiment.finding import findings
    from selfinstruct_chains.training.experiment.told import findings_page, findings_text

    plan = plans.make_plan(
        chain,
        n,
        sizes,
        base=base,
        settings=settings,
        tune=tune,
        seeds=seeds,
        on=on,
        regenerate=regenerate,
        answer_tokens=answer_tokens,
    )
    check_installed("torch", "train")
    plans.claim(plan, out)
    asked = (*options.typed_limits(given), *(["--trust"] if given["trust"] else []))
    for step in steps.steps(plan, out, asked):
        step = step._replace(arguments=(*step.arguments, *["--quiet"] * hushed()))  # noqa: PLW2901 - the same, silent
        say(f"\n== {step.title}\n{step}", err=True)
        if code := steps.run(step):
            echo(f"The step {step.title!r} ended with exit code {code}. The same command goes on from there.", err=True)
            raise SystemExit(code)
    found = findings(plan, out)
    title = on.name if on else shipped.HELDOUT.name
    page = out / "experiment.html"
    write_atomically(page, findings_page(found, title, f"{steps.EVALUATION}/evaluation.html"))
    echo(f"\n{findings_text(found, title)}\n\nWith the figure: {page}")
