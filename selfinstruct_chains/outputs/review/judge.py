"""A model answers the three questions of the quality review, held to a JSON schema where its provider has that."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ValidationError

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.json_text import json_value
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.rendering import instances_json
from selfinstruct_chains.method.tidying import tidied
from selfinstruct_chains.models.own import OwnModel, own_model
from selfinstruct_chains.models.patience import Patience
from selfinstruct_chains.models.registry import ConfiguredModel, has_schema
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Verdict
from selfinstruct_chains.run.journal import call_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.prompt_values import PromptValue
    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig, ModelConfig, Prompt
    from selfinstruct_chains.outputs.review.verdicts import Reviews
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


class Judged(NamedTuple):
    """What came of judging."""

    given: int
    """New verdicts."""
    failed: int
    """Tasks without one: the reply could not be read, twice, or the provider refused the task."""
    tokens: int
    """Of prompts and replies, as far as the provider counted them."""


class _Answers(BaseModel):
    reason: str = ""
    valid_instruction: bool
    appropriate_input: bool
    correct_output: bool


class Judge:
    """Asks a chain's classification model, which is set up for yes and no, about tasks.

    Args:
        config: the chain.
        model: a LangChain model to use instead of the chain's, or what LangChain makes of one.
        log: where an embedded server writes its log; None: nowhere.
        prompt: what it is told, from `judge_prompt`; the shipped one when None.
    """

    def __init__(
        self,
        config: ChainConfig,
        model: Runnable[Any, Any] | None = None,
        log: Path | None = None,
        prompt: Prompt | None = None,
    ) -> None:
        prompt = prompt or judge_prompt()
        settings = _settings(config)
        self._run = config.run
        self._model = own_model(model) if model is not None else ConfiguredModel(settings, log=log)
        system_role = settings.system_role is not False
        self._template = template(prompt, self._model.kind, "json_schema", system_role=system_role)
        self._patience = Patience(self._model.get_name(), settings.timeout, config.run.patience)
        held = self._model.has_schema if isinstance(self._model, OwnModel) else has_schema(settings)
        self._options: dict[str, Any] = {"json_schema": SCHEMA} if held else {}
        if self._model.kind == "completion":
            self._options["stop"] = list(prompt.completion.stop)
        self._tokens = 0

    async def judge(
        self, tasks: Sequence[Task], reviews: Reviews, on_verdict: Callable[[Verdict | None], None] = lambda _: None
    ) -> Judged:
        """Judge the tasks that have no judge's verdict yet; each verdict is in the file as soon as it is there.

        Args:
            tasks: what to judge.
            reviews: where verdicts go.
            on_verdict: told of each, and of None for a task that got none.

        Raises:
            ConfigError: the model can't be built.
            ProviderError: the provider refuses all calls, or does not answer.
            RunError: the verdicts can't be written.
        """
        waiting = iter([task for task in tasks if task.id not in reviews.by("judge")])
        counts = {True: 0, False: 0}

        async def work() -> None:
            for task in waiting:
                verdict = await self._verdict(task)
                if verdict:
                    reviews.put(verdict)
                counts[verdict is not None] += 1
                on_verdict(verdict)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._run.max_concurrency):
                    group.create_task(work())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            if isinstance(self._model, ConfiguredModel):
                await self._model.aclose()
        return Judged(counts[True], counts[False], self._tokens)

    async def _verdict(self, task: Task) -> Verdict | None:
        prompt = self._template.format_prompt(
            instruction=task.instruction, instances=instances_json(task.instances, "input_first")
        )
        for attempt in (1, 2):
            try:
                message = await self._ask(prompt, f"judge/{task.id}/{attempt}", attempt)
            except ItemRefused:
                return None
            if answers := answers_in(str(message.text)):
                model = message.response_metadata.get("model_name")
                return Verdict(id=task.id, by="judge", model=model, **answers.model_dump())
        return None

    async def _ask(self, prompt: PromptValue, key: str, larger: int) -> AIMessage:
        options = self._options | {"larger": larger, "seed": call_seed(self._run.seed, key)}
        message = await self._patience.reply(
            lambda: self._model.ainvoke(prompt, None, **options), on_fault=lambda _: None
        )
        if message.usage_metadata:
            self._tokens += message.usage_metadata["total_tokens"]
        return message


def judge_prompt(name: str = "judge") -> Prompt:
    """What a judge is told: the shipped prompt, or one's own in a file, its path ending in .yaml.

    Raises:
        ConfigError: there is no such prompt, or it does not fit a judge; names the file and the key.
    """
    return load_prompt(name, "judge", "json_schema", beside=Path(), at="prompt")


def answers_in(reply: str) -> _Answers | None:
    """The answers in a judge's reply; None if it does not hold all three."""
    reply = tidied(reply)
    try:
        return _Answers.model_validate(json_value(reply[max(reply.find("{"), 0) :]))
    except ValidationError:
        return None


def _settings(config: ChainConfig) -> ModelConfig:
    return config.model_for("classification").model_copy(update={"max_tokens": MAX_TOKENS})
