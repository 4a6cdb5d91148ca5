"""Does an adapter trained on the seeds make the embedded model better? `python benchmarks/adapter.py -o FOLDER`.

The seeds are cut into folds. For each, `selfinstruct finetune` trains the embedded model on all others, in the form of
the roles' own prompts with fewer demonstrations, and it is asked about the seeds of the fold, as the bare model is by
the shipped chain: whether they are classification tasks, for instances, and for new instructions. Held-out tasks are
never read. The same command goes on where it was stopped. It needs the extras train and embedded, and half an hour a
fold on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from prompts import keeper
from selfinstruct_chains import load_config, read_seeds
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.calibration import Known, fit
from selfinstruct_chains.method.demonstrations import classification_examples, instance_examples
from selfinstruct_chains.method.parsing import UnreadableReply, log_odds
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.method.rendering import instances_json, numbered
from selfinstruct_chains.method.steps import classification_links, instance_links, instruction_links
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.run.assembly import as_known_for, demonstrations, links, role_models
from selfinstruct_chains.run.journal import call_seed
from selfinstruct_chains.run.language import in_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from selfinstruct_chains.config import ChainConfig, Role
    from selfinstruct_chains.method.rendering import Form
    from selfinstruct_chains.tasks import Task

FEW = {
    "classification.yes_examples": 1,
    "classification.no_examples": 1,
    "instances.input_first.examples": 2,
    "instances.output_first.examples": 1,
}
"""What a tuned model is shown: it knows the form."""
REQUESTS = 10  # for instructions, of each fold
LISTS = 40  # of instructions, among the rows


class Answers(NamedTuple):
    """What came of the questions about a fold."""

    known: list[Known]
    """The log-odds of yes for each seed, and what it is."""
    usable: dict[str, list[bool]]
    """By role, whether something of a reply is left."""
    replies: list[tuple[str, str, str]]
    """Role, what was asked about, and the reply."""


def folds(tasks: Sequence[Task], count: int) -> list[list[Task]]:
    """The tasks in parts with as many of either kind."""
    kinds = [[task for task in tasks if task.is_classification is kind] for kind in (True, False)]
    for kind in kinds:
        Random(42).shuffle(kind)
    return [[task for kind in kinds for task in kind[part::count]] for part in range(count)]


def rows(config: ChainConfig, tasks: Sequence[Task]) -> Iterator[dict[str, str]]:
    """Prompts with their completions, for each role; none shows the task that it is about."""
    for number, task in enumerate(tasks):
        others = [other for other in tasks if other is not task]
        role = config.classification
        shown = classification_examples(role, others, number).text
        prompt = classification_links(role, "completion", shown).prompt(task.instruction)
        yield {"prompt": prompt.to_string(), "completion": f" {'Yes' if task.is_classification else 'No'}"}
        yield from _instances(config, task, others, number)
    yield from _lists(config, tasks)


def _lists(config: ChainConfig, tasks: Sequence[Task]) -> Iterator[dict[str, str]]:
    random, ask = Random(42), config.instructions.ask
    for _ in range(LISTS):
        drawn = [task.instruction for task in random.sample(tasks, 2 * ask)]
        prompt = instruction_links(config.instructions, "completion").prompt(drawn[:ask])
        listed = numbered(drawn[ask:], first=ask + 1)
        yield {"prompt": prompt.to_string(), "completion": listed.removeprefix(f"{ask + 1}.")}


def _instances(config: ChainConfig, task: Task, others: Sequence[Task], seed: int) -> Iterator[dict[str, str]]:
    form: Form = "output_first" if task.is_classification else "input_first"
    role, most = getattr(config.instances, form), config.instances.max_instances
    short = [
        one
        for one in task.instances
        if len(one.input) <= role.input_characters and len(one.output) <= role.output_characters
    ][:most]
    if short:
        shown = instance_examples(role, form, others, seed, most).text
        prompt = instance_links(form, role, "completion", shown, most).prompt(task.instruction)
        yield {"prompt": prompt.to_string(), "completion": instances_json(short, form)}


async def asked(config: ChainConfig, train: Sequence[Task], fold: Sequence[Task], all_seeds: Sequence[Task]) -> Answers:
    """Ask about the fold, with demonstrations from the other seeds."""
    models = role_models(config)
    config = as_known_for(in_language(config, train), models.models, hopeful=True)
    parts = links(config, demonstrations(config, train), dict.fromkeys(ROLES, "completion"))
    limit = asyncio.Semaphore(config.run.max_concurrency)
    replies: list[tuple[str, str, str]] = []

    async def ask(role: Role, number: int, value: Any) -> Any:
        async with limit:
            seed = call_seed(config.run.seed, f"{role}/{number}/1")
            reply = await models.models[role].ainvoke(parts[role].prompt(value), seed=seed, **parts[role].options)
        replies.append((role, str(value), str(reply.text)))
        return reply

    async def usable(role: Role, values: Sequence[Any]) -> list[bool]:
        came = await asyncio.gather(*(ask(role, number, value) for number, value in enumerate(values)))
        keep = keeper(role, config, all_seeds)
        return [_is_left(keep, value, parts[role].parser, reply) for value, reply in zip(values, came, strict=True)]

    try:
        odds = await asyncio.gather(*(ask("classification", 0, task.instruction) for task in fold))
        known = [
            Known(log_odds(reply.response_metadata["first_token"]), task.is_classification)
            for reply, task in zip(odds, fold, strict=True)
        ]
        kinds = {kind: [task.instruction for task in fold if task.is_classification is kind] for kind in (True, False)}
        pool = Pool(config, train)
        found = {
            "input_first": await usable("input_first", kinds[False]),
            "output_first": await usable("output_first", kinds[True]),
            "instructions": await usable("instructions", [pool.draw(number, 0).asked for number in range(REQUESTS)]),
        }
    finally:
        for model in set(models.models.values()):
            if isinstance(model, ConfiguredModel):
                await model.aclose()
    return Answers(known, found, replies)


def _is_left(keep: Callable[[Any, Any], int], value: Any, parser: Any, reply: Any) -> bool:
    try:
        return bool(keep(value, parser.invoke(reply)))
    except UnreadableReply:
        return False


def tuned(folder: Path, config: ChainConfig, train: Sequence[Task], settings: Sequence[str]) -> Path:
    """The weights of the embedded model trained on some seeds, now or before."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows(config, train))
    (folder / "rows.jsonl").write_text(lines, encoding="utf-8")
    out = folder / "model"
    if not list(out.glob("*.gguf")):
        own = [part for setting in settings for part in ("--set", setting)]
        command = [sys.executable, "-m", "selfinstruct_chains", "finetune", str(folder / "rows.jsonl"), "-o", str(out)]
        subprocess.run([*command, *own], check=True)  # noqa: S603 - ourselves
    return Path(load_config(out / "chain.yaml").model.name)


def answers(file: Path, ask: Callable[[], Answers]) -> Answers:
    """What came, from the file if it is there."""
    if file.exists():
        values = json.loads(file.read_text(encoding="utf-8"))
        return Answers([Known(*one) for one in values["known"]], values["usable"], values["replies"])
    found = ask()
    file.write_text(json.dumps(found._asdict(), ensure_ascii=False), encoding="utf-8")
    return found


def table(name: str, parts: Sequence[Answers]) -> str:
    """A line: balanced accuracy with its interval, and usable replies by role."""
    fitted = fit([one for part in parts for one in part.known])
    usable = {role: [one for part in parts for one in part.usable[role]] for role in parts[0].usable}
    shares = "".join(f"{sum(found):>8} of {len(found):<4}" for found in usable.values())
    return f"{name:<8}{fitted.accuracy:>6.2f} [{fitted.low:.2f}, {fitted.high:.2f}]  {fitted.threshold:>6.2f}{shares}"


def main() -> None:
    """Train and ask, fold by fold, and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("adapter"))
    parser.add_argument("--rows", action="store_true", help="print what is trained on, of all seeds, and stop")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--only", type=int, help="the first so many of the folds")
    parser.add_argument("--set", dest="settings", action="append", default=["epochs=2"], help="of finetune")
    given = parser.parse_args()
    seeds = read_seeds(shipped.SEEDS)
    bare, few = load_config("embedded"), load_config("embedded", FEW)
    if given.rows:
        print("\n".join(json.dumps(row, ensure_ascii=False) for row in rows(few, seeds)))
        return
    columns = ("balanced accuracy", "threshold", "input-first", "output-first", "requests")
    print(f"{'':<8}{columns[0]:<20}{columns[1]:>9}" + "".join(f"{column:>15}" for column in columns[2:]))
    found: dict[str, list[Answers]] = {"bare": [], "tuned": []}
    for number, fold in enumerate(folds(seeds, given.folds)[: given.only]):
        folder = given.output / f"fold-{number}"
        train = [task for task in seeds if task not in fold]
        weights = tuned(folder, few, train, given.settings)
        chains = {"bare": bare, "tuned": load_config("embedded", {**FEW, "model.name": str(weights)})}
        for name, chain in chains.items():
            found[name].append(
                answers(
                    folder / f"{name}.json",
                    lambda chain=chain, train=train, fold=fold: asyncio.run(asked(chain, train, fold, seeds)),  # type: ignore[misc]
                )
            )
        for name, parts in found.items():
            print(table(name, parts), flush=True)


if __name__ == "__main__":
    main()
