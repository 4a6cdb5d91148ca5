"""Models asked for their answers to the items: one after another, each from a folder of its own."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import HumanMessage
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from selfinstruct_chains.config import fingerprint
from selfinstruct_chains.endings import UNKNOWN, is_filtered, is_whole
from selfinstruct_chains.errors import ConfigError, ItemRefused
from selfinstruct_chains.files.items import read_items
from selfinstruct_chains.files.predictions import Answer, read_predictions
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.tidying import tidied
from selfinstruct_chains.models import embedded
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.models.registry import check_model
from selfinstruct_chains.run import asking
from selfinstruct_chains.training.asked import plain_prompt
from selfinstruct_chains.training.evaluation.models import TOKENS, Asked, Given, folder_name, read_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from importlib.resources.abc import Traversable

    from langchain_core.messages import AIMessage
    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import Prompt
    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.run.monitor import Monitor


class Examination(NamedTuple):
    """What is asked, and of whom."""

    items: Sequence[Item]
    models: Sequence[Given | Asked]
    prompt: Prompt | None = None
    """What a model is told; None: a chat model the question alone, another `plain_prompt`."""

    @property
    def asked(self) -> list[Asked]:
        """The models that are asked."""
        return [one for one in self.models if isinstance(one, Asked)]

    def predictions(self, *, allow_missing: bool = False) -> dict[str, Mapping[str, Answer]]:
        """The answers of those that are given, by model and item; raises DataError as `read_predictions`."""
        return {
            one.name: read_predictions(one.path, self.items, allow_missing=allow_missing)
            for one in self.models
            if isinstance(one, Given)
        }

    def default_folder(self, file: str) -> Path:
        """Where the evaluation goes if nobody says: the same for the same items of `file`, models and prompt."""
        models: dict[str, Any] = {one.name: str(one.path) for one in self.models if not isinstance(one, Asked)}
        models |= {one.name: asking.shaping(self._of(one)) for one in self.asked}
        known = fingerprint({"items": [list(item) for item in self.items], "models": models})
        return Path("evaluations") / f"{folder_name(Path(file).stem)}-{known[:6]}"

    def check(self, budgets: Budgets) -> list[str]:
        """Find out what the models lack before one of them is asked; a line for each thing left out.

        Raises:
            ConfigError: a package, key, weights, or, where dollars are limited, a price is missing.
        """
        notes = [note for one in self.asked for note in (*one.chain.notes, *check_model(one.model))]
        for one in self.asked if "dollars" in budgets else ():
            if price(one.model) is None:
                raise ConfigError(
                    f"--max-cost needs the price of each model, and that of {one.name!r} is not known; state it in "
                    f"dollars for a million tokens: --set '{one.name}:model.price={{input: 0.4, output: 1.6}}'"
                )
        return list(dict.fromkeys(notes))

    async def ask(self, folder: Path, monitor: Monitor, budgets: Budgets) -> dict[str, Mapping[str, Answer]]:
        """The answers by model and item; an item that was refused is not there.

        Args:
            folder: each model's replies are kept in one below it.
            monitor: counts over all models (`run.several.Several`).
            budgets: over all models together.

        Raises:
            SelfInstructError: as `run.asking`; the same call again goes on.
        """
        found: dict[str, Mapping[str, Answer]] = {}
        for one in self.asked:
            at = folder / "models" / folder_name(one.name)
            async with asking.asking(self._of(one), at, monitor, questions=len(self.items), budgets=budgets) as asker:
                answers = await asker.all([self._question(item, one) for item in self.items])
            found[one.name] = {id_: answer for id_, answer in answers.items() if isinstance(answer, Answer)}
        return found

    def _question(self, item: Item, one: Asked) -> asking.Question[Answer]:
        stops = list(self.prompt.completion.stop) if self.prompt and one.model.kind == "completion" else []
        return asking.Question(item.id, self._prompt(item, one), _answer, {"stop": stops} if stops else {})

    def _prompt(self, item: Item, one: Asked) -> PromptValue:
        if self.prompt is not None:
            form = template(self.prompt, one.model.kind, "text", system_role=one.model.system_role is not False)
            return form.format_prompt(instruction=item.instruction, input=item.input)
        if one.model.kind == "chat":
            return ChatPromptValue(messages=[HumanMessage(item.question)])
        return StringPromptValue(text=plain_prompt(item.instruction, item.input))

    def _of(self, one: Asked) -> asking.Asked:
        shaping: dict[str, Any] = {"prompt": "plain" if self.prompt is None else self.prompt.model_dump(mode="json")}
        return asking.Asked("answer", one.chain, one.model, shaping | weights_of(one))


def weights_of(one: Asked) -> dict[str, str]:
    """SHA-256, in hex, of an embedded model's file, which keeps its name when it is trained anew; {} of others."""
    if one.model.provider != "embedded":
        return {}
    weights = embedded.model_file(one.model.name)
    return {"weights": _sha256(weights, weights.stat().st_mtime_ns)}


def examination(
    file: Path | Traversable,
    models: Iterable[str],
    settings: Sequence[str] = (),
    *,
    tokens: int | None = None,
    prompt: str | None = None,
) -> Examination:
    """What is asked, and of whom, as the command line says it.

    Args:
        file: the evaluation file.
        models: as `read_models`, and `settings` too.
        settings: their overrides.
        tokens: that an answer may have; `TOKENS` when None.
        prompt: a prompt file for the role `answer`, its path ending in .yaml; None: the question alone.

    Raises:
        ConfigError: as `read_models` and `load_prompt`; or a setting of asked models, and none is asked.
        DataError: as `read_items`.
    """
    named = read_models(models, settings, tokens or TOKENS)
    told = load_prompt(prompt, "answer", "text", beside=Path(), at="--prompt") if prompt else None
    return Examination(read_items(file), named, told)


def _answer(reply: AIMessage) -> Answer:
    """What a reply answers, and whether it ended by itself.

    Raises:
        ItemRefused: the provider's filter, or the model, cut it off: that is no answer.
    """
    reason = reply.response_metadata.get("finish_reason")
    if is_filtered(reason):
        raise ItemRefused(f"the reply was ended by {reason!r}", reason="content_filter")
    return Answer(tidied(str(reply.text)), None if reason in {None, UNKNOWN} else is_whole(reason))


@cache
def _sha256(path: Path, _: int) -> str:
    """Of a file as it was written at a time; large ones take a while."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
