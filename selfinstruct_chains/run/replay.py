"""What the journal already answers, taken from it directly: through LCEL a replayed task would cost milliseconds.

It must give what the steps themselves would give, errors included; a test holds both ways together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.run.journal import call_key, text_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.method.graph import Completion
    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.outcomes import Failure
    from selfinstruct_chains.tasks import Instance


_PLACE = "\x00the instruction\x00"


class _NotThere(Exception):  # noqa: N818 - it says what is so, and never leaves this module
    pass


class Replay:
    """The steps, answered from the journal alone.

    Args:
        journal: the replies.
        links: each role's prompt and parser.
        finish: the last link of `complete`.
    """

    def __init__(
        self,
        journal: Journal,
        links: dict[Role, Links],
        finish: Callable[[str, bool, Parsed[Instance]], Completion],
    ) -> None:
        self._journal = journal
        self._links = links
        self._finish = finish
        self._around: dict[Role, list[str]] = {}  # what stands around the instruction in a role's prompt

    def request(self, item: str, shown: Sequence[str]) -> Parsed[str] | Failure | None:
        """The instructions that a request gave, or why there are none; None: ask the model."""
        try:
            parsed: Parsed[str] = self._read("instructions", item, shown)
        except _NotThere:
            return None
        except (UnreadableReply, ItemRefused) as failure:
            return failure
        return parsed

    def completion(self, item: str, instruction: str) -> Completion | Failure | None:
        """What the model made of an instruction, or why nothing; None: ask the model."""
        try:
            is_classification = self._read("classification", item, instruction)
            form: Role = "output_first" if is_classification else "input_first"
            return self._finish(instruction, is_classification, self._read(form, item, instruction))
        except _NotThere:
            return None
        except (UnreadableReply, ItemRefused) as failure:
            return failure

    def _read(self, role: Role, item: str, value: Any) -> Any:
        links = self._links[role]
        first_failure: Failure | None = None
        for attempt in (1, 2):
            key = call_key(role, item, attempt)
            entry = self._journal.answer(key, text_hash(self._text(links, value))) if key in self._journal else None
            if entry is None:
                raise _NotThere
            try:
                return links.parser.read(entry.message())
            except UnreadableReply as unreadable:
                first_failure = first_failure or unreadable
        raise first_failure or _NotThere

    def _text(self, links: Links, value: Any) -> str:
        """The prompt as one string; only a role's first is made by its template, which takes a hundred times longer."""
        if links.role == "instructions":
            return links.prompt(value).to_string()
        if links.role not in self._around:
            self._around[links.role] = links.prompt(_PLACE).to_string().split(_PLACE)
        return str(value).join(self._around[links.role])
