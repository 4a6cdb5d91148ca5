"""The threshold of `decide: logprob`, fitted on the seeds before request 0 where the chain file has none for its model.

The model is asked about each seed with demonstrations among which that seed is not, and what it says is compared with
what the seed is (`method.calibration`). The calls are found/classification/101 and so on, what came of them is
found/classification/100: a run that goes on asks nothing again.
"""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import Threshold
from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.method.calibration import FEWEST, Known, fit
from selfinstruct_chains.method.demonstrations import classification_examples
from selfinstruct_chains.method.parsing import UnreadableReply, log_odds
from selfinstruct_chains.method.steps import classification_links
from selfinstruct_chains.run.assembly import demonstrations, has_its_threshold, role_models, spare_seeds
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.found import CALIBRATED, Calibrated, found_key
from selfinstruct_chains.run.hands import each
from selfinstruct_chains.run.journal import call_key
from selfinstruct_chains.run.settling import answer
from selfinstruct_chains.tasks import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.run.settling import Settling
    from selfinstruct_chains.tasks import Task

MOST = 100
"""Seeds of either kind that are asked about."""
_NOT_TAKEN = re.compile(r"logprob", re.IGNORECASE)
"""What a refusal says that has to do with log-probabilities."""


class Question(NamedTuple):
    """A call about a seed whose answer is known."""

    key: str
    prompt: PromptValue
    options: Mapping[str, Any]
    is_classification: bool


async def calibrate(given: Settling, note: Callable[[str], None]) -> ChainConfig:
    """The chain with a threshold of its model, where it decides by one; `note` is told what there is to say.

    Raises:
        ProviderError: the provider does not answer.
        RunStopped: the run is ending.
    """
    config, role = given.config, given.config.classification
    own = "classification" in {**given.own.steps, **given.own.parsers}
    if own or has_its_threshold(config, given.found):
        return config
    if role.threshold.value is not None and _begun_before(given):
        note(f"classification: {_since(config)}; the folder was begun with it, and goes on so")
        return config.with_role("classification", threshold=Threshold(value=role.threshold.value))
    found = await _found(given, note)
    given.journal.write(Entry.found(found_key("classification", CALIBRATED), found.model_dump(mode="json")))
    for line in found.lines():
        note(line)
    return found.applied(config)


def asked_about(config: ChainConfig, seeds: Sequence[Task]) -> list[Task]:
    """The seeds that a threshold is fitted on, in their order; none if they are too few of a kind."""
    once = list({task.instruction: task for task in seeds}.values())
    kinds = [[task for task in once if task.is_classification is kind] for kind in (True, False)]
    if min(map(len, kinds)) < FEWEST:
        return []
    random = Random(f"{config.run.seed}:threshold")
    drawn = {task.instruction for kind in kinds for task in random.sample(kind, min(MOST, len(kind)))}
    return [task for task in once if task.instruction in drawn]


def calls_to_calibrate(config: ChainConfig, seeds: Sequence[Task]) -> int:
    """Calls that a run of the chain's own models makes to fit a threshold."""
    return 0 if has_its_threshold(config, role_models(config)) else len(asked_about(config, seeds))


def threshold_line(config: ChainConfig, seeds: Sequence[Task]) -> str:
    """Whose the threshold is, and what a run does about it; "" where none is used."""
    role = config.classification
    if role.decide == "text":
        return ""
    if has_its_threshold(config, role_models(config)):
        return f"threshold: {role.threshold}" + ("" if role.threshold.fitted_for else ", for whatever model")
    of = f"threshold: {role.threshold}" + (f"; the model is {role.model.name}" if role.threshold.fitted_for else "")
    count = calls_to_calibrate(config, seeds)
    if not count:
        return f"{of}; {too_few(seeds)}: a run decides by text"
    return f"{of}; a run fits its own first, by a short call for each of {count} seeds"


def too_few(seeds: Sequence[Task]) -> str:
    """Why no threshold is fitted on `seeds`, in words."""
    count = sum(task.is_classification for task in seeds)
    return (
        f"of {len(seeds)} seeds {count} are classification tasks; to fit a threshold there have to be {FEWEST}, and "
        f"{FEWEST} others"
    )


def _begun_before(given: Settling) -> bool:
    """Whether the folder has replies that were decided upon by the file's number, before thresholds had a model."""
    keys = call_key("instructions", request_id(0)), found_key("classification", CALIBRATED + 1)
    return keys[0] in given.journal and keys[1] not in given.journal


def _since(config: ChainConfig) -> str:
    threshold = config.classification.threshold
    if threshold.value is None:
        return "the chain file has threshold: auto"
    return f"the chain file's threshold ({threshold.value:g}) was fitted for {threshold.fitted_for}"


async def _found(given: Settling, note: Callable[[str], None]) -> Calibrated:
    since, questions = _since(given.config), calibration_questions(given)
    if not questions:
        return Calibrated(threshold=None, why=f"{since}, and {too_few(given.seeds)}")
    if any(question.key not in given.journal for question in questions):
        note(f"classification: {since}; one is fitted first, by a short call for each of {len(questions)} seeds")
    try:
        known = await _answers(given, questions)
    except ProviderError as error:
        if not _NOT_TAKEN.search(str(error)):
            raise
        return Calibrated(threshold=None, why=f"{since}, and the server gives no log-probabilities ({error})")
    kinds = [sum(one.is_classification is kind for one in known) for kind in (True, False)]
    if min(kinds) < FEWEST:
        came = f"log-probabilities of yes or no came for {len(known)} of {len(questions)} seeds"
        return Calibrated(threshold=None, why=f"{since}, and {came}")
    return Calibrated(**fit(known)._asdict(), classification=kinds[0], others=kinds[1], why=since)


def calibration_questions(given: Settling, only: str = "") -> list[Question]:
    """The calls that a threshold is fitted by, or the one whose key is `only`."""
    config, spare = given.config, spare_seeds(given.seeds)
    usual = demonstrations(config, given.seeds).by_role["classification"].text
    questions = []
    for number, task in enumerate(asked_about(config, given.seeds), start=CALIBRATED + 1):
        key = found_key("classification", number)
        if only not in {"", key}:
            continue
        examples = _without(task, config, given.seeds, spare) if task.instruction in usual else usual
        part = classification_links(config.classification, given.found.kinds["classification"], examples)
        questions.append(Question(key, part.prompt(task.instruction), part.options, task.is_classification))
    return questions


def _without(task: Task, config: ChainConfig, seeds: Sequence[Task], spare: Sequence[Task]) -> str:
    """Demonstrations as a run's, among which `task` is not."""
    others, filling = ([one for one in tasks if one.instruction != task.instruction] for tasks in (seeds, spare))
    return classification_examples(config.classification, others, config.run.seed, filling).text


async def _answers(given: Settling, questions: Sequence[Question]) -> list[Known]:
    """What came, in the order of the questions; those that got no log-odds are left out."""
    found: dict[str, Known | None] = {}

    async def ask(question: Question) -> None:
        found[question.key] = await _answer(given, question)

    most = (given.tracing or {}).get("max_concurrency") or given.config.run.max_concurrency
    monitor = given.calling["classification"].monitor
    try:
        await each(questions, ask, most, monitor)
    finally:
        monitor.replies_used = given.journal.found_by
    return [known for question in questions if (known := found[question.key])]


async def _answer(given: Settling, question: Question) -> Known | None:
    try:
        message = await answer(given, "classification", question.key, question.prompt, question.options)
        return Known(log_odds(message.response_metadata.get("first_token") or {}), question.is_classification)
    except (ItemRefused, UnreadableReply):
        return None
