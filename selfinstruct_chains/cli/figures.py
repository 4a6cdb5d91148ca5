"""A run's counts in words, for people: 80 columns of plain text."""

from __future__ import annotations

import textwrap
import time
from collections import Counter
from typing import TYPE_CHECKING

from selfinstruct_chains.models.fleet.counts import NodeCount

if TYPE_CHECKING:
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.usage import Usage

WIDTH = 79
LABEL = 14
_MOST = 4  # rules that are named while a run goes
_MOST_NODES = 8


def figures(monitor: Monitor) -> str:
    """What was asked, kept, dropped and paid: a table."""
    stages: dict[str, Counter[str]] = {}
    for (stage, rule), count in monitor.rejected.items():
        stages.setdefault(stage, Counter())[rule] += count
    none: Counter[str] = Counter()
    finished = f"{monitor.finished} finished of {monitor.accepted}"
    rows = [
        ("Instructions", f"{monitor.requests} requests gave {monitor.candidates}; {monitor.accepted} joined the pool"),
        ("  dropped", _listed(stages.get("request", none) + stages.get("instruction", none))),
        ("Tasks", f"{finished}, {monitor.classification} of them classification"),
        ("  dropped", _listed(stages.get("task", none))),
        ("Instances", f"{monitor.instances} kept"),
        ("  dropped", _listed(stages.get("instance", none))),
        ("Calls", _calls(monitor)),
        ("Tokens", tokens(monitor.total)),
        *_by_role(monitor),
        ("Cost", cost(monitor)),
        *zip(("Nodes", *[""] * _MOST_NODES), nodes(monitor), strict=False),
    ]
    return "\n".join(row(label, text) for label, text in rows if text)


def nodes(monitor: Monitor) -> list[str]:
    """A line for each node of the cluster that makes the calls; of many the first, and the others together."""
    found, ended = list(monitor.nodes()), bool(monitor.ended)
    shown = found if len(found) <= _MOST_NODES else found[: _MOST_NODES - 1]
    lines = [f"{one.node}: {_node(one, ended=ended)}" for one in shown]
    if more := found[len(shown) :]:
        together = NodeCount("", *map(sum, list(zip(*more, strict=True))[1:]))
        lines.append(f"{len(more)} more nodes: {_node(together, ended=ended)}")
    return lines


def _node(count: NodeCount, *, ended: bool) -> str:
    workers = f"{count.workers} worker{'s' * (count.workers != 1)}" if count.workers else "no worker now"
    now = "" if ended else f"{workers}, {count.in_flight} in flight; "
    lost = f"; {count.lost} lost" if count.lost else ""
    return f"{now}{count.replies:,} replies{lost}"


def money(monitor: Monitor) -> str:
    """What was paid so far, to go on a line with; nothing where there is nothing to pay."""
    spent = monitor.cost
    return f", ${spent:.2f}" if spent else ""


def rules(monitor: Monitor) -> str:
    """The rules that dropped most, so far; "" where none did."""
    dropped: Counter[str] = Counter()
    for (_, rule), count in list(monitor.rejected.items()):
        dropped[rule] += count
    shown = ", ".join(f"{rule} {count}" for rule, count in dropped.most_common(_MOST))
    return f"{shown}, ..." if len(dropped) > _MOST else shown


def tokens(usage: Usage) -> str:
    """Tokens in and out, and for how many calls they are not known."""
    parts = (
        f" ({usage.cache_read_tokens:,} of them cached)" if usage.cache_read_tokens else "",
        f" ({usage.reasoning_tokens:,} of them thinking)" if usage.reasoning_tokens else "",
    )
    counted = f"{usage.input_tokens:,} in{parts[0]}, {usage.output_tokens:,} out{parts[1]}"
    if usage.unknown == usage.calls:
        counted = "unknown" if usage.calls else "none"
    elif usage.unknown:
        counted += f"; unknown for {usage.unknown} calls"
    return counted


def cost(monitor: Monitor) -> str:
    """Dollars, at least; or that there is no price."""
    spent = monitor.cost
    if spent is None:
        return "unknown: no price for the model (--set 'model.price={input: ..., output: ...}')"
    if not spent:
        return "nothing" if monitor.total.unknown == 0 else "unknown: the provider does not count tokens"
    least = "at least " if monitor.total.unknown else ""
    return f"{least}${spent:.4f}, by list price"


def duration(seconds: float) -> str:
    """A time in words: "12 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    for unit, size, below, part in (("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + f" {rest} {below}" * bool(rest)
    return f"{whole} s"


def age(since: float | None) -> str:
    """How long ago something was, which was `since` seconds after 1970: "3 days"."""
    seconds = max(0, round(time.time() - (since or time.time())))
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def row(label: str, text: str, indent: int = 0) -> str:
    """A line of a table; long text goes on below itself."""
    start = " " * indent + label.ljust(LABEL)
    return textwrap.fill(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _calls(monitor: Monitor) -> str:
    roles: Counter[str] = Counter()
    for (role, _), usage in monitor.spent.items():
        roles[role] += usage.calls
    ahead = monitor.calls - monitor.replies_used
    kept = f"; {ahead} ran ahead of the last task and are kept for a larger -n" if ahead > 0 else ""
    faults = monitor.total.faults
    listed = ", ".join(f"{role} {count}" for role, count in roles.items() if count)
    without = f"; {faults} attempts got no reply" if faults else ""
    return f"{monitor.calls}{f' ({listed})' if listed else ''}{kept}{without}"


def _by_role(monitor: Monitor) -> list[tuple[str, str]]:
    """Tokens for each role and model."""
    return [
        ("", f"{role}: {tokens(usage)}{f' ({model})' if model else ''}")
        for (role, model), usage in sorted(monitor.spent.items())
        if usage.calls
    ]


def _listed(rules: Counter[str]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
