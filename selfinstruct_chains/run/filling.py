"""What seed tasks lack, filled in by a chain's own steps: whether they are classification tasks, and their instances.

Replies are kept in a folder with one below it for each role, so that the same again asks only what is missing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.method.filters import keep_instances
from selfinstruct_chains.models.registry import check_model
from selfinstruct_chains.run.asking import Asked, Question, Unanswered, asking
from selfinstruct_chains.run.assembly import (
    as_known_for,
    demonstrations,
    in_text_unless_fitted,
    in_text_where_needed,
    links,
    role_models,
)
from selfinstruct_chains.run.journal import text_hash
from selfinstruct_chains.run.language import in_language, lexicon_of
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.several import Several
from selfinstruct_chains.tasks import Dropped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig, Role
    from selfinstruct_chains.files.seeds import Draft
    from selfinstruct_chains.method.parsers import ReplyParser
    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.tasks import Instance

_HASH = 16  # hex digits of an instruction's hash, by which it is asked about


class Filled(NamedTuple):
    """What came of it."""

    tasks: list[Draft]
    """Those that lack nothing now, in their order."""
    left_out: Counter[str]
    """How many still lack something, by the reason: "unreadable", a refusal, or the filter that took the last one."""


class Filling:
    """Drafts of seed tasks, to be filled in.

    Args:
        config: the chain; the drafts that lack nothing are its examples, and shipped seeds where it needs more.
        drafts: all that the file has.
        folder: where the replies are kept.

    Raises:
        ConfigError: a model can't be built.
    """

    def __init__(self, config: ChainConfig, drafts: Sequence[Draft], folder: Path) -> None:
        config = in_language(config, drafts)
        found = role_models(config)
        config = as_known_for(in_text_where_needed(config, found, brought()), found.models)
        self._config = config = in_text_unless_fitted(config, found)
        self._shown = demonstrations(config, [draft.task() for draft in drafts if not draft.lacks])
        self._links = links(config, self._shown, found.kinds)
        self._drafts, self._folder = drafts, folder
        self.monitor = Several(sum(len(draft.lacks) for draft in _different(drafts)))
        """Counts, for a display; `stop` and `interrupt` end it."""
        notes: dict[str, None] = {}
        for role in map(config.role, ROLES[1:]):
            notes |= dict.fromkeys(check_model(role.model, role.output, getattr(role, "decide", "text")))
        self.monitor.notes += notes

    async def run(self, budgets: Budgets | None = None) -> Filled:
        """Ask for what is missing, and is not there yet.

        Raises:
            RunStopped: a budget is used up, or it was interrupted; the same again goes on.
            ProviderError: the provider refuses all calls, or does not answer.
            RunError: the folder has replies to other prompts, is damaged or full, or another process uses it.
            ConfigError: a model can't be built, or has no price where dollars are limited.
        """
        different = _different(self._drafts)
        kinds: dict[str, Any] = {draft.instruction: draft.is_classification for draft in different}
        kinds |= await self._ask("classification", [one for one, kind in kinds.items() if kind is None], budgets)
        written: dict[str, Any] = {}
        for role, kind in (("input_first", False), ("output_first", True)):
            wanted = [one.instruction for one in different if not one.instances and kinds[one.instruction] is kind]
            written |= await self._ask(cast("Role", role), wanted, budgets)
        found = Filled([], Counter())
        for draft in self._drafts:
            self._add(found, draft, kinds, written)
        return found

    async def _ask(self, role: Role, instructions: Sequence[str], budgets: Budgets | None) -> dict[str, Any]:
        """What the role's model says of each instruction."""
        if not instructions:
            return {}
        link, ids = self._links[role], {text_hash(one)[:_HASH]: one for one in instructions}
        read = cast("ReplyParser[Any]", link.parser).read
        questions = [Question(id_, link.prompt(one), read, link.options) for id_, one in ids.items()]
        asked = Asked(role, self._config, self._config.model_for(role), self._shaping(role))
        folder = self._folder / role
        async with asking(asked, folder, self.monitor, questions=len(questions), budgets=budgets) as asker:
            return {ids[id_]: said for id_, said in (await asker.all(questions)).items()}

    def _shaping(self, role: Role) -> dict[str, Any]:
        begin = "classification." if role == "classification" else f"instances.{role}."
        values = {key: value for key, value in self._config.shaping().items() if key.startswith(begin)}
        return values | {"examples": text_hash(self._shown.by_role[role].text)}

    def _add(self, found: Filled, draft: Draft, kinds: Mapping[str, Any], written: Mapping[str, Any]) -> None:
        """A draft as it is now, or why it is left out."""
        kind: bool | Unanswered = kinds[draft.instruction]
        said: Parsed[Instance] | Unanswered | None = written.get(draft.instruction)
        unanswered = next((one for one in (kind, said) if isinstance(one, Unanswered)), None)
        if unanswered:
            found.left_out[unanswered.reason] += 1
            return
        instances, dropped = list(draft.instances), list[Dropped]()
        if not instances and said and not isinstance(said, Unanswered):
            instances, dropped = keep_instances(
                said.items,
                self._config.filters,
                is_classification=bool(kind),
                max_instances=self._config.instances.max_instances,
                instruction=draft.instruction,
                lexicon=lexicon_of(self._config),
            )
        if instances:
            update = {"instances": tuple(instances), "is_classification": kind}
            found.tasks.append(draft.model_copy(update=update))
        else:
            found.left_out[dropped[-1].rule if dropped else "no_instance"] += 1


def _different(drafts: Sequence[Draft]) -> list[Draft]:
    """Those that have an instruction of their own: one of the same words is asked about once."""
    return list({draft.instruction: draft for draft in reversed(drafts)}.values())[::-1]
