"""`selfinstruct finetune`: a model, fine-tuned on a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, say
from selfinstruct_chains.cli.parameters import RunFolder

if TYPE_CHECKING:
    from selfinstruct_chains.training.plan import Plan

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("source", type=RunFolder(), required=False, metavar="RUN|EXPORT")
@click.option("--base", metavar="MODEL", help="See above.  [default: the embedded model's weights]")
@click.option("-o", "--output", "out", type=_FILE, metavar="FOLDER", help="Where all goes; it may be new.")
@click.option("--full", is_flag=True, help="Train all weights, not a LoRA adapter.")
@click.option("--config", type=_FILE, metavar="FILE.yaml", help="Settings, as --print-config has them.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="One setting: epochs=3, lora.rank=8. Repeatable."
)
@click.option("--print-config", is_flag=True, help="Print all settings as a file for --config, and train nothing.")
@options.quiet
def command(  # noqa: PLR0913 - one for each option
    source: Path | None,
    base: str | None,
    out: Path | None,
    config: Path | None,
    settings: tuple[str, ...],
    *,
    full: bool,
    print_config: bool,
) -> None:
    """Fine-tune a model on a run, or on what export wrote (extra train).

    MODEL is a folder, a Hub id (owner/name) or a GGUF file. The loss is that of the answers alone; examples that are
    too long are left out, and counted. The same command again goes on where it was stopped. FOLDER gets the adapter,
    the whole weights, GGUF files, the loss curve, a card, and a chain.yaml that answers with the new model. Several
    GPUs: accelerate launch -m selfinstruct_chains finetune ...

    \b
    selfinstruct finetune runs/embedded-1a2b3c -o tuned
    selfinstruct finetune data --base owner/name -o tuned --set epochs=2
    selfinstruct finetune --print-config > tune.yaml
    """
    from selfinstruct_chains.files.chain import parse_overrides
    from selfinstruct_chains.training.settings import load_settings, settings_text

    overrides: dict[str, Any] = parse_overrides(settings)
    overrides |= {"base": base} if base else {}
    overrides |= {"method": "full"} if full else {}
    chosen = load_settings(config, overrides)
    if print_config:
        echo(settings_text(chosen), nl=False)
        return
    if source is None or out is None:
        missing = "RUN|EXPORT, what to train on" if source is None else "-o FOLDER, where the model goes"
        raise click.UsageError(f"Missing {missing}.")
    from selfinstruct_chains.training.place import result
    from selfinstruct_chains.training.plan import make_plan
    from selfinstruct_chains.training.processor import is_main_process

    plan = make_plan(source, chosen, is_done=result(out) is not None)
    if is_main_process():
        say(_planned(plan), err=True)
    _tune(plan, out)


def _tune(plan: Plan, out: Path) -> None:
    from selfinstruct_chains.cli.steps import StepDisplay
    from selfinstruct_chains.training.finetune import finetune
    from selfinstruct_chains.training.processor import is_main_process

    if not is_main_process():
        finetune(plan, out)
        return
    with StepDisplay(plan.steps) as display:
        found = finetune(plan, out, display.step)
    say(_summary(found, out))


def _planned(plan: Plan) -> str:
    from selfinstruct_chains.training.plan import left_out

    kept, more = plan.train, f"; {len(plan.validation.kept):,} to validate on" if plan.validation.kept else ""
    minutes = f"; about {max(1, round(plan.minutes)):,} min where nothing else runs" if plan.minutes is not None else ""
    how = f"LoRA, rank {plan.settings.lora.rank}" if plan.settings.method == "lora" else "all weights"
    lines = [
        f"Base: {plan.base.shown}; {how}",
        f"Data: {len(kept.kept):,} examples of {plan.examples.source}, {kept.tokens:,} tokens{more}",
        *filter(None, [left_out(kept, plan.settings.max_tokens).capitalize()]),
        *([f"Note: more may come of the run: {plan.examples.unfinished}"] if plan.examples.unfinished else []),
        f"On {plan.processor}",
        f"Memory: {plan.memory}",
        f"Steps: {plan.steps:,}{minutes}",
    ]
    return "\n".join(lines)


def _summary(found: dict[str, Any], out: Path) -> str:
    losses = [
        f"{name} loss {found[key]:.3f}"
        for name, key in (("training", "loss"), ("validation", "validation_loss"))
        if found.get(key) is not None
    ]
    figures = [f"{found['steps']:,} steps", *losses, f"{found['minutes']:g} min"]
    lines = [f"{', '.join(figures)}: {out}", *found["notes"]]
    if (chain := out / "chain.yaml").exists():
        lines.append(f"To use it: selfinstruct generate -n 5 --chain {chain}")
    return "\n".join(lines)
