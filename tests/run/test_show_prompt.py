"""A role's prompt as `show` has it: the whole text, and all that is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompts import ChatPromptTemplate

from selfinstruct_chains import Instance, Task, load_config
from selfinstruct_chains.run.show import as_text, show_prompt

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains import ChainConfig
    from selfinstruct_chains.config import Kind, Role
    from selfinstruct_chains.run.show import ShownPrompt

AT = {"model.base_url": "http://127.0.0.1:9/v1", "model.name": "m"}
TWO = (Instance(input="a", output="x"), Instance(input="b", output="y"))
SEEDS = [
    Task(
        id=f"s{n}",
        instruction=f"Sort the note number {n} by how it sounds.",
        instances=TWO,
        is_classification=n % 2 == 0,
    )
    for n in range(8)
]
LANGUAGE = "language: en (found on 8 seeds)"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Four seeds of either kind."""
    path = tmp_path / "seeds.jsonl"
    path.write_text("".join(task.model_dump_json() + "\n" for task in SEEDS))
    return path


def shown(path: Path, role: Role, kind: Kind | None = None, instruction: str = "Count.", **values: Any) -> ShownPrompt:
    """The prompt of a chain at no server."""
    return show_prompt(chain(**values), role, kind=kind, seeds=path, instruction=instruction)


def chain(**values: Any) -> ChainConfig:
    """The openai chain, at no server."""
    return load_config("openai", {**AT, **{key.replace("__", "."): value for key, value in values.items()}})


@pytest.mark.parametrize("length", [0, 999, 1000, 5999])
def test_how_long_it_is(seeds: Path, length: int) -> None:
    """In characters, and in tokens of three."""
    prompt = ChatPromptTemplate([("human", "x" * length + "{instruction}")])
    said = shown(seeds, "classification", **{"classification.prompt": prompt})
    text = f"[human]\n{'x' * length}Count."

    assert said.prompt == text
    assert said.about == (
        f"openai: m, chat; 31 examples (23 of them shipped); {len(text):,} characters, at most about "
        f"{len(text) // 3:,} tokens"
    )


def test_a_completion_prompt_is_one_text(seeds: Path) -> None:
    """With what ends its reply."""
    said = shown(seeds, "classification", "completion", classification__yes_examples=1, classification__no_examples=1)

    assert said.prompt.startswith("Can the answer to each task be only one of a few fixed labels? Then it is ")
    assert said.prompt.endswith("\n\nTask: Count.\nIs it classification?")
    assert said.about == (
        f"openai: m, completion; 2 examples; {len(said.prompt):,} characters, at most about {len(said.prompt) // 3:,} "
        r"tokens, ends at '\n'"
    )
    assert said.notes == (LANGUAGE,)


def test_instructions_are_asked_for_as_in_request_0(seeds: Path) -> None:
    """With eight examples; it is about none."""
    said = shown(seeds, "instructions", instruction="")
    other = shown(seeds, "instructions", instruction="Count.")

    assert said == other
    assert said.prompt.startswith("[system]\n")
    assert "\n\n[human]\n" in said.prompt
    assert all(task.instruction in said.prompt for task in SEEDS)
    assert said.about.startswith("openai: m, chat; 8 examples; ")
    assert said.notes == (LANGUAGE,)


def test_what_auto_is_hoped_to_be(seeds: Path) -> None:
    """The best that the server may take; what the file says itself is not told."""
    auto = shown(seeds, "output_first")
    text = shown(seeds, "output_first", instances__output_first__output="text")

    assert auto.about.startswith("openai: m, chat, output: auto: json_schema; 6 examples (2 of them shipped); ")
    assert text.about.startswith("openai: m, chat; 6 examples (2 of them shipped); ")
    assert '{"instances":' in auto.prompt
    assert '{"instances":' not in text.prompt
    assert auto.notes == (
        LANGUAGE,
        (
            "output_first: of the examples in its prompt 4 are seeds and 2 shipped ones, for want of classification "
            "tasks with two labels or more"
        ),
    )


def test_notes_are_of_its_role_alone(seeds: Path) -> None:
    """Of the role's own model too."""
    said = shown(
        seeds, "input_first", instances__input_first__prompt_tokens=1, instances__input_first__model__name="other"
    )

    assert said.about.startswith("openai: other, chat, output: auto: json_schema; 1 examples")
    assert [note.partition(":")[0] for note in said.notes] == ["language", "input_first", "input_first"]
    assert said.notes[2] == "input_first: 1 examples are shown; 5 more have no room (prompt_tokens)"


def test_seeds_that_are_too_long_are_counted(seeds: Path) -> None:
    """Those that are never shown."""
    long = SEEDS[1].model_copy(update={"id": "long", "instruction": "Sort " + "x" * 600})
    with seeds.open("a") as file:
        file.write(long.model_dump_json() + "\n")
    more = shown(seeds, "classification")

    assert "too long" not in shown(seeds, "input_first").about
    assert "; seeds too long for one (example_characters): 1; " in more.about
    assert more.notes[1] == (
        "classification: of the examples in its prompt 8 are seeds and 23 shipped ones, for want of classification "
        "tasks or others of at most 500 characters (example_characters)"
    )


def test_messages_stand_below_their_authors() -> None:
    """With an empty line between them; a text is what it is."""
    chat = ChatPromptTemplate([("system", "Be brief."), ("human", "Hi"), ("ai", "Ho"), ("human", "{x}")])

    assert as_text(chat.invoke({"x": "So?"})) == "[system]\nBe brief.\n\n[human]\nHi\n\n[ai]\nHo\n\n[human]\nSo?"
