"""A card's text as it stands, of a subject that is made by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from selfinstruct_chains.outputs.export.card import Given, Subject, card
from selfinstruct_chains.outputs.export.selection import Selection
from selfinstruct_chains.outputs.stats import TableOne
from selfinstruct_chains.run.origin import Origin, Regenerating
from tests.outputs.runs import CONFIG

MODEL = f"openai, {CONFIG.instructions.model.name}"


def subject(**changed: Any) -> Subject:
    """Of two splits, with figures of each kind."""
    table = TableOne(
        classification=1, other=1, instances=1200, empty_input=1200, instruction_words=3, output_words=2400
    )
    selection = Selection(table=table, split_tasks=Counter({"train": 1234, "test": 2}))
    selection.models.update({f"m{number}": 1007 - number for number in range(6)})
    return Subject(
        title="a_b, 1,203 examples",
        format="csv",
        files={"train": "train.csv", "test": "test.csv"},
        rows={"train": 1200, "test": 3},
        selection=selection,
        origin=Origin(fingerprint="0123456789abcdef", versions={"selfinstruct-chains": "1.2"}, chain={}, format=2),
        config=CONFIG,
        seed_count=1175,
        notes=("A *note*.",),
        example={"id": "é", "instance": 0},
        hub={"keep_default_na": False},
    )._replace(**changed)


TEXT = f"""\
---
pretty_name: a_b, 1,203 examples
size_categories:
- 1K<n<10K
task_categories:
- text-generation
tags:
- self-instruct
- synthetic
- instruction-tuning
- selfinstruct-chains
configs:
- config_name: default
  data_files:
  - split: train
    path: train.csv
  - split: test
    path: test.csv
  keep_default_na: false
---

# a\\_b, 1,203 examples

Instruction-tuning data made by Self-Instruct: a language model grew it from a few seed tasks.

## What is in it

Format: csv. No instruction is in two splits.

| Split | Instructions | Examples |
| --- | ---: | ---: |
| train | 1,234 | 1,200 |
| test | 2 | 3 |

|  |  |
| --- | ---: |
| Instructions | 2 |
| of classification tasks | 1 |
| of other tasks | 1 |
| Instances | 1,200 |
| with an empty input | 1,200 |
| Mean words of an instruction | 1.5 |
| Mean words of a non-empty input | - |
| Mean words of an output | 2.0 |

One example:

```json
{{
  "id": "é",
  "instance": 0
}}
```

## How it was made

- Program: selfinstruct-chains 1.2
- Chain: openai, fingerprint 0123456789ab
- Model for instructions: {MODEL}
- Model for classification: {MODEL}
- Model for input_first: {MODEL}
- Model for output_first: {MODEL}
- Reported by the provider: m0, for 1,007 tasks
- Reported by the provider: m1, for 1,006 tasks
- Reported by the provider: m2, for 1,005 tasks
- Reported by the provider: m3, for 1,004 tasks
- Reported by the provider: m4, for 1,003 tasks
- Seed tasks: 1,175, none in it
- A \\*note\\*.

## Licence and terms

No licence was given for it. No terms of the model were given.

"""


def test_a_card_is_this_text() -> None:
    """Down to the limits, which are the same for all."""
    text, heading, rest = card(subject(), Given()).partition("## Limits and known risks\n\n")

    assert text == TEXT
    assert heading
    assert rest.startswith("- A language model wrote all but the seed tasks")
    assert "\n\n## Citation\n\n```bibtex\n@inproceedings{wang2023selfinstruct," in rest
    assert rest.endswith("\n}\n```\n")


def test_what_its_maker_says_stands_in_it() -> None:
    """Title, languages, licence and terms; what is loaded from the disk names no files."""
    given = Given(("en", "no"), "cc-by-4.0", "see *there*", "Größe")
    text = card(subject(files={}), given)
    front = text.split("---\n")[1]

    assert front.startswith("pretty_name: Größe\nlanguage:\n- en\n- 'no'\nlicense: cc-by-4.0\nsize_categories:\n")
    assert "configs" not in yaml.safe_load(front)
    assert "\n# Größe\n" in text
    assert "\nLicence: cc-by-4.0. Terms of the model: see \\*there\\*\n" in text


def test_seeds_and_other_writers_are_told() -> None:
    """How many seeds are in it, and who wrote its outputs anew; a version that nobody knows is called so."""
    anew = Regenerating(source="0", wrote="outputs", model="openai, m_1")
    selection = Selection(seed_tasks=1001)
    origin = Origin(fingerprint="0", versions={}, chain={}, format=2, regenerated=anew)
    lines = card(subject(selection=selection, origin=origin), Given()).splitlines()
    start = lines.index("- Program: selfinstruct-chains of unknown version")

    assert lines[start + 6 : start + 9] == [
        "- Model that wrote all outputs anew: openai, m\\_1",
        "- Seed tasks: 1,175, of which 1,001 are in it",
        "- A \\*note\\*.",
    ]


@pytest.mark.parametrize(
    ("count", "size"),
    [
        (1, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (99_999, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (999_999, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
    ],
)
def test_sizes_are_the_hub_s(count: int, size: str) -> None:
    """Of all splits together."""
    text = card(subject(rows={"train": count - 1, "test": 1}), Given())

    assert yaml.safe_load(text.split("---\n")[1])["size_categories"] == [size]
