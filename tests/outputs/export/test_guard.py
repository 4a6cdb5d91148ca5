"""What stands in an evaluation file is left out of an export."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.guard import Contamination, Guard
from selfinstruct_chains.outputs.export.selection import Choice
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

THIRTEEN = "one two three four five six seven eight nine ten eleven twelve thirteen"


def found(tmp_path: Path, text: str, name: str, instruction: str, input_: str = "") -> Contamination | None:
    """What a guard with one file says of one task."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return Guard([path]).find(task(0, instruction, (input_, "x")))


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Write a poem about the sea today, please", 1.0),
        ("write a poem about the sea", 0.857143),  # 6 of 6 and 8 words
        ("Write a poem about the sky now, friend", 0.625),
        ("Name three rivers", None),
    ],
)
def test_an_instruction_is_found_by_rouge_l_from_seven_tenths(
    tmp_path: Path, instruction: str, expected: float | None
) -> None:
    """Scores 1 and 6/7 are found, 5/8 is not; the text and its line are told."""
    match = found(tmp_path, "Sing\n\nWrite a poem about the sea today, please\n", "eval.txt", instruction)

    if expected is None or expected < 0.7:
        assert match is None
    else:
        text = "Write a poem about the sea today, please"
        place = str(tmp_path / "eval.txt"), 3, text
        assert match == Contamination("000000-00", instruction, "instruction", *place, score=expected)


def test_an_input_is_found_by_thirteen_words_in_a_row(tmp_path: Path) -> None:
    """Case and punctuation apart; twelve are not enough."""
    text = json.dumps({"id": 7, "Instances": [{"input": f"Before. {THIRTEEN.title()}! After."}]})

    match = found(tmp_path, text, "eval.jsonl", "Count up", f"Well, {THIRTEEN}, and so on")

    assert match
    assert (match.what, match.line, match.score) == ("input", 1, None)
    assert found(tmp_path, text, "eval.jsonl", "Count up", THIRTEEN.removesuffix(" thirteen")) is None
    assert (
        found(tmp_path, text, "eval.jsonl", "Count up", f"{THIRTEEN.removesuffix(' thirteen')} {THIRTEEN[4:]}") is None
    )


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("eval.json", '[{"a": {"b": ["x"]}},\n {"a": {"b": ["x", "Say it"]}}]', 2),
        ("eval.json", '{"data": [{"prompt": "Say it"}]}', 1),
        ("eval.jsonl", '\ufeff{"turns": ["Say it"]}\r\n', 1),
        ("eval.ndjson", '"x"\n\n["Say it"]\n', 3),
        ("EVAL.TXT", "x\nSay it", 2),
    ],
)
def test_any_fields_of_any_file_are_compared(tmp_path: Path, name: str, text: str, line: int) -> None:
    """However deep; nobody has to say which field it is."""
    match = found(tmp_path, text, name, "Say it")

    assert match
    assert match.line == line


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("eval.csv", "x", r"eval\.csv: \.csv: not known as an evaluation file; use \.json, \.jsonl or \.txt"),
        ("eval", "x", "eval: no suffix: not known"),
        ("eval.jsonl", '{"a": 1}\n{"a"', r"eval\.jsonl, line 2: not JSON \(Expecting ':' delimiter"),
        ("eval.json", "[1,\n\n2 3]", r"eval\.json: not JSON \(Expecting ',' delimiter: line 3 column 3"),
        ("eval.json", "[" * 100_000, "too deep"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """With the line, and what can be read."""
    with pytest.raises(DataError, match=expected):
        found(tmp_path, text, name, "x")


def test_missing_and_empty_files(tmp_path: Path) -> None:
    """A missing one is an error; an empty one holds nothing."""
    with pytest.raises(DataError, match="can't be read: No such file"):
        Guard([tmp_path / "missing.txt"])
    assert found(tmp_path, "", "eval.txt", "Say it", THIRTEEN) is None
    assert found(tmp_path, "[]", "eval.json", "Say it", THIRTEEN) is None


def test_of_many_texts_the_one_that_shares_the_words_is_told(tmp_path: Path) -> None:
    """Whichever it is, and wherever its words stand in it; words that none has are found in none."""
    texts = [" ".join(f"w{number}x{place}" for place in range(15)) for number in range(40)]
    (tmp_path / "eval.txt").write_text("\n".join(texts))
    guard = Guard([tmp_path / "eval.txt"])

    def where(words: str) -> tuple[int, str] | None:
        match = guard.find_texts("1", "Count up", ["few words", f"so {words} it is"])
        return (match.line, match.what) if match else None

    for start in (0, 2):
        parts = [" ".join(text.split()[start : start + 13]) for text in texts]
        assert [where(part) for part in parts] == [(number, "input") for number in range(1, 41)]
    others = [" ".join(f"v{number}x{place}" for place in range(13)) for number in range(40)]
    assert [where(other) for other in others] == [None] * 40


def test_short_texts_share_no_words_with_long_inputs(tmp_path: Path) -> None:
    """Nor do short inputs with anything."""
    (tmp_path / "eval.txt").write_text("one two three\n")
    guard = Guard([tmp_path / "eval.txt"])

    assert guard.find_texts("1", "Count up", [THIRTEEN, "one two three"]) is None
    assert Guard([]).find_texts("1", "Count up", [THIRTEEN]) is None


def test_an_export_leaves_them_out_and_lists_them(tmp_path: Path) -> None:
    """Seeds that are included are looked at too; the list says where each stands."""
    tasks = [task(0, "Say it now"), task(1, "Count up", (THIRTEEN, "x")), task(2, "Keep this one")]
    run = run_folder(tmp_path / "run", tasks)
    (tmp_path / "a.txt").write_text("Say it now\n" + SEED.instruction)
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": THIRTEEN}))
    choice = Choice(seeds=True, exclude=(tmp_path / "a.txt", tmp_path / "b.jsonl"))

    done = export(run, "alpaca", tmp_path / "out.json", choice)

    kept = json.loads((tmp_path / "out.json").read_text())
    assert [row["instruction"] for row in kept] == ["Keep this one"]
    listed = [json.loads(line) for line in (tmp_path / "out.json.excluded.jsonl").read_text().splitlines()]
    assert [(one["id"], one["what"], one["file"]) for one in listed] == [
        ("seed-001", "instruction", str(tmp_path / "a.txt")),
        ("000000-00", "instruction", str(tmp_path / "a.txt")),
        ("000000-01", "input", str(tmp_path / "b.jsonl")),
    ]
    assert done.notes[0] == "Left out: 3 tasks in the evaluation files."
    assert tmp_path / "out.json.excluded.jsonl" in done.files
