"""`selfinstruct show`: the exact prompt of a role."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files.shapes import EXPECTED

ASKED = "Is this mail spam or not?"


@pytest.mark.parametrize("chain", ["embedded", "openai", "paper"])
@pytest.mark.parametrize("role", ROLES)
def test_the_prompt_is_on_stdout_and_what_it_is_on_stderr(
    selfinstruct: Callable[..., Any], role: str, chain: str
) -> None:
    """What is printed can be piped into a model: no variable is left open, and the task asked about stands last."""
    asked = () if role == "instructions" else ("--instruction", ASKED)
    said = selfinstruct("show", role, "--chain", chain, *asked)

    assert said.code == 0
    assert "{examples}" not in said.out
    assert "{instruction}" not in said.out
    assert (ASKED in said.out) == (role != "instructions")
    assert said.err.startswith("\n-- ")
    assert "characters" in said.err


def test_both_families_of_models(selfinstruct: Callable[..., Any]) -> None:
    """A chat prompt is shown by message, a completion prompt as the one text it is."""
    chat = selfinstruct("show", "classification", "--chain", "openai").out
    completion = selfinstruct("show", "classification", "--chain", "openai", "--kind", "completion").out

    assert chat.startswith("[system]\n")
    assert "\n[human]\n" in chat
    assert "[system]" not in completion
    assert completion.rstrip("\n").endswith("Is it classification?")


def test_settings_count(selfinstruct: Callable[..., Any]) -> None:
    """`--set` changes what is shown."""
    few = selfinstruct("show", "classification", "--set", "classification.no_examples=1")
    many = selfinstruct("show", "classification")

    assert few.out.count("Is it classification?") < many.out.count("Is it classification?")


def test_braces_in_a_task_are_just_text(selfinstruct: Callable[..., Any]) -> None:
    """A task with braces is shown as it is."""
    assert (
        'Fix {"a": {b}} and {}.' in selfinstruct("show", "input_first", "--instruction", 'Fix {"a": {b}} and {}.').out
    )


@pytest.mark.parametrize(("chain", "label"), [("paper", "Class label: "), ("openai", '"label":')])
def test_each_demonstration_of_output_first_has_two_labels(
    selfinstruct: Callable[..., Any], tmp_path: Path, chain: str, label: str
) -> None:
    """Also where the seeds have one instance each, as the published ones do: shipped ones fill up, and it is said."""
    path = tmp_path / "s.jsonl"
    one = {"instances": [{"input": "I won!", "output": "glad"}], "is_classification": True}
    lines = [json.dumps({"id": f"s{n}", "instruction": f"Name mood number {n} of the text."} | one) for n in range(30)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    said = selfinstruct("show", "output_first", "--chain", chain, "--seeds", str(path), "--instruction", ASKED)
    demonstrations = said.out.partition(ASKED)[0].split("Task: ")[1:]

    assert said.code == 0
    assert len(demonstrations) >= 4
    assert [text for text in demonstrations if label in text and text.count(label) < 2] == []
    assert sum(label in text for text in demonstrations) >= 4
    assert "shipped" in said.err


def test_wrong_seeds(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """A seed file that is wrong is named as in a run."""
    path = tmp_path / "s.jsonl"
    path.write_text("{}\n", encoding="utf-8")

    said = selfinstruct("show", "instructions", "--seeds", str(path))

    assert (said.code, said.err) == (
        2,
        f"Error: {path}, line 1: no instruction; its columns are none; {EXPECTED}\n",
    )


def test_an_unknown_role(selfinstruct: Callable[..., Any]) -> None:
    """A mistyped role is answered with all there are."""
    said = selfinstruct("show", "instruction")

    assert said.code == 2
    assert all(role in said.err for role in ROLES)
