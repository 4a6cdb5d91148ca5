"""The exact lines that train on what an export wrote, by format: only those of tools that read the format as it is.

By the tools' own documentation: TRL's "SFT Trainer" and "Command Line Interfaces", axolotl's "Dataset Loading",
"Instruction Tuning" and "Conversation", LLaMA-Factory's examples/ and data/README.md, and OpenAI's Python package.
"""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from selfinstruct_chains.outputs.export.splits import Split


class Place(NamedTuple):
    """Where an export is."""

    out: Path
    """The file, or the folder."""
    data: Mapping[Split, Path]
    """The file of each split; the first is that to train on."""
    name: str
    """What LLaMA-Factory calls the data sets, before their split."""

    @property
    def first(self) -> Path:
        """The file to train on."""
        return next(iter(self.data.values()))

    @property
    def is_folder(self) -> bool:
        """Whether it has a card that `datasets.load_dataset` reads, and dataset_info.json where the format has it."""
        return self.first != self.out


class _Block(NamedTuple):
    """Lines to copy, and what they are."""

    title: str
    lines: list[str]


_SHELL = "To train on it:"


def how_to_train(format_name: str, place: Place) -> tuple[str, ...]:
    """What to run, or to write into whose file: lines to copy, each below what it is; for some formats none.

    What stands in capitals is for the reader to choose.
    """
    blocks = [block for tool in _TOOLS.get(format_name, ()) for block in tool(place)]
    found: list[str] = []
    for title, group in groupby(blocks, lambda block: block.title):
        found += [title, *(f"  {line}" for block in group for line in block.lines)]
    return tuple(found)


def _ours(place: Place) -> list[_Block]:
    return [_Block(_SHELL, [f"selfinstruct finetune {shlex.quote(str(place.out))} -o tuned"])]


def _trl(place: Place) -> list[_Block]:
    """Its command reads a folder by its card; a file can be given to it from Python."""
    if place.is_folder:
        folder = shlex.quote(str(place.out))
        line = f"trl sft --model_name_or_path MODEL --dataset_name {folder} --output_dir tuned"
        return [_Block(_SHELL, [line])]
    lines = [
        "from datasets import load_dataset; from trl import SFTTrainer",
        f'data = load_dataset("json", data_files={str(place.first)!r}, split="train")',
        'SFTTrainer("MODEL", train_dataset=data).train()',
    ]
    return [_Block("With TRL, in Python:", lines)]


def _llama_factory(place: Place) -> list[_Block]:
    if not place.is_folder:
        return []
    name = shlex.quote(f"{place.name}_{next(iter(place.data))}")
    lines = [
        "llamafactory-cli train --stage sft --do_train --finetuning_type lora \\",
        "  --model_name_or_path MODEL --template TEMPLATE --output_dir tuned \\",
        f"  --dataset_dir {shlex.quote(str(place.out))} --dataset {name}",
    ]
    return [_Block(_SHELL, lines)]


def _axolotl(kind: str, **more: Any) -> Callable[[Place], list[_Block]]:
    def blocks(place: Place) -> list[_Block]:
        shape = "parquet" if place.first.suffix == ".parquet" else "json"
        first = {"path": str(place.first), "ds_type": shape, "type": kind}
        within = ",\n     ".join(_flow(part)[1:-1] for part in (first, *({key: more[key]} for key in more)))
        return [_Block("In axolotl's YAML:", ["datasets:", *f"  - {{{within}}}".splitlines()])]

    return blocks


def _flow(values: Mapping[str, Any]) -> str:
    """In braces, on one line."""
    text: str = yaml.safe_dump(dict(values), default_flow_style=True, sort_keys=False, width=10_000)
    return text.strip()


def _openai(place: Place) -> list[_Block]:
    files = {"training_file": place.first}
    if "validation" in place.data:
        files["validation_file"] = place.data["validation"]
    lines = [
        "from pathlib import Path; from openai import OpenAI",
        "client = OpenAI()",
        'up = lambda path: client.files.create(file=Path(path), purpose="fine-tune").id',
        'client.fine_tuning.jobs.create(model="MODEL",',
        *(f"    {name}=up({str(path)!r})," for name, path in files.items()),
        ")",
    ]
    return [_Block("To train OpenAI's, in Python:", lines)]


_TOOLS: Mapping[str, tuple[Callable[[Place], list[_Block]], ...]] = {
    "alpaca": (_ours, _llama_factory, _axolotl("alpaca")),
    "openai": (_ours, _openai),
    "messages": (_ours, _trl, _llama_factory, _axolotl("chat_template")),
    "sharegpt": (
        _ours,
        _llama_factory,
        _axolotl(
            "chat_template",
            field_messages="conversations",
            message_property_mappings={"role": "from", "content": "value"},
        ),
    ),
    "prompt-completion": (_ours, _trl),
    "parquet": (_axolotl("alpaca"),),
}
