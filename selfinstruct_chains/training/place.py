"""The folder of a fine-tuning: whose it is, that one process works in it, and from which checkpoint it goes on."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import make_folder, sync_files, write_atomically
from selfinstruct_chains.training.settings import FREE, settings_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selfinstruct_chains.training.plan import Plan

STATE, RESULT, CHECKPOINTS = "finetune.json", "result.json", "checkpoints"
_WHOLE = "whole"
"""The file in a checkpoint that says that all of it was written."""


@contextmanager
def claimed(out: Path, plan: Plan) -> Iterator[None]:
    """The folder for this fine-tuning alone, made if it isn't there.

    Raises:
        ConfigError: something else is in it, another fine-tuning, or a process that is at work.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: a file; give a folder")
    shaping = _shaping(plan)
    found = sorted(entry.name for entry in out.iterdir()) if out.exists() else []
    if found and STATE not in found and any(not name.startswith(".") for name in found):
        raise ConfigError(f"{out}: holds {found[-1]!r}, and no fine-tuning: give another folder")
    make_folder(out)
    try:
        with FileLock(out / ".lock", timeout=0):
            _check(out, shaping)
            write_atomically(out / STATE, json.dumps(shaping, indent=2, ensure_ascii=False) + "\n")
            write_atomically(out / "settings.yaml", settings_text(plan.settings))
            yield
    except Timeout:
        raise ConfigError(f"{out}: another process is at work in it") from None


def result(out: Path) -> dict[str, Any] | None:
    """What came of a fine-tuning that is done; None while it isn't."""
    try:
        found = json.loads((out / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def mark_whole(checkpoint: Path) -> None:
    """Say that all of a checkpoint is there, and put it on the disk."""
    sync_files(checkpoint)
    write_atomically(checkpoint / _WHOLE, "")


def last_checkpoint(out: Path) -> Path | None:
    """The newest checkpoint that is whole; those that a kill or a full disk left behind are removed."""
    whole = []
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        number = folder.name.rpartition("-")[2]
        if number.isdecimal() and (folder / _WHOLE).exists():
            whole.append((int(number), folder))
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return max(whole)[1] if whole else None


def _shaping(plan: Plan) -> dict[str, Any]:
    """All that shapes the weights."""
    settings = {key: value for key, value in plan.settings.model_dump(mode="json").items() if key not in FREE}
    settings["precision"] = plan.processor.precision
    return {"settings": settings, "data": plan.examples.digest, "weights": list(plan.base.shape)}


def _check(out: Path, shaping: dict[str, Any]) -> None:
    if not (out / STATE).exists():
        return
    try:
        before = json.loads((out / STATE).read_text(encoding="utf-8"))
        old, new = before["settings"], shaping["settings"]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{out / STATE}: damaged; give another folder, or remove this one") from None
    changed = [f"{key}: {old.get(key)!r}, now {value!r}" for key, value in new.items() if old.get(key) != value]
    if before.get("data") != shaping["data"]:
        changed.append("the examples")
    if changed or before.get("weights") != shaping["weights"]:
        what = "; ".join(changed) or "the base's weights"
        raise ConfigError(f"{out}: another fine-tuning is in it ({what}): give another folder for this one")
