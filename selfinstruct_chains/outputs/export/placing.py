"""Files that appear all at once when all is done, and replace nothing unless told to."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import scratch_folder, sync_files, take_place, target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


@contextmanager
def placing(out: Path, names: Collection[str], *, as_folder: bool, force: bool) -> Iterator[Path]:
    """An empty folder to write into; when the block ends well, what is in it takes its place.

    Args:
        out: the folder that the files form, or else a file in the folder they go to.
        names: what may be written, and with `force` replaced. A folder with anything else in it is never replaced.
        as_folder: which of the two `out` is.
        force: replace what stands there.

    Raises:
        ConfigError: something stands there, or it can't be written.
    """
    _check(out, names, as_folder=as_folder, force=force)
    try:
        with scratch_folder(out) as scratch:
            yield scratch
            sync_files(scratch)
            _check(out, names, as_folder=as_folder, force=force)
            if as_folder:
                take_place(scratch, out)
            else:
                _move(scratch, out, names)
    except OSError as error:
        raise ConfigError(f"writing {str(out)!r} failed: {error.strerror or error}") from error


def _move(scratch: Path, out: Path, names: Collection[str]) -> None:
    places = {name: target(out.with_name(name)) for name in names}  # before anything is moved, as one can be a loop
    for name, place in places.items():
        if (scratch / name).exists():
            shutil.move(scratch / name, place)
        else:  # an earlier export's
            out.with_name(name).unlink(missing_ok=True)


def _check(out: Path, names: Collection[str], *, as_folder: bool, force: bool) -> None:
    if not as_folder:
        for name in sorted(names, key=lambda name: name != out.name):
            path = out.with_name(name)
            if path.is_dir():
                raise ConfigError(f"{str(path)!r} is a folder: give a file")
            if path.exists() and not force:
                raise ConfigError(f"{str(path)!r} exists: give another name, or --force to replace it")
        return
    if not out.exists():
        return
    if not out.is_dir():
        raise ConfigError(f"{str(out)!r} is a file: give a folder")
    found = sorted(entry.name for entry in out.iterdir())
    if found and not force:
        raise ConfigError(f"{str(out)!r} exists: give another name, or --force to replace it")
    strangers = [name for name in found if name not in names]
    if strangers:
        raise ConfigError(f"{str(out)!r} holds {strangers[0]!r}, which no export wrote: give another folder")
