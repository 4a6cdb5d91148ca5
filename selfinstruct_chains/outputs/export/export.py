"""A run as a file to train on: select, then write, row by row; memory holds 8 bytes for each instance and no texts."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import ConfigError, RunError, did_you_mean
from selfinstruct_chains.outputs.export.card import Given, Subject, card
from selfinstruct_chains.outputs.export.formats import FORMATS, OPENAI_MINIMUM, Wording
from selfinstruct_chains.outputs.export.placing import placing
from selfinstruct_chains.outputs.export.reviewed import of_reviewers, reviewed
from selfinstruct_chains.outputs.export.selection import Choice, examples, select
from selfinstruct_chains.outputs.export.splits import SPLITS
from selfinstruct_chains.outputs.export.using import Place, how_to_train
from selfinstruct_chains.outputs.export.writers import WRITERS
from selfinstruct_chains.run.telling import telling, untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from selfinstruct_chains.outputs.export.formats import Format, Row
    from selfinstruct_chains.outputs.export.selection import Selection
    from selfinstruct_chains.outputs.export.splits import Split
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.run.telling import Told

_ALL, _NOTHING = Choice(), Given()
_SUFFIXES = {format_.suffix for format_ in FORMATS.values()} - {""}


class Exported(NamedTuple):
    """What an export wrote."""

    rows: Mapping[Split, int]
    """Examples of each split that has any."""
    selection: Selection
    files: tuple[Path, ...]
    """What was written: the data, the card, and the list of contaminated tasks if there are any."""
    notes: tuple[str, ...]
    """What there is to say besides."""
    data: tuple[Path, ...]
    """Of these the data: a file, or for `datasets` a folder, for each split."""
    card: Path
    load: str
    """The Python call that reads the first file back as it is; "" for a format that is only to be looked at."""
    train: tuple[str, ...]
    """Lines to train on it with, to be shown as they are (`using.how_to_train`)."""


def export(  # noqa: PLR0913 - one for each choice a user has
    run: RunReader,
    format_name: str,
    out: Path,
    choice: Choice = _ALL,
    given: Given = _NOTHING,
    *,
    end_token: str = "",
    force: bool = False,
    on_progress: Told = untold,
) -> Exported:
    """Write a run as a dataset to train on, with a card; all of it appears at once, when all is done.

    Args:
        run: the run.
        format_name: one of `formats.FORMATS`.
        out: a file with the format's suffix; anything else is a folder, which gets a file for each split.
        choice: what to take of the run.
        given: what the card says that the run can't know.
        end_token: for "prompt-completion": what ends each completion.
        force: replace what stands there already.
        on_progress: hears how far reading and writing are.

    Raises:
        ConfigError: an option makes no sense, a package is missing, or `out` is there already or can't be written.
        DataError: an evaluation file can't be read.
        RunError: the run has no tasks, or none is left, or it is damaged.
    """
    format_ = _format(format_name, end_token)
    as_folder = _is_folder(run, format_name, format_, out, choice)
    names = _Names(out, format_, as_folder=as_folder)
    with placing(out, names.all(), as_folder=as_folder, force=force) as folder:
        selection = select(run, choice, format_.refuses, on_progress)
        rows: dict[Split, int] = {split: len(places) for split, places in selection.places.items() if places}
        if not rows:
            raise RunError(_nothing(run, selection))
        wording = Wording(choice.seed, end_token)
        WRITERS[format_name](
            {folder / names.data(split): _rows(run, format_, selection, split, wording, on_progress) for split in rows}
        )
        notes = _notes(run, format_name, choice, rows, selection)
        subject = _subject(run, format_name, names, rows, selection, notes, wording)
        (folder / names.card).write_text(card(subject, given), encoding="utf-8")
        if selection.contaminated:
            lines = (
                json.dumps({k: v for k, v in c._asdict().items() if v is not None}) for c in selection.contaminated
            )
            (folder / names.excluded).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if as_folder and format_.llama_factory:
            entries = _llama_factory(run.config.name, format_, {split: names.data(split) for split in rows})
            (folder / names.llama_factory).write_text(entries, encoding="utf-8")
        written = sorted(path.name for path in folder.iterdir())
    place = out if as_folder else out.parent
    data = {split: place / names.data(split) for split in rows}
    first = next(iter(data.values())) if format_.suffix else out
    return Exported(
        rows,
        selection,
        files=tuple(place / name for name in written),
        notes=notes,
        data=tuple(data.values()),
        card=place / names.card,
        load=format_.load.format(path=str(first)),
        train=how_to_train(format_name, Place(out, data, run.config.name)),
    )


def _llama_factory(name: str, format_: Format, files: Mapping[Split, str]) -> str:
    """The text of dataset_info.json: what LLaMA-Factory's `dataset_dir` must tell of its data sets."""
    told = format_.llama_factory or {}
    entries = {f"{name}_{split}": {"file_name": file, **told} for split, file in files.items()}
    return json.dumps(entries, indent=2) + "\n"


class _Names:
    """What the files of an export are called."""

    llama_factory = "dataset_info.json"
    """In a folder only: beside a file it would stand among files of others."""

    def __init__(self, out: Path, format_: Format, *, as_folder: bool) -> None:
        self._out, self._suffix, self._as_folder = out, format_.suffix, as_folder
        self.card = "README.md" if as_folder else f"{out.name}.README.md"
        self.excluded = "excluded.jsonl" if as_folder else f"{out.name}.excluded.jsonl"

    def data(self, split: Split) -> str:
        """The file, or for `datasets` the folder, of a split."""
        return f"{split}{self._suffix}" if self._as_folder else self._out.name

    def all(self) -> set[str]:
        """Every name that an export, also one in another format, gives to a file in its place."""
        own = {self.card, self.excluded}
        if not self._as_folder:
            return own | {self._out.name}
        own.add(self.llama_factory)
        return own | {f"{split}{suffix}" for split in SPLITS for suffix in (*_SUFFIXES, "")} | {"dataset_dict.json"}


def _format(name: str, end_token: str) -> Format:
    if name not in FORMATS:
        raise ConfigError(f"unknown format {name!r}: use one of {', '.join(FORMATS)}{did_you_mean(name, FORMATS)}")
    if end_token and name != "prompt-completion":
        raise ConfigError(f"an end token is for prompt-completion; {name} leaves it to the chat template of the model")
    return FORMATS[name]


def _is_folder(run: RunReader, name: str, format_: Format, out: Path, choice: Choice) -> bool:
    suffix = out.suffix.lower()
    place = Path(os.path.realpath(out))  # as Path.resolve, which does not stand a link to itself
    if run.path.resolve() in (place, *place.parents):
        raise ConfigError(f"{str(out)!r} is in the run folder: give a place outside it")
    if suffix in _SUFFIXES and suffix != format_.suffix:
        wanted = f"{format_.suffix!r} files" if format_.suffix else "a folder"
        raise ConfigError(f"{str(out)!r}: {name} is written as {wanted}; give {str(out.with_suffix(format_.suffix))!r}")
    if suffix == format_.suffix and suffix:
        if any(choice.shares):
            raise ConfigError(f"{str(out)!r}: splits are several files; give a folder: {str(out.with_suffix(''))!r}")
        return False
    return True


def _rows(  # noqa: PLR0913, PLR0917 - what a row is made of
    run: RunReader, format_: Format, selection: Selection, split: Split, wording: Wording, on_progress: Told
) -> Callable[[], Iterator[Row]]:
    stage, count = f"writing {split}", len(selection.places[split])
    return lambda: (
        format_.row(example, wording) for example in telling(examples(run, selection, split), on_progress, stage, count)
    )


def _nothing(run: RunReader, selection: Selection) -> str:
    if selection.left_out or selection.contaminated:
        return f"{run.path}: nothing is left to export: {'; '.join(_left_out(selection))}"
    return f"{run.path}: no finished tasks yet; run its `selfinstruct generate` again to go on with it"


def _left_out(selection: Selection) -> list[str]:
    counts = +Counter(selection.left_out)
    found = [f"{count:,} {reason}" for reason, count in counts.most_common()]
    if selection.contaminated:
        found.append(f"{len(selection.contaminated):,} tasks in the evaluation files")
    return found


def _notes(
    run: RunReader, name: str, choice: Choice, rows: Mapping[Split, int], selection: Selection
) -> tuple[str, ...]:
    notes = [f"The run may not be finished: {reason}."] if (reason := run.unfinished()) else []
    notes += [f"{made}."] if (made := run.origin.made) else []
    notes += of_reviewers(run, selection)
    if left_out := _left_out(selection):
        notes.append(f"Left out: {'; '.join(left_out)}.")
    wanted = [split for split, share in zip(("validation", "test"), choice.shares, strict=True) if share]
    notes += [
        f"No instruction fell into {split}: give a larger share or another --seed."
        for split in wanted
        if split not in rows
    ]
    if name == "openai" and rows.get("train", 0) < OPENAI_MINIMUM:
        notes.append(
            f"OpenAI asks for {OPENAI_MINIMUM} examples or more to train on; these are {rows.get('train', 0)}."
        )
    return tuple(notes)


def _subject(  # noqa: PLR0913, PLR0917 - all that a card tells
    run: RunReader,
    name: str,
    names: _Names,
    rows: Mapping[Split, int],
    selection: Selection,
    notes: tuple[str, ...],
    wording: Wording,
) -> Subject:
    first = next(iter(rows))
    example = next(examples(run, selection, first))
    return Subject(
        title=f"{run.config.name}, {sum(rows.values()):,} examples",
        format=name,
        files={split: names.data(split) for split in rows} if FORMATS[name].suffix else {},
        rows={str(split): count for split, count in rows.items()},
        selection=selection,
        origin=run.origin,
        config=run.config,
        seed_count=sum(1 for _ in run.seeds()),
        notes=(*notes, *reviewed(run)),
        example=FORMATS[name].row(example, wording),
        hub=FORMATS[name].hub,
    )
