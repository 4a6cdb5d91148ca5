"""What stands in the files of each format, byte by byte; and the limits of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError, DataError
from selfinstruct_chains.outputs.export.evaluation import evaluation_files
from selfinstruct_chains.outputs.export.formats import COLUMNS, FORMATS, Example, Wording
from selfinstruct_chains.outputs.export.markdown import code, grid, inline
from selfinstruct_chains.outputs.export.token_limit import token_counter
from selfinstruct_chains.outputs.export.writers import (
    WRITERS,
    as_json,
    cell,
    write_csv,
    write_datasets,
    write_json_array,
    write_json_lines,
    write_spreadsheet,
)
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TASK = task(3, "Name it.", ("", "a"), ("x\n", "b"), labels=True)
TABLE: dict[str, Any] = {
    "id": "000000-03",
    "instance": 1,
    "instruction": "Name it.",
    "input": "x\n",
    "output": "b",
    "is_classification": True,
}
MESSAGES = {"messages": [{"role": "user", "content": "Name it.\n\nx\n"}, {"role": "assistant", "content": "b"}]}


@pytest.mark.parametrize(
    ("format_name", "expected"),
    [
        ("alpaca", {"instruction": "Name it.", "input": "x\n", "output": "b"}),
        ("openai", MESSAGES),
        ("messages", MESSAGES),
        (
            "sharegpt",
            {
                "id": "000000-03.1",
                "conversations": [{"from": "human", "value": "Name it.\n\nx\n"}, {"from": "gpt", "value": "b"}],
            },
        ),
        ("csv", TABLE),
        ("spreadsheet", TABLE),
        ("parquet", TABLE),
        ("datasets", TABLE),
    ],
)
def test_a_row_of_each_format(format_name: str, expected: dict[str, Any]) -> None:
    """From one instance of a task."""
    assert FORMATS[format_name].row(Example(TASK, 1), Wording()) == expected


def test_a_blank_input_is_not_asked_about() -> None:
    """The question is the instruction alone."""
    asked = FORMATS["messages"].row(Example(task(0, "Say it.", (" \n", "a")), 0), Wording())

    assert asked["messages"][0] == {"role": "user", "content": "Say it."}  # type: ignore[index]


def test_templates_are_drawn_with_42_unless_told_otherwise() -> None:
    """And a completion ends with nothing."""
    assert Wording() == (42, "")


@pytest.mark.parametrize("output", ["", " \n", "\u200b", "\x00", "\u3000\ufeff"])
def test_an_output_that_shows_nothing_is_refused(output: str) -> None:
    """But by the spreadsheet, which is to be looked at; one letter among blanks is enough."""
    blank, some = (Example(task(0, "Say it.", ("", text)), 0) for text in (output, f"{output}a{output}"))

    for name, format_ in FORMATS.items():
        assert format_.refuses(blank) == ("" if name == "spreadsheet" else "blank output")
        assert not format_.refuses(some)


def test_tables_are_read_as_they_are() -> None:
    """By the card: no text is taken for nothing, or for another type."""
    types = ["string", "int64", "string", "string", "string", "bool"]
    expected = {
        "keep_default_na": False,
        "features": [{"name": name, "dtype": type_} for name, type_ in zip(COLUMNS, types, strict=True)],
    }

    assert {name: dict(format_.hub) for name, format_ in FORMATS.items() if format_.hub} == {
        "csv": expected,
        "spreadsheet": expected,
    }
    assert WRITERS.keys() == FORMATS.keys()


ROWS = [{"a": "é\u2028"}, {"a": "=1", "b": 2}]
CELLS = [TABLE | {"output": "=é", "instance": 0}]


@pytest.mark.parametrize(
    ("write", "rows", "expected"),
    [
        (write_json_lines, ROWS, '{"a": "é\\u2028"}\n{"a": "=1", "b": 2}\n'),
        (write_json_array, ROWS, '[\n{"a": "é\\u2028"},\n{"a": "=1", "b": 2}\n]\n'),
        (
            write_csv,
            CELLS,
            (
                '"id","instance","instruction","input","output","is_classification"\r\n'
                '"000000-03",0,"Name it.","x\n","=é",True\r\n'
            ),
        ),
        (
            write_spreadsheet,
            CELLS,
            (
                '\ufeff"id","instance","instruction","input","output","is_classification"\r\n'
                '"000000-03",0,"Name it.","x\n","\'=é",True\r\n'
            ),
        ),
    ],
)
def test_a_file_of_each_kind(
    tmp_path: Path, write: Callable[..., None], rows: list[dict[str, Any]], expected: str
) -> None:
    """Every file that is asked for, with the rows that are its own."""
    write({tmp_path / "one": lambda: rows, tmp_path / "two": lambda: iter(rows)})

    assert [(tmp_path / name).read_bytes().decode() for name in ("one", "two")] == [expected] * 2


@pytest.mark.parametrize("shown", [True, False])
def test_bars_of_datasets_are_as_they_were(tmp_path: Path, shown: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """And not shown meanwhile."""
    import datasets

    before = datasets.is_progress_bar_enabled()
    (datasets.enable_progress_bars if shown else datasets.disable_progress_bars)()
    try:
        write_datasets({tmp_path / "train": lambda: [TABLE]})
        assert datasets.is_progress_bar_enabled() == shown
    finally:
        (datasets.enable_progress_bars if before else datasets.disable_progress_bars)()

    assert list(datasets.load_from_disk(str(tmp_path))["train"]) == [TABLE]
    assert capfd.readouterr().err == ""


def test_json_shows_all_of_a_text() -> None:
    """Letters as they are, what nobody sees as an escape; on lines of its own where that is asked for."""
    assert as_json({"a": "é\x7f\u202e\ufeff"}) == '{"a": "é\\u007f\\u202e\\ufeff"}'
    assert as_json({"a": [1]}, indent=1) == '{\n "a": [\n  1\n ]\n}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [("=1", "'=1"), ("'=1", "''=1"), (" -1", "' -1"), ("\ta", "'\ta"), ("a=1", "a=1"), ("", ""), (7, 7), (True, True)],
)
def test_a_cell_is_no_formula(value: Any, expected: Any) -> None:
    """One apostrophe more for what would be one, or would be taken for one with an apostrophe."""
    assert cell(value) == expected


def test_a_grid_has_a_head_and_numbers() -> None:
    """All columns but the first are set to the right."""
    assert grid([("a", "b", "c"), ("d", "1", "2")]) == "| a | b | c |\n| --- | ---: | ---: |\n| d | 1 | 2 |"
    assert inline(" a\nb  *c* ") == r"a b \*c\*"


@pytest.mark.parametrize(("text", "fence"), [("a", "```"), ("`a` ``", "```"), ("```", "````"), ("`` `````", "``````")])
def test_a_fence_is_longer_than_any_in_the_text(text: str, fence: str) -> None:
    """Three marks at least."""
    assert code(text, "json") == f"{fence}json\n{text}\n{fence}"


def test_tokens_are_a_text_s_own(tmp_path: Path) -> None:
    """Without what a tokenizer's file adds, cuts off or fills up with."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({"?": 0, "[CLS]": 1}, "?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing("[CLS] $A", special_tokens=[("[CLS]", 1)])
    made.enable_truncation(2)
    made.enable_padding(length=9)
    made.save(str(tmp_path / "tokenizer.json"))

    for place in (tmp_path, tmp_path / "tokenizer.json"):
        assert [token_counter(place)(text) for text in ("", "a b c")] == [0, 3]
    assert [token_counter(None)(text) for text in ("", "a b, c!", "写诗")] == [0, 3, 2]


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    """So is one that is not there."""
    with pytest.raises(ConfigError) as raised:
        token_counter(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match=rf"^{tmp_path}/tokenizer.json: not a tokenizer that `tokenizers` reads \("):
        token_counter(tmp_path)

    expected = f"{tmp_path}/tokenizer.json: no such file; give the tokenizer.json of the model you train"
    assert str(raised.value) == expected


def test_a_folder_is_all_its_evaluation_files(tmp_path: Path) -> None:
    """Those below it too, by their names; a file is taken as it is."""
    for name in ("b.json", "a/z.JSONL", "a/y.ndjson", "c.txt", "README.md", "task"):
        (tmp_path / "all" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "all" / name).touch()
    (tmp_path / "all" / "folder.json").mkdir()
    named = tmp_path / "all" / "README.md"

    found = evaluation_files([named, tmp_path / "all"])

    assert [str(path.relative_to(tmp_path / "all")) for path in found] == [
        "README.md",
        "a/y.ndjson",
        "a/z.JSONL",
        "b.json",
        "c.txt",
    ]
    with pytest.raises(DataError) as raised:
        evaluation_files([tmp_path / "all" / "folder.json"])
    expected = "folder.json: no evaluation file is in this folder; use .json, .jsonl or .txt"
    assert str(raised.value) == f"{tmp_path}/all/{expected}"
