"""What an instance looks like in each export format: one small function per format, from an example to a row.

The prompt templates of `prompt-completion` follow the paper's idea (appendix A.5: several, with and without input) in
wording of our own.
"""

from __future__ import annotations

import unicodedata
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


# All prompts end in a colon, and their completions begin with a blank: there the tokenizers of all families cut, so
# that a prompt's tokens begin those of the whole (a line's end grows together with what stands before or after it).
_BETWEEN = " "

WITH_INPUT = (
    "{instruction}\n\n{input}\n\nAnswer:",
    "{instruction}\n\nInput: {input}\nOutput:",
    "Task: {instruction}\n\nGiven:\n{input}\n\nResult:",
    "{instruction}\n\n---\n{input}\n---\n\nReply:",
    "Here is a task and the material for it.\nTask: {instruction}\nMaterial: {input}\nResponse:",
)
WITHOUT_INPUT = (
    "{instruction}\n\nAnswer:",
    "{instruction}\nOutput:",
    "Task: {instruction}\n\nResult:",
    "{instruction}\n\nReply:",
    "Here is a task.\nTask: {instruction}\nResponse:",
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
    load: str = 'datasets.load_dataset("json", data_files={path!r})'
    """The call that reads a file of it back as it is; "" if it isn't made to be read by programs."""
    blank: bool = False
    """Whether it has rows with a blank output too, which nothing can be learnt from."""
    hub: Mapping[str, Any] = {}
    """What the card tells `datasets.load_dataset` of how to read it."""
    llama_factory: Mapping[str, str | Mapping[str, str]] | None = None
    """What LLaMA-Factory must be told of it (its data/README.md), if it reads the format."""

    def refuses(self, example: Example) -> str:
        """Why the format can't take an example; "" if it can."""
        return "blank output" if not self.blank and _is_blank(example.instance.output) else ""


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
        "prompt": template.format(instruction=example.task.instruction, input=instance.input),
        "completion": f"{_BETWEEN}{instance.output}{wording.end_token}",
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


def _is_blank(text: str) -> bool:
    """Whether there is nothing to see: blanks, marks of no width, control characters."""
    return all(unicodedata.category(char)[0] in "ZC" for char in text)


OPENAI_MINIMUM = 10
"""Examples that OpenAI asks of a fine-tuning file."""

_MESSAGES: dict[str, str | Mapping[str, str]] = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"},
}
_CONVERSATIONS: dict[str, str | Mapping[str, str]] = {
    "formatting": "sharegpt",
    "columns": {"messages": "conversations"},
    "tags": {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"},
}
_ALPACA: dict[str, str | Mapping[str, str]] = {
    "formatting": "alpaca",
    "columns": {"prompt": "instruction", "query": "input", "response": "output"},
}
_DTYPES = {str: "string", int: "int64", bool: "bool"}
_CSV: Mapping[str, Any] = {  # else "NA" is nothing, and "007" a number where there are only numbers
    "keep_default_na": False,
    "features": [{"name": name, "dtype": _DTYPES[kind]} for name, kind in COLUMNS.items()],
}
_READ_CSV = "pandas.read_csv({path!r}, dtype=str, keep_default_na=False)"

FORMATS: dict[str, Format] = {
    "alpaca": Format(".json", alpaca, llama_factory=_ALPACA),
    "openai": Format(".jsonl", messages, llama_factory=_MESSAGES),
    "messages": Format(".jsonl", messages, llama_factory=_MESSAGES),
    "sharegpt": Format(".json", sharegpt, llama_factory=_CONVERSATIONS),
    "prompt-completion": Format(".jsonl", prompt_completion),
    "csv": Format(".csv", table, _READ_CSV, hub=_CSV),
    "spreadsheet": Format(".csv", table, "", blank=True, hub=_CSV),
    "parquet": Format(".parquet", table, 'datasets.load_dataset("parquet", data_files={path!r})'),
    "datasets": Format("", table, "datasets.load_from_disk({path!r})"),
}
