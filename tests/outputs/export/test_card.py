"""The card beside an export."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from huggingface_hub import DatasetCard

from selfinstruct_chains.outputs.export.card import Given
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.outputs.review.verdicts import Reviews, Verdict
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

TASKS = [
    task(0, "Name a big city", ("", "Addis Ababa")),
    task(1, "Which mood?", ("I won", "good"), ("I lost", "bad"), labels=True),
]


def card(out: Path) -> tuple[dict[str, Any], str]:
    """The front matter and the text of the card of an export."""
    _, front, text = (out / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def test_the_hub_reads_it(tmp_path: Path) -> None:
    """Its own library finds languages, licence, size and the file of each split."""
    run = run_folder(tmp_path / "run", [task(number, f"Do thing {number}") for number in range(60)])
    export(run, "messages", tmp_path / "o", Choice(shares=Shares(0.3)), Given(("en", "no"), "cc-by-4.0", "see there"))

    found = DatasetCard.load(tmp_path / "o" / "README.md")

    assert found.data.language == ["en", "no"]
    assert found.data.license == "cc-by-4.0"
    assert found.data.size_categories == ["n<1K"]
    assert found.data["configs"][0]["data_files"] == [
        {"split": "train", "path": "train.jsonl"},
        {"split": "validation", "path": "validation.jsonl"},
    ]
    assert "Licence: cc-by-4.0. Terms of the model: see there" in found.text


def test_nothing_is_invented(tmp_path: Path) -> None:
    """No language and no licence unless they are given; the text says so."""
    export(run_folder(tmp_path / "run", TASKS), "csv", tmp_path / "o")

    front, text = card(tmp_path / "o")

    assert "language" not in front
    assert "license" not in front
    assert "No licence was given for it. No terms of the model were given." in text


def test_it_says_what_is_in_it_and_how_it_was_made(tmp_path: Path) -> None:
    """Table 1 of what was exported, the chain, its models, the model as reported, the seeds, what was left out."""
    run = run_folder(tmp_path / "run", TASKS)
    export(run, "csv", tmp_path / "o", Choice(seeds=True, max_instances=1))

    _, text = card(tmp_path / "o")

    for line in [
        "| train | 3 | 3 |",
        "| Instructions | 3 |",
        "| of classification tasks | 1 |",
        "| Mean words of an instruction | 3.0 |",  # 4, 2 and 3
        "| Mean words of a non-empty input | 2.0 |",
        f"- Program: selfinstruct-chains {run.origin.versions['selfinstruct-chains']}",
        f"- Chain: openai, fingerprint {run.origin.fingerprint[:12]}",
        f"- Model for instructions: openai, {run.config.instructions.model.name}",
        "- Reported by the provider: m, for 2 tasks",
        "- Seed tasks: 1, of which 1 are in it",
        "- Left out: 1 instances: beyond the limit or the label balance.",
        "@inproceedings{wang2023selfinstruct,",
    ]:
        assert line in text.splitlines()


def test_a_review_is_told(tmp_path: Path) -> None:
    """How many tasks were looked at, by whom, and the share that all three questions found good."""
    run = run_folder(tmp_path / "run", TASKS)
    for number, good in enumerate((True, False)):
        answers = {"valid_instruction": True, "appropriate_input": True, "correct_output": good}
        Reviews(run.path).put(Verdict(id=f"000000-0{number}", by="person", **answers))

    export(run, "csv", tmp_path / "o")

    assert "- Reviewed by people: 2 tasks of the run, 50% of them approved." in card(tmp_path / "o")[1].splitlines()


def test_what_a_model_wrote_is_code(tmp_path: Path) -> None:
    """No fence, tag, link or front matter of its own breaks out, and nothing turns the text around."""
    text = "```\n</code><script>alert(1)</script>\n---\nlicense: mit\n---\n\x1b[31m\u202e[x](javascript:alert(1))"
    run = run_folder(tmp_path / "run", [task(0, text, (text, text))])
    export(run, "alpaca", tmp_path / "o")

    front, body = card(tmp_path / "o")

    assert "license" not in front
    fence, block, _ = body.partition("json\n")[0].rsplit("\n", 1)[1], *body.partition("json\n")[2].split("\n}\n", 1)
    assert fence == "````"
    assert json.loads(block + "}") == {"instruction": text, "input": text, "output": text}
    assert all(line.startswith(("{", "  ")) for line in block.splitlines())
    assert "\u202e" not in body
    assert "\x1b" not in body


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "a\n---\nlicense: mit"])
def test_what_was_given_is_text(tmp_path: Path, hostile: str) -> None:
    """In the front matter a value, in the text no Markdown and no HTML."""
    run = run_folder(tmp_path / "run", [TASKS[0].model_copy(update={"provenance": None}), TASKS[1]])
    export(run, "csv", tmp_path / "o", given=Given((hostile,), hostile, hostile))

    found = DatasetCard.load(tmp_path / "o" / "README.md")

    assert found.data.license == hostile
    assert "<script>" not in found.text
    assert not re.search(r"(?<!\\)\]\(", found.text)
    assert "\n---\n" not in found.text


MARKED = "<img src=x onerror=alert(1)> [a](javascript:x) `b` *c* _d_ #e | f & g ! ~h~ \\ {i}"


def test_what_a_provider_or_a_person_writes_has_no_markup(tmp_path: Path) -> None:
    """Titles, names of models and terms are text: each character that Markdown or HTML gives a meaning is escaped."""
    run = run_folder(tmp_path / "run", TASKS)
    export(run, "csv", tmp_path / "o", given=Given(license="x", terms=MARKED))

    _, text = card(tmp_path / "o")
    shown = text.partition("Terms of the model: ")[2].partition("\n")[0]

    assert re.sub(r"\\(.)", r"\1", shown) == MARKED
    for mark in "<>[]`*_#|&!~{}":
        assert not re.search(rf"(?<!\\){re.escape(mark)}", shown)
