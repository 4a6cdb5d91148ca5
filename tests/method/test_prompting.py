"""Prompts: both forms, demonstrations from the seeds, braces that stay braces."""

from __future__ import annotations

from selfinstruct_chains import ChainConfig, Instance, Task, load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.demonstrations import instance_examples
from selfinstruct_chains.method.prompting import template

SEEDS = read_seeds(shipped.SEEDS)


def config(**overrides: object) -> ChainConfig:
    """The openai chain with overrides."""
    return load_config("openai", {key.replace("__", "."): value for key, value in overrides.items()})


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


def test_braces_in_tasks_are_left_alone() -> None:
    """Braces in a seed or an instruction are text, never a variable."""
    role = config().instances.input_first
    task = Task(
        id="s", instruction='Fix {"a": {b}}.', instances=(Instance(output="{x} {{y}}"),), is_classification=False
    )
    shown = instance_examples(role, "input_first", [task], seed=1, max_instances=5).text
    text = (
        template(role.prompt, "completion", role.output, examples=shown, max_instances="5")
        .format_prompt(instruction="Now {this} one.")
        .to_string()
    )

    assert 'Fix {"a": {b}}.' in text
    assert "{x} {{y}}" in text
    assert text.endswith("Task: Now {this} one.")
