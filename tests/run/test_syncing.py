"""What is written is put on the disk without being asked for, soon and at the end."""

from __future__ import annotations

import os
import time

import pytest

from selfinstruct_chains.run.syncing import Syncing


def test_what_was_written_is_put_on_the_disk_while_more_is_written() -> None:
    """Within a second or so: a pipe, which has no disk, says so to the next write, long before the end."""
    reader, writer = os.pipe()
    syncing = Syncing(writer)
    try:
        with pytest.raises(OSError, match="Invalid argument"):  # noqa: PT012 - one of these
            for _ in range(200):
                syncing.written()
                time.sleep(0.05)
    finally:
        with pytest.raises(OSError, match="Invalid argument"):
            syncing.close()
        os.close(reader)
        os.close(writer)
