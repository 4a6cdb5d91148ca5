"""YAML of a bounded size, in one line that names the line."""

import json

import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files import yaml
from selfinstruct_chains.files.seeds import read_seeds

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {k: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [*{before}, *{before}]}}\n"
    for before, name in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
)
DEEP = ", line 1: not YAML: more than 50 levels in one another"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 20_000, DEEP),
        ("[" * 20_000 + "]" * 20_000, DEEP),
        ("{a: " * 20_000, DEEP),
        ("- " * 20_000, DEEP),
        ("? " * 20_000, DEEP),
        (LAUGHS, ", line 5: not YAML: more than 20,000 values, as aliases (*) are counted"),
        (MERGES, ", line 1"),
        ("a: &a [*a]", ", line 1: not YAML: *a stands for what it is itself a part of"),
        ("a: 1\nb: &b {c: *b}", ", line 2: not YAML: *b stands for what it is itself a part of"),
        ("x" * 2_000_000, ": 2,000,000 characters; 1,048,576 are the most"),
        ("a: " + "9" * 5000, ": can't be used as plain values: Exceeds the limit"),
        ("a: 1\na: 2", ", line 2: not YAML: 'a' stands there twice"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_bounds(text, said):
    """Each is refused, quickly, by a line with its place."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the beginning is compared below
        yaml.parse(text)

    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_aliases_that_are_fine():
    """An anchor may stand for a section that is written once."""
    assert yaml.parse("a: &a {x: [1]}\nb: *a\nc: {<<: *a, y: 2}")["c"] == {"x": [1], "y": 2}


@pytest.mark.parametrize("depth", [300, 20_000])
def test_seeds_in_depth(tmp_path, depth):
    """A seed with brackets in brackets, where it is read, is one line, with its number."""
    seed = json.dumps({"instruction": "a", "is_classification": False, "instances": [{"input": "", "output": "x"}]})
    path = tmp_path / "s.jsonl"
    path.write_text(f'{seed[:-1]}, "name": {"[" * depth}{"]" * depth}}}\n', encoding="utf-8")

    with pytest.raises(DataError) as refused:
        read_seeds(path)
    assert str(refused.value).startswith(f"{path}, line 1: ")
    assert "line 1: :" not in str(refused.value)
