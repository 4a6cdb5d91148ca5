"""Prompts: both forms, demonstrations from the seeds, braces that stay braces."""

from __future__ import annotations

from typing import Any

import pytest

from selfinstruct_chains import ChainConfig, Instance, Task, load_config, read_seeds
from selfinstruct_chains.config import ChatForm, written
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.demonstrations import instance_examples
from selfinstruct_chains.method.prompting import template

SEEDS = read_seeds(shipped.SEEDS)


def config(**overrides: object) -> ChainConfig:
    """The openai chain with overrides, its instances as JSON."""
    settled = {f"instances.{role}.output": "json_schema" for role in ("input_first", "output_first")}
    return load_config("openai", settled | {key.replace("__", "."): value for key, value in overrides.items()})


def test_the_two_forms_of_a_prompt() -> None:
    """A chat model gets a system and a user message, a completion model one text that it goes on from."""
    prompt = config().instructions.prompt
    fixed = {"ask": "8", "last": "16", "after": "17"}
    given = {"examples": "1. Explain tides.", "first": "9"}
    chat = template(prompt, "chat", "text", **fixed).format_prompt(**given).to_messages()
    text = template(prompt, "completion", "text", **fixed).format_prompt(**given).to_string()

    assert [message.type for message in chat] == ["system", "human"]
    assert "1. Explain tides." in str(chat[1].content)
    assert "numbered 9 to 16" in str(chat[1].content)
    assert text.endswith("1. Explain tides.\n9.")


@pytest.mark.parametrize(
    ("chat", "system_role", "expected"),
    [
        ({"user": "{examples} {instruction}"}, True, [("human", "E I")]),
        ({"system": " ", "user": "{examples} {instruction}"}, True, [("human", "E I")]),
        ({"system": "Sort.", "user": "{examples} {instruction}"}, False, [("human", "Sort.\n\nE I")]),
        (
            {
                "system": "Sort.",
                "turns": [{"by": "assistant", "text": "Yes?"}, {"by": "system", "text": "Now."}],
                "user": "{examples} {instruction}",
            },
            False,
            [("human", "Sort."), ("ai", "Yes?"), ("human", "Now.\n\nE I")],
        ),
    ],
)
def test_without_a_system_message(chat: dict[str, Any], system_role: bool, expected: list[tuple[str, str]]) -> None:
    """An empty one is left out; where there is no such role, its text begins the user's, and roles take turns."""
    prompt = config().classification.prompt.model_copy(update={"chat": ChatForm.model_validate(chat)})

    made = template(prompt, "chat", "text", system_role=system_role, examples="E").format_prompt(instruction="I")

    assert [(message.type, message.content) for message in made.to_messages()] == expected


def test_braces_in_tasks_are_left_alone() -> None:
    """Braces in a seed or an instruction are text, never a variable."""
    role = config(instances__input_first__output="text").instances.input_first
    task = Task(
        id="s", instruction='Fix {"a": {b}}.', instances=(Instance(output="{x} {{y}}"),), is_classification=False
    )
    shown = instance_examples(role, "input_first", [task], seed=1, max_instances=5).text
    text = (
        template(role.prompt, "completion", written(role.output), examples=shown, max_instances="5")
        .format_prompt(instruction="Now {this} one.")
        .to_string()
    )

    assert 'Fix {"a": {b}}.' in text
    assert "{x} {{y}}" in text
    assert text.endswith("Task: Now {this} one.")
