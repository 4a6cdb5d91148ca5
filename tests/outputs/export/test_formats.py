"""Every format, read back by those who read it, equals the run: also when its text is hostile."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.formats import (
    FORMATS,
    WITH_INPUT,
    WITHOUT_INPUT,
    Example,
    Wording,
    prompt_completion,
)
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.outputs.export.writers import cell
from tests.outputs.runs import lines, pairs, rows, run_folder, task, written

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader

HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe\u2066",
    "a\x00b",
    '=HYPERLINK("http://x","y")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-1+1",
    "'=1",
    "\t=1",
    '"quoted", with commas; and\r\nall\rthe\nline\u2028ends\u2029there\x85are\x0b\x0c',
    "{instruction} {input} {0} %s ${x} \\n \\u0041",
    "NA",
    "null",
    "None",
    "NaN",
    "007",
    "1e5",
    "TRUE",
    "2020-01-01",
    "=1+1",
    "a\rb",
    "word " * 4000,
    "  blanks at both ends  ",
    "\ufeffBOM 😀 e\u0301 中文 \U0010ffff \ufffe",
    "```\n---\nlicense: mit\n---",
]
TASKS = [
    task(0, "Say yes"),
    task(1, "Sort the words", ("b a", "a b"), ("d c", "c d")),
    task(2, "Which mood?", ("I won!", "good"), ("I lost.", "bad"), labels=True),
    *(task(number, f"x {text}", (text, text), ("", f"{text}.")) for number, text in enumerate(HOSTILE, start=3)),
]


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """A run of harmless and of hostile tasks."""
    return run_folder(tmp_path / "run", TASKS)


def loaded(kind: str, path: Path, tmp_path: Path, **options: Any) -> list[dict[str, Any]]:
    """What `datasets.load_dataset` reads."""
    import datasets

    return list(datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=tmp_path / "hf", **options))


@pytest.mark.parametrize("format_name", ["alpaca", "messages", "openai", "sharegpt", "prompt-completion"])
def test_json_formats_load_with_datasets(run: RunReader, tmp_path: Path, format_name: str) -> None:
    """load_dataset gives what `json` gives, row by row."""
    path = written(run, format_name, tmp_path / "out")
    by_json = json.loads(path.read_text("utf-8")) if path.suffix == ".json" else lines(path)

    assert loaded("json", path, tmp_path) == by_json
    assert len(by_json) == len(pairs(TASKS))


def test_a_folder_loads_with_its_splits(tmp_path: Path) -> None:
    """load_dataset on the folder takes the card's list of files, and not the list of contaminated tasks."""
    import datasets

    tasks = [task(number, f"Do thing {number}") for number in range(40)]
    (tmp_path / "eval.txt").write_text("Do thing 3\n")
    choice = Choice(shares=Shares(0.2, 0.2), exclude=(tmp_path / "eval.txt",))
    done = export(run_folder(tmp_path / "run", tasks), "messages", tmp_path / "out", choice)

    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=tmp_path / "hf")

    assert (tmp_path / "out" / "excluded.jsonl").exists()
    assert {split: len(data) for split, data in found.items()} == dict(done.rows)
    assert set(found) == {"train", "validation", "test"}


def test_alpaca_is_the_three_fields(run: RunReader, tmp_path: Path) -> None:
    """In one JSON array."""
    found = json.loads(written(run, "alpaca", tmp_path / "out").read_text("utf-8"))

    assert found == [{key: row[key] for key in ("instruction", "input", "output")} for row in rows(TASKS)]


def test_messages_go_through_a_chat_template(run: RunReader, tmp_path: Path) -> None:
    """Rendered by transformers: the user's text, then the assistant's."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"?": 0}, "?")))
    tokenizer.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
    found = lines(written(run, "messages", tmp_path / "out"))

    for row, (asked, answered) in zip(found, pairs(TASKS), strict=True):
        rendered = tokenizer.apply_chat_template(row["messages"], tokenize=False)
        assert rendered == f"<user>{asked}</user><assistant>{answered}</assistant>"


def test_sharegpt_has_human_and_gpt(run: RunReader, tmp_path: Path) -> None:
    """Under `conversations`, with an id that tells task and instance."""
    found = json.loads(written(run, "sharegpt", tmp_path / "out").read_text("utf-8"))

    assert [tuple(turn["value"] for turn in row["conversations"]) for row in found] == pairs(TASKS)
    assert all([turn["from"] for turn in row["conversations"]] == ["human", "gpt"] for row in found)
    assert [row["id"] for row in found][:3] == ["000000-00.0", "000000-01.0", "000000-01.1"]


def test_openai_files_keep_the_rules_of_chat_fine_tuning(run: RunReader, tmp_path: Path) -> None:
    """The JSON schema of FineTuneChatRequestInput in OpenAI's API description, as far as it concerns text."""
    import jsonschema

    text = {"type": "string", "minLength": 1, "pattern": r"\S"}
    message = {
        "type": "object",
        "required": ["role", "content"],
        "properties": {"role": {"enum": ["system", "user", "assistant"]}, "content": text},
        "additionalProperties": False,
    }
    assistant = {"properties": {"role": {"const": "assistant"}}}
    schema = {
        "type": "object",
        "required": ["messages"],
        "properties": {"messages": {"type": "array", "minItems": 1, "items": message, "contains": assistant}},
        "additionalProperties": False,
    }
    path = written(run, "openai", tmp_path / "out")
    found = lines(path)

    for row in found:
        jsonschema.validate(row, schema)
        assert row["messages"][-1]["role"] == "assistant"
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(found) >= 10


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_blank_output_teaches_nothing(tmp_path: Path, format_name: str) -> None:
    """Nor does one of marks that nobody sees: left out and counted, but of what is only looked at."""
    blanks = [("", ""), ("", " \n"), ("x", "\u200b\ufeff"), ("y", "\u3000\x07")]
    run = run_folder(tmp_path / "run", [task(0, "Say nothing", *blanks), task(1, "Say yes", ("", "🙂"), ("z", "."))])

    done = export(run, format_name, tmp_path / "out")

    if format_name == "spreadsheet":
        assert (dict(done.rows), done.notes, done.load) == ({"train": 6}, (), "")
    else:
        assert dict(done.rows) == {"train": 2}
        assert done.notes[0] == "Left out: 4 instances: blank output; 1 tasks without an instance left."


def test_openai_asks_for_ten(tmp_path: Path) -> None:
    """Fewer examples are said to be too few."""
    run = run_folder(tmp_path / "run", [task(0, "Say nothing", ("", " \n")), task(1, "Say yes")])

    done = export(run, "openai", tmp_path / "openai")

    assert dict(done.rows) == {"train": 1}
    assert done.notes == (
        "Left out: 1 instances: blank output; 1 tasks without an instance left.",
        "OpenAI asks for 10 examples or more to train on; these are 1.",
    )


def test_a_line_is_a_line_to_every_reader(run: RunReader, tmp_path: Path) -> None:
    """Also to those that take U+2028 or U+0085 for its end, and nothing in it acts on a terminal."""
    text = written(run, "messages", tmp_path / "out").read_text("utf-8")

    assert len(text.splitlines()) == len(pairs(TASKS))
    assert not any(
        ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066" for char in text if char != "\n"
    )


def test_csv_loads_with_pandas_csv_and_datasets(run: RunReader, tmp_path: Path) -> None:
    """As it is, formulas too: what is trained on must not be changed."""
    import datasets
    import pandas as pd

    path = written(run, "csv", tmp_path / "out")
    with path.open(encoding="utf-8", newline="") as file:
        by_csv = list(csv.DictReader(file))
    by_pandas = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
    by_datasets = list(datasets.load_dataset(str(path.parent), cache_dir=tmp_path / "hf")["train"])

    assert by_csv == by_pandas == [{key: str(value) for key, value in row.items()} for row in rows(TASKS)]
    assert by_datasets == rows(TASKS)


@pytest.mark.parametrize(
    "outputs", [["007", "1e5"], ["True", "false"], ["2.50", "1.0"], ["2020-01-01"] * 2, ["NA", "null"]]
)
def test_text_that_is_all_of_another_type(tmp_path: Path, outputs: list[str]) -> None:
    """Where all outputs look like numbers, dates or nothing, load_dataset on the folder gives the text."""
    import datasets

    tasks = [task(number, f"Say {output} {number}.", (output, output)) for number, output in enumerate(outputs)]
    written(run_folder(tmp_path / "run", tasks), "csv", tmp_path / "out")

    found = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=tmp_path / "hf")

    assert found["output"][:] == found["input"][:] == outputs


def test_a_spreadsheet_shows_formulas_as_text(run: RunReader, tmp_path: Path) -> None:
    """No cell starts as a formula, and one apostrophe less gives back what was there."""
    with written(run, "spreadsheet", tmp_path / "out").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))

    for row, expected in zip(found, rows(TASKS), strict=True):
        for key in ("instruction", "input", "output"):
            assert not row[key].lstrip().startswith(("=", "+", "-", "@"))
            assert not row[key].startswith(("\t", "\r", "\n"))
            assert (row[key][1:] if cell(row[key]) != row[key] else row[key]) == expected[key]


def test_parquet_loads_with_pyarrow_pandas_and_datasets(run: RunReader, tmp_path: Path) -> None:
    """All fields with their types."""
    import pandas as pd
    from pyarrow import parquet

    path = written(run, "parquet", tmp_path / "out")

    assert parquet.read_table(path).to_pylist() == rows(TASKS)
    assert pd.read_parquet(path).to_dict("records") == rows(TASKS)
    assert loaded("parquet", path, tmp_path) == rows(TASKS)


def test_a_datasets_folder_loads_from_disk(run: RunReader, tmp_path: Path) -> None:
    """With nothing else in it but the card."""
    import datasets

    export(run, "datasets", tmp_path / "out")

    assert list(datasets.load_from_disk(str(tmp_path / "out"))["train"]) == rows(TASKS)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "dataset_dict.json", "train"}


def test_prompts_follow_templates_of_both_kinds() -> None:
    """All templates are used; an example's own never changes; the end token comes only when asked for."""
    with_input = [Example(task(number, "Do", ("it", "done")), 0) for number in range(100)]
    without = [Example(task(number, "Do", ("", "done")), 0) for number in range(100)]
    for examples, templates in ((with_input, WITH_INPUT), (without, WITHOUT_INPUT)):
        found = [prompt_completion(example, Wording()) for example in examples]

        assert found == [prompt_completion(example, Wording()) for example in examples]
        assert found != [prompt_completion(example, Wording(seed=7)) for example in examples]
        assert {row["prompt"] for row in found} == {one.format(instruction="Do", input="it") for one in templates}
        assert {row["completion"] for row in found} == {" done"}
    ended = prompt_completion(with_input[0], Wording(end_token="<|end|>"))
    assert str(ended["completion"]).endswith("done<|end|>")


def test_prompts_hold_what_was_there(run: RunReader, tmp_path: Path) -> None:
    """Braces in a text are text."""
    found = lines(written(run, "prompt-completion", tmp_path / "out"))

    for row, expected in zip(found, rows(TASKS), strict=True):
        assert expected["instruction"] in row["prompt"]
        assert expected["input"] in row["prompt"]
        assert row["completion"] == f" {expected['output']}"
