"""The calls of a run in words, and as JSON values."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.characters import printable
from selfinstruct_chains.cli.figures import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from selfinstruct_chains.run.calls import About, Row, Told
    from selfinstruct_chains.run.entry import Entry
    from selfinstruct_chains.run.rebuilt import Prompt
    from selfinstruct_chains.tasks import Rejection, Task

_KEY = 27  # columns
_NUMBERS = 22  # those of tokens and seconds
_INDENT = "  "


def table(rows: Sequence[Row], count: int) -> str:
    """The calls, a line each, of `count` that there are."""
    if not rows:
        return "No such calls." if count else "No calls."
    head = f"{'call':<{_KEY}}{'in':>7}{'out':>7}{'s':>8}  what came of it"
    lines = [head, *map(_row, rows)]
    if len(rows) < count:
        lines.append(f"\nThe last {len(rows):,} of {count:,} calls; for more: --limit {count}")
    lines.append("For what a call was asked, and its reply: selfinstruct log RUN CALL")
    return "\n".join(lines)


def row_values(row: Row | Told) -> dict[str, Any]:
    """A call as JSON values."""
    entry = row.entry
    usage = entry.usage or {}
    return {
        "key": entry.key,
        "kind": entry.kind,
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "ms": entry.ms,
        "model": entry.model,
        "finish_reason": entry.finish_reason,
        "outcome": row.outcome,
    }


def about_text(about: About) -> str:
    """All about a candidate, a request or a call."""
    parts = [about.id, *map(_task, about.tasks), *map(_dropped, about.dropped)]
    seen: dict[str, str] = {}  # prompts that were shown, and for which call
    parts += ["\n" + "\n".join(_call(told, seen)) for told in about.calls]
    return "\n".join(parts)


def about_values(about: About) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "id": about.id,
        "tasks": [task.model_dump(exclude_none=True) for task in about.tasks],
        "dropped": [one.model_dump(exclude_none=True) for one in about.dropped],
        "calls": [_call_values(told) for told in about.calls],
    }


def _row(row: Row) -> str:
    entry = row.entry
    tokens, room = entry.usage or {}, WIDTH - _KEY - _NUMBERS - 2
    numbers = f"{_number(tokens, 'input_tokens'):>7}{_number(tokens, 'output_tokens'):>7}{_seconds(entry):>8}"
    outcome = printable(row.outcome)
    shown = outcome if len(outcome) <= room else f"{outcome[: room - 3]}..."
    return f"{entry.key:<{_KEY}}{numbers}  {shown}".rstrip()


def _number(usage: Mapping[str, int], name: str) -> str:
    return f"{usage[name]:,}" if name in usage else ""


def _seconds(entry: Entry) -> str:
    return "" if entry.ms is None else f"{entry.ms / 1000:,.1f}"


def _task(task: Task) -> str:
    kind = "classification" if task.is_classification else "no classification"
    count = len(task.instances)
    return _wrapped(f"{task.id} is a task, {kind}, of {count} instance{'s' * (count != 1)}: {task.instruction}")


def _dropped(one: Rejection) -> str:
    score = f", {one.score:.2f} like {one.nearest}" if one.score is not None else ""
    return _wrapped(f"{one.id}: the {one.stage} was dropped by {one.rule}{score}: {one.text}")


def _wrapped(text: str) -> str:
    return textwrap.fill(printable(text), WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT * 2)


def _call(told: Told, seen: dict[str, str]) -> Iterator[str]:
    entry = told.entry
    yield f"== {entry.key}{_took(entry)}"
    yield from _prompt(told.prompt, entry, seen)
    if entry.reply is not None:
        yield f"-- reply\n{entry.reply}"
    elif entry.value is not None:
        yield f"-- result\n{entry.value}"
    yield f"-- {_wrapped(told.outcome).strip()}"


def _took(entry: Entry) -> str:
    usage = entry.usage or {}
    parts = [
        f"{usage['input_tokens']:,} tokens in" if "input_tokens" in usage else "",
        f"{usage['output_tokens']:,} out" if "output_tokens" in usage else "",
        f"{_seconds(entry)} s" if entry.ms is not None else "",
        entry.model or "",
        f"ended by {entry.finish_reason}" if entry.finish_reason else "",
    ]
    told = ", ".join(filter(None, parts))
    return f": {printable(told)}" if told else ""


def _prompt(prompt: Prompt, entry: Entry, seen: dict[str, str]) -> Iterator[str]:
    if not prompt.turns:
        if prompt.why:
            yield textwrap.fill(f"-- prompt: {prompt.why}", WIDTH)
        return
    text = "\n\n".join(f"[{turn.by}]\n{turn.text}" if turn.by else turn.text for turn in prompt.turns)
    if before := seen.get(text):
        yield f"-- prompt: that of {before}"
        return
    seen[text] = entry.key
    yield "-- prompt, as it was sent" if prompt.as_sent else textwrap.fill(f"-- prompt, {prompt.why}", WIDTH)
    yield text


def _call_values(told: Told) -> dict[str, Any]:
    entry, prompt = told.entry, told.prompt
    turns = [turn._asdict() for turn in prompt.turns]
    return row_values(told) | {
        "usage": dict(entry.usage) if entry.usage else None,
        "prompt": turns or None,
        "prompt_as_sent": prompt.as_sent,
        "prompt_note": prompt.why,
        "prompt_sha256": entry.prompt_sha256,
        "reply": entry.reply,
        "value": entry.value,
        "error": entry.error,
    }
