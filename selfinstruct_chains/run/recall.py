"""What the journal answers already, without an event loop: the composition itself, over models that only remember."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.quiet import WouldWaitError, at_once, evaluate
from selfinstruct_chains.run.assembly import Composed, compose
from selfinstruct_chains.run.journalled import ITEM, Journalled, JournalledStep, NotRemembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig, Role
    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.outcomes import Failure
    from selfinstruct_chains.run.own import Own
    from selfinstruct_chains.tasks import Completion


class Recall(NamedTuple):
    """The chain, answered from the journal alone."""

    composed: Composed
    journal: Journal

    def request(self, item: str, asked: Any) -> Parsed[str] | Failure | None:
        """The instructions that a request gave, or why there are none; None: ask the model."""
        found: Parsed[str] | Failure | None = self._recalled(self.composed.instructions, asked, item)
        return found

    def completion(self, item: str, instruction: str) -> Completion | Failure | None:
        """What the model made of an instruction, or why nothing; None: ask the model."""
        found: Completion | Failure | None = self._recalled(self.composed.complete, instruction, item)
        return found

    def _recalled(self, chain: Runnable[Any, Any], value: Any, item: str) -> Any:
        if not self.journal.knows(item):
            return None
        try:
            return at_once(evaluate(chain, value, {"metadata": {ITEM: item}}))
        except (NotRemembered, WouldWaitError):
            return None
        except (OutputParserException, ItemRefused) as failure:
            return failure


def recall(config: ChainConfig, links: Mapping[Role, Links], journal: Journal, own: Own) -> Recall:
    """The chain over `journal`."""
    models = {role: Journalled(role, journal) for role in links}
    steps = {role: JournalledStep(role, journal) for role in own.steps}
    return Recall(compose(config, links, models, own, steps), journal)
