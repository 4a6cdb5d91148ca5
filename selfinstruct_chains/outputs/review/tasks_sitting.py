"""The paper's three questions about the tasks of a run, to one or several people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.review.agreement import agreements
from selfinstruct_chains.outputs.review.agreement_text import cells
from selfinstruct_chains.outputs.review.cards import Choice, Features, NotAVerdictError, Question, kind
from selfinstruct_chains.outputs.review.corrections import Correction, Corrections, wording
from selfinstruct_chains.outputs.review.keys import usual_keys
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from selfinstruct_chains.outputs.review.cards import Entry
    from selfinstruct_chains.outputs.review.verdicts import Reviews
    from selfinstruct_chains.tasks import Task

ANSWERS = (
    Choice("y", value=True, text="Yes", good=True),
    Choice("n", value=False, text="No", good=False),
    Choice("d", value="unsure", text="Unsure", good=None),
)


class TasksSitting:
    """A `cards.Sitting` about tasks.

    Args:
        title: of the page.
        note: what there is to say of the run.
        tasks: the sample.
        reviews: where verdicts go; corrected texts go beside them.
        name: who reviews; None: the page asks.
        find: a task that is not in the sample, by its id.
        guidelines: HTML.
        keys: other keys than the usual ones.
    """

    what, output = "tasks", "Output"
    features = Features(comment=True, correct=True, several=True, back=True)
    questions: Sequence[Question] = [Question(key, text, ANSWERS) for key, text in QUESTIONS.items()]

    def __init__(  # noqa: PLR0913 - what a page is about
        self,
        title: str,
        note: str,
        tasks: Sequence[Task],
        reviews: Reviews,
        *,
        name: str | None = None,
        find: Callable[[str], Task | None] = lambda _: None,
        guidelines: str = "",
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.title, self.note, self.name, self.guidelines = title, note, name, guidelines
        self.keys = keys or usual_keys(self.questions, self.features)
        self._tasks = {task.id: task for task in tasks}
        self._sample = list(self._tasks)
        self._reviews = reviews
        self._corrections = Corrections(reviews.path.parent)
        self._find = find

    def cards(self, name: str) -> list[dict[str, Any]]:
        """The sample as a reviewer has it."""
        self._refresh()
        return [self._card(self._tasks[id_], name) for id_ in self._sample]

    def shown(self, id_: str) -> Mapping[str, Any] | None:
        """What a task's card shows, with its correction where it has one."""
        task = self._task(id_)
        if task is None:
            return None
        self._corrections.refresh()
        last = self._corrections.last(id_)
        shown = {
            "about": _about(task),
            **task.model_dump(include={"instruction", "instances"}),
            "seen": last.entry if last else None,
            "facts": self._card(task, ""),
        }
        found = self._corrections.of(task)
        return shown | ({"correction": _correction(found)} if found else {})

    def take(self, entry: Entry, name: str) -> str:
        """Keep a verdict or a correction, or take one back."""
        task = self._task(entry.id)
        if task is None:
            raise NotAVerdictError("the run has no such task any more")
        self._refresh()
        return self._correct(task, entry, name) if entry.text else self._answer(entry, name)

    def has(self, entry: str) -> bool:
        """Whether it is in one of the files."""
        return self._reviews.has(entry) or self._corrections.has(entry)

    def changed(self, name: str, since: int) -> tuple[int, dict[str, Any]]:
        """A reviewer's verdicts that are new, by task; all of them where the file has been made anew since."""
        self._refresh()
        ids = self._reviews.changed(name, since)
        return self._reviews.count, {id_: self._verdict(id_, name) for id_ in ids}

    def search(self, text: str) -> list[str]:
        """The ids of the tasks of the sample that hold a text, in the model's words or in a correction's."""
        self._corrections.refresh()
        wanted = text.casefold()
        return [id_ for id_ in self._sample if wanted in self._words(self._tasks[id_])]

    def people(self) -> Mapping[str, int]:
        """Who has reviewed, and how many tasks."""
        self._refresh()
        return {name: len(self._reviews.of("person", name)) for name in self._reviews.names("person")}

    def disagreements(self) -> list[dict[str, Any]]:
        """The tasks of the run about which people's answers differ, or a judge's from theirs."""
        self._refresh()
        people = self._reviews.disagreed()
        judges = [id_ for id_ in self._reviews.disagreed_by_judge() if id_ not in set(people)]
        found = [self._differing(id_, "people") for id_ in people] + [self._differing(id_, "judge") for id_ in judges]
        return [one for one in found if self._task(one["id"])]

    def agreement(self) -> list[dict[str, Any]]:
        """A table for each group of reviewers."""
        self._refresh()
        tables: dict[str, dict[str, Any]] = {}
        for one in agreements(self._reviews):
            table = tables.setdefault(one.who, {"who": one.who, "tasks": one.tasks, "rows": []})
            table["rows"].append(cells(one))
        return list(tables.values())

    def _refresh(self) -> None:
        self._reviews.refresh()
        self._corrections.refresh()

    def _task(self, id_: str) -> Task | None:
        """A task of the sample, or of the run, which may have grown."""
        if id_ not in self._tasks and (found := self._find(id_)):
            self._tasks[id_] = found
        return self._tasks.get(id_)

    def _card(self, task: Task, name: str) -> dict[str, Any]:
        origin = task.provenance
        return {
            "id": task.id,
            "kind": "classification" if task.is_classification else "other",
            "topic": (origin.topic if origin else None) or "",
            "language": (origin.language if origin else None) or "",
            "corrected": self._corrections.of(task) is not None,
            "verdict": self._verdict(task.id, name),
        }

    def _verdict(self, id_: str, name: str) -> dict[str, Any] | None:
        given = self._reviews.of("person", name).get(id_)
        return {"answers": given.answers, "comment": given.comment or "", "seen": given.entry} if given else None

    def _differing(self, id_: str, who: str) -> dict[str, Any]:
        given = [(one.name or "", one) for one in self._reviews.people(id_)]
        judge = self._reviews.by("judge").get(id_)
        given += [(f"judge {judge.name or judge.model or ''}".rstrip(), judge)] if judge else []
        settled = self._reviews.settled(id_)
        return {
            "id": id_,
            "who": who,
            "settled": settled.answers if settled else None,
            "verdicts": [
                {"name": name, "by": one.by, "answers": one.answers, "comment": one.comment or one.reason or ""}
                for name, one in given
            ],
        }

    def _words(self, task: Task) -> str:
        found = self._corrections.of(task)
        wordings = [wording(task), *([found.text] if found else [])]
        parts = [[one.instruction, *(part for i in one.instances for part in (i.input, i.output))] for one in wordings]
        return "\n".join(part for words in parts for part in words).casefold()

    def _answer(self, entry: Entry, name: str) -> str:
        before = self._reviews.settled(entry.id) if entry.settled else self._reviews.of("person", name).get(entry.id)
        if entry.answers is None:
            if before:
                self._reviews.put(before.model_copy(update={"undone": True, "entry": entry.entry, "at": _now()}))
            return ""
        if entry.answers.keys() != QUESTIONS.keys() or not {*entry.answers.values()} <= {True, False, "unsure"}:
            raise NotAVerdictError(f"{', '.join(QUESTIONS)} are answered by true, false or 'unsure'")
        told: dict[str, Any] = {"name": name or None, "at": _now(), "settled": entry.settled or None}
        told |= {**entry.answers, "comment": entry.comment or None, "seconds": entry.seconds, "entry": entry.entry}
        self._reviews.put(Verdict(id=entry.id, by="person", **told))
        if before and before.entry != entry.seen:
            return f"{entry.id} was answered elsewhere too meanwhile; this last answer counts"
        return ""

    def _correct(self, task: Task, entry: Entry, name: str) -> str:
        text, last = entry.text, self._corrections.last(task.id)
        if text is None or len(text.instances) != len(task.instances):
            raise NotAVerdictError("a correction has as many instances as the task")
        if last and last.entry != entry.seen:
            raise NotAVerdictError(
                f"{last.name or 'somebody'} has corrected it meanwhile; look at that, and save again"
            )
        told = {"name": name or None, "at": _now(), "entry": entry.entry}
        self._corrections.put(Correction(id=task.id, text=text, original=wording(task), **told))
        return ""


def _about(task: Task) -> str:
    count = len(task.instances)
    several = f"; {count} instances: answer yes if it holds for each of them" if count > 1 else ""
    origin = task.provenance
    more = "".join(f"; {part}" for part in ((origin.topic, origin.language) if origin else ()) if part)
    return f"{kind(is_classification=task.is_classification)} {task.id}{more}{several}"


def _correction(found: Correction) -> dict[str, Any]:
    return {**found.text.model_dump(), "name": found.name or "", "at": found.at or ""}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
