"""A model that judges answers: how good one is (A to D), or which of two is better; asked by `run.asking`.

What is judged is passed as JSON, so that nothing in it can pass for its end, and says nothing of which model wrote it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.json_text import json_value
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.tidying import tidied
from selfinstruct_chains.models.own import OwnModel, own_model
from selfinstruct_chains.models.registry import has_schema
from selfinstruct_chains.run.asking import Asked, Question
from selfinstruct_chains.run.journal import text_hash
from selfinstruct_chains.tasks import RATINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig, Prompt

MAX_TOKENS = 500
"""Tokens that a verdict may have; the second attempt has twice as many."""
_SHOWN = 60  # characters of a reply in a message
_HASH = 16  # hex digits of a prompt's hash in an id


class Verdict(NamedTuple):
    """What a judge is asked for."""

    prompt: Literal["judge_answer", "judge_pair"]
    key: str
    values: tuple[str, ...]
    """What it may say."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of a reply. The reason comes first, so that the verdict follows from it."""
        return {
            "type": "object",
            "properties": {"reason": {"type": "string"}, self.key: {"type": "string", "enum": list(self.values)}},
            "required": ["reason", self.key],
            "additionalProperties": False,
        }

    def read(self, message: AIMessage) -> str:
        """What a reply says, as JSON, or on a line that holds nothing else; raises UnreadableReply."""
        text = tidied(str(message.text))
        held = json_value(text[max(text.find("{"), 0) :])
        said = [held.get(self.key)] if isinstance(held, dict) else self._lines(text)
        found = {value for value in self.values for one in said if str(one).strip().casefold() == value.casefold()}
        if len(found) != 1:
            raise UnreadableReply(f"no {self.key} in the reply {text[:_SHOWN]!r}", text)
        return found.pop()

    def _lines(self, text: str) -> list[str]:
        line = rf"(?im)^\W*(?:{self.key}\W+)?({'|'.join(self.values)})\W*$"
        return re.findall(line, text)


RATING = Verdict("judge_answer", "rating", RATINGS)
PREFERENCE = Verdict("judge_pair", "better", ("first", "second", "tie"))


class Judge:
    """A chain's classification model, which is set up for short answers, to be asked for verdicts.

    Args:
        config: the chain.
        model: a LangChain model to use instead of the chain's, or what LangChain makes of one.
        references: whether it is shown the reference answers, where there are some.

    Raises:
        ConfigError: the model can't be built.
    """

    def __init__(
        self, config: ChainConfig, model: Runnable[Any, Any] | None = None, *, references: bool = True
    ) -> None:
        self.references = references
        self._config = config
        self._settings = config.model_for("classification").model_copy(update={"max_tokens": MAX_TOKENS})
        self._own: OwnModel | None = own_model(model) if model is not None else None
        self._prompts = {verdict: verdict_prompt(verdict) for verdict in (RATING, PREFERENCE)}
        self._held = self._own.has_schema if self._own else has_schema(self._settings)

    @property
    def name(self) -> str:
        """The model's."""
        return self._own.get_name() if self._own else self._settings.name

    @property
    def asked(self) -> Asked:
        """Whom `run.asking.asking` is to ask."""
        texts = {
            f"prompt.{verdict.prompt}": prompt.model_dump(mode="json") for verdict, prompt in self._prompts.items()
        }
        return Asked("judge", self._config, self._settings, texts | {"references": self.references}, self._own)

    def rating(self, id_: str, task: str, answer: str) -> Question[str]:
        """How good is `answer`? `task` is from `task_json`; so with `preference`."""
        return self._question(RATING, id_, task=task, answer=_quoted(answer))

    def preference(self, id_: str, task: str, first: str, second: str) -> Question[str]:
        """Which is better, `first` or `second`?"""
        return self._question(PREFERENCE, id_, task=task, first=_quoted(first), second=_quoted(second))

    def _question(self, verdict: Verdict, id_: str, **values: str) -> Question[str]:
        """Its id says all that is asked, so that the same is asked once, whoever's answer it is."""
        prompt, kind = self._prompts[verdict], self._own.kind if self._own else self._settings.kind
        system_role = self._settings.system_role is not False
        told = template(prompt, kind, "json_schema", system_role=system_role).format_prompt(**values)
        options: dict[str, Any] = {"json_schema": verdict.schema} if self._held else {}
        if kind == "completion":
            options["stop"] = list(prompt.completion.stop)
        return Question(f"{verdict.key}/{id_}/{text_hash(told.to_string())[:_HASH]}", told, verdict.read, options)


def verdict_prompt(verdict: Verdict) -> Prompt:
    """What a judge is told who is asked for `verdict`."""
    return load_prompt(verdict.prompt, verdict.prompt, "json_schema", beside=Path(), at="prompt")


def task_json(instruction: str, material: str, references: Sequence[str] = ()) -> str:
    """A task as a judge is shown it; an empty input and references are left out."""
    task: dict[str, Any] = {"instruction": instruction}
    if material.strip():
        task["input"] = material
    if references:
        task["references"] = list(references)
    return json.dumps(task, ensure_ascii=False)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
