"""What an instance looks like in each export format: one small function per format, from an example to a row.

The prompt templates of `prompt-completion` follow the paper's idea (appendix A.5: several, with and without input) in
wording of our own.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from selfinstruct_chains.tasks import Instance, Task

Value: TypeAlias = "str | int | bool | list[dict[str, str]]"
Row: TypeAlias = dict[str, Value]

COLUMNS: dict[str, type] = {
    "id": str,
    "instance": int,
    "instruction": str,
    "input": str,
    "output": str,
    "is_classification": bool,
}
"""The columns of csv, parquet and datasets, and the type of each."""


class Template(NamedTuple):
    """A prompt around an instruction, and what stands between it and the output."""

    prompt: str
    before_output: str


WITH_INPUT = (
    Template("{instruction}\n\n{input}\n\nAnswer:", " "),
    Template("{instruction}\n\nInput: {input}\nOutput:", " "),
    Template("Task: {instruction}\n\nGiven:\n{input}\n\nResult:\n", ""),
    Template("{instruction}\n\n---\n{input}\n---\n\n", ""),
    Template("Here is a task and the material for it.\nTask: {instruction}\nMaterial: {input}\nResponse:", " "),
)
WITHOUT_INPUT = (
    Template("{instruction}\n\nAnswer:", " "),
    Template("{instruction}\nOutput:", " "),
    Template("Task: {instruction}\n\nResult:\n", ""),
    Template("{instruction}\n\n", ""),
    Template("Here is a task.\nTask: {instruction}\nResponse:", " "),
)


class Example(NamedTuple):
    """One instance of a task."""

    task: Task
    number: int
    """The instance's place in the task, from 0."""

    @property
    def instance(self) -> Instance:
        """The instance itself."""
        return self.task.instances[self.number]


class Wording(NamedTuple):
    """What `prompt-completion` can be told."""

    seed: int = 42
    """Which template an example gets is drawn with this seed and the example's id: it never changes with its place."""
    end_token: str = ""
    """What ends a completion."""


class Format(NamedTuple):
    """How a format is written."""

    suffix: str
    """Of its files; "" for a folder."""
    row: Callable[[Example, Wording], Row]
    refuses: Callable[[Example], str] = lambda _: ""
    """Why the format can't take an example; "" if it can."""


def alpaca(example: Example, _: Wording) -> Row:
    """Stanford Alpaca's three fields."""
    instance = example.instance
    return {"instruction": example.task.instruction, "input": instance.input, "output": instance.output}


def messages(example: Example, _: Wording) -> Row:
    """Hugging Face's conversational form: what the user says and what the assistant answers."""
    return {
        "messages": [
            {"role": "user", "content": question(example)},
            {"role": "assistant", "content": example.instance.output},
        ]
    }


def sharegpt(example: Example, _: Wording) -> Row:
    """ShareGPT's conversations."""
    return {
        "id": f"{example.task.id}.{example.number}",
        "conversations": [
            {"from": "human", "value": question(example)},
            {"from": "gpt", "value": example.instance.output},
        ],
    }


def prompt_completion(example: Example, wording: Wording) -> Row:
    """A prompt by one of several templates, and its completion."""
    instance = example.instance
    templates = WITH_INPUT if instance.input.strip() else WITHOUT_INPUT
    template = Random(f"{wording.seed}:{example.task.id}:{example.number}").choice(templates)
    return {
        "prompt": template.prompt.format(instruction=example.task.instruction, input=instance.input),
        "completion": f"{template.before_output}{instance.output}{wording.end_token}",
    }


def table(example: Example, _: Wording) -> Row:
    """All fields in columns; `id` and `instance` together are unique."""
    return {"id": example.task.id, "instance": example.number, **alpaca(example, _)} | {
        "is_classification": example.task.is_classification
    }


def question(example: Example) -> str:
    """What the user says in a conversation: the instruction, and below it the input if there is one."""
    text = example.instance.input
    return f"{example.task.instruction}\n\n{text}" if text.strip() else example.task.instruction


def _blank_output(example: Example) -> str:
    return "" if example.instance.output.strip() else "blank output"


OPENAI_MINIMUM = 10
"""Examples that OpenAI asks of a fine-tuning file."""

FORMATS: dict[str, Format] = {
    "alpaca": Format(".json", alpaca),
    "openai": Format(".jsonl", messages, _blank_output),
    "messages": Format(".jsonl", messages),
    "sharegpt": Format(".json", sharegpt),
    "prompt-completion": Format(".jsonl", prompt_completion),
    "csv": Format(".csv", table),
    "spreadsheet": Format(".csv", table),
    "parquet": Format(".parquet", table),
    "datasets": Format("", table),
}
