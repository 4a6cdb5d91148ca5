"""Seed files of every format and shape, each as its own writer gives it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.seeds import read_drafts, read_seeds
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from pathlib import Path

ASKED, GIVEN, SAID = 'Ist die Überweisung "sicher"; ja, oder nein?', 'Zeile 1,\nZeile 2;\n"Zitat"', "Ja, für 5 €."
WHOLE = {"instruction": ASKED, "input": GIVEN, "output": SAID}
QUESTION = f"{ASKED}\n\n{GIVEN}"
USER = {"role": "user", "content": QUESTION}
ANSWER = {"role": "assistant", "content": SAID}
TURNS = [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": SAID}]
PUBLISHED = {
    "id": "user_oriented_task_0",
    "motivation_app": "Bank",
    "instruction": ASKED,
    "instances": [{"input": GIVEN, "output": SAID}],
}
ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "user-oriented": (PUBLISHED, "tasks"),
    "alpaca": (WHOLE, "instruction, input, output"),
    "dolly": (
        {"instruction": ASKED, "context": GIVEN, "response": SAID, "category": "closed_qa"},
        "instruction, context as input, response as output, category",
    ),
    "prompt-completion": (
        {"prompt": QUESTION, "completion": f" {SAID}"},
        "prompt as instruction, completion as output",
    ),
    "question-answer": ({"Question": QUESTION, "Answer": SAID}, "Question as instruction, Answer as output"),
    "chat": ({"messages": [USER, ANSWER]}, "messages"),
    "chat in parts": ({"messages": [USER | {"content": [{"type": "text", "text": QUESTION}]}, ANSWER]}, "messages"),
    "prompt as chat": ({"prompt": [USER], "completion": [ANSWER]}, "prompt as instruction, completion as output"),
    "sharegpt": ({"id": "x1", "conversations": TURNS}, "sharegpt"),
    "sharegpt, chat's keys": ({"conversations": [USER, ANSWER]}, "sharegpt"),
}
"""A row of each shape, and as what it is read."""


def written(path: Path, data: bytes | str) -> Path:
    """A file with that in it."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def excel(*rows: list[str], dialect: str = "excel", **more: Any) -> str:
    """Rows as the csv module, and Excel, write them."""
    out = io.StringIO(newline="")
    csv.writer(out, dialect, **more).writerows(rows)
    return out.getvalue()


def complaint(path: Path) -> str:
    """Why a file is refused, after its path."""
    with pytest.raises(DataError) as caught:
        read_drafts(path)
    return str(caught.value).removeprefix(str(path))


CONTAINERS = {
    "lines": lambda row: json.dumps(row, ensure_ascii=False) + "\n",
    "array": lambda row: json.dumps([row], indent=2),
    "array, an object a line": lambda row: f"[\n{json.dumps(row)}\n]\n",
    "inside an object": lambda row: json.dumps({"version": "1.0", "data": [row]}, indent=1),
}


@pytest.mark.parametrize("shape", ROWS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_shapes_in_json(tmp_path: Path, shape: str, container: str) -> None:
    """Each shape, in each way to write JSON, gives the question and the answer."""
    row, how = ROWS[shape]
    found = read_drafts(written(tmp_path / "a.json", CONTAINERS[container](row)))

    [draft] = found.tasks
    told = "\n\n".join(filter(None, [draft.instruction, draft.instances[0].input]))
    assert (told, draft.instances[0].output, dict(found.shapes)) == (QUESTION, SAID, {how: 1})


def test_a_system_message_stands_above_the_question(tmp_path: Path) -> None:
    """As where answers are evaluated."""
    row = {"messages": [{"role": "system", "content": "Be brief."}, USER, ANSWER]}
    [draft] = read_drafts(written(tmp_path / "a.jsonl", json.dumps(row))).tasks

    assert draft.instruction == f"Be brief.\n\n{QUESTION}"


TABLE = (["instruction", "input", "output", "is_classification"], [ASKED, GIVEN, SAID, "FALSCH"])
TABLES = {
    "the csv module": excel(*TABLE).encode(),
    "Excel, UTF-8": excel(*TABLE).encode("utf-8-sig"),
    "Excel, German": excel(*TABLE, delimiter=";").encode("cp1252"),
    "Excel, Unicode text": excel(*TABLE, dialect="excel-tab").encode("utf-16"),
    "sep=": ("sep=;\r\n" + excel(*TABLE, delimiter=";")).encode(),
    "pandas": excel(*TABLE, delimiter=";", lineterminator="\n").encode("cp1252"),
    "bars": excel(*TABLE, delimiter="|").encode(),
}


@pytest.mark.parametrize("made", TABLES)
def test_tables(tmp_path: Path, made: str) -> None:
    """Cells with quotes, commas, semicolons and several lines come whole, by whatever program and encoding."""
    path, notes = written(tmp_path / "a.csv", TABLES[made]), []
    [task] = read_seeds(path, notes=notes)

    assert (task.instruction, task.instances[0].input.replace("\r\n", "\n"), task.instances[0].output) == (
        ASKED,
        GIVEN,
        SAID,
    )
    assert (task.id, task.is_classification) == ("seed-003" if made == "sep=" else "seed-002", False)
    assert [("Windows-1252" in note) for note in notes] == [True] * (TABLES[made].startswith(b"instruction;"))


def test_what_the_sniffer_makes_of_such_a_table() -> None:
    """The standard library's guess, which is not used, is a letter or nothing for a table of one wide column."""
    text = excel(["prompt"], ["Tell me of the river, the bridge"], ["Why so; and when?"])
    try:
        found = csv.Sniffer().sniff(text).delimiter
    except csv.Error:
        found = ""

    assert found not in {",", ";"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", ": empty;"),
        ("Was kostet das?;5 Euro\n", ", row 1: no header, or none that is known: "),
        ("Frage,Antwort\na,b\n", "'Frage', 'Antwort'; expected are "),
        ('instruction,output\na,"b\nc,d\n', ", row 2: a quote is never closed"),
        ('instruction;output\na;"b"c"\n', ", row 2: a quote inside a cell that is in quotes"),
        ("prompt,answer,prompt\na,b,c\n", ", row 1: two columns are named 'prompt'"),
        ("instruction,output\na,b,c\n", ", row 2: 3 cells, but the header has 2;"),
        ("input,output\na,b\n", ", row 2: no instruction; its columns are 'input', 'output'"),
        (b"instruction,output\na,\x81\n", ": not text in UTF-8, UTF-16 or Windows-1252; save it as UTF-8"),
        ("instruction,output\na,b\n".encode("utf-16-le"), ": not text (or UTF-16 without its mark)"),
        ('instruction,output\na,b\nc,"' + "x" * 20_000_000 + '"\n', ", row 3: a cell of more than 131,072 characters"),
        ("instruction,is_classification\na,perhaps\n", ", row 2: is_classification: must be true or false"),
    ],
    ids=[
        "empty",
        "no header",
        "foreign",
        "open quote",
        "quote",
        "twice",
        "cells",
        "columns",
        "cp1252",
        "utf-16",
        "20 MB",
        "flag",
    ],
)
def test_tables_that_are_refused(tmp_path: Path, data: bytes | str, said: str) -> None:
    """In one line that names the row, and what is missing."""
    found = complaint(written(tmp_path / "a.csv", data))

    assert said in found
    assert len(found) < 500
    assert "\n" not in found


def test_rows_of_one_instruction_are_one_task(tmp_path: Path) -> None:
    """Tables have a row for each instance; a task of ours with the same words stays one of its own."""
    path = written(
        tmp_path / "a.csv",
        excel(
            ["instruction", "input", "output", "is_classification"],
            ["Good or bad?", "It works.", "good", "TRUE"],
            ["Name a river.", "", "Elbe", "FALSE"],
            ["", "", "", ""],
            ["Good or bad?", "It fails.", "bad", ""],
        ),
    )

    [first, second] = read_seeds(path)
    assert first.instances == (Instance(input="It works.", output="good"), Instance(input="It fails.", output="bad"))
    assert (first.is_classification, second.is_classification) == (True, False)
    path.write_text(path.read_text() + "Good or bad?,x,bad,FALSE\n")
    assert ", row 6: is_classification: not as at " in complaint(path)


def test_parquet(tmp_path: Path) -> None:
    """Columns, and lists of messages as they stand there; other columns are named."""
    columns, chat, other = tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / "c.parquet"
    pq.write_table(pa.table({"instruction": [ASKED], "input": [None], "output": [SAID], "n": [1.5]}), columns)
    pq.write_table(pa.Table.from_pylist([{"messages": [USER, ANSWER]}]), chat)
    pq.write_table(pa.table({"text": ["x"], "label": [1]}), other)

    assert read_drafts(columns).tasks[0].instances == (Instance(output=SAID),)
    assert read_drafts(chat).tasks[0].instruction == QUESTION
    assert complaint(other).startswith(", row 1: no instruction; its columns are 'text', 'label'; expected are ")
    assert ": not a parquet file that can be read" in complaint(written(tmp_path / "d.parquet", b"PAR1 no"))


def test_lines_of_text_are_instructions(tmp_path: Path) -> None:
    """Two lines say what they lack, and the command that fills it in."""
    path = written(tmp_path / "a.txt", "Name a river.\n\nName a lake.\n")

    assert [draft.instruction for draft in read_drafts(path).tasks] == ["Name a river.", "Name a lake."]
    with pytest.raises(DataError) as caught:
        read_seeds(path)
    assert str(caught.value).splitlines() == [
        f"{path}: of 2 tasks 2 lack is_classification, 2 lack instances, the first at line 1",
        f"Have a model fill them in: selfinstruct seeds {path} -o seeds.jsonl --fill --chain NAME",
    ]


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([USER, ANSWER, USER, ANSWER], "one question (user) and one answer (assistant)"),
        ([USER, {"role": "assistant", "content": None, "tool_calls": []}], "a turn of 'assistant' that is not text"),
        ([USER, {"role": "tool", "content": "5"}], "a turn of 'tool'"),
        ([ANSWER], "one question"),
    ],
)
def test_what_is_no_single_question_can_be_left_out(tmp_path: Path, turns: list[Any], said: str) -> None:
    """It is refused with the command that leaves it out, or left out and counted."""
    path = written(tmp_path / "a.jsonl", f"{json.dumps({'messages': turns})}\n{json.dumps({'messages': [USER]})}\n")
    found = read_drafts(path, lenient=True)

    assert (len(found.tasks), len(found.left_out)) == (1, 1)
    assert f"{path}, line 1: messages: " in str(found.left_out[0])
    assert said in complaint(path)
    assert f"`selfinstruct seeds {path} -o seeds.jsonl` leaves such rows out" in complaint(path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt": "x", "completion": 7}, "completion: text is expected, not 7"),
        ({"instruction": "x", "output": {"a": 1}}, "output: text is expected, not {'a': 1}"),
        ({"conversations": [{"from": "human"}]}, "conversations: a turn of 'human' that is not text"),
        ({"instruction": "x", "id": [1], "category": ["a"], "output": 2}, "output: text is expected, not 2"),
        ({"prompt": ["x"], "completion": "y"}, 'prompt: a list like [{"role": "user", "content": "..."}] is expected'),
        ({"conversations": "Hello?"}, 'conversations: a list like [{"from": "human", "value": "..."}] is expected'),
        ({"messages": [{"content": "x"}]}, 'messages: a list like [{"role": "user", "content": "..."}] is expected'),
    ],
)
def test_a_column_that_is_wrong_is_named(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    """With its row."""
    assert complaint(written(tmp_path / "a.jsonl", json.dumps(row))).startswith(f", line 1: {said}")


@pytest.mark.parametrize(("name", "said"), [("a.xlsx", "save it as CSV"), ("a.yaml", "YAML is not read")])
def test_formats_that_are_not_read(tmp_path: Path, name: str, said: str) -> None:
    """They say what to give instead."""
    assert said in complaint(written(tmp_path / name, b"PK\x03\x04"))


def test_dolly_says_what_is_classification(tmp_path: Path) -> None:
    """By its categories; other ones say nothing."""
    rows = [
        {"instruction": f"Do {name}", "context": "", "response": "x", "category": name}
        for name in ("classification", "open_qa", "poetry")
    ]
    found = read_drafts(written(tmp_path / "a.json", json.dumps(rows)))

    assert [draft.is_classification for draft in found.tasks] == [True, False, None]


def test_a_last_letter_alone_tells_the_encoding(tmp_path: Path) -> None:
    """A byte that could begin one of UTF-8 is a letter of Windows where nothing follows."""
    [draft] = read_drafts(written(tmp_path / "a.csv", b"instruction\nUn caf\xe9")).tasks

    assert draft.instruction == "Un caf\u00e9"
