"""The card of an export: a README.md with the front matter that the Hugging Face Hub reads.

Languages, licence and terms stand in it as they were given, or not at all. What a model wrote is shown as code.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.outputs.export.markdown import code, grid, inline
from selfinstruct_chains.outputs.export.writers import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.outputs.export.formats import Row
    from selfinstruct_chains.outputs.export.selection import Selection
    from selfinstruct_chains.run.origin import Origin

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))
_TABLE = {
    "instructions": "Instructions",
    "classification": "of classification tasks",
    "other": "of other tasks",
    "instances": "Instances",
    "empty_input": "with an empty input",
    "mean_instruction_words": "Mean words of an instruction",
    "mean_input_words": "Mean words of a non-empty input",
    "mean_output_words": "Mean words of an output",
}
_LIMITS = """\
- A language model wrote all but the seed tasks, and a program filtered it. People have seen as much of it as a
  review that is named above says; if none is, nobody has.
- Outputs can be wrong, and can say with confidence what is false. Of what the method's authors made with GPT-3,
  they found 92% of the instructions to be valid tasks, 79% of the inputs appropriate and 58% of the outputs
  correct; all three held for 54%. This dataset can be better or worse.
- It carries the biases of the model and of the seed tasks, and favours tasks that are common in what the model was
  trained on. The filters look for copies and for form, not for harm, private data or text under copyright.
- Evaluate a model that was trained on it with data that did not come from a model."""
_CITATION = """\
@inproceedings{wang2023selfinstruct,
  title = {Self-Instruct: Aligning Language Models with Self-Generated Instructions},
  author = {Wang, Yizhong and Kordi, Yeganeh and Mishra, Swaroop and Liu, Alisa and Smith, Noah A. and
            Khashabi, Daniel and Hajishirzi, Hannaneh},
  booktitle = {Proceedings of the 61st Annual Meeting of the Association for Computational Linguistics},
  year = {2023},
}"""


TAG = "selfinstruct-chains"
"""By this tag the hub tells cards that an export wrote from others."""


class Given(NamedTuple):
    """What only its maker can say of a dataset."""

    languages: tuple[str, ...] = ()
    """Codes such as "en", as the Hub has them."""
    license: str = ""
    """The Hub's name for the licence, such as "cc-by-4.0"."""
    terms: str = ""
    """What the terms of the model's provider say about its output."""
    title: str = ""
    """What it is called; "": after its chain and its size."""


class Subject(NamedTuple):
    """What a card is about."""

    title: str
    format: str
    files: Mapping[str, str]
    """The file of each split, as the Hub shall load it; empty for a folder that `load_from_disk` reads."""
    rows: Mapping[str, int]
    """The examples of each split."""
    selection: Selection
    origin: Origin
    config: ChainConfig
    seed_count: int
    """Seed tasks that the run began with."""
    notes: tuple[str, ...]
    """What there is to say of how the rows were chosen."""
    example: Row
    hub: Mapping[str, Any]
    """How `datasets.load_dataset` is to read the files."""


def card(subject: Subject, given: Given) -> str:
    """The text of README.md."""
    subject = subject._replace(title=given.title or subject.title)
    front = yaml.safe_dump(_front(subject, given), allow_unicode=True, sort_keys=False)
    parts = [
        f"---\n{front}---",
        f"# {inline(subject.title)}",
        "Instruction-tuning data made by Self-Instruct: a language model grew it from a few seed tasks.",
        "## What is in it",
        _contents(subject),
        "One example:",
        code(as_json(subject.example, indent=2), "json"),
        "## How it was made",
        _making(subject),
        "## Licence and terms",
        _legal(given),
        "## Limits and known risks",
        _LIMITS,
        "## Citation",
        code(_CITATION, "bibtex"),
    ]
    return "\n\n".join(parts) + "\n"


def _front(subject: Subject, given: Given) -> dict[str, Any]:
    total = sum(subject.rows.values())
    front: dict[str, Any] = {"pretty_name": subject.title}
    if given.languages:
        front["language"] = list(given.languages)
    if given.license:
        front["license"] = given.license
    front |= {
        "size_categories": [next((name for limit, name in _SIZES if total < limit), "10M<n<100M")],
        "task_categories": ["text-generation"],
        "tags": ["self-instruct", "synthetic", "instruction-tuning", TAG],
    }
    if subject.files:
        files = [{"split": split, "path": name} for split, name in subject.files.items()]
        front["configs"] = [{"config_name": "default", "data_files": files, **subject.hub}]
    return front


def _contents(subject: Subject) -> str:
    rows = [("Split", "Instructions", "Examples")]
    rows += [(split, f"{subject.selection.split_tasks[split]:,}", f"{n:,}") for split, n in subject.rows.items()]  # type: ignore[index]
    figures = [("", "")] + [
        (_TABLE[name], "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}")
        for name, value in subject.selection.table.figures().items()
    ]
    return f"Format: {inline(subject.format)}. No instruction is in two splits.\n\n{grid(rows)}\n\n{grid(figures)}"


def _making(subject: Subject) -> str:
    versions = subject.origin.versions
    lines = [
        f"Program: selfinstruct-chains {inline(versions.get('selfinstruct-chains', 'of unknown version'))}",
        f"Chain: {inline(subject.config.name)}, fingerprint {inline(subject.origin.fingerprint[:12])}",
        *(f"Model for {role}: {inline(_model(subject.config, role))}" for role in ROLES),
        *_written_anew(subject.origin),
        *(
            f"Reported by the provider: {inline(name)}, for {n:,} tasks"
            for name, n in subject.selection.models.most_common(5)
        ),
        f"Seed tasks: {subject.seed_count:,}"
        + (
            f", of which {subject.selection.seed_tasks:,} are in it" if subject.selection.seed_tasks else ", none in it"
        ),
        *map(inline, subject.notes),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _written_anew(origin: Origin) -> Iterator[str]:
    """Which model wrote the instances that are in it, where it is not the chain's."""
    if made := origin.regenerated:
        yield f"Model that wrote all {made.wrote} anew: {inline(made.model)}"


def _model(config: ChainConfig, role: Any) -> str:
    model = config.model_for(role)
    return f"{model.provider}, {model_name(model.name)}"


def model_name(name: str) -> str:
    """A model's name for others to read: of a file on this machine its name alone."""
    path = Path(name)
    return path.name if path.is_absolute() or name.startswith(("~", ".")) else name


def _legal(given: Given) -> str:
    licence = f"Licence: {inline(given.license)}." if given.license else "No licence was given for it."
    terms = f"Terms of the model: {inline(given.terms)}" if given.terms else "No terms of the model were given."
    return f"{licence} {terms}"
