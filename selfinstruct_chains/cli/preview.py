"""`selfinstruct preview`: one request, tried."""

from __future__ import annotations

import asyncio
import textwrap
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, echo_json, overheard
from selfinstruct_chains.cli.parameters import Whole

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.outcomes import Slot
    from selfinstruct_chains.run.preview import Looked, Requested, Trial
    from selfinstruct_chains.tasks import Instance


@click.command()
@options.chain
@options.seeds
@options.settings
@click.option(
    "--request",
    type=Whole(min=0),
    default=0,
    show_default=True,
    help="Which one: others show other examples, and are about other topics.",
)
@click.option(
    "--complete",
    type=Whole(min=0),
    default=2,
    show_default=True,
    help="How many of its instructions get instances.",
)
@click.option("--raw", is_flag=True, help="Also the model's replies as they came.")
@options.as_json
@trust.option
def command(  # noqa: PLR0913 - one for each option
    chain: str,
    seeds: Path | None,
    settings: tuple[str, ...],
    *,
    request: int,
    complete: int,
    raw: bool,
    as_json: bool,
    **given: bool,
) -> None:
    """Try one request: its instructions, what each filter says of them, and two of them completed. Nothing is kept.

    For whoever changes a prompt, a filter or a setting, and looks again: the same request shows the same examples.

    \b
    selfinstruct preview --chain mine.yaml
    selfinstruct preview --chain mine.yaml --set instructions.ask=12 --raw
    selfinstruct preview --chain mine.yaml --request 1 --complete 4
    """
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.preview import Trial

    config = options.load(chain, settings)
    note = partial(echo, err=True)
    trust.tell(chain, settings, config, **given, say=note, once=True)
    monitor = Monitor()
    trial = Trial(config, monitor, seeds, request=request, complete=complete)
    with overheard(lambda text: note(f"note: {text}")):
        steps = asyncio.run(_steps(trial, tell=not as_json))
    for one in trial.notes:
        note(f"note: {one}")
    if as_json:
        echo_json(_values(steps[0], steps[1:], trial, monitor), indent=2)  # type: ignore[arg-type]
        return
    if raw:
        echo("\n".join(["", *_replies(trial)]))
    echo("\n" + _cost(monitor))


async def _steps(trial: Trial, *, tell: bool) -> list[Requested | Slot]:
    """What comes of it; told as it comes, since a small model may take a while."""
    from selfinstruct_chains.run.preview import Requested

    steps = []
    async with aclosing(trial.steps()) as coming:
        async for step in coming:
            steps.append(step)
            if tell:
                echo(_request(step) if isinstance(step, Requested) else _completed(step))
    return steps


def _request(done: Requested) -> str:
    about = [f"topic: {done.shown.about.topic}"] if done.shown.about.topic else []
    about += [f"language: {done.shown.about.language}"] if done.shown.about.language else []
    lines = [_filled(f"shown: {', '.join(done.shown.ids)}"), *map(_filled, about), ""]
    for look in done.looked:
        lines += [_filled(_opening(look)), _filled(_said(look), indent=4)]
    kept = sum(look.slot.accepted for look in done.looked)
    return "\n".join([*lines, "", f"{kept} of {len(done.looked)} join the pool"])


def _opening(look: Looked) -> str:
    return f"{'+' if look.slot.accepted else '-'} {' '.join(look.slot.text.split()) or '(an empty reply)'}"


def _said(look: Looked) -> str:
    """What the filters say of an instruction."""
    said = [f"dropped: {', '.join(look.rules)}"] if look.rules else []
    said += [f"most similar: {look.nearest.id}, ROUGE-L {look.nearest.score:.2f}"] if look.nearest else []
    return "; ".join(said)


def _completed(slot: Slot) -> str:
    from selfinstruct_chains.tasks import Task

    lines = ["", _filled(slot.text)]
    for one in slot.outcome:
        if isinstance(one, Task):
            lines.append(f"    {'classification' if one.is_classification else 'no classification'} task")
            lines += [line for instance in one.instances for line in _instance(instance)]
        else:
            lines.append(_filled(f"dropped: {one.rule}: {' '.join(one.text.split())}", indent=4))
    return "\n".join(lines)


def _instance(instance: Instance) -> list[str]:
    from selfinstruct_chains.cli.figures import row

    named = (("Input", instance.input), ("Output", instance.output))
    return [row(label, " ".join(text.split()), indent=4) for label, text in named if text]


def _filled(text: str, indent: int = 0) -> str:
    from selfinstruct_chains.cli.figures import WIDTH

    return textwrap.fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * max(indent, 2))


def _replies(trial: Trial) -> list[str]:
    return [f"== {entry.key}\n{entry.reply or entry.error or ''}" for entry in trial.entries()]


def _cost(monitor: Monitor) -> str:
    from selfinstruct_chains.cli.figures import cost, row, tokens

    rows = (("Calls", f"{monitor.calls}"), ("Tokens", tokens(monitor.total)), ("Cost", cost(monitor)))
    return "\n".join(row(label, text) for label, text in rows)


def _values(done: Requested, completed: list[Slot], trial: Trial, monitor: Monitor) -> dict[str, Any]:
    looked = [
        {
            "id": look.slot.id,
            "instruction": look.slot.text,
            "accepted": look.slot.accepted,
            "rules": list(look.rules),
            "nearest": look.nearest._asdict() if look.nearest else None,
        }
        for look in done.looked
    ]
    return {
        "examples": list(done.shown.ids),
        "topic": done.shown.about.topic or None,
        "language": done.shown.about.language or None,
        "instructions": looked,
        "completed": [[one.model_dump(mode="json") for one in slot.outcome] for slot in completed],
        "calls": [{"key": entry.key, "reply": entry.reply, "error": entry.error} for entry in trial.entries()],
        "tokens": {"in": monitor.total.input_tokens, "out": monitor.total.output_tokens},
        "dollars": monitor.cost,
    }
