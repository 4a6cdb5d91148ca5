"""The prompts and replies of a run's first tasks, for its report: packed, and within bounds."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.pages import packed

if TYPE_CHECKING:
    from selfinstruct_chains.run.calls import Told
    from selfinstruct_chains.run.reader import RunReader

TASKS = 200
"""Finished tasks whose calls a page holds, and as many dropped candidates, unless asked otherwise: the first ones."""
LONGEST = 20_000
"""Characters of a message or a reply that a page holds; what is longer is cut, and says so."""
_BLOCK = 500  # calls


class Replies(NamedTuple):
    """The calls, packed."""

    blocks: list[str]
    """Each is base64 of gzip of JSON: a list of objects."""
    why_not: str
    """Why there are none, in words; "" where there may be some."""


def replies(run: RunReader, most: int = TASKS) -> Replies:
    """The calls that the run's first tasks and dropped candidates were made from.

    A call has `item` (the candidate or request it was for), `key`, `took` (tokens, model), `prompt` as a list of
    [who, text], `note` where that may not be what was sent, `reply`, and `outcome` in words.

    Args:
        run: the run.
        most: of finished tasks, and of dropped candidates.
    """
    from selfinstruct_chains.run.calls import Calls  # loads LangChain, which a page without replies does not need

    if not most:
        return Replies([], "this page was made without them")
    texts = dict.fromkeys((one.id for one in islice(run.rejections(), most)), "")
    texts |= {one.id: one.text for one in run.rejections() if one.id in texts and one.stage in {"instruction", "task"}}
    texts |= {task.id: task.instruction for place, task in enumerate(run.tasks()) if place < most or task.id in texts}
    try:
        calls = [_values(told) for told in Calls(run).leading_to(texts)]
    except RunError as error:
        return Replies([], str(error))
    return Replies([packed(calls[at : at + _BLOCK]) for at in range(0, len(calls), _BLOCK)], "")


def _values(told: Told) -> dict[str, Any]:
    entry, prompt = told.entry, told.prompt
    usage = entry.usage or {}
    tokens = [f"{usage[name]:,} tokens {way}" for name, way in _WAYS.items() if name in usage]
    return {
        "item": entry.item,
        "key": entry.key,
        "took": ", ".join(filter(None, [*tokens, entry.model, entry.finish_reason])),
        "prompt": [[turn.by, _bounded(turn.text)] for turn in prompt.turns],
        "note": "" if prompt.as_sent else prompt.why,
        "reply": None if entry.reply is None else _bounded(entry.reply),
        "outcome": told.outcome,
    }


_WAYS = {"input_tokens": "in", "output_tokens": "out"}


def _bounded(text: str) -> str:
    more = len(text) - LONGEST
    return text if more <= 0 else f"{text[:LONGEST]}\n({more:,} characters more: see selfinstruct log)"
