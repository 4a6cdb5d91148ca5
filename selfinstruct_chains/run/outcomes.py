"""What comes of a reply: candidates, and then a finished task or the reasons why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_core.exceptions import OutputParserException

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.method.parsing import TruncatedReply
from selfinstruct_chains.run.journal import call_key
from selfinstruct_chains.tasks import Provenance, Rejection, Task, candidate_id, instance_json, request_id

if TYPE_CHECKING:
    from selfinstruct_chains.config import Role
    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.method.pool import Pool, Shown
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.tasks import Completion

Failure = OutputParserException | ItemRefused
"""Why there is no result: nothing usable came in two attempts, or the provider refused the prompt."""


@dataclass(slots=True)
class Slot:
    """A candidate's place in the order of ids; a request that gave none has one too."""

    id: str
    request: int
    text: str
    shown: Shown
    """What its request showed, and asked about."""
    outcome: list[Task | Rejection] = field(default_factory=list)
    """What comes of it: what was dropped, and then the task if there is one."""
    settled: bool = False
    """Whether `outcome` is known."""
    accepted: bool = False
    """Whether it joined the pool."""
    live: bool = False
    """Whether this start had to call a model for it."""

    @property
    def good(self) -> bool:
        """Whether a finished task came of it."""
        return bool(self.outcome) and isinstance(self.outcome[-1], Task)

    def settle(self, *outcome: Task | Rejection) -> Slot:
        """Itself, now that its outcome is known."""
        self.outcome, self.settled = list(outcome), True
        return self

    def dropped(self, rule: str, stage: str, text: str | None = None) -> Rejection:
        """What `rule` dropped at `stage`: the candidate, or another `text` of it."""
        return Rejection(
            id=self.id, rule=rule, stage=stage, text=self.text if text is None else text, request=self.request
        )


def commit(request: int, result: Parsed[str] | Failure, shown: Shown, pool: Pool) -> list[Slot]:
    """The candidates of a request, in order; those that the pool admits are accepted, all others settled."""
    if isinstance(result, Exception):
        text = str(result.llm_output or "") if isinstance(result, OutputParserException) else str(result)
        slot = Slot(request_id(request), request, text, shown)
        return [slot.settle(slot.dropped(rule(result), "request"))]
    slots = [
        _admitted(Slot(candidate_id(request, position), request, text, shown), pool)
        for position, text in enumerate(result.items)
    ]
    if result.cut:
        cut = Slot(candidate_id(request, len(result.items)), request, result.cut, shown)
        slots.append(cut.settle(cut.dropped("truncated", "instruction")))
    return slots


def settle(slot: Slot, result: Completion | Failure, journal: Journal) -> None:
    """Settle an accepted candidate: what was dropped of its instances, and then its task, or why there is none."""
    if isinstance(result, Exception):
        slot.settle(slot.dropped(rule(result), "task"))
        return
    outcome: list[Task | Rejection] = [
        slot.dropped(dropped.rule, "instance", instance_json(dropped.instance)) for dropped in result.dropped
    ]
    if result.cut:
        outcome.append(slot.dropped("truncated", "instance", result.cut))
    done = _task(slot, result, journal) if result.instances else slot.dropped(result.rule or "no_instance", "task")
    slot.settle(*outcome, done)


def rule(failure: Failure) -> str:
    """The name under which a failure drops its candidate or request."""
    if isinstance(failure, ItemRefused):
        return failure.reason
    return "truncated" if isinstance(failure, TruncatedReply) else "unreadable"


def _admitted(slot: Slot, pool: Pool) -> Slot:
    reason = pool.admit(slot.id, slot.text, slot.shown.about.language)
    if reason is None:
        slot.accepted = True
        return slot
    rejection = slot.dropped(reason.rule, "instruction")
    why = {"score": reason.score, "nearest": reason.nearest, "language": reason.language}
    return slot.settle(rejection.model_copy(update=why))


def _task(slot: Slot, result: Completion, journal: Journal) -> Task:
    form: Role = "output_first" if result.is_classification else "input_first"
    asked = _last_call("instructions", request_id(slot.request), journal)
    calls = (asked, _last_call("classification", slot.id, journal), _last_call(form, slot.id, journal))
    model = journal.model(asked)
    return Task(
        id=slot.id,
        instruction=slot.text,
        instances=result.instances,
        is_classification=result.is_classification,
        provenance=Provenance(
            request=slot.request,
            examples=slot.shown.ids,
            model=model,
            calls=calls,
            topic=slot.shown.about.topic or None,
            language=slot.shown.about.language or None,
        ),
    )


def _last_call(role: Role, item: str, journal: Journal) -> str:
    second = call_key(role, item, 2)
    return second if second in journal else call_key(role, item)
