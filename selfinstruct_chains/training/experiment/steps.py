"""The steps of an experiment, each a command of this program that goes on where it was stopped."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.files.writing import make_folder, write_atomically
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.tasks import to_line
from selfinstruct_chains.training.experiment.plan import BASE, CHAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.training.experiment.plan import Arm, Plan

RUN, REGENERATED, PARTS, MODELS, EVALUATION = "run", "regenerated", "parts", "models", "evaluation"


class Step(NamedTuple):
    """One command."""

    title: str
    arguments: tuple[str, ...]
    """Those of `selfinstruct`."""
    is_told: bool = True
    """Whether what it prints is shown; its progress is in any case."""

    def __str__(self) -> str:
        return shlex.join(("selfinstruct", *self.arguments))


def steps(plan: Plan, out: Path, limits: Sequence[str] = ()) -> Iterator[Step]:
    """The commands in their order; what one needs of those before is there when it is asked for.

    Args:
        plan: the experiment.
        out: its folder.
        limits: budgets, and the yes to odd addresses, for each step that asks models, as typed.
    """
    seeds = ("--seeds", plan.seeds) if plan.seeds else ()
    sets = _each("--set", plan.settings)
    ends = ("-o", str(out / RUN), *limits)
    yield Step(f"{plan.n} tasks", ("generate", "-n", str(plan.n), "--chain", plan.chain, *seeds, *sets, *ends))
    if plan.regenerate:
        anew = ("--chain", plan.regenerate, "-o", str(out / REGENERATED), *limits)
        yield Step("outputs anew", ("regenerate", str(out / RUN), *anew))
    for arm in plan.arms:
        how = ("--base", plan.base, "-o", str(out / MODELS / arm.folder), *_each("--set", plan.tune))
        yield Step(f"training: {arm.name}", ("finetune", str(_part(arm, out)), *how))
    yield Step("answers", tuple(_evaluate(plan, out, limits)), is_told=False)  # it is told with the verdict


def run(step: Step) -> int:
    """Run one command in a process of its own, on this one's terminal: its exit code.

    Ctrl-C is the command's to handle, to which the terminal sends it too; SIGTERM is handed on.
    """
    command = [sys.executable, "-m", "selfinstruct_chains", *step.arguments]
    out = None if step.is_told else subprocess.DEVNULL
    with subprocess.Popen(command, stdout=out) as child:  # noqa: S603 - ourselves
        handlers: dict[signal.Signals, Any] = {
            signal.SIGINT: lambda *_: None,  # a handler, unlike SIG_IGN, is not the child's too
            signal.SIGTERM: lambda number, _: child.send_signal(number),
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            code = child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _part(arm: Arm, out: Path) -> Path:
    """The tasks that the arm is trained on, written when they are first asked for."""
    if arm.size is None:
        return out / RUN / "seeds.jsonl"
    part = out / PARTS / f"{arm.folder}.jsonl"
    if not part.exists():
        run = RunReader(out / (REGENERATED if arm.is_regenerated else RUN))
        tasks = [task for task, _ in zip(run.tasks(), range(arm.size), strict=False)]
        make_folder(part.parent)
        write_atomically(part, "".join(map(to_line, tasks)))
    return part


def _evaluate(plan: Plan, out: Path, limits: Sequence[str]) -> Iterator[str]:
    yield from ("evaluate", "--likelihood", "-o", str(out / EVALUATION), *limits)
    yield from ("--answer-tokens", str(plan.answer_tokens))
    if plan.on:
        yield from ("--on", plan.on)
    name = json.dumps(plan.base)
    for title, kind in ((BASE, "completion"), (CHAT, "chat")):
        yield from ("--model", f"{title}=embedded")
        yield from _each("--set", (f"{title}:model.name={name}", f"{title}:model.kind={kind}"))
    for arm in plan.arms:
        yield from ("--model", f"{arm.name}={out / MODELS / arm.folder / 'chain.yaml'}")


def _each(option: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for value in values for part in (option, value))
