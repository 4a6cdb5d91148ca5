"""What a report says, section by section: words, figures, and the figures as tables."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import ROLES, language_name
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.outputs.report import charts
from selfinstruct_chains.outputs.review.verdicts import PAPER_TABLE_TWO, Reviews, agreement, table_two
from selfinstruct_chains.run import usage

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from selfinstruct_chains.config import ChainConfig, Price, Purpose
    from selfinstruct_chains.outputs.report.charts import Chart
    from selfinstruct_chains.outputs.report.diversity import Near, Phrases
    from selfinstruct_chains.outputs.report.facts import Facts
    from selfinstruct_chains.outputs.review.verdicts import By, Question

_STEPS = 120  # in which the growth of the pool is drawn, at most
_LABELS = 20  # the most common that are drawn
_QUESTIONS: dict[Question, str] = {
    "valid_instruction": "valid instruction",
    "appropriate_input": "appropriate input",
    "correct_output": "correct output",
}
_REVIEWERS: tuple[tuple[By, str], ...] = (("person", "a person"), ("judge", "a model"))


class Section(NamedTuple):
    """A part of the page."""

    id: str
    title: str
    text: str
    charts: Sequence[Chart] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    """A table that is shown as such."""


class Figure(NamedTuple):
    """One of the numbers at the top."""

    value: str
    what: str


def headline(facts: Facts, config: ChainConfig) -> list[Figure]:
    """The numbers at the top of the page."""
    table = facts.stats.table
    spent = usage.total(facts.stats.calls)
    figures = [
        Figure(f"{facts.finished:,}", "finished tasks"),
        Figure(_share(table.classification, facts.finished), "of them classification"),
        Figure(f"{table.instances:,}", "instances"),
        Figure(
            _share(facts.stats.acceptance.accepted, facts.stats.acceptance.proposed),
            "of the written instructions accepted",
        ),
        Figure(f"{spent.calls:,}", "calls"),
        Figure(f"{spent.input_tokens + spent.output_tokens:,}", "tokens"),
    ]
    cost = _dollars(facts, config)
    return [*figures, Figure(f"${cost:,.2f}", "spent")] if cost is not None else figures


def funnel(facts: Facts) -> Section:
    """From what was asked for to what was finished, and what was dropped on the way."""
    acceptance = facts.stats.acceptance
    steps = facts.funnel
    says = (
        f"{acceptance.requests:,} requests asked for {steps['asked for']:,} instructions and got {steps['written']:,}; "
        f"{steps['joined the pool']:,} joined the pool, {steps['finished']:,} became finished tasks."
    )
    drawn = [charts.bars("funnel", "Instructions", says, steps, of="step", unit="instructions")]
    instructions = facts.dropped("request", "instruction", "task")
    instances = facts.dropped("instance")
    if instructions:
        says = f"{sum(instructions.values()):,} dropped, whole requests among them, by these rules."
        drawn.append(_dropped("instructions", says, instructions, charts.ORANGE))
    if instances:
        says = f"{_count(sum(instances.values()), 'instance')} of accepted instructions dropped, by these rules."
        drawn.append(_dropped("instances", says, instances, charts.PURPLE))
    return Section("funnel", "From requests to tasks", "", drawn)


def verbs(found: Phrases, of: int, unread: Counter[str] | None = None) -> Section:
    """The verb-noun sunburst, of English tasks: `unread` counts the others by their language's BCP 47 tag."""
    share, looked_at = _share(found.found, found.parsed), found.parsed + (unread.total() if unread else 0)
    text = (
        f"The root verb and its direct object, found by spaCy in {share} of the{' English' * bool(unread)} instructions"
    )
    text += f" ({_sampled(looked_at, of)})." if looked_at < of else "."
    if unread:
        text = text if found.parsed else "The root verb and its direct object."
        text += f" The parser reads English alone; {_count(unread.total(), 'task')} not in it: {_in_languages(unread)}."
    if not found.top:
        return Section("verbs", "What the instructions ask for", text)
    verb, nouns = next(iter(found.top.items()))
    says = (
        f"The {len(found.top)} most common verbs, with up to four of their most common objects. The most common is "
        f"“{verb}” ({', '.join(nouns)}). Those drawn are {_share(found.drawn, found.parsed)} of the instructions "
        f"that were read, {found.drawn:,} of {found.parsed:,}."
    )
    chart = charts.verbs_chart("verbs", "Verbs and their objects", says, found)
    return Section("verbs", "What the instructions ask for", text, [chart])


def novelty(near: Sequence[Near], of: int, config: ChainConfig) -> Section:
    """How similar tasks are to seeds and to one another."""
    threshold = config.novelty.threshold
    text = f"ROUGE-L F-measure between instructions; from {threshold:g} on (the dotted line) a candidate is dropped."
    text += f" Counted for {_sampled(len(near), of)}, each compared with all." if len(near) < of else ""
    drawn = []
    for name, what, scores, color in (
        ("novelty-seeds", "seed task", [one.seed.score for one in near if one.seed], charts.BLUE),
        (
            "novelty-others",
            "other generated task",
            [one.generated.score for one in near if one.generated],
            charts.GREEN,
        ),
    ):
        if scores:
            median = sorted(scores)[len(scores) // 2]
            says = f"Half of the tasks are at {median:.2f} or above, the highest is {max(scores):.2f}."
            drawn.append(charts.similarity(name, f"Nearest {what}", says, scores, threshold=threshold, color=color))
    return Section("novelty", "How new the instructions are", text, drawn)


def lengths(facts: Facts) -> Section:
    """Words of instructions, inputs and outputs."""
    empty = (
        f"{_share(facts.stats.table.empty_input, facts.stats.table.instances)} of the instances have an empty input."
    )
    drawn = [
        charts.lengths_chart("length-of-instructions", "instructions", facts.words["instruction"], charts.BLUE),
        charts.lengths_chart("length-of-inputs", "non-empty inputs", facts.words["input"], charts.ORANGE),
        charts.lengths_chart("length-of-outputs", "outputs", facts.words["output"], charts.GREEN),
    ]
    return Section("lengths", "Lengths", empty, [chart for chart in drawn if chart.rows])


def growth(facts: Facts) -> Section:
    """Acceptance and the pool over the requests."""
    windows = facts.stats.acceptance.windows(_STEPS)
    if not windows:
        return Section("growth", "How the run went", "")
    pool = list(accumulate((window.accepted for window in windows), initial=facts.seeds))[1:]
    says = (
        f"The pool grew from {facts.seeds:,} seeds to {pool[-1]:,}. Of the instructions at first "
        f"{windows[0].rate or 0:.0%} were accepted, at last {windows[-1].rate or 0:.0%}."
    )
    chart = charts.growth_chart("growth", "Acceptance and the pool", says, windows, pool)
    return Section("growth", "How the run went", "", [chart])


def labels(facts: Facts) -> Section:
    """How the labels of classification tasks are balanced."""
    found = facts.stats.labels
    text = facts.share or f"Classification tasks: {facts.stats.table.classification:,}."
    if found.tasks:
        several = _share(found.tasks - found.one_label, found.tasks)
        text += f" Of the {found.tasks:,} with two instances or more, {several} show more than one label."
    most = dict(sorted(facts.labels.items(), key=lambda item: (-item[1], item[0]))[:_LABELS])
    if not most:
        return Section("labels", "Label balance", text)
    says = f"The {len(most)} most common of {len(facts.labels):,} labels, over {facts.labels.total():,} instances."
    chart = charts.bars("labels", "Labels", says, most, of="label", unit="instances", color=charts.GREEN)
    return Section("labels", "Label balance", text, [chart])


def spending(facts: Facts, config: ChainConfig) -> Section:
    """Calls, tokens and money by role."""
    roles: dict[str, usage.Usage] = {}
    for role in dict.fromkeys(role for role, _ in facts.stats.calls):
        roles[role] = usage.total({key: one for key, one in facts.stats.calls.items() if key[0] == role})
    if not roles:
        return Section("tokens", "Calls and tokens", "")
    all_of_it = usage.total(facts.stats.calls)
    cost = _dollars(facts, config)
    text = f"{_count(all_of_it.calls, 'call')} over the whole run folder"
    text += f", {_count(all_of_it.faults, 'attempt')} without a reply" if all_of_it.faults else ""
    text += f"; nobody counted the tokens of {_count(all_of_it.unknown, 'call')}" if all_of_it.unknown else ""
    text += f"; ${cost:,.2f} at the prices known for its models." if cost is not None else "; the price is not known."
    models = sorted({model for _, model in facts.stats.calls if model})
    text += f" Models, as reported: {', '.join(models)}." if models else ""
    says = f"{all_of_it.input_tokens:,} tokens of prompts and {all_of_it.output_tokens:,} of replies."
    parts = {role: {"prompts": one.input_tokens, "replies": one.output_tokens} for role, one in roles.items()}
    chart = charts.stacked("tokens", "Tokens by role", says, parts, of="role", unit="tokens")
    return Section("tokens", "Calls and tokens", text, [chart])


def table_two_section(reviews: Reviews) -> Section:
    """The quality review, beside the paper's."""
    found = {name: table_two(reviews.by(who).values()) for who, name in _REVIEWERS}
    found = {name: one for name, one in found.items() if one.reviewed}
    if not found:
        text = "Nothing is reviewed yet. “selfinstruct review” asks the paper's questions about a random sample."
        return Section("review", "Quality review", text)
    both, agree = agreement(reviews)
    text = (
        "Shares of yes to the three questions of the paper's Table 2. Here a yes is about all instances of a task; the "
    )
    text += "paper looked at one."
    text += f" On {_count(both, 'task')} reviewed by both, {agree:.0%} of the answers agree." if both else ""
    reviewers = [f"{name} ({_count(one.reviewed, 'task')})" for name, one in found.items()]
    columns = ["", *reviewers, "the paper (200 tasks)"]
    rows = [
        [what.capitalize(), *(f"{one.yes[question]:.0%}" for one in found.values()), f"{PAPER_TABLE_TWO[question]:.0%}"]
        for question, what in _QUESTIONS.items()
    ]
    rows.append(["All three", *(f"{one.yes['all']:.0%}" for one in found.values()), f"{PAPER_TABLE_TWO['all']:.0%}"])
    return Section("review", "Quality review", text, columns=columns, rows=rows)


def _dropped(what: str, says: str, rules: Mapping[str, int], color: str) -> Chart:
    return charts.bars(f"dropped-{what}", f"Dropped {what}", says, rules, of="rule", unit="dropped", color=color)


def _dollars(facts: Facts, config: ChainConfig) -> float | None:
    prices: dict[Purpose, Price | None] = {role: price(config.model_for(role)) for role in ROLES}
    return usage.dollars(facts.stats.calls, prices) if facts.stats.calls else None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + "s" * (number != 1)


def _share(part: int, whole: int) -> str:
    if not whole:
        return "none"
    return f"{part / whole:.1%}" if 0 < part / whole < 0.01 else f"{part / whole:.0%}"  # noqa: PLR2004


def _in_languages(counts: Counter[str]) -> str:
    """20 in German, 3 in French."""
    return ", ".join(f"{count:,} in {language_name(tag)}" for tag, count in counts.most_common())


def _sampled(size: int, of: int) -> str:
    return f"a random sample of {size:,} of the {of:,} tasks"
