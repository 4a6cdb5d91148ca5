"""A run's candidates, filtered anew: other filters, the same replies, not a single call.

The requests are taken as they were asked, with the examples that they showed then; so what comes out is what these
filters would have kept of this run, not what a run with them would have made.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.files.writing import scratch_folder, take_place, write_atomically
from selfinstruct_chains.run.derived import write_derived
from selfinstruct_chains.run.language import in_language
from selfinstruct_chains.run.manifest import read_manifest, refiltered, seed_lines
from selfinstruct_chains.run.manifest import write as write_manifest
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.replay import replayed
from selfinstruct_chains.run.telling import telling, untold
from selfinstruct_chains.tasks import Rejection, id_order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.run.outcomes import Slot
    from selfinstruct_chains.run.telling import Told
    from selfinstruct_chains.tasks import Task

_ALLOWED = ("filters", "novelty")


@dataclass
class Refiltered:
    """What other filters make of a run."""

    tasks: list[Task] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    unanswered: list[Slot] = field(default_factory=list)
    """Candidates that are accepted now and were not then: no model was ever asked to complete them."""
    gained: int = 0
    """Tasks that the run did not have."""
    lost: Counter[str] = field(default_factory=Counter)
    """The run's tasks that are gone, by the rule that dropped them."""


def refilter(run: Path, overrides: Mapping[str, Any], output: Path, on_progress: Told = untold) -> Refiltered:
    """Filter the candidates of `run` anew, in order, and put the result into the new folder `output`.

    `on_progress` hears how many of its candidates are done.

    Raises:
        ConfigError: something else than filters and novelty is to be changed.
        RunError: `run` is no run, damaged, itself refiltered, or made by parsers or filters that are not in the folder;
            `output` is there already, or can't be written.
    """
    _refuse_what_is_there(output)
    before = RunReader(run)
    if made := before.origin.refiltered or before.origin.regenerated:
        by = "refilter" if before.origin.refiltered else "regenerate"
        raise RunError(
            f"{run}: made by {by}, and has no replies of its own; refilter the run that it was made from, of "
            f"fingerprint {made.source[:12]}"
        )
    seeds = list(before.seeds())
    config = _changed(in_language(before.config, seeds), overrides)
    if not seeds:
        raise RunError(f"{run / 'seeds.jsonl'}: missing or empty; restore it from a copy")
    was = {task.id for task in before.tasks()}
    dropped = [rejection.id for rejection in before.rejections()]
    last = max(map(id_order, (*was, *dropped)), default=())
    slots = replayed(before, config, seeds)
    result = Refiltered()
    for slot in telling(slots, on_progress, "filtering", len(was.union(dropped))):
        if id_order(slot.id) > last:
            break
        _sort(slot, result, was)
    _write(output, before, config, overrides, result)
    return result


def _refuse_what_is_there(output: Path) -> None:
    try:
        if output.exists() and any(output.iterdir()):
            raise RunError(f"{output}: it is there already; choose another folder: -o")
    except NotADirectoryError:
        raise RunError(f"{output}: a file; give a folder that is not there yet: -o") from None
    except OSError as error:
        raise RunError(f"{output}: can't be used: {error.strerror or error}; choose another folder: -o") from None


def _changed(config: ChainConfig, overrides: Mapping[str, Any]) -> ChainConfig:
    for key in overrides:
        if key.split(".")[0] not in _ALLOWED:
            raise ConfigError(
                f"--set {key}: refilter changes {' and '.join(_ALLOWED)} only; all else shapes what the model is "
                "asked, and needs a run of its own"
            )
    try:
        return config.changed(overrides)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"--set {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    except LookupError as error:
        raise ConfigError(f"--set {error.args[0]}: there is nothing of that name") from None


def _sort(slot: Slot, result: Refiltered, was: set[str]) -> None:
    if not slot.settled:
        result.unanswered.append(slot)
        return
    for output in slot.outcome:
        if isinstance(output, Rejection):
            result.rejected.append(output)
        else:
            result.tasks.append(output)
    if slot.good:
        result.gained += slot.id not in was
    elif slot.id in was:
        dropped = slot.outcome[-1]
        result.lost[dropped.rule if isinstance(dropped, Rejection) else ""] += 1


def _write(output: Path, run: RunReader, config: ChainConfig, overrides: Mapping[str, Any], result: Refiltered) -> None:
    unanswered = [{"id": slot.id, "instruction": slot.text, "request": slot.request} for slot in result.unanswered]
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in unanswered)
    try:
        with scratch_folder(output) as scratch:
            write_atomically(scratch / "seeds.jsonl", seed_lines(list(run.seeds())).decode())
            write_derived(scratch / "tasks.jsonl", result.tasks)
            write_derived(scratch / "rejected.jsonl", result.rejected)
            write_atomically(scratch / "unanswered.jsonl", lines)
            write_manifest(scratch, refiltered(read_manifest(run.path), config, overrides))
            _refuse_what_is_there(output)
            take_place(scratch, output)
    except OSError as error:
        raise RunError(f"{error.filename or output}: can't be written: {error.strerror or error}") from None
