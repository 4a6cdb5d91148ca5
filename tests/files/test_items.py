"""Evaluation files of every known shape become items."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.items import Item, read_items

if TYPE_CHECKING:
    from pathlib import Path

TASK = {"id": "t1", "instruction": "Say it.", "instances": [{"input": "a", "output": "A"}], "is_classification": True}
USER_ORIENTED = {
    "id": "user_oriented_task_0",
    "motivation_app": "Grammarly",
    "instruction": "Make it short.",
    "instances": [{"input": "If you have any questions, ask.", "output": "Ask."}],
}
NATURAL = {
    "Contributors": ["somebody"],
    "Categories": ["Textual Entailment"],
    "Definition": ["Say whether the second follows from the first."],
    "Positive Examples": [],
    "Instances": [
        {"id": "task190-1", "input": "It rains. It is wet.", "output": ["E", "Entailed"]},
        {"id": "task190-2", "input": "It rains. It is dry.", "output": ["C"]},
    ],
}
ALPACA = {"instruction": "Add.", "input": "1 and 2", "output": "3"}
MESSAGES = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hello."},
    ]
}


def written(folder: Path, *rows: Any, name: str = "file.jsonl") -> Path:
    """A file with one row on each line."""
    path = folder / name
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "items"),
    [
        (TASK, [Item("t1", "Say it.", "a", ("A",), is_classification=True)]),
        (
            USER_ORIENTED,
            [
                Item(
                    "user_oriented_task_0",
                    "Make it short.",
                    "If you have any questions, ask.",
                    ("Ask.",),
                    is_classification=False,
                    category="Grammarly",
                )
            ],
        ),
        (
            NATURAL,
            [
                Item(
                    f"task190-{number}",
                    "Say whether the second follows from the first.",
                    f"It rains. It is {word}.",
                    references,
                    is_classification=True,
                    category="Textual Entailment",
                )
                for number, word, references in ((1, "wet", ("E", "Entailed")), (2, "dry", ("C",)))
            ],
        ),
        (ALPACA, [Item("1", "Add.", "1 and 2", ("3",), is_classification=False)]),
        (MESSAGES, [Item("1", "Be brief.\n\nHello?", "", ("Hello.",), is_classification=False)]),
    ],
    ids=["task", "user-oriented", "natural-instructions", "alpaca", "messages"],
)
@pytest.mark.parametrize("form", ["lines", "array"])
def test_shapes(tmp_path: Path, row: dict[str, Any], items: list[Item], form: str) -> None:
    found = read_items(written(tmp_path, [row] if form == "array" else row))

    assert found == items


def test_a_folder_of_task_files(tmp_path: Path) -> None:
    for number in (1, 2):
        instances = [{"id": f"task{number}-1", "input": "x", "output": ["y"]}]
        (tmp_path / f"task{number}.json").write_text(json.dumps(NATURAL | {"Instances": instances}, indent=2))

    assert [item.id for item in read_items(tmp_path)] == ["task1-1", "task2-1"]


def test_equal_inputs_are_references_of_one_item(tmp_path: Path) -> None:
    instances = [{"input": "a", "output": "A"}, {"input": "b", "output": "B"}, {"input": "a", "output": "Ah"}]
    found = read_items(written(tmp_path, TASK | {"instances": instances}))

    assert [(item.id, item.input, item.references) for item in found] == [
        ("t1#1", "a", ("A", "Ah")),
        ("t1#2", "b", ("B",)),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": "p", "label": "c"}, "no instruction; its columns are 'text', 'label'"),
        (ALPACA | {"output": ""}, "output: a reference answer is expected"),
        (ALPACA | {"output": None}, "output: a reference answer is expected"),
        (ALPACA | {"input": 7}, "input: text is expected"),
        (TASK | {"instances": []}, "instances: empty"),
        (TASK | {"instances": "none"}, "instances: a list"),
        (NATURAL | {"Instances": [3]}, "instance 1:"),
        ({"messages": [{"role": "user", "content": "Hello?"}]}, "a reference answer is expected"),
        ({"messages": MESSAGES["messages"] * 2}, "one question (user) and one answer"),
        ({"messages": "Hello?"}, "messages: a list"),
        (7, "line 1"),
    ],
)
def test_refused_with_the_place(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_items(written(tmp_path, row, row))

    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/file.jsonl")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "no JSON", '{"id": "a"', "[" * 20_000])
def test_files_without_an_item_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)

    with pytest.raises(DataError, match=r"file\.json"):
        read_items(path)


def test_ids_may_be_numbers_from_zero(tmp_path: Path) -> None:
    found = read_items(written(tmp_path, *(ALPACA | {"id": number} for number in range(2)), ALPACA))

    assert [item.id for item in found] == ["0", "1", "3"]


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2: id 't1' is there twice"):
        read_items(written(tmp_path, TASK, TASK))
