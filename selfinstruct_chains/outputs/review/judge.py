"""A model answers the three questions of the quality review, held to a JSON schema where its provider has that.

It is asked as in a run: journalled, so that the same command goes on where it was stopped, within budgets. Its replies
stand in the run folder, in `judges/NAME-1a2b3c`, a folder for each judge and prompt.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ValidationError

from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.json_text import json_value
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.rendering import instances_json
from selfinstruct_chains.method.tidying import tidied
from selfinstruct_chains.models.own import OwnModel, own_model
from selfinstruct_chains.models.registry import has_schema
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Verdict
from selfinstruct_chains.run.asking import Asked, Question, Unanswered, asking, shaping
from selfinstruct_chains.run.journal import text_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig, Prompt
    from selfinstruct_chains.outputs.review.verdicts import Reviews
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.tasks import Task

MAX_TOKENS = 500
"""Tokens that a reply of the chain's model may have; the second attempt has twice as many."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, **{question: {"type": "boolean"} for question in QUESTIONS}},
    "required": ["reason", *QUESTIONS],
    "additionalProperties": False,
}
"""What a judge answers. The reason comes first, so that the answers follow from it."""
FOLDER = "judges"
_NAME = 40  # characters of a model's name in a folder's
_SHOWN = 60  # characters of a reply in a message


class Judged(NamedTuple):
    """What came of judging."""

    given: int
    """New verdicts."""
    unreadable: int
    """Tasks without one: the reply could not be read, twice."""
    refused: int
    """Tasks without one: the provider refused them."""
    example: str = ""
    """What was wrong with a reply that could not be read."""


class _Answers(BaseModel):
    reason: str = ""
    valid_instruction: bool
    appropriate_input: bool
    correct_output: bool


class Judge:
    """A chain's classification model, which is set up for yes and no, to be asked about tasks.

    Args:
        config: the chain.
        model: a LangChain model to use instead of the chain's, or what LangChain makes of one.
        prompt: what it is told, from `judge_prompt`; the shipped one when None.
    """

    def __init__(
        self, config: ChainConfig, model: Runnable[Any, Any] | None = None, prompt: Prompt | None = None
    ) -> None:
        self._config = config
        self._settings = config.model_for("classification").model_copy(update={"max_tokens": MAX_TOKENS})
        self._own: OwnModel | None = own_model(model) if model is not None else None
        self._prompt = prompt or judge_prompt()
        self._held = self._own.has_schema if self._own else has_schema(self._settings)

    @property
    def name(self) -> str:
        """The model's; of one in a file the file's."""
        return self._own.get_name() if self._own else Path(self._settings.name).name

    @property
    def asked(self) -> Asked:
        """Whom `run.asking.asking` is to ask."""
        return Asked("judge", self._config, self._settings, {"prompt": self._prompt.model_dump(mode="json")}, self._own)

    def folder(self, run: Path) -> Path:
        """Where its replies about a run's tasks stand."""
        digest = text_hash(json.dumps(shaping(self.asked), sort_keys=True, default=str))
        return run / FOLDER / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', self.name)[:_NAME].strip('.-')}-{digest[:6]}"

    def question(self, task: Task, reviews: Reviews) -> Question[Verdict]:
        """What is asked about a task; its verdict is in `reviews` as soon as it is read."""
        kind = self._own.kind if self._own else self._settings.kind
        system_role = self._settings.system_role is not False
        told = template(self._prompt, kind, "json_schema", system_role=system_role).format_prompt(
            instruction=task.instruction, instances=instances_json(task.instances, "input_first")
        )

        def read(message: AIMessage) -> Verdict:
            model = message.response_metadata.get("model_name")
            answers = answers_in(str(message.text)).model_dump()
            reviews.put(verdict := Verdict(id=task.id, by="judge", name=self.name, model=model, **answers))
            return verdict

        options: dict[str, Any] = {"json_schema": SCHEMA} if self._held else {}
        if kind == "completion":
            options["stop"] = list(self._prompt.completion.stop)
        return Question(f"{task.id}/{text_hash(told.to_string())[:16]}", told, read, options)


def waiting(judge: Judge, tasks: Sequence[Task], reviews: Reviews) -> list[Task]:
    """Those that this judge, or one that gave no name, has not judged."""
    known = reviews.of("judge", judge.name).keys() | reviews.unnamed_judge().keys()
    return [task for task in tasks if task.id not in known]


async def judged(  # noqa: PLR0913 - who is asked, about what, and how durably
    judge: Judge,
    tasks: Sequence[Task],
    reviews: Reviews,
    *,
    folder: Path | None,
    monitor: Monitor,
    budgets: Budgets | None = None,
) -> Judged:
    """Have `judge` answer the questions about the tasks that it has not judged yet.

    Args:
        judge: who is asked.
        tasks: what to judge.
        reviews: where verdicts go, each as soon as it is there.
        folder: where replies are kept; None: nowhere.
        monitor: counts, for a display; `stop` and `interrupt` end it.
        budgets: as a run's, for this folder.

    Raises:
        RunStopped: a budget is used up, or it was interrupted; the same call again goes on.
        ProviderError: the provider refuses all calls, or does not answer.
        RunError: another process is at work in the folder, it is damaged or full, or verdicts can't be written.
        ConfigError: the model can't be built, or has no price where dollars are limited.
    """
    questions = [judge.question(task, reviews) for task in waiting(judge, tasks, reviews)]
    if not questions:
        return Judged(0, 0, 0)
    async with asking(judge.asked, folder, monitor, questions=len(questions), budgets=budgets) as asker:
        found = await asker.all(questions)
    return _counted(found)


def _counted(found: Mapping[str, Verdict | Unanswered]) -> Judged:
    failed = [one for one in found.values() if isinstance(one, Unanswered)]
    unreadable = [one.text for one in failed if one.reason == "unreadable"]
    return Judged(len(found) - len(failed), len(unreadable), len(failed) - len(unreadable), *unreadable[:1])


def check_readable(judge: Judge, found: Judged, reviews: Reviews) -> None:
    """Refuse a judge that said nothing which could be read, now or before.

    Raises:
        ProviderError: there were replies, and none of them could be.
    """
    if found.unreadable and not reviews.of("judge", judge.name):
        about = "1 task" if found.unreadable == 1 else f"{found.unreadable:,} tasks"
        raise ProviderError(
            f"{judge.name}: no reply about {about} could be read, so nothing was judged "
            f"({found.example}).\nTake a model that can answer in JSON, or tell it what to do by --prompt FILE.yaml"
        )


def judge_prompt(name: str = "judge") -> Prompt:
    """What a judge is told: the shipped prompt, or one's own in a file, its path ending in .yaml.

    Raises:
        ConfigError: there is no such prompt, or it does not fit a judge; names the file and the key.
    """
    return load_prompt(name, "judge", "json_schema", beside=Path(), at="prompt")


def answers_in(reply: str) -> _Answers:
    """The answers in a judge's reply.

    Raises:
        UnreadableReply: it does not hold all three.
    """
    text = tidied(reply)
    try:
        return _Answers.model_validate(json_value(text[max(text.find("{"), 0) :]))
    except ValidationError:
        raise UnreadableReply(f"no three answers in the reply {text[:_SHOWN]!r}", text) from None
