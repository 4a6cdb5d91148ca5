"""What a run's model was asked, made anew: the journal has the hash of each prompt, and not its text.

A prompt follows from the folder: the chain in its manifest, its seeds, what was found before the first request, and
earlier replies. Whether it is the very one that was sent, its hash tells.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import ItemRefused, SelfInstructError
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.method.quiet import at_once, evaluate
from selfinstruct_chains.method.results import result
from selfinstruct_chains.run import outcomes
from selfinstruct_chains.run.entry import FOUND
from selfinstruct_chains.run.first_calls import first_prompts
from selfinstruct_chains.run.journal import Journal, call_key, text_hash
from selfinstruct_chains.run.language import lexicon_of
from selfinstruct_chains.run.replay import AsAsked, as_asked
from selfinstruct_chains.tasks import request_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.method.pool import Shown
    from selfinstruct_chains.run.entry import Entry
    from selfinstruct_chains.run.outcomes import Failure
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Task


class Turn(NamedTuple):
    """A message of a prompt."""

    by: str
    """Whose: system, human, ai; "" for the text that a completion model goes on with."""
    text: str


class Prompt(NamedTuple):
    """The prompt of a call, made anew."""

    turns: tuple[Turn, ...] = ()
    """None where it can't be made."""
    as_sent: bool = False
    """Whether it is, by its hash, what was sent."""
    why: str = ""
    """Why it is not, or can't be made."""


class Rebuilt:
    """What the model of a run was asked, and what its replies hold.

    Args:
        run: made by models, with a journal of its own.

    Raises:
        RunError: it is damaged, or another version's.
    """

    def __init__(self, run: RunReader) -> None:
        self._run = run
        self._shaping = run.origin.shaping
        self._drawn: list[Shown | None] = []  # by request
        self._sizes = [0]  # of the generated part of the pool, after so many requests

    def is_read_here(self, role: Role) -> bool:
        """Whether the chain's own parser reads the replies of `role`, and not the user's."""
        return f"own.parsers.{role}" not in self._shaping

    def holds(self, role: Role, entry: Entry) -> Any:
        """What an answer holds: `Parsed` instructions or instances, or whether a task is classification.

        Raises:
            OutputParserException: nothing usable.
            ItemRefused: the provider refused, or filtered it.
        """
        if entry.kind == "result":
            return result(role, entry.value)
        return at_once(evaluate(self._asked.links[role].parser, entry.message(), {}))

    def request(self, number: int) -> Parsed[str] | Failure | None:
        """The instructions that a request gave, or why there are none; None where it has no answer yet."""
        failure: Failure | None = None
        for attempt in (1, 2):
            entry = self._journal.get(call_key("instructions", request_id(number), attempt))
            if entry is None:
                break
            try:
                found: Parsed[str] = self.holds("instructions", entry)
            except (OutputParserException, ItemRefused) as error:
                failure = error
            else:
                return found
        return failure

    def prompt(self, entry: Entry, instruction: str) -> Prompt:
        """What the call of `entry` was asked; for a candidate's, `instruction` is its text, "" where that is lost."""
        if not entry.prompt_sha256:
            known = "it was known without a call"
            own = "a step of your own was asked, and its prompts are its own"
            return Prompt(why=known if entry.key.startswith(FOUND) else own)
        try:
            made = self._made(entry, instruction)
            first = next(made, None)
            sent = first
            while sent is not None and text_hash(sent.to_string()) != entry.prompt_sha256:
                sent = next(made, None)
        except SelfInstructError as error:  # seeds that are gone, say
            return Prompt(why=f"it can't be made anew: {error}")
        if sent is not None:
            return Prompt(_turns(sent), as_sent=True)
        if first is not None:
            return Prompt(_turns(first), why=f"made anew, and not just what was sent: {self._why(entry)}")
        return Prompt(why=f"it can't be made anew: {self._why(entry)}")

    @cached_property
    def _seeds(self) -> list[Task]:
        return list(self._run.seeds())

    @cached_property
    def _journal(self) -> Journal:
        """The answers that later prompts depend on."""
        journal = Journal()
        for entry in self._run.entries():
            if entry.answers and entry.key.startswith((FOUND, "instructions/")):
                journal.write(entry)
        return journal

    @cached_property
    def _asked(self) -> AsAsked:
        return as_asked(self._run, self._seeds, self._journal)

    def _made(self, entry: Entry, instruction: str) -> Iterator[PromptValue]:
        """What it may have been: for calls before the first request there may be several."""
        role = entry.key.partition("/")[0]
        if entry.key.startswith(FOUND):
            yield from first_prompts(self._run.config, self._asked, self._seeds, self._journal, entry)
        elif role == "instructions" and (shown := self._shown(int(entry.item))):
            yield self._asked.links["instructions"].prompt(shown.asked)
        for one in ROLES[1:]:
            if one == role and instruction:
                yield self._asked.links[one].prompt(instruction)

    def _shown(self, request: int) -> Shown | None:
        """What a request showed; None where the replies that it depends on are not there."""
        for number in range(len(self._drawn), request + 1):
            self._drawn.append(self._draw(number))
        return self._drawn[request]

    def _draw(self, number: int) -> Shown | None:
        """What the request after those in `_drawn` showed."""
        seen = max(0, number + 1 - self._asked.config.run.lookahead)  # requests that were committed when it was drawn
        while len(self._sizes) <= seen and self._commit(len(self._sizes) - 1):
            pass
        return self._pool.draw(number, self._sizes[seen]) if seen < len(self._sizes) else None

    def _commit(self, number: int) -> bool:
        """Let the pool grow by what a request gave; whether that is there."""
        shown, answer = self._drawn[number], self.request(number)
        if shown is None or answer is None:
            return False
        outcomes.commit(number, answer, shown, self._pool)
        self._sizes.append(self._pool.generated)
        return True

    @cached_property
    def _pool(self) -> Pool:
        """As it was after the requests that `_sizes` counts."""
        return Pool(self._asked.config, self._seeds, lexicon=lexicon_of(self._asked.config))

    def _why(self, entry: Entry) -> str:
        """What a prompt may depend on that is not in the folder."""
        if not self._seeds:
            return "seeds.jsonl is missing or empty"
        own = [key for key in self._shaping if key.startswith(("own.parsers", "own_filters"))]
        if own and entry.key.startswith("instructions/"):
            return "it shows what parsers or filters of your own let through, which are not in the folder"
        wrote = self._run.origin.versions.get("selfinstruct-chains", "")
        return f"the run was begun by {f'version {wrote}' if wrote else 'another version'}, which may word it otherwise"


def _turns(prompt: PromptValue) -> tuple[Turn, ...]:
    if isinstance(prompt, StringPromptValue):
        return (Turn("", prompt.to_string()),)
    return tuple(Turn(message.type, str(message.text)) for message in prompt.to_messages())
