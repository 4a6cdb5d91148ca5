"""Puts what was written to a file on the disk itself, within a second, whatever else the process is doing."""

from __future__ import annotations

import os
from threading import Event, Thread

_EVERY = 0.7  # seconds from a write to its fsync; with what the fsync takes, about a second


class Syncing:
    """An fsync of `descriptor`, from a thread of its own, soon after each `written`, and once more at the end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._dirty = Event()
        self._closing = Event()
        self._error: OSError | None = None
        self._thread = Thread(target=self._work, name="journal fsync", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """There is something to put on the disk.

        Raises:
            OSError: what was written before could not be put there.
        """
        self._dirty.set()
        if self._error:
            raise self._error

    def close(self) -> None:
        """Put the rest on the disk.

        Raises:
            OSError: it could not be put there.
        """
        self._closing.set()
        self._dirty.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _work(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._closing.wait(_EVERY)
            self._dirty.clear()
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self._error = error
