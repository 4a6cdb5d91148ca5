"""The word that a run's process leaves in its folder, as it is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.monitor import Pauses
from selfinstruct_chains.run.progress import Progress, has_finished, read_progress

if TYPE_CHECKING:
    from pathlib import Path

LEAST: dict[str, Any] = {"state": "running", "why": "", "finished": 3, "wanted": 9}


def test_what_an_older_version_did_not_say(tmp_path: Path) -> None:
    """Nothing is made up: zero, or not known."""
    (tmp_path / "progress.json").write_text(json.dumps(LEAST))
    found = read_progress(tmp_path)

    assert found is not None
    assert found.model_dump() == LEAST | {
        "in_flight": 0,
        "waiting": None,
        "nodes": (),
        "seconds_left": None,
        "started": 0.0,
        "updated": 0.0,
        "host": "",
        "calls": None,
        "dollars": None,
        "unknown_tokens": 0,
    }


def test_all_that_is_said_is_read(tmp_path: Path) -> None:
    """As it was left; what it says of itself can't be changed by who reads it."""
    waiting = {"calls": 2, "why": "m is busy", "seconds": 6, "patience_left": 21}
    (tmp_path / "progress.json").write_text(json.dumps(LEAST | {"waiting": waiting, "started": 5.5, "calls": 0}))
    found = read_progress(tmp_path)

    assert found is not None
    assert found.waiting == Pauses(2, "m is busy", 6, 21)
    assert (found.started, found.calls) == (5.5, 0)
    with pytest.raises(ValidationError):
        found.finished = 4


@pytest.mark.parametrize("word", [LEAST | {"updated": float("inf")}, LEAST | {"seconds_left": float("nan")}, {}])
def test_what_no_run_says_is_no_word(tmp_path: Path, word: dict[str, Any]) -> None:
    """A time without end, or a part that is missing."""
    (tmp_path / "progress.json").write_text(json.dumps(word))

    assert read_progress(tmp_path) is None


@pytest.mark.parametrize(("state", "expected"), [("running", False), ("stopped", False), ("finished", True)])
def test_whether_a_run_has_finished(tmp_path: Path, state: str, expected: bool) -> None:
    """As it said itself; a folder without a word has not."""
    assert has_finished(tmp_path) is False
    (tmp_path / "progress.json").write_text(Progress.model_validate(LEAST | {"state": state}).model_dump_json())

    assert has_finished(tmp_path) is expected


def test_a_word_that_can_not_be_reached_is_an_error(tmp_path: Path) -> None:
    """It is not known then what became of the run."""
    (tmp_path / "progress.json").mkdir()

    with pytest.raises(RunError, match=r"progress\.json: can't be read: Is a directory$"):
        read_progress(tmp_path)
