"""The card of a tuned model: a README.md with the front matter that the Hugging Face Hub reads."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import yaml

from selfinstruct_chains.outputs.export.markdown import code, grid, inline
from selfinstruct_chains.training.asked import plain_prompt
from selfinstruct_chains.training.settings import settings_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from selfinstruct_chains.training.plan import Plan
    from selfinstruct_chains.training.settings import TuneSettings

EVALUATION = "evaluation.json"
"""Figures of `selfinstruct evaluate --json`, which the card shows if they stand beside it."""
_PACKAGES = ("selfinstruct-chains", "torch", "transformers", "trl", "peft", "gguf")
_LIMITS = """\
- It was trained on text that a language model wrote and a program filtered, unless the data above says otherwise.
- Small models tuned on their own data learn when to stop rather than to answer better: compare it with its base by
  `selfinstruct evaluate` before you use it.
- It has the biases of its base and of the data. Nothing was done for its safety."""


class Card(NamedTuple):
    """What a card says."""

    base: str
    licence: str
    settings: TuneSettings
    source: str
    fingerprint: str
    """Of the run that it was trained on; "" if it was a file."""
    digest: str
    """SHA-256, in hex, of the examples."""
    processor: str
    result: Mapping[str, Any]
    """As `result.json` has it."""
    evaluation: Mapping[str, Any]
    """The means of each model; empty where nobody evaluated."""

    @classmethod
    def of(cls, plan: Plan, result: Mapping[str, Any], out: Path) -> Self:
        """What is known at the end of a training."""
        return cls(
            plan.base.name,
            plan.base.licence,
            plan.settings,
            plan.examples.source,
            plan.examples.fingerprint,
            plan.examples.digest,
            str(plan.processor),
            result,
            read_evaluation(out / EVALUATION),
        )


def read_evaluation(path: Path) -> dict[str, Any]:
    """The means in a file of `selfinstruct evaluate --json`; nothing where there is no such file."""
    try:
        means = json.loads(path.read_text(encoding="utf-8"))["means"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return means if isinstance(means, dict) else {}


def card(about: Card) -> str:
    """The text of README.md."""
    front = yaml.safe_dump(_front(about), allow_unicode=True, sort_keys=False)
    asked = plain_prompt("{instruction}", "{input}")
    how = "In its base's chat template." if about.settings.prompt == "chat" else f"In this form:\n\n{code(asked, '')}"
    parts = [
        f"---\n{front}---",
        f"# {inline(about.base)}, fine-tuned",
        f"Tuned by selfinstruct-chains on {inline(about.source)}.",
        "## How to ask it",
        how,
        "## Data",
        _list(_data(about)),
        "## Base",
        _list([f"Base: {inline(about.base)}", _licence(about)]),
        "## Training",
        _list(_training(about)),
        "![Loss by step](loss.svg)",
        code(settings_text(about.settings).strip(), "yaml"),
        "## Evaluation",
        _evaluation(about),
        "## Limits",
        _LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _front(about: Card) -> dict[str, Any]:
    front: dict[str, Any] = {"license": about.licence} if about.licence else {}
    if about.base.count("/") == 1 and not about.base.startswith((".", "/", "~")):
        front["base_model"] = about.base
    kind = ["lora"] if about.settings.method == "lora" else []
    return front | {"pipeline_tag": "text-generation", "tags": ["self-instruct", *kind]}


def _data(about: Card) -> list[str]:
    result = about.result
    run = [f"Fingerprint of the run: {inline(about.fingerprint[:12])}"] if about.fingerprint else []
    return [
        f"Examples: {result['examples']:,} of {inline(about.source)}, {result['tokens']:,} tokens",
        f"Left out: {result['too_long']:,} longer than {about.settings.max_tokens:,} tokens, {result['blank']:,} blank",
        *run,
        f"SHA-256 of the examples: {about.digest}",
    ]


def _licence(about: Card) -> str:
    stated = f"Its licence: {inline(about.licence)}" if about.licence else "Its licence is not stated; look it up"
    return f"{stated}. What holds for the data holds too."


def _training(about: Card) -> list[str]:
    result = about.result
    losses = [
        f"{name} loss at the end: {result[key]:.3f} nats per token"
        for name, key in (("Training", "loss"), ("Validation", "validation_loss"))
        if result[key] is not None
    ]
    installed = [f"{name} {found}" for name in _PACKAGES if (found := _version(name))]
    return [
        f"Steps: {result['steps']:,}, learning rate {about.settings.rate:g}, seed {about.settings.seed}",
        *losses,
        f"On {inline(about.processor)}; {result['minutes']:g} minutes",
        ", ".join(installed),
        *map(inline, result["notes"]),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _evaluation(about: Card) -> str:
    if not about.evaluation:
        return f"Nobody has evaluated it yet: `selfinstruct evaluate --json > {EVALUATION}`, beside this file."
    rows: list[tuple[str, ...]] = [("Model", "ROUGE-L", "Stops", "Words")]
    for name, means in about.evaluation.items():
        figures = (means.get(key, {}).get("mean") for key in ("rouge", "stops", "words"))
        rows.append((inline(name), *("-" if figure is None else f"{figure:.1f}" for figure in figures)))
    return grid(rows)


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
