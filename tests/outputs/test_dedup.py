"""What `dedup` writes, and what it says of input that is wrong."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfinstruct_chains.errors import ConfigError, DataError
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.outputs.dedup import Deduplicated, dedup, rejected_beside

POEM = {"instruction": "Write a poem about the sea", "id": 1}
COPY = {"instruction": "Write a poem about the sky", "line": 99, "score": "mine", "item": None}
RIVERS = {"instruction": "Name three rivers", "id": 3}


def jsonl(*values: object) -> BytesIO:
    """A file with one value on each line."""
    return BytesIO("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode())


def read(path: Path) -> list[object]:
    """The values on its lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_first_of_each_similar_group_is_kept(tmp_path: Path) -> None:
    """The others are rejected with line, score and the nearest of the kept, and no key of theirs is lost."""
    counts = dedup(jsonl(POEM, COPY, RIVERS), tmp_path / "out.jsonl")

    assert counts == Deduplicated(kept=2, rejected=1)
    assert read(tmp_path / "out.jsonl") == [POEM, RIVERS]
    assert read(tmp_path / "out.rejected.jsonl") == [
        {"line": 2, "score": 0.833333, "nearest": {"line": 1}, "item": COPY}
    ]


def test_nothing_is_counted_at_first() -> None:
    """Neither kept nor anything else."""
    assert vars(Deduplicated()) == dict.fromkeys(("kept", "rejected", "differing", "excluded", "bad"), 0) | {
        "first_bad": "",
        "absent": set(),
    }


def test_standard_output_gets_what_is_kept(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """The others go nowhere, unless a file is named for them; both have no room there."""
    dedup(jsonl(POEM, COPY), Path("-"))
    dedup(jsonl(POEM, COPY), Path("-"), rejected=tmp_path / "copies.jsonl")

    assert capfdbinary.readouterr().out == jsonl(POEM, POEM).getvalue()
    assert len(read(tmp_path / "copies.jsonl")) == 1
    with pytest.raises(ConfigError, match=r"^standard output can't hold both the kept and the rejected: give --"):
        dedup(jsonl(POEM), Path("-"), rejected=Path("-"))


def test_the_nearest_s_text_is_that_of_all_fields(tmp_path: Path) -> None:
    """On a line each."""
    dedup(
        jsonl(*_rows(("Say it", "now", "x")) * 2),
        tmp_path / "o.jsonl",
        fields=["instruction", "input"],
        neighbours=True,
    )

    assert read(tmp_path / "o.rejected.jsonl")[0]["nearest"] == {"line": 1, "text": "Say it\nnow"}  # type: ignore[index]


def test_items_are_written_as_they_came(tmp_path: Path) -> None:
    """Spacing, key order, escapes, repeated keys and long numbers survive, in what is kept and what is rejected."""
    kept = rb'{"n":1.10, "instruction" : "\u00e9t\u00e9 comme hiver", "n": 123456789012345678901234567890}'
    copy = rb'{ "instruction":"\u00e9t\u00e9, comme hiver!","x":1e2,"x":2}'

    dedup(BytesIO(kept + b"\r\n\n  " + copy), tmp_path / "out.jsonl")

    assert (tmp_path / "out.jsonl").read_bytes() == kept + b"\n"
    rejected = (tmp_path / "out.rejected.jsonl").read_bytes()
    assert rejected.startswith(b'{"line": 3, "score": 1.0, "nearest": {"line": 1}, "item": ')
    assert rejected.endswith(b', "item": ' + copy + b"}\n")


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array_is_read_as_well(tmp_path: Path, indent: int | None) -> None:
    """Its places count as lines do, and the outputs are JSONL."""
    source = BytesIO(b"\xef\xbb\xbf\n " + json.dumps([POEM, COPY, RIVERS], indent=indent).encode())

    dedup(source, tmp_path / "out.jsonl")

    assert read(tmp_path / "out.jsonl") == [POEM, RIVERS]
    assert [(row["line"], row["nearest"]["line"]) for row in read(tmp_path / "out.rejected.jsonl")] == [(2, 1)]


@pytest.mark.parametrize("source", [b"", b"\n\n", b"[]", b"\xef\xbb\xbf"])
def test_an_empty_input_gives_empty_outputs(tmp_path: Path, source: bytes) -> None:
    """Nothing is kept, nothing is rejected, and both files are there."""
    assert dedup(BytesIO(source), tmp_path / "out.jsonl") == Deduplicated()
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "out.rejected.jsonl").read_bytes() == b""


def test_halves_of_surrogate_pairs_are_written_as_escapes(tmp_path: Path) -> None:
    """A text that has no UTF-8 form is no obstacle, and comes out as it went in."""
    text = {"instruction": "smile \ud83d please"}

    dedup(BytesIO(json.dumps([text, text]).encode()), tmp_path / "out.jsonl", neighbours=True)

    assert read(tmp_path / "out.jsonl") == [text]
    assert read(tmp_path / "out.rejected.jsonl")[0]["nearest"] == {"line": 1, "text": text["instruction"]}


BAD = [
    (b"{", r"line 2: not JSON: .*"),
    (b'{"instruction": "x"} {}', r"line 2: not JSON: Extra data.*"),
    (b'{"instruction": "\xff"}', r"line 2: not UTF-8 at byte 18"),
    (b"[" * 100_000, r"line 2: not JSON that can be read: .*recursion.*"),
    (b'{"n": ' + b"9" * 5000 + b"}", r"line 2: not JSON that can be read: Exceeds the limit.*"),
    (b'"text"', r"line 2: not a JSON object but \"text\""),
    (b"[1]", r"line 2: not a JSON object but \[1\]"),
    (b'{"instructions": "x"}', r"line 2: no field 'instruction' \(did you mean 'instructions'\?\)"),
    (b"{}", r"line 2: no field 'instruction'"),
    (b'{"instruction": ["x"]}', r"line 2: field 'instruction' is of type list, not a string"),
    (b'{"instruction": null}', r"line 2: field 'instruction' is of type NoneType, not a string"),
]


@pytest.mark.parametrize(("line", "expected"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, expected: str) -> None:
    """One line says which it is and what is wrong, and no file is left."""
    source = BytesIO(json.dumps(POEM).encode() + b"\n" + line + b"\n")

    with pytest.raises(DataError, match=rf"^input, {expected}; --skip-bad leaves such items out$"):
        dedup(source, tmp_path / "out.jsonl")

    assert list(tmp_path.iterdir()) == []


def test_bad_lines_can_be_skipped(tmp_path: Path) -> None:
    """They are counted, the first is named, and the good ones around them are kept."""
    lines = [json.dumps(POEM).encode(), *[line for line, _ in BAD], json.dumps(RIVERS).encode()]

    counts = dedup(BytesIO(b"\n".join(lines)), tmp_path / "out.jsonl", skip_bad=True)

    assert (counts.kept, counts.rejected, counts.bad) == (2, 0, len(BAD))
    assert counts.first_bad.startswith("input, line 2: not JSON: ")
    assert read(tmp_path / "out.jsonl") == [POEM, RIVERS]


def test_a_bad_item_of_an_array_is_named_by_its_place(tmp_path: Path) -> None:
    """Lines mean nothing in an array."""
    with pytest.raises(DataError, match="input, item 2: no field 'prompt'"):
        dedup(BytesIO(b'[{"prompt": "a"},\n\n{}]'), tmp_path / "out.jsonl", fields=["prompt"])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b'[{"instruction": "a"}', r"not JSON: Expecting ',' delimiter \(line 2, column 1\)"),
        (b"\n[1]\n[2]", r"not JSON: Extra data \(line 3, column 1\)"),
        (b"[\xff]", "not UTF-8 at byte 2"),
    ],
)
def test_a_broken_array_is_refused_even_with_skip_bad(tmp_path: Path, source: bytes, expected: str) -> None:
    """Nothing of it can be read, and the message says where it breaks."""
    with pytest.raises(DataError, match=f"^input: the JSON array that it begins with is {expected}$"):
        dedup(BytesIO(source), tmp_path / "out.jsonl", skip_bad=True)

    assert list(tmp_path.iterdir()) == []


def test_outputs_that_exist_are_kept(tmp_path: Path) -> None:
    """Without `force` either of them is a reason to refuse; with it both are replaced."""
    out = tmp_path / "out.jsonl"
    for existing in (out, rejected_beside(out)):
        existing.write_text("precious")
        with pytest.raises(ConfigError, match=r"exists: give another name, or --force to replace it"):
            dedup(jsonl(POEM), out)
        assert existing.read_text() == "precious"

    dedup(jsonl(POEM), out, force=True)

    assert read(out) == [POEM]
    assert read(rejected_beside(out)) == []


def test_an_output_can_not_be_the_input_or_the_other_output(tmp_path: Path) -> None:
    """Not even with `force`, and not under another spelling of the same path."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(jsonl(POEM).getvalue())
    same = tmp_path / "x" / ".." / "in.jsonl"

    for out, rejected in [(same, None), (tmp_path / "out.jsonl", same)]:
        with path.open("rb") as source, pytest.raises(ConfigError, match="is the input"):
            dedup(source, out, rejected=rejected, force=True)
    with pytest.raises(ConfigError, match=r"^'.*out\.jsonl' can't hold both"):
        dedup(jsonl(POEM), tmp_path / "out.jsonl", rejected=tmp_path / "out.jsonl", force=True)

    assert path.read_bytes() == jsonl(POEM).getvalue()


def test_an_output_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    """A folder that isn't there, or a folder in its place."""
    with pytest.raises(ConfigError, match=r"writing '.*nowhere.out.jsonl' failed: No such file or directory"):
        dedup(jsonl(POEM), tmp_path / "nowhere" / "out.jsonl")
    with pytest.raises(ConfigError, match="is a folder"):
        dedup(jsonl(POEM), tmp_path)


def test_an_interruption_leaves_the_good_output_in_place(tmp_path: Path) -> None:
    """Ctrl-C on the way replaces nothing, and no half-written file stays."""
    out = tmp_path / "out.jsonl"
    dedup(jsonl(POEM), out)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def press(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dedup(jsonl(*[POEM] * 2000), out, force=True, on_progress=press)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("array", [False, True])
def test_progress_counts_bytes_up_to_the_last(tmp_path: Path, array: bool) -> None:
    """It grows, and ends at the input's size."""
    rows = [{"instruction": str(number)} for number in range(1000)]
    data = json.dumps(rows).encode() if array else jsonl(*rows).getvalue()
    seen: list[int] = []

    dedup(BytesIO(data), tmp_path / "out.jsonl", on_progress=seen.append)

    assert seen == sorted(seen)
    assert len(seen) == 2
    assert len(data) - 2 <= seen[-1] <= len(data) + 1


def test_threshold_and_tokenizer_are_the_indexs(tmp_path: Path) -> None:
    """What is similar at 0.7 is novel at 0.9, and wrong ones are refused before anything is written."""
    assert dedup(jsonl(POEM, COPY), tmp_path / "out.jsonl", threshold="0.9").kept == 2
    assert (
        dedup(jsonl({"instruction": "写诗"}, {"instruction": "写 诗"}), tmp_path / "b.jsonl", tokenizer="rouge").kept
        == 2
    )
    with pytest.raises(ConfigError, match="threshold"):
        dedup(jsonl(POEM), tmp_path / "c.jsonl", threshold="7")

    assert not (tmp_path / "c.jsonl").exists()


def _rows(*rows: tuple[str, str, str]) -> list[dict[str, str]]:
    return [dict(zip(("instruction", "input", "output"), row, strict=True)) for row in rows]


LONG = "Say in one word whether the review below is glad or sad, and answer in lower case"


def test_several_fields_must_all_be_alike(tmp_path: Path) -> None:
    """Instances of one task stay, though their long instruction is the same; real copies go, and blank fields count."""
    rows = _rows((LONG, "I won!", "glad"), (LONG, "It broke", "sad"), (f"{LONG}.", "i won", "Glad"), (LONG, "", "sad"))
    rows += _rows((LONG, "I won!", "sad"))

    dedup(jsonl(*rows), tmp_path / "two.jsonl", fields=["instruction", "input"])
    dedup(jsonl(*rows), tmp_path / "three.jsonl", fields=["instruction", "input", "output"])
    one = dedup(jsonl(*rows), tmp_path / "one.jsonl")

    assert read(tmp_path / "two.jsonl") == [rows[0], rows[1], rows[3]]
    assert read(tmp_path / "three.jsonl") == [rows[0], rows[1], rows[3], rows[4]]
    assert (one.kept, one.rejected, one.differing) == (1, 4, 3)


def test_the_copy_is_found_though_another_is_nearer_by_all_its_text(tmp_path: Path) -> None:
    """The nearest by the whole differs in one field; the copy in each field is further away."""
    words = " ".join(f"w{n}" for n in range(40))
    other = words.replace("w1 ", "x1 ").replace("w2 ", "x2 ").replace("w3 ", "x3 ")
    rows = [{"a": words, "b": "left right"}, {"a": other, "b": "up down"}, {"a": words, "b": "up down"}]

    dedup(jsonl(*rows), tmp_path / "out.jsonl", fields=["a", "b"])

    assert [row["nearest"] for row in read(tmp_path / "out.rejected.jsonl")] == [{"line": 2}]  # type: ignore[index]


TEXT = st.lists(st.sampled_from(["a", "B", "c", "?", "é", " "]), max_size=6).map(" ".join)


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(*[st.lists(st.sampled_from(["a", "B", "c", "?", "é", " "]), max_size=6).map(" ".join)] * 2),
        max_size=9,
    )
)
def test_several_fields_are_decided_as_by_every_pair(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    """An item is kept when no kept one is alike in both fields."""

    def alike(text: str, other: str) -> bool:
        index = NoveltyIndex()
        index.add(text, "")
        return index.nearest(other) is not None

    kept: list[tuple[str, str]] = []
    for row in rows:
        if not any(all(map(alike, row, before)) for before in kept):
            kept.append(row)

    dedup(jsonl(*[{"x": x, "y": y} for x, y in rows]), tmp_path / "o.jsonl", fields=["x", "y"], force=True)

    assert [tuple(row.values()) for row in read(tmp_path / "o.jsonl")] == kept  # type: ignore[attr-defined]


def test_a_field_may_be_missing_where_there_are_several(tmp_path: Path) -> None:
    """Or null: as Alpaca's files have no input. One that nothing has is told; an item with none of them is bad."""
    rows = [{"instruction": "Say yes", "input": None}, {"instruction": "Name three rivers"}]

    counts = dedup(jsonl(*rows), tmp_path / "out.jsonl", fields=["instruction", "input"])

    assert (counts.kept, counts.absent) == (2, {"input"})
    with pytest.raises(DataError, match="line 1: no field 'instruction' or 'input'"):
        dedup(jsonl({"prompt": "x"}), tmp_path / "b.jsonl", fields=["instruction", "input"])


def test_a_folder_of_evaluation_files_is_left_out(tmp_path: Path) -> None:
    """Files as Super-NaturalInstructions has them: by a definition's likeness, or an instance's words in a row."""
    folder = tmp_path / "tasks" / "test"
    folder.mkdir(parents=True)
    material = "The committee met on Thursday to decide who should pay for the bridge over the old canal"
    task = {
        "Definition": ["In this task you are given a sentence and must say who speaks in it."],
        "Instances": [{"id": "t-1", "input": material, "output": ["nobody"]}],
    }
    (folder / "task001.json").write_text(json.dumps(task))
    (folder / "README.md").write_text("not one of them")
    rows = _rows(
        ("In this task you are given a sentence; say who speaks in it.", "x", "y"),
        ("Shorten it.", f"{material}.", "y"),
        ("Name three rivers", "", "Elbe"),
    )

    counts = dedup(jsonl(*rows), tmp_path / "out.jsonl", fields=["instruction", "input"], exclude=[tmp_path / "tasks"])

    assert (counts.kept, counts.rejected, counts.excluded) == (1, 2, 2)
    found = read(tmp_path / "out.rejected.jsonl")
    assert [row["excluded"] for row in found] == [{"file": str(folder / "task001.json"), "line": 1}] * 2  # type: ignore[index]
    with pytest.raises(DataError, match="no evaluation file is in this folder"):
        dedup(jsonl(*rows), tmp_path / "b.jsonl", exclude=[_empty(tmp_path)])


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"
