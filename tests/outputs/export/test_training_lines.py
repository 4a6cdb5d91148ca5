"""The lines that train on an export, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfinstruct_chains.outputs.export.using import Place, how_to_train

FOLDER = "folder"
OURS = ["To train on it:", "  selfinstruct finetune {out} -o tuned"]
FACTORY = [
    "  llamafactory-cli train --stage sft --do_train --finetuning_type lora \\",
    "    --model_name_or_path MODEL --template TEMPLATE --output_dir tuned \\",
    "    --dataset_dir 'my data' --dataset mine_train",
]
AXOLOTL = ["In axolotl's YAML:", "  datasets:", "    - {{path: {first}, ds_type: json, type: {kind}}}"]
SHAREGPT = [
    *AXOLOTL[:2],
    "    - {{path: {first}, ds_type: json, type: chat_template,",
    "       field_messages: conversations,",
    "       message_property_mappings: {{role: from, content: value}}}}",
]
OPENAI = [
    "To train OpenAI's, in Python:",
    "  from pathlib import Path; from openai import OpenAI",
    "  client = OpenAI()",
    '  up = lambda path: client.files.create(file=Path(path), purpose="fine-tune").id',
    '  client.fine_tuning.jobs.create(model="MODEL",',
    "      training_file=up('{first}'),",
]
TRL = [
    "With TRL, in Python:",
    "  from datasets import load_dataset; from trl import SFTTrainer",
    '  data = load_dataset("json", data_files=\'{first}\', split="train")',
    '  SFTTrainer("MODEL", train_dataset=data).train()',
]


@pytest.mark.parametrize(
    ("format_name", "suffix", "folder", "expected"),
    [
        ("alpaca", ".json", True, [*OURS, *FACTORY, *AXOLOTL]),
        ("alpaca", ".json", False, [*OURS, *AXOLOTL]),
        ("sharegpt", ".json", True, [*OURS, *FACTORY, *SHAREGPT]),
        ("sharegpt", ".json", False, [*OURS, *SHAREGPT]),
        (
            "messages",
            ".jsonl",
            True,
            [
                *OURS,
                "  trl sft --model_name_or_path MODEL --dataset_name 'my data' --output_dir tuned",
                *FACTORY,
                *AXOLOTL,
            ],
        ),
        ("messages", ".jsonl", False, [*OURS, *TRL, *AXOLOTL]),
        ("prompt-completion", ".jsonl", False, [*OURS, *TRL]),
        ("openai", ".jsonl", True, [*OURS, *OPENAI, "      validation_file=up('my data/validation.jsonl'),", "  )"]),
        ("openai", ".jsonl", False, [*OURS, *OPENAI, "  )"]),
        (
            "parquet",
            ".parquet",
            False,
            [*AXOLOTL[:2], "    - {{path: my data.parquet, ds_type: parquet, type: alpaca}}"],
        ),
        ("csv", ".csv", True, []),
    ],
)
def test_lines_of_each_tool(format_name: str, suffix: str, folder: bool, expected: list[str]) -> None:
    """Below what they are; of one kind under one heading. A file alone is named where a tool takes one."""
    out = Path("my data" if folder else f"my data{suffix}")
    data = {split: out / f"{split}{suffix}" for split in ("train", "validation")} if folder else {"train": out}
    names = {
        "out": f"'{out}'",
        "first": data["train"],
        "kind": "alpaca" if format_name == "alpaca" else "chat_template",
    }

    assert how_to_train(format_name, Place(out, data, "mine")) == tuple(line.format(**names) for line in expected)  # type: ignore[arg-type]
