"""A run's candidates, filtered anew: other filters, the same replies, not a single call.

The requests are taken as they were asked, with the examples that they showed then; so what comes out is what these
filters would have kept of this run, not what a run with them would have made.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnablePassthrough
from pydantic import ValidationError

from selfinstruct_chains.config import ROLES, ChainConfig
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.files.writing import scratch_folder, take_place
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models.forms import TEXT
from selfinstruct_chains.run import outcomes
from selfinstruct_chains.run.assembly import demonstrations, links
from selfinstruct_chains.run.found import as_found, as_known
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.language import in_language, lexicon_of
from selfinstruct_chains.run.manifest import NAME, read_manifest
from selfinstruct_chains.run.own import Own
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.recall import Recall, recall
from selfinstruct_chains.tasks import Rejection, id_order, request_id, to_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.run.outcomes import Slot
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


def refilter(run: Path, overrides: Mapping[str, Any], output: Path) -> Refiltered:
    """Filter the candidates of `run` anew, in order, and put the result into the new folder `output`.

    Raises:
        ConfigError: something else than filters and novelty is to be changed.
        RunError: `run` is no run, or damaged; `output` is there already, or can't be written.
    """
    _refuse_what_is_there(output)
    before = RunReader(run)
    seeds = list(before.seeds())
    config = _changed(in_language(before.config, seeds), overrides)
    if not seeds:
        raise RunError(f"{run / 'seeds.jsonl'}: missing or empty; restore it from a copy")
    was = {task.id for task in before.tasks()}
    last = max(map(id_order, (*was, *(rejection.id for rejection in before.rejections()))), default=())
    result = Refiltered()
    for slot in _slots(before, config, seeds):
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


def _in_memory(run: RunReader) -> Journal:
    """The run's journal, without a lock on its folder."""
    journal = Journal()
    for entry in run.entries():
        journal.write(entry)
    return journal


def _slots(before: RunReader, new: ChainConfig, seeds: Sequence[Task]) -> Iterator[Slot]:
    """All candidates of the run in order, judged by the new filters."""
    old, journal = in_language(before.config, seeds), _in_memory(before)
    then, now = (Pool(config, seeds, lexicon=lexicon_of(config)) for config in (old, new))
    replay = _recall(before, new, seeds, journal)
    sizes: list[int] = []
    while True:
        request, behind = len(sizes), len(sizes) - old.run.lookahead
        examples = then.draw(request, sizes[behind] if behind >= 0 else 0)
        result = replay.request(request_id(request), [example.instruction for example in examples])
        if result is None:
            return
        outcomes.commit(request, result, examples, then)
        sizes.append(then.generated)
        for slot in outcomes.commit(request, result, examples, now):
            completion = replay.completion(slot.id, slot.text) if slot.accepted else None
            if completion is not None:
                outcomes.settle(slot, completion, journal)
            yield slot


def _recall(before: RunReader, new: ChainConfig, seeds: Sequence[Task], journal: Journal) -> Recall:
    """The run's chain with the new filters, over its journal; steps of the user's own stand there by their results."""
    shaping = before.origin.shaping
    old, _ = as_found(before.config, journal)
    old = as_known(old, dict.fromkeys(ROLES, TEXT))
    if parsers := [key.rpartition(".")[2] for key in shaping if key.startswith("own.parsers.")]:
        raise RunError(
            f"{before.path}: its replies for {', '.join(parsers)} were read by a parser of your own, which isn't in "
            "the folder; run it again with other filters, from Python"
        )
    kinds: Any = {role: shaping.get(f"own.kinds.{role}", old.model_for(role).kind) for role in ROLES}
    steps = {role: RunnablePassthrough[Any]() for role in ROLES if f"own.steps.{role}" in shaping}
    return recall(new, links(old, demonstrations(old, seeds), kinds), journal, Own({}, steps, {}))


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
    old = read_manifest(run.path)
    about = {"from": old["fingerprint"], "changed": dict(overrides)}
    new = old | {"chain": config.model_dump(mode="json"), "refiltered": about}
    unanswered = [{"id": slot.id, "instruction": slot.text, "request": slot.request} for slot in result.unanswered]
    texts = {
        "seeds.jsonl": "".join(map(to_line, run.seeds())),
        "tasks.jsonl": "".join(map(to_line, result.tasks)),
        "rejected.jsonl": "".join(map(to_line, result.rejected)),
        "unanswered.jsonl": "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in unanswered),
        NAME: json.dumps(new, ensure_ascii=False, indent=1) + "\n",
    }
    try:
        with scratch_folder(output) as scratch:
            for name, text in texts.items():
                (scratch / name).write_bytes(text.encode("utf-8", "backslashreplace"))
            _refuse_what_is_there(output)
            take_place(scratch, output)
    except OSError as error:
        raise RunError(f"{error.filename or output}: can't be written: {error.strerror or error}") from None
