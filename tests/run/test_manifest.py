"""The manifest: what stands in it, what of it is read, and which folder is whose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.config import fingerprint
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.language import in_language
from selfinstruct_chains.run.manifest import (
    LaterFormat,
    as_text,
    begun,
    opened,
    parsed,
    read_manifest,
    refiltered,
    regenerated,
    run_fingerprint,
    seed_lines,
    with_found,
    with_models,
    write,
    wrote,
)
from tests.outputs.runs import CONFIG, SEED
from tests.run.test_journal import sealed

if TYPE_CHECKING:
    from pathlib import Path

SHAPING: dict[str, Any] = {"a.b": 1, "a": 2, "seeds": "s"}
OLD: dict[str, Any] = {"format": 1, "fingerprint": "f" * 64, "chain": {"x": 1}, "shaping": SHAPING, "models": {}}


def test_a_manifest_ends_in_its_checksum() -> None:
    """It is JSON with a line for each value, characters as they are; read again it is the same."""
    manifest = {"format": 2, "shaping": {"é": "中"}, "chain": {"half": "\ud800"}}
    text = as_text(manifest)

    assert text.startswith(
        '{\n "format": 2,\n "shaping": {\n  "é": "中"\n },\n "chain": {\n  "half": "\\ud800"\n }, "crc": "'
    )
    assert text.endswith('"}\n')
    assert parsed(text.encode()) == manifest


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (b'{"format": 2, "shaping": {}, "chain": {}}', ValueError, "no checksum"),
        (sealed(format=2, shaping={}, chain={}).replace(b"{}", b"{ }", 1), ValueError, "crc"),
        (b'{"format": 1, "chain": {}}', ValueError, "a part is missing"),
        (b'{"format": 1, "shaping": [], "chain": {}}', ValueError, "a part is missing"),
        (b'{"shaping": {}, "chain": {}}', ValueError, "a part is missing"),
        (b"[]", ValueError, "a part is missing"),
        (b"{", ValueError, "Expecting"),
        (sealed(format=3, shaping={}, chain={}), LaterFormat, "a run folder of format 3; this version reads 1 and 2"),
        (b'{"format": 0, "shaping": {}, "chain": {}}', LaterFormat, "a run folder of format 0; this version reads"),
    ],
)
def test_what_is_no_manifest_of_ours(text: bytes, error: type[Exception], said: str) -> None:
    """Damaged, or of another version."""
    with pytest.raises(error, match=said) as raised:
        parsed(text)

    assert isinstance(raised.value, LaterFormat) == (error is LaterFormat)


def test_format_1_needs_no_checksum() -> None:
    """It had none."""
    assert parsed(json.dumps(OLD).encode()) == OLD


def test_a_new_folder_gets_its_manifest_twice(tmp_path: Path) -> None:
    """With all that shapes it; opened again it is the same, whatever the chain says besides."""
    (tmp_path / "progress.json").touch()
    made = begun(tmp_path, SHAPING, {"x": 1})
    versions = made.pop("versions")

    assert made == {
        "format": 2,
        "fingerprint": fingerprint(SHAPING),
        "chain": {"x": 1},
        "shaping": SHAPING,
        "models": {},
    }
    assert {"python", "selfinstruct-chains", "langchain-core", "pydantic"} <= versions.keys()
    assert "langchain-nobody" not in versions
    assert begun(tmp_path, dict(reversed(SHAPING.items())), {"x": 2}) == made | {"versions": versions}
    assert (tmp_path / "manifest.json").read_bytes() == (tmp_path / "manifest.copy.json").read_bytes()
    assert read_manifest(tmp_path) == made | {"versions": versions}


def test_a_run_has_its_seeds_beside_it(tmp_path: Path) -> None:
    """And its chain in its language; the fingerprint is of the chain, the seeds and what the user brings."""
    made = opened(tmp_path, CONFIG, [SEED], {"own.steps.classification": "x"})

    assert (tmp_path / "seeds.jsonl").read_bytes() == seed_lines([SEED])
    assert made["chain"] == in_language(CONFIG, [SEED]).model_dump(mode="json")
    assert made["fingerprint"] == run_fingerprint(CONFIG, [SEED], {"own.steps.classification": "x"})
    assert made["shaping"]["own.steps.classification"] == "x"
    assert run_fingerprint(CONFIG, [SEED]) == run_fingerprint(CONFIG, [SEED], {}) != made["fingerprint"]
    assert run_fingerprint(CONFIG, [SEED, SEED]) != run_fingerprint(CONFIG, [SEED])
    (tmp_path / "seeds.jsonl").unlink()
    assert opened(tmp_path, CONFIG, [SEED], {"own.steps.classification": "x"}) == made
    assert not (tmp_path / "seeds.jsonl").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"a.b": 2}, "a.b differ"),
        ({"a.b": 2, "a": 1}, "a, a.b differ"),
        ({"c": None}, ""),
        ({"c": 0}, "c differ"),
        ({f"k{number}": 1 for number in range(5)}, "k0, k1, k2, k3, k4 differ"),
        ({f"k{number}": 1 for number in range(6)}, "k0, k1, k2, k3, k4 and 1 more differ"),
        ({f"k{number}": 1 for number in range(7)} | {"own.x": 1}, "k0, k1, k2, k3, k4 and 3 more differ"),
    ],
)
def test_another_run_s_folder_is_refused_by_what_differs(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    """The first five of them, those first that say more."""
    begun(tmp_path, SHAPING, {})
    if not said:
        begun(tmp_path, SHAPING | changed, {})
        return
    with pytest.raises(RunError) as raised:
        begun(tmp_path, SHAPING | changed, {})

    assert str(raised.value) == f"{tmp_path}: a run of another configuration; {said}. Choose another folder: -o"


def test_what_is_gone_differs_too(tmp_path: Path) -> None:
    """But for what format 1 did not name: the parts of the user's own that are brought now."""
    write(tmp_path, OLD)

    assert begun(tmp_path, SHAPING | {"own.steps.classification": "x"}, {})["format"] == 1
    with pytest.raises(RunError, match=r"; a\.b differ\. "):
        begun(tmp_path, {"a": 2, "seeds": "s"}, {})
    with pytest.raises(RunError, match=r"; own_filters differ\. "):
        begun(tmp_path, SHAPING | {"own_filters": ["x"]}, {})
    write(tmp_path, OLD | {"shaping": SHAPING | {"own.steps.classification": "y"}})
    begun(tmp_path, SHAPING | {"own.steps.classification": "x"}, {})
    with pytest.raises(RunError, match=r"; own\.steps\.classification differ\. "):
        begun(tmp_path, SHAPING, {})


@pytest.mark.parametrize(
    ("key", "by"),
    [("refiltered", "refilter, which calls no model"), ("regenerated", "regenerate, of another run")],
)
def test_a_run_that_was_made_of_another_is_not_gone_on_with(tmp_path: Path, key: str, by: str) -> None:
    """By what it was made is said."""
    write(tmp_path, OLD | {key: {"source": "x"}})
    with pytest.raises(RunError) as raised:
        begun(tmp_path, SHAPING, {})

    assert str(raised.value) == f"{tmp_path}: made by {by}; it can't be extended. Choose another: -o"


@pytest.mark.parametrize(
    ("name", "is_strange"),
    [
        (".lock", False),
        ("llama.log", False),
        ("seeds.jsonl", False),
        ("progress.json", False),
        (".manifest.json.partial", False),
        (".profile", True),
        ("thesis.partial", True),
        ("tasks.jsonl", True),
    ],
)
def test_a_folder_with_other_things_is_nobody_s_run(tmp_path: Path, name: str, is_strange: bool) -> None:
    """What a start leaves that was killed at once is none of these."""
    (tmp_path / name).touch()
    if not is_strange:
        begun(tmp_path, SHAPING, {})
        return
    with pytest.raises(RunError) as raised:
        opened(tmp_path, CONFIG, [SEED])

    assert str(raised.value) == (
        f"{tmp_path}: not a run folder (it has {name!r}, and no manifest.json); choose another: -o"
    )
    assert [file.name for file in tmp_path.iterdir()] == [name]
    with pytest.raises(RunError, match="not a run folder"):
        begun(tmp_path, SHAPING, {})


def test_what_can_not_be_read_is_named(tmp_path: Path) -> None:
    """A folder in its place, none at all, another version's, half of one."""
    with pytest.raises(RunError) as raised:
        read_manifest(tmp_path)
    assert str(raised.value) == f"{tmp_path}: not a run folder: it has no manifest.json"
    (tmp_path / "manifest.json").write_text('{"format": 7, "shaping": {}, "chain": {}}')
    with pytest.raises(RunError, match=r"manifest\.json: a run folder of format 7; this version reads 1 and 2$"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(RunError, match=r"manifest\.json: damaged; nothing was changed"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(RunError, match=r"manifest\.json: can't be read: Is a directory$"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "version"),
    [
        ({"versions": {"selfinstruct-chains": "0.1.0", "python": "3"}}, "0.1.0"),
        ({"versions": {}}, ""),
        ({"versions": ["x"]}, ""),
        ({}, ""),
    ],
)
def test_which_version_began_a_folder(manifest: dict[str, Any], version: str) -> None:
    """Where it says so."""
    assert wrote(manifest) == version


def test_models_are_noted_by_role() -> None:
    """Each name once for each role, in order; attempts that nobody answered have none."""
    reported = [("instructions", "b"), ("classification", "m"), ("instructions", ""), ("instructions", "a")]

    assert with_models(OLD, reported) == OLD | {"models": {"classification": ["m"], "instructions": ["a", "b"]}}
    assert with_models(OLD | {"models": {"x": ["y"]}}, []) == OLD


def test_what_was_found_is_noted() -> None:
    """Nothing is no part of it."""
    assert with_found(OLD, {"found/classification/0": 5}) == OLD | {"found": {"found/classification/0": 5}}
    assert with_found(OLD, {}) == OLD


def test_a_refiltered_run_s_manifest() -> None:
    """The chain's own shape, the seeds and the user's parts of the old run, and whose fingerprint that had."""
    old = OLD | {"shaping": SHAPING | {"own.steps.classification": "x", "own_filters": ["f"]}}
    new = refiltered(old, CONFIG, {"novelty.threshold": 0.5})
    shaping = CONFIG.shaping() | {
        "seeds": "s",
        "own.steps.classification": "x",
        "own_filters": ["f"],
        "refiltered": "f" * 64,
    }

    assert new == {
        "format": 2,
        "fingerprint": fingerprint(shaping),
        "chain": CONFIG.model_dump(mode="json"),
        "shaping": shaping,
        "models": {},
        "refiltered": {"source": "f" * 64, "changed": {"novelty.threshold": 0.5}},
    }


def test_a_regenerated_run_s_manifest() -> None:
    """What the old run was made of in its turn is gone; what the new instances depend on has keys of its own."""
    new = regenerated(OLD | {"refiltered": {"source": "x"}}, {"wrote": "outputs"}, {"model": "m"})
    shaping = SHAPING | {"regenerated.model": "m"}

    assert new == {
        "format": 2,
        "fingerprint": fingerprint(shaping),
        "chain": {"x": 1},
        "shaping": shaping,
        "models": {},
        "regenerated": {"source": "f" * 64, "wrote": "outputs"},
    }


def test_seeds_have_a_line_each() -> None:
    """Half a character becomes its escape."""
    half = SEED.model_copy(update={"instruction": "a \ud800"})
    [line] = seed_lines([half]).splitlines()

    assert b'"a \\ud800"' in line
    assert seed_lines([SEED, SEED]) == 2 * seed_lines([SEED])
    assert seed_lines([]) == b""
