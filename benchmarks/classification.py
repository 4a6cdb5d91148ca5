"""How well a chain's model tells classification tasks from others, and the threshold for `decide: logprob`.

    uv run python benchmarks/classification.py [--chain embedded] [--folds 4] [--others 50]

Each fold draws other demonstrations, and asks about seeds that its prompt does not show. Compared are the text of the
reply, a reply constrained to yes or no by a JSON schema, and the log-odds of yes and no against a threshold; the
threshold of a fold is fitted on the other folds. Balanced accuracy: always "no" has 0.50.
"""

from __future__ import annotations

import argparse
import asyncio
from random import Random
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains import load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method import calibration
from selfinstruct_chains.method.demonstrations import classification_examples
from selfinstruct_chains.method.parsing import UnreadableReply, log_odds, parse_classification
from selfinstruct_chains.method.rendering import CLASSIFICATION_SCHEMA
from selfinstruct_chains.method.steps import TOP_LOGPROBS, classification_links
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.run.assembly import role_models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.tasks import Task


class Answer(NamedTuple):
    """What the model said of one seed that its prompt did not show."""

    truth: bool
    text: bool
    constrained: bool
    odds: float
    """log p(yes) - log p(no) of the first token."""


def balanced(answers: Sequence[Answer], said: Sequence[bool]) -> float:
    """The mean of the shares of classification tasks and of others that were told right."""
    return calibration.balanced([(answer.truth, guess) for answer, guess in zip(answers, said, strict=True)])


def area(answers: Sequence[Answer]) -> float:
    """Area under the ROC curve of the log-odds: the share of pairs that they put in the right order."""
    yes = [answer.odds for answer in answers if answer.truth]
    no = [answer.odds for answer in answers if not answer.truth]
    return mean((y > n) + (y == n) / 2 for y in yes for n in no)


def fitted(answers: Sequence[Answer]) -> float:
    """The threshold with the best balanced accuracy on these answers: the middle of the best ones."""
    return round(calibration.fitted([calibration.Known(answer.odds, answer.truth) for answer in answers]), 2)


async def fold(config: ChainConfig, seeds: Sequence[Task], number: int, others: int) -> list[Answer]:
    """The answers about all classification seeds outside the prompt, and about `others` of the other seeds."""
    role = config.classification
    model = role_models(config).models["classification"]
    examples = classification_examples(role, seeds, number).text
    links = classification_links(role, role.model.kind, examples)
    hidden = [task for task in seeds if f"Task: {task.instruction}\n" not in examples]
    asked = [task for task in hidden if task.is_classification]
    asked += Random(number).sample([task for task in hidden if not task.is_classification], others)
    limit = asyncio.Semaphore(config.run.max_concurrency)

    async def ask(task: Task) -> Answer | None:
        async with limit:
            prompt = links.prompt(task.instruction)
            plain = await model.ainvoke(prompt, stop=links.options.get("stop"), top_logprobs=TOP_LOGPROBS)
            forced = await model.ainvoke(prompt, json_schema=CLASSIFICATION_SCHEMA, max_tokens=16)
            odds = log_odds(plain.response_metadata["first_token"])
            return Answer(task.is_classification, odds > 0, _read(str(forced.text)), odds)

    try:
        return [answer for answer in await asyncio.gather(*map(ask, asked)) if answer]
    finally:
        if isinstance(model, ConfiguredModel):
            await model.aclose()


def _read(text: str) -> bool:
    try:
        return parse_classification(text)
    except UnreadableReply:
        return False


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chain", default="embedded")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--others", type=int, default=50)
    options = parser.parse_args()
    config, seeds = load_config(options.chain), read_seeds(shipped.SEEDS)
    folds = [asyncio.run(fold(config, seeds, number, options.others)) for number in range(options.folds)]
    rows = []
    print("fold  asked  text  constrained  log-odds > threshold of the others   AUC")
    for number, answers in enumerate(folds):
        rest = [answer for other, group in enumerate(folds) if other != number for answer in group]
        threshold = fitted(rest or answers)
        scores = (
            balanced(answers, [answer.text for answer in answers]),
            balanced(answers, [answer.constrained for answer in answers]),
            balanced(answers, [answer.odds > threshold for answer in answers]),
            area(answers),
        )
        rows.append(scores)
        line = "{:4d} {:6d} {:5.2f} {:12.2f} {:8.2f} > {:5.2f} {:25.2f}"
        print(line.format(number, len(answers), *scores[:3], threshold, scores[3]))
    print("mean        {:5.2f} {:12.2f} {:8.2f} {:33.2f}".format(*(mean(column) for column in zip(*rows, strict=True))))
    print(f"threshold fitted on all: {fitted([answer for group in folds for answer in group])}")


if __name__ == "__main__":
    main()
