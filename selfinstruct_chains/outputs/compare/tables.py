"""What a comparison shows, as tables with a column for each run; the text, and the page, show these."""

from __future__ import annotations

import json
from collections import Counter
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.compare.cost import COSTS, dollars_each, each
from selfinstruct_chains.outputs.compare.settings import ABSENT
from selfinstruct_chains.outputs.report.facts import PARTS_OF_A_TASK, percentile
from selfinstruct_chains.outputs.stats import PAPER_TABLE_ONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from selfinstruct_chains.outputs.compare.comparison import Comparison, Verbs
    from selfinstruct_chains.outputs.compare.shares import Share
    from selfinstruct_chains.outputs.compare.side import Side
    from selfinstruct_chains.training.evaluation.intervals import Estimate

_VERBS = "Verbs in percent of the instructions that have a verb and a noun, as spaCy finds them."
TOP_VERBS = 10
"""The most common verbs, of all runs together, that are shown."""
_TOPICS = 20
_QUARTILES = {"median": 0.5, "nine of ten up to": 0.9}


class Row(NamedTuple):
    """A line of a table."""

    name: str
    """Two blanks before it: a part of the one above."""
    cells: Sequence[str]
    """For each run, in their order."""
    paper: str = ""


class Table(NamedTuple):
    """A part of what is shown."""

    id: str
    title: str
    rows: Sequence[Row]
    text: str = ""
    """What has to be known of it."""


def tables(found: Comparison) -> list[Table]:
    """All of them, but for differences and single instructions; those without rows are left out."""
    sides = found.sides
    parts = [
        _settings(found),
        Table("counts", "Tasks", list(_counts(sides))),
        Table("dropped", "Dropped", list(_dropped(sides)), "Instructions in percent of those that were proposed."),
        Table("cost", "For each finished task", list(_cost(sides)), "All calls of the folder, divided by its tasks."),
        Table("lengths", "Words", list(_lengths(sides))),
        Table("labels", "Labels of classification tasks", list(_labels(sides))),
        Table("subjects", "Tasks by topic and language", list(_subjects(sides))),
        _between(found),
        _verbs(found.verbs),
        Table(
            "verdicts",
            "Verdicts: percent of yes [95%]",
            list(_verdicts(found.shares, sides)),
            "Of all instances of a task; the paper looked at one.",
        ),
    ]
    return [part for part in parts if part.rows]


def number(value: float | None, digits: int = 1) -> str:
    """A count, or a mean."""
    if value is None:
        return "-"
    return f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"


def percent(part: float, whole: float) -> str:
    """A share; small ones with a digit more."""
    if not whole:
        return "-"
    share = part / whole
    return f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}"  # noqa: PLR2004 - below what rounds to 10%


def interval(found: Estimate) -> str:
    """A percentage and its interval: "52 [43, 61]"."""
    if isnan(found.mean):
        return "-"
    return f"{found.mean:.0f} [{found.low or 0:.0f}, {found.high or 0:.0f}]"


def _settings(found: Comparison) -> Table:
    rows = [Row(key, [value(one) for one in values]) for key, values in found.settings.items()]
    changes = {(change.key, change.letter): change for change in found.prompts}
    for key in dict.fromkeys(change.key for change in found.prompts):
        cells = [""]
        for side in found.sides[1:]:
            change = changes.get((key, side.letter))
            cells.append(f"+{change.added} -{change.removed} lines" if change else "as A")
        rows.append(Row(key, cells))
    return Table("settings", "What differs in the chain", rows)


def value(one: object) -> str:
    """A setting as `--set` takes it."""
    if one is ABSENT:
        return "-"
    return one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)


def _counts(sides: Sequence[Side]) -> Iterator[Row]:
    paper = PAPER_TABLE_ONE
    of = [side.facts.stats.table for side in sides]

    def row(name: str, cells: Iterable[str], said: str = "") -> Row:
        return Row(name, list(cells), said)

    tasks = int(paper["instructions"])
    yield row("finished tasks", (number(one.instructions) for one in of), number(tasks))
    yield row(
        "  classification",
        (percent(one.classification, one.instructions) for one in of),
        percent(paper["classification"], tasks),
    )
    yield row("instances", (number(one.instances) for one in of), number(int(paper["instances"])))
    yield row(
        "  for each task", (_mean(one.instances, one.instructions) for one in of), f"{paper['instances'] / tasks:.1f}"
    )
    yield row(
        "  with an empty input",
        (percent(one.empty_input, one.instances) for one in of),
        percent(paper["empty_input"], paper["instances"]),
    )
    came = [side.facts.stats.acceptance for side in sides]
    yield row("requests", (number(one.requests) for one in came))
    yield row("instructions proposed", (number(one.proposed) for one in came))
    yield row("  accepted", (percent(one.accepted, one.proposed) for one in came))


def _dropped(sides: Sequence[Side]) -> Iterator[Row]:
    for stage in ("request", "instruction", "task", "instance"):
        counts = [_of_stage(side.facts.stats.dropped, stage) for side in sides]
        rules: Counter[str] = sum(counts, Counter())
        if not rules:
            continue
        wholes = [_proposed(side, stage) for side in sides]
        yield Row(f"{stage}s", [_part(one.total(), whole) for one, whole in zip(counts, wholes, strict=True)])
        for rule, _ in sorted(rules.items(), key=lambda item: (-item[1], item[0])):
            yield Row(f"  {rule}", [_part(one[rule], whole) for one, whole in zip(counts, wholes, strict=True)])


def _of_stage(dropped: Counter[tuple[str, str]], stage: str) -> Counter[str]:
    return Counter({rule: count for (where, rule), count in dropped.items() if where == stage})


def _proposed(side: Side, stage: str) -> int:
    """What shares are told of; 0 where they are not."""
    return side.facts.stats.acceptance.proposed if stage == "instruction" else 0


def _part(count: int, whole: int) -> str:
    return f"{count:,} ({percent(count, whole)})" if whole else number(count)


def _cost(sides: Sequence[Side]) -> Iterator[Row]:
    for name, figure in COSTS.items():
        yield Row(name, [number(each(side, figure)) for side in sides])
    yield Row("dollars", [_money(side, 1) for side in sides])
    if any(map(dollars_each, sides)):
        yield Row("  for 1,000 tasks", [_money(side, 1000) for side in sides])


def _money(side: Side, tasks: int) -> str:
    """Dollars for so many tasks."""
    if not side.has_calls:
        return "-"
    if (each_task := dollars_each(side)) is None:
        return "?"
    dollars = tasks * each_task
    return f"{dollars:,.2f}" if dollars >= 1 else f"{dollars:.3g}"


def _lengths(sides: Sequence[Side]) -> Iterator[Row]:
    paper = {"instruction": "mean_instruction_words", "input": "mean_input_words", "output": "mean_output_words"}
    for part in PARTS_OF_A_TASK:
        counts = [side.facts.words[part] for side in sides]
        means = [_mean(sum(words * n for words, n in one.items()), one.total()) for one in counts]
        yield Row(f"{'non-empty ' * (part == 'input')}{part}s, mean", means, f"{PAPER_TABLE_ONE[paper[part]]:.1f}")
        for name, share in _QUARTILES.items():
            yield Row(f"  {name}", [number(percentile(one, share) if one else None) for one in counts])


def _labels(sides: Sequence[Side]) -> Iterator[Row]:
    of = [side.facts.stats.labels for side in sides]
    if not any(one.tasks for one in of):
        return
    yield Row("with several instances", [number(one.tasks) for one in of])
    yield Row("  all of one label", [percent(one.one_label, one.tasks) for one in of])
    yield Row("  mean number of labels", [_mean(one.labels, one.tasks) for one in of])
    yield Row("  share of the top label", [percent(one.top_shares, one.tasks) for one in of])
    yield Row("different labels", [number(len(side.facts.labels)) for side in sides])


def _subjects(sides: Sequence[Side]) -> Iterator[Row]:
    stats = [side.facts.stats for side in sides]
    for counts in ([one.topics for one in stats], [one.languages for one in stats]):
        everything: Counter[str] = sum(counts, Counter())
        for name, _ in everything.most_common(_TOPICS):
            yield Row(name, [percent(one[name], side.finished) for one, side in zip(counts, sides, strict=True)])


def _between(found: Comparison) -> Table:
    sides = found.sides
    shared: dict[tuple[str, str], tuple[int, float | None]] = {}
    for one in found.overlaps:
        shared[one.one, one.other] = one.one_in_other, one.median_one
        shared[one.other, one.one] = one.other_in_one, one.median_other
    rows = []
    for a in sides:
        cells, medians = [], []
        for b in sides:
            count, median = shared.get((a.letter, b.letter), (0, None))
            cells.append(percent(count, a.finished) if a is not b else "-")
            medians.append("-" if median is None else f"{median:.2f}")
        rows += [Row(f"of {a.letter}, too similar in", cells), Row("  nearest, median", medians)]
    text = f"Too similar: ROUGE-L {found.yardstick.threshold:g} or more with an instruction of the other run."
    return Table("between", "What is in the other run too", rows, text)


def _verbs(verbs: Sequence[Verbs]) -> Table:
    if not any(one.parsed for one in verbs):
        return Table("verbs", "", [])
    rows = [
        Row("instructions parsed", [number(one.parsed) for one in verbs]),
        Row("  with verb and noun", [percent(one.pairs.total(), one.parsed) for one in verbs]),
        Row("  different verbs", [number(len(one.verbs)) for one in verbs]),
        Row("  different pairs", [number(len(one.pairs)) for one in verbs]),
    ]
    everything: Counter[str] = sum((one.verbs for one in verbs), Counter())
    for verb, _ in sorted(everything.items(), key=lambda item: (-item[1], item[0]))[:TOP_VERBS]:
        rows.append(Row(verb, [percent(one.verbs[verb], one.pairs.total()) for one in verbs]))
    return Table("verbs", "Root verbs with an object, of English instructions", rows, _VERBS)


def _verdicts(shares: Sequence[Share], sides: Sequence[Side]) -> Iterator[Row]:
    for share in shares:
        who, _, question = share.key.partition(".")
        seen = [sum(len(given) for name, given in side.verdicts.items() if name == who) for side in sides]
        if not any(seen):
            continue
        if question == "valid_instruction":
            yield Row(f"tasks seen by {share.name.rpartition(', by ')[2]}", list(map(number, seen)), "200")
        cells = [interval(share.estimate(place)) for place in range(len(sides))]
        yield Row(f"  {share.name.partition(',')[0]}", cells, f"{100 * (share.paper or 0):.0f}")


def _mean(whole: float, count: int) -> str:
    return f"{whole / count:.1f}" if count else "-"
