"""What those who read an export do by default gives back what the run holds, byte by byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.formats import FORMATS
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from tests.outputs.export.test_formats import HOSTILE, TASKS
from tests.outputs.runs import lines, rows, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader

NUMBERS = [task(n, f"Do {n}", (f"0{n}", f"00{n}")) for n in range(3)]


@pytest.mark.parametrize("tasks", [TASKS, NUMBERS], ids=["hostile", "numbers"])
@pytest.mark.parametrize("format_name", [name for name, format_ in FORMATS.items() if format_.load])
def test_the_call_that_is_told_reads_it(tmp_path: Path, format_name: str, tasks: list[Any]) -> None:
    """As it is printed after an export; a table comes back as texts or with its types."""
    import datasets
    import pandas as pd

    done = export(run_folder(tmp_path / "run", tasks), format_name, tmp_path / "out")
    datasets.config.HF_DATASETS_CACHE = tmp_path / "hf"
    found = eval(done.load, {"datasets": datasets, "pandas": pd})  # noqa: S307 - our own text
    read = found.to_dict("records") if format_name == "csv" else list(found["train"])

    expected = rows(tasks)
    if format_name == "csv":
        assert read == [{key: str(value) for key, value in row.items()} for row in expected]
    elif format_name in {"parquet", "datasets"}:
        assert read == expected
    else:
        assert [_output(row) for row in read] == [row["output"] for row in expected]


def _output(row: dict[str, Any]) -> str:
    """The output in a row of a training format."""
    match row:
        case {"output": output}:
            return str(output)
        case {"completion": completion}:
            return str(completion)[1:]
        case {"messages": [_, {"content": output}]} | {"conversations": [_, {"value": output}]}:
            return str(output)
    raise AssertionError(row)


@pytest.mark.parametrize("format_name", ["alpaca", "openai", "messages", "sharegpt"])
def test_llama_factory_is_told_what_it_reads(tmp_path: Path, format_name: str) -> None:
    """By the keys of its data/README.md: files that are there, columns that rows have, roles that messages have."""
    run = run_folder(tmp_path / "run", [task(n, f"Do thing {n}", ("a", "b")) for n in range(40)])
    done = export(run, format_name, tmp_path / "out", Choice(shares=Shares(0.2)))

    found = json.loads((tmp_path / "out" / "dataset_info.json").read_text())

    assert set(found) == {"openai_train", "openai_validation"}
    for entry in found.values():
        path = tmp_path / "out" / entry["file_name"]
        [row, *_] = json.loads(path.read_text()) if path.suffix == ".json" else lines(path)
        assert entry["formatting"] == ("alpaca" if format_name == "alpaca" else "sharegpt")
        assert set(entry["columns"].values()) <= row.keys()
        if tags := entry.get("tags"):
            [asked, answered] = row[entry["columns"]["messages"]]
            assert (
                asked == {tags["role_tag"]: tags["user_tag"], tags["content_tag"]: "Do thing 0\n\na"}
                or asked[tags["role_tag"]] == tags["user_tag"]
            )
            assert (answered[tags["role_tag"]], answered[tags["content_tag"]]) == (tags["assistant_tag"], "b")
    assert tmp_path / "out" / "dataset_info.json" in done.files


def test_a_file_among_others_gets_no_dataset_info(tmp_path: Path) -> None:
    """A folder of LLaMA-Factory's has one of its own, which no export may replace."""
    run = run_folder(tmp_path / "run", [task(0, "Do")])
    (tmp_path / "dataset_info.json").write_text("{}")

    export(run, "alpaca", tmp_path / "out.json", force=True)

    assert (tmp_path / "dataset_info.json").read_text() == "{}"


def _tokenizers(texts: list[str]) -> dict[str, Any]:
    """One of each family, trained on the texts."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    newer = r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    as_newer = [
        pre_tokenizers.Split(Regex(newer), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
    bytes_ = pre_tokenizers.ByteLevel.alphabet()
    bpe = trainers.BpeTrainer(vocab_size=900, initial_alphabet=bytes_, show_progress=False)
    plain = trainers.BpeTrainer(vocab_size=900, show_progress=False, special_tokens=["<unk>"])
    piece = trainers.WordPieceTrainer(vocab_size=900, show_progress=False, special_tokens=["[UNK]"])
    unigram = trainers.UnigramTrainer(vocab_size=900, show_progress=False, special_tokens=["<unk>"], unk_token="<unk>")
    made = {
        "byte-level BPE": (models.BPE(), byte_level, bpe),
        "byte-level BPE of today": (models.BPE(), pre_tokenizers.Sequence(as_newer), bpe),
        "metaspace BPE": (models.BPE(unk_token="<unk>"), pre_tokenizers.Metaspace(), plain),
        "unigram": (models.Unigram(), pre_tokenizers.Metaspace(), unigram),
        "WordPiece": (models.WordPiece(unk_token="[UNK]"), pre_tokenizers.BertPreTokenizer(), piece),
    }
    found = {}
    for name, (model, splitting, trainer) in made.items():
        tokenizer = Tokenizer(model)
        tokenizer.normalizer = normalizers.NFC() if name != "WordPiece" else normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = splitting
        tokenizer.train_from_iterator(texts, trainer)
        found[name] = tokenizer
    return found


STARTS = [
    "\n- a\n- b",
    "\n\ntext",
    " indented",
    "  two",
    "\tx",
    ": odd",
    ":",
    "...",
    "1,000",
    "\u0301e",
    "(a)",
    "'s",
    "中文",
    "\r\nx",
]


@pytest.mark.slow
def test_a_prompts_tokens_begin_those_of_prompt_and_completion(run: RunReader, tmp_path: Path) -> None:
    """For the tokenizers of five families, whatever a completion begins with: trainers mask the loss by that."""
    export(run, "prompt-completion", tmp_path / "out")
    found = lines(tmp_path / "out" / "train.jsonl")
    texts = [row["prompt"] + row["completion"] for row in found] * 3 + [":\n\n", ": a", "\n\n"] * 50
    for name, tokenizer in _tokenizers(texts).items():
        for row in found:
            prompt = tokenizer.encode(row["prompt"], add_special_tokens=False).ids
            whole = tokenizer.encode(row["prompt"] + row["completion"], add_special_tokens=False).ids
            assert whole[: len(prompt)] == prompt, (name, row["prompt"][-20:], row["completion"][:20])


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """Tasks whose outputs begin in every way, in numbers that use every template."""
    outputs = [*STARTS, *(text for text in HOSTILE if len(text) < 200), "plain"]
    tasks = [
        task(n * len(outputs) + k, f"Do thing {n} {k}", ("" if n % 2 else "some input\n", output))
        for n in range(4)
        for k, output in enumerate(outputs)
    ]
    return run_folder(tmp_path / "run", tasks)
