"""Writing so that a reader sees the old or the new, never half of it: also after a crash, a kill or a full disk.

All of these raise OSError where a file can't be written; what to call it is the caller's to say.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from glob import escape
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 16  # bytes that are searched at a time for the last line's end
_NAME = 40  # characters of a file's name in that of its half-written one: names have a longest length
_HOST = sha256(socket.gethostname().encode()).hexdigest()[:8]  # a process's number means nothing on another machine

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where there is no more room: on the disk, of a quota, or in one file."""


def is_full(error: BaseException) -> bool:
    """Whether a file could not be written for want of room."""
    return isinstance(error, OSError) and error.errno in FULL


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's text, in UTF-8, all at once; halves of characters become the escapes that JSON has for them."""
    try:
        with replacing(path) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:  # a full disk is told of a write, without a name
        error.filename = error.filename or str(path)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when the block ends well, and is on the disk then; else nothing is left.

    Where a link leads to is replaced, not the link. A device or a pipe is written to as it is.
    """
    path = target(path)
    if is_stream(path):
        with path.open("wb") as stream:
            yield stream
        return
    partial = _beside(path)
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_names(path)
    finally:
        partial.unlink(missing_ok=True)


class StandardOutputError(OSError):
    """Standard output can't be written: it is full, or nobody reads it any more."""


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output, for bytes, or for text by other ways; all of it is out when the block ends.

    Raises:
        StandardOutputError: it can't be written.
    """
    try:
        yield sys.stdout.buffer
        sys.stdout.flush()
    except OSError as error:
        if error.filename:
            raise
        raise StandardOutputError(error.errno, error.strerror) from error


@contextmanager
def replacing_or_stdout(path: Path) -> Iterator[BinaryIO]:
    """As `replacing`; `-` is standard output."""
    if str(path) != "-":
        with replacing(path) as file:
            yield file
        return
    with standard_output() as out:
        yield out


def is_stream(path: Path) -> bool:
    """Whether there is something at `path` that is written to and can't be replaced: `-`, a device or a pipe."""
    return str(path) == "-" or (path.exists() and not path.is_file() and not path.is_dir())


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside `out`, for `take_place` when it is filled; it is gone when the block ends."""
    scratch = _beside(out)
    try:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        scratch.mkdir()
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def take_place(scratch: Path, out: Path) -> None:
    """Put a scratch folder in the place of the folder `out`, which need not be there, and on the disk."""
    sync_files(scratch)
    if not out.exists():
        scratch.rename(out)
        sync_names(out)
        return
    old = scratch.with_name(f"{scratch.name}.old")
    out.rename(old)
    try:
        scratch.rename(out)
    except BaseException:
        old.rename(out)
        raise
    sync_names(out)
    shutil.rmtree(old)


def sync_files(folder: Path) -> None:
    """Put every file below `folder` on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            sync_file(path)


def torn_line(path: Path) -> bytes:
    """What stands after the last line's end of an appended file, if it is there."""
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(_after_last_line(file, file.seek(0, os.SEEK_END)))
        return file.read()


def cut_torn_line(path: Path) -> int:
    """Cut off what stands after the last line's end of an appended file, if it is there; how many bytes that was."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        whole = _after_last_line(file, end)
        if whole < end:
            file.truncate(whole)
    return end - whole


def _after_last_line(file: BinaryIO, end: int) -> int:
    """Where the last line ends, in bytes."""
    while end > 0:
        begin = max(0, end - _BLOCK)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there, and put their names on the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_names(folder)


def target(path: Path) -> Path:
    """Where links at `path` lead to, also when nothing is there yet."""
    try:
        return Path(os.path.realpath(path, strict=True))
    except FileNotFoundError:
        return Path(os.path.realpath(path))


def _beside(path: Path) -> Path:
    """A hidden name in the same folder that no other process or thread uses; what dead ones left there is removed."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - "." has no name, and links are not to be followed
    start = f".{whole.name[:_NAME]}.{_HOST}-"
    for left in whole.parent.glob(f"{escape(start)}*.partial") if whole.parent.is_dir() else ():
        if _is_dead(left.name.removeprefix(start).partition("-")[0]):
            _remove(left)
    return whole.with_name(f"{start}{os.getpid()}-{threading.get_native_id()}.partial")


def _is_dead(process: str) -> bool:
    """Whether no process of this machine has that number."""
    if os.name != "posix" or not process.isdecimal():  # elsewhere a signal 0 would end it
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _remove(left: Path) -> None:
    with suppress(OSError):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def kept(path: Path) -> Path:
    """A copy of a file beside it, under a name that is free: `tasks.old-1.jsonl`."""
    number = 1
    while (copy := path.with_name(f"{path.stem}.old-{number}{path.suffix}")).exists():
        number += 1
    shutil.copyfile(path, copy)
    sync_file(copy)
    return copy


def sync_names(path: Path) -> None:
    """Put the name of a file or folder on the disk too, where the system can do that."""
    with suppress(OSError):  # Windows, and some network drives, can't
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sync_file(path: Path) -> None:
    """Put a file and its name on the disk."""
    with path.open("r+b") as file:  # Windows syncs none that is open to read only
        os.fsync(file.fileno())
    sync_names(path)
