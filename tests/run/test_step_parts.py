"""What a public step is made of, and what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from pydantic import ValidationError

from selfinstruct_chains import build_steps
from selfinstruct_chains.run.step import Step
from selfinstruct_chains.tasks import Completion
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion, scripted_author
from tests.run.scripts import config

CHAT = ScriptedChat(reply=scripted_author)


def alone() -> Step[int, int]:
    """A step of a single part."""
    return Step(name="alone", chain=RunnableLambda(lambda number: number + 1))


def test_a_step_of_one_part_is_drawn_as_it_is() -> None:
    """A sequence needs two; nothing in it asks a model or has a prompt."""
    step = alone()

    assert [node.name for node in step.get_graph().nodes.values()] == [
        node.name for node in step.chain.get_graph().nodes.values()
    ]
    assert (repr(step), str(step), step.get_prompts()) == ("<alone: >", "<alone: >", [])
    assert step.invoke(4) == 5


def test_a_whole_composition_is_drawn_with_its_arms() -> None:
    """One after another its parts would be no picture of it."""
    steps = build_steps(config(), models=CHAT)
    names = [node.name for node in steps.complete.get_graph().nodes.values()]

    assert names == [node.name for node in steps.complete.chain.get_graph().nodes.values()]
    assert len(steps.input_first.get_graph().nodes) == 5


def test_a_step_names_its_models_once() -> None:
    """In the order in which they are asked."""
    models: Any = {"instructions": CHAT, "classification": CHAT, "output_first": CHAT}
    steps = build_steps(config(), models=models | {"input_first": ScriptedCompletion(reply=scripted_author)})

    assert repr(steps.instructions) == "<instructions: ScriptedChat>"
    assert set(repr(steps.complete).removeprefix("<complete: ").removesuffix(">").split(", ")) == {
        "ScriptedChat",
        "ScriptedCompletion",
    }


def test_a_step_has_types_and_stays_as_it_is() -> None:
    """What it takes and gives; nothing in it can be replaced."""
    steps = build_steps(config(), models=CHAT)

    assert (steps.classification.InputType, steps.classification.OutputType) == (str, bool)
    assert steps.complete.OutputType is Completion
    with pytest.raises(ValidationError, match="frozen"):
        steps.classification.chain = RunnableLambda(lambda _: True)
