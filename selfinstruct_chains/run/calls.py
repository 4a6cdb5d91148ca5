"""The calls of a run, one by one: what each took, what came of it, what it was asked and what it replied."""

from __future__ import annotations

from collections import Counter, deque
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.run.entry import FOUND
from selfinstruct_chains.run.rebuilt import Prompt, Rebuilt
from selfinstruct_chains.tasks import candidate_id, id_order, request_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.run.entry import Entry
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Rejection, Task

FOUND_ROLE = FOUND.rstrip("/")
"""Stands for a role in the keys of calls before the first request."""
_NO_REPLY = ("fault", "refused")
_ABOUT_ALL = ("request", "instruction", "task")
"""Stages at which a whole candidate is dropped, or a request."""
_OF_CANDIDATE = 2  # parts of its id


class Wanted(NamedTuple):
    """Which calls are asked for."""

    role: str = ""
    """A role, or "found"; "" for all."""
    faults: bool = False
    """Attempts that got no reply, and refusals; with `unreadable` too, either."""
    unreadable: bool = False
    """Replies that hold nothing usable."""


class Row(NamedTuple):
    """A line of the journal."""

    entry: Entry
    outcome: str
    """What came of it, in words."""


class Told(NamedTuple):
    """A call with all that there is of it."""

    entry: Entry
    outcome: str
    prompt: Prompt


class About(NamedTuple):
    """All about one candidate, request or call."""

    id: str
    """Of the candidate or the request; of a call before the first request its key."""
    tasks: tuple[Task, ...]
    """What was finished."""
    dropped: tuple[Rejection, ...]
    calls: tuple[Told, ...]


class Calls:
    """The calls of a run.

    Args:
        run: its folder; it may be running.

    Raises:
        RunError: it was made of another run, and has no calls of its own.
    """

    def __init__(self, run: RunReader) -> None:
        if made := run.origin.refiltered or run.origin.regenerated:
            raise RunError(
                f"{run.path}: made of another run, and has no calls of its own; see the run of fingerprint "
                f"{made.source[:12]}"
            )
        self._run = run
        self._rebuilt = Rebuilt(run)

    def rows(self, wanted: Wanted, most: int) -> tuple[list[Row], int]:
        """The last `most` of the calls that are wanted, in their order, and how many there are.

        Raises:
            RunError: the run is damaged, or of another version.
        """
        kept: deque[Entry] = deque(maxlen=most)
        count = 0
        for entry in self._run.entries():
            if self._is_wanted(entry, wanted):
                kept.append(entry)
                count += 1
        return [Row(entry, self._outcome(entry)) for entry in kept], count

    def about(self, name: str) -> About:
        """All about the candidate 000003-02, the request 000003, or the call input_first/000003-02/1.

        Raises:
            RunError: nothing of that name is there; or the run is damaged, or of another version.
        """
        is_call = "/" in name
        item = name.split("/")[1] if is_call and not name.startswith(FOUND) else "" if is_call else _id(name)
        tasks = tuple(task for task in self._run.tasks() if _is_about(task.id, item))
        dropped = tuple(one for one in self._run.rejections() if _is_about(one.id, item))
        keys = (lambda entry: entry.key == name) if is_call else (lambda entry: _leads_to(entry, item))
        entries = [entry for entry in self._run.entries() if keys(entry)]
        if not entries and not dropped and not tasks:
            raise RunError(self._nothing(name))
        text = self._instruction(item, tasks, dropped)
        calls = [Told(entry, self._outcome(entry), self._rebuilt.prompt(entry, text)) for entry in entries]
        return About(item or name, tasks, dropped, tuple(calls))

    def leading_to(self, texts: Mapping[str, str]) -> Iterator[Told]:
        """The calls that these candidates were made from, in the journal's order: `texts` has their instructions by id.

        The call of a request comes once, however many of its candidates are among them.

        Raises:
            RunError: the run is damaged, or of another version.
        """
        items = texts.keys() | {item.partition("-")[0] for item in texts}
        for entry in self._run.entries():
            if _role(entry) is not None and entry.item in items:
                yield Told(entry, self._outcome(entry), self._rebuilt.prompt(entry, texts.get(entry.item, "")))

    def _is_wanted(self, entry: Entry, wanted: Wanted) -> bool:
        if wanted.role and entry.key.partition("/")[0] != wanted.role:
            return False
        if not (wanted.faults or wanted.unreadable):
            return True
        return (wanted.faults and entry.kind in _NO_REPLY) or (wanted.unreadable and self._is_unreadable(entry))

    def _is_unreadable(self, entry: Entry) -> bool:
        role = _role(entry)
        if entry.kind != "reply" or role is None or not self._rebuilt.is_read_here(role):
            return False
        try:
            self._rebuilt.holds(role, entry)
        except OutputParserException:
            return True
        except ItemRefused:
            return False
        return False

    def _outcome(self, entry: Entry) -> str:
        """What came of it, in words."""
        role = _role(entry)
        if entry.kind == "fault":
            return f"no reply: {entry.error}"
        if entry.kind == "refused":
            return f"refused ({entry.reason}): {entry.error}"
        if role is None:
            return f"{'found out' if entry.kind == 'found' else 'asked'} before the first request"
        return self._replied(entry, role)

    def _replied(self, entry: Entry, role: Role) -> str:
        if entry.kind != "result" and not self._rebuilt.is_read_here(role):
            return f"read by your own parser{self._became(entry)}"
        try:
            return f"{_holds(role, self._rebuilt.holds(role, entry))}{self._became(entry)}"
        except OutputParserException as unreadable:
            return f"unreadable: {unreadable}"
        except ItemRefused as refused:
            return f"refused ({refused.reason}): {refused}"

    def _became(self, entry: Entry) -> str:
        """What became of the candidate, or of a request's."""
        if entry.key.startswith("instructions/"):
            fates = self._by_request.get(int(entry.item))
            if not fates:
                return ""
            tasks = fates["task"]
            dropped = ", ".join(f"{rule} {count}" for rule, count in fates.most_common() if rule != "task")
            return f": {tasks} task{'s' * (tasks != 1)}{f', dropped: {dropped}' if dropped else ''}"
        if entry.key.startswith("classification/"):
            return ""
        fate = self._fates.get(entry.item)
        return "" if fate is None else "; a task" if fate == "task" else f"; dropped: {fate}"

    @cached_property
    def _fates(self) -> dict[str, str]:
        """Of each settled candidate: "task", or the rule that dropped it."""
        fates = {one.id: one.rule for one in self._run.rejections() if one.stage in _ABOUT_ALL}
        return fates | {task.id: "task" for task in self._run.tasks()}

    @cached_property
    def _by_request(self) -> dict[int, Counter[str]]:
        found: dict[int, Counter[str]] = {}
        for one, fate in self._fates.items():
            if order := id_order(one):
                found.setdefault(order[0], Counter())[fate] += 1
        return found

    def _instruction(self, item: str, tasks: tuple[Task, ...], dropped: tuple[Rejection, ...]) -> str:
        """A candidate's text: as the files have it, else as the reply to its request does; "" where there is none."""
        order = id_order(item)
        if len(order) < _OF_CANDIDATE:
            return ""
        texts = [task.instruction for task in tasks]
        texts += [one.text for one in dropped if one.stage in _ABOUT_ALL]
        if texts:
            return texts[0]
        answer: Any = self._rebuilt.request(order[0])
        items = getattr(answer, "items", ())
        return str(items[order[1]]) if order[1] < len(items) else ""

    def _nothing(self, name: str) -> str:
        last = max((id_order(entry.item) for entry in self._run.entries() if _role(entry)), default=())
        there = f"the last request is {request_id(last[0])}" if last else "it has no calls yet"
        return (
            f"{self._run.path}: nothing is about {name!r}; there are candidates (000003-02), requests (000003) and "
            f"calls (input_first/000003-02/1), and {there}"
        )


def _id(name: str) -> str:
    """The id that was typed, with all its noughts."""
    match id_order(name):
        case (request,):
            return request_id(request)
        case (request, position):
            return candidate_id(request, position)
    return name


def _is_about(one: str, item: str) -> bool:
    """Whether the candidate `one` is `item`, or one of that request's."""
    return bool(item) and (one == item or one.startswith(f"{item}-"))


def _leads_to(entry: Entry, item: str) -> bool:
    """Whether `item` was made from the call: its own, and that of its request."""
    return _role(entry) is not None and entry.item in {item, item.partition("-")[0]}


def _role(entry: Entry) -> Role | None:
    """The role that a call is for; None for a call before the first request."""
    named = entry.key.partition("/")[0]
    return next((role for role in ROLES if role == named), None)


def _holds(role: Role, held: Any) -> str:
    if role == "classification":
        return "classification" if held else "no classification"
    what = "instruction" if role == "instructions" else "instance"
    count = len(held.items)
    cut = ", and one that was cut" if held.cut else ""
    return f"{count} {what}{'s' * (count != 1)}{cut}"
