"""Tasks and their wire form; what is said of seed files that can't be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shapes import EXPECTED
from selfinstruct_chains.tasks import (
    Completion,
    Instance,
    Provenance,
    Rejection,
    Task,
    candidate_id,
    id_order,
    request_id,
    to_line,
)

ONE = {"id": "a", "instruction": "Do it.", "instances": [{"input": "", "output": "x"}], "is_classification": False}
JSON = "one object on each line, or one array of them, is expected"
LACKS = (
    ": of 1 tasks 1 lack {}, the first at line 1\n"
    "Have a model fill them in: selfinstruct seeds PATH -o seeds.jsonl --fill --chain NAME"
)
NOT_UTF_8 = "not text in UTF-8 (UTF-16, perhaps, or Latin-1?); save the file as UTF-8"
MISSING = object()


def _line(**changes: Any) -> str:
    return json.dumps({key: value for key, value in (ONE | changes).items() if value is not MISSING})


def _seeds(folder: Path, content: str | bytes) -> Path:
    path = folder / "s.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _complaint(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_seeds(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("hello\n", f"line 1: not JSON (Expecting value at column 1); {JSON}"),
        ("id,instruction\n1,x\n", f"line 1: not JSON (Expecting value at column 1); {JSON}"),
        (_line() + ",\n", f"line 1: not JSON (Extra data at column 110); {JSON}"),
        ("{\n", f"line 1: not JSON (Expecting property name enclosed in double quotes at column 2); {JSON}"),
        ("[" * 100_000, f"line 1: not JSON (too long or too deep); {JSON}"),
        ('{"id": ' + "9" * 5000 + "}", f"line 1: not JSON (too long or too deep); {JSON}"),
        ("[[1]]", f"item 1: an array, but {EXPECTED}"),
        ('"abc"', f"line 1: a string, but {EXPECTED}"),
        ("3", f"line 1: 3, but {EXPECTED}"),
        ("null", f"line 1: null, but {EXPECTED}"),
        ("true", f"line 1: true, but {EXPECTED}"),
        (_line(instruction=MISSING), "line 1: instruction: missing; the task in words is expected"),
        (_line(instruction=""), "line 1: instruction: empty; the task in words is expected"),
        (_line(instruction=" \t"), "line 1: instruction: empty; the task in words is expected"),
        (_line(instruction=3), "line 1: instruction: must be text, not 3 (write it in quotes)"),
        (_line(instruction=None), "line 1: instruction: must be text, not null"),
        (_line(instruction=["Do"]), "line 1: instruction: must be text, not ['Do']"),
        (_line(instances=MISSING), LACKS.format("instances")),
        (_line(instances=[]), LACKS.format("instances")),
        (_line(instances={"output": "x"}), "line 1: instances: must be a list, not {'output': 'x'}"),
        (_line(instances=["x"]), "line 1: instances.0: must be keys and values, not 'x'"),
        (_line(instances=[{"output": "x"}, {"input": "y"}]), "line 1: instances.1.output: missing"),
        (_line(instances=[{"output": None}]), "line 1: instances.0.output: must be text, not null"),
        (_line(instances=[{"output": 7}]), "line 1: instances.0.output: must be text, not 7 (write it in quotes)"),
        (_line(instances=[{"input": None, "output": "x"}]), "line 1: instances.0.input: must be text, not null"),
        (_line(is_classification=MISSING), LACKS.format("is_classification")),
        (_line(is_classification="yes"), "line 1: is_classification: must be true or false, not 'yes'"),
        (_line(is_classification=1), "line 1: is_classification: must be true or false, not 1"),
        (_line(id=3), "line 1: id: must be text, not 3 (write it in quotes)"),
        (_line(id=""), "line 1: id: empty"),
        (_line(name=3), "line 1: name: must be text, not 3 (write it in quotes)"),
        (_line() + "\n\n" + _line(), "line 3: id 'a' is also that of line 1"),
        (_line(id=MISSING) + "\n" + _line(id="seed-001"), "line 2: id 'seed-001' is also that of line 1"),
        (
            _line(instruction="a\ud800b"),
            "line 1: instruction: half of a character (a lone surrogate, \\ud800 to \\udfff)",
        ),
        (_line(x={"y": ["\udfff"]}), "line 1: x: half of a character (a lone surrogate, \\ud800 to \\udfff)"),
        (_line(**{"\ud800": 1}), "line 1: \\ud800: half of a character (a lone surrogate, \\ud800 to \\udfff)"),
        (_line().encode("utf-16"), f"line 1: {NOT_UTF_8}"),
        (_line().encode("utf-16-le"), f"line 1: {NOT_UTF_8}"),
        (_line().encode("utf-32-be"), f"line 1: {NOT_UTF_8}"),
        (f"{_line()}\n{_line(id='é')}".encode().replace(rb"\u00e9", b"\xe9"), f"line 2: {NOT_UTF_8}"),
    ],
)
def test_a_wrong_seed_file_is_answered_with_file_line_and_field(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    """What is wrong with a seed file is said in one line that starts with file and line."""
    path = _seeds(tmp_path, content)

    assert _complaint(path) == f"{path}{', ' if expected[0] != ':' else ''}{expected.replace('PATH', str(path))}"


@pytest.mark.parametrize("content", ["", "\n \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: str | bytes) -> None:
    """A file without a task is not a seed file."""
    path = _seeds(tmp_path, content)

    assert _complaint(path) == f"{path}: empty; {EXPECTED}"


def test_a_folder_and_a_missing_file_can_not_be_read(tmp_path: Path) -> None:
    """What can't be opened is said with the system's reason."""
    assert _complaint(tmp_path) == f"{tmp_path}: can't be read: Is a directory"
    assert _complaint(tmp_path / "no") == f"{tmp_path / 'no'}: can't be read: No such file or directory"


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    """A message stays short, whatever stands in the file."""
    path = _seeds(tmp_path, _line(is_classification="x" * 10_000))

    assert len(_complaint(path)) < len(str(path)) + 200


@pytest.mark.parametrize(
    "content",
    [
        f"{_line()}\n{_line(id='b')}\n",
        f"{_line()}\n{_line(id='b')}",
        f"{_line()}\r\n{_line(id='b')}\r\n",
        f"\n\n  \t\n{_line()}\n \n{_line(id='b')}\n\n",
        b"\xef\xbb\xbf" + f"{_line()}\n{_line(id='b')}\n".encode(),
    ],
    ids=["plain", "no last newline", "CRLF", "blank lines", "BOM"],
)
def test_harmless_forms_of_a_file_read_the_same(tmp_path: Path, content: str | bytes) -> None:
    """A BOM, CRLF, blank lines and a missing last newline make no difference."""
    read = read_seeds(_seeds(tmp_path, content))

    assert [task.model_dump() for task in read] == [
        Task(id=id_, instruction="Do it.", instances=(Instance(output="x"),), is_classification=False).model_dump()
        for id_ in "ab"
    ]


def test_the_published_seed_format_loads_as_it_is(tmp_path: Path) -> None:
    """A line of the paper's own seed file is a seed task."""
    published = (
        '{"id": "seed_task_0", "name": "breakfast_suggestion", "instruction": "Is there anything I can eat for a '
        'breakfast that doesn\'t include eggs, yet includes protein?", "instances": [{"input": "", "output": "Yes."}], '
        '"is_classification": false}\n'
    )

    [task] = read_seeds(_seeds(tmp_path, published))

    assert (task.id, task.name, task.instances) == ("seed_task_0", "breakfast_suggestion", (Instance(output="Yes."),))


def test_a_former_run_can_be_used_as_seeds(tmp_path: Path) -> None:
    """Generated tasks read back as seeds whose ids can't be taken for the new run's."""
    provenance = {"request": 3, "examples": ("a",), "model": None, "calls": ("k",)}
    generated = Task.model_validate(
        ONE | {"id": candidate_id(3, 4), "instances": ({"output": "x"},), "provenance": provenance}
    )

    [task] = read_seeds(_seeds(tmp_path, to_line(generated)))

    assert (generated.id, task.id, task.provenance) == ("000003-04", "seed-000003-04", None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            Task(id="ä", instruction="é", instances=(Instance(output="1"),), is_classification=True),
            '{"id": "ä", "instruction": "é", "instances": [{"input": "", "output": "1"}], "is_classification": true}\n',
        ),
        (
            Rejection(id="000000-00", rule="length", stage="instruction", text="a\nb", request=0),
            '{"id": "000000-00", "rule": "length", "stage": "instruction", "text": "a\\nb", "request": 0}\n',
        ),
    ],
)
def test_a_value_is_one_line_of_json(value: Task | Rejection, expected: str) -> None:
    """A line on disk has no escapes but those JSON needs, and no fields that are None."""
    assert to_line(value) == expected


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Task, ONE | {"instances": ({"output": "x"},)}),
        (Task, ONE | {"instances": [Instance(output="x")]}),
        (Task, ONE | {"provenance": {"request": 3, "examples": ["a"], "model": None, "calls": ["k"]}}),
        (Provenance, {"request": 3, "examples": ["a"], "model": "m", "calls": ("k",)}),
        (Rejection, {"id": "a", "rule": "novelty", "stage": "instruction", "text": "", "request": 0, "score": 1}),
        (
            Completion,
            {
                "instruction": "Do it.",
                "is_classification": True,
                "instances": [],
                "dropped": [{"instance": {"output": "x"}, "rule": "echo"}],
            },
        ),
    ],
)
def test_lists_and_dicts_become_values(kind: type[BaseModel], values: dict[str, Any]) -> None:
    """A value is made by keyword or from JSON, and what is in it is made a value too: tuples, and never dicts."""
    made = kind(**values)

    assert made == kind.model_validate_json(made.model_dump_json()) == kind.model_validate(made.model_dump(mode="json"))
    assert hash(made) == hash(kind(**values))
    assert not any(isinstance(part, list | dict) for _, part in made)
    assert not any(isinstance(part, dict) for _, whole in made if isinstance(whole, tuple) for part in whole)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Task, {"is_classification": "yes"}),
        (Task, {"is_classification": 1}),
        (Task, {"id": 5}),
        (Task, {"instruction": b"Do it."}),
        (Task, {"instruction": " "}),
        (Task, {"instances": []}),
        (Task, {"instances": {"output": "x"}}),
        (Task, {"instances": "x"}),
        (Task, {"instances": [{"output": 5}]}),
        (Task, {"instances": [{"output": b"x"}]}),
        (Task, {"provenance": {"request": "3", "examples": [], "model": None, "calls": []}}),
        (Task, {"provenance": {"request": True, "examples": [], "model": None, "calls": []}}),
        (Task, {"provenance": {"request": 3, "examples": "abc", "model": None, "calls": []}}),
        (Completion, {"is_classification": "no"}),
        (Completion, {"dropped": [{"instance": {"output": "x"}, "rule": 1}]}),
        (Rejection, {"rule": "a", "stage": "b", "text": "c", "request": 0, "score": "0.8"}),
        (Rejection, {"rule": "a", "stage": "b", "text": "c", "request": 2.0}),
    ],
)
def test_nothing_is_changed_to_fit(kind: type[BaseModel], changes: dict[str, Any]) -> None:
    """A number is no text, "yes" and 1 are no bool, bytes and texts of numbers are not read, in Python as in JSON."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(ONE | changes)

    assert {error["loc"][0] for error in caught.value.errors()} == {list(changes)[-1]}


def test_values_do_not_change() -> None:
    """A field can't be set: values are keys of dicts, and shared."""
    with pytest.raises(ValidationError, match="frozen"):
        Instance(output="x").output = "y"  # type: ignore[misc]


def test_ids_sort_in_run_order() -> None:
    """Sorting ids as text sorts candidates by request and position."""
    ids = [candidate_id(request, position) for request in (0, 9, 10, 99_999) for position in (0, 9, 10)]

    assert ids == sorted(ids)
    assert candidate_id(7, 0).startswith(request_id(7))


def test_ids_sort_beyond_their_digits() -> None:
    """The hundredth candidate of a reply comes after the eleventh, the millionth request after the one before it."""
    ids = ["seed-001", "000004", "000004-11", "000004-99", "000004-100", "000005", "999999-00", "1000000-00"]

    assert sorted(ids[4:] + ids[:4], key=id_order) == ids
