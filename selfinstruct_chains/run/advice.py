"""What to change in the chain file when most of what a model writes is dropped: it goes by what dropped most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

Drops = Mapping[tuple[str, str], int]
"""How many candidates were dropped, by stage and rule, as their rejections have them."""

_SECTIONS = {
    "request": "instructions",
    "instruction": "instructions",
    "task": "classification, instances.input_first and .output_first",
    "instance": "instances.input_first and .output_first",
}
"""The sections of the chain file that a stage goes by."""
_ADVICE = {
    "truncated": "replies are cut at their limit: raise model.max_tokens of {role}",
    "context_too_long": "prompts are longer than the model's context: show fewer examples ({role}), or set "
    "their prompt_tokens to what it holds",
    "content_filter": "the provider's filter refuses the prompts or the replies: look at `selfinstruct show`, and "
    "change the seeds, the prompt of {role}, or model.name",
    "refused": "the provider refuses these prompts: look at its words in rejected.jsonl, and change the seeds, the "
    "prompt of {role}, or model.name",
    "invalid": "the provider calls these requests invalid: look at its words in rejected.jsonl, and change model or "
    "output of {role}",
    "refusal": "the model declines, or talks about itself: change the seeds, the prompt of {role}, or model.name",
    "unreadable": "replies are not in the form that is asked for: look at them in rejected.jsonl; output: "
    "json_schema in {role}, where the model has it, or a stronger model.name helps",
    "novelty": "the model repeats itself: raise instructions.model.temperature, give more or other seeds, ask for "
    "fewer at a time (instructions.ask), or take a stronger model.name",
    "duplicate": "the same instance comes again: raise model.temperature of {role}",
    "conflict": "one input gets several outputs: lower model.temperature of {role}, or take a stronger model.name",
    "not_classification": "what the model makes up is no classification: give more seeds that are (classification_only "
    "shows those alone), or take a stronger model.name",
    "language": "the model writes in another language than is asked for: prompt_language: own, seeds in that language, "
    "or another model.name helps; filters has how strict this is",
    "echo": "outputs repeat their inputs: a stronger model.name, or another prompt of {role}, helps",
}
_BY_A_FILTER = (
    "look at them in rejected.jsonl, and change or leave out what is of that kind in filters, or the prompt of {role}"
)
_NOTHING = "replies hold nothing to use: take a stronger model.name, or another prompt"
_MERE = {("task", "no_instance")}
"""Says that nothing is left, not why."""


def why(drops: Drops) -> str:
    """What dropped most, how much of it all, and what to change: "mostly by novelty (21 of 24): the model ...".

    An instance filter counts before the "no_instance" that it ends in. "" when nothing was dropped.
    """
    causes = Counter({cause: count for cause, count in drops.items() if cause not in _MERE}) or Counter(drops)
    if not causes:
        return ""
    (stage, rule), count = causes.most_common(1)[0]
    return f"mostly by {rule} ({count} of {causes.total()}): {_advice(stage, rule)}"


def _advice(stage: str, rule: str) -> str:
    if (stage, rule) in _MERE:
        return _NOTHING
    return _ADVICE.get(rule, _BY_A_FILTER).format(role=_SECTIONS[stage])
