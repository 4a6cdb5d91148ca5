"""Streams that are pulled on the private loop, and tasks that are given time to end."""

import asyncio

import pytest

from selfinstruct_chains.models import loops


def test_streams_piece_by_piece():
    """Each piece comes from the private loop; a stream that is left is closed before who left it goes on."""
    did = []

    async def stream():
        try:
            for number in range(3):
                assert loops.is_private(asyncio.get_running_loop())
                yield number
        finally:
            await asyncio.sleep(0)
            did.append("closed")

    assert list(loops.iterate(stream())) == [0, 1, 2]
    left = loops.iterate(stream())
    assert next(left) == 0
    assert did == ["closed"]
    left.close()

    assert did == ["closed"] * 2


def test_errors_of_streams():
    """What a stream raises is raised where its next piece is asked for."""

    async def stream():
        yield 0
        raise ValueError("no more")

    pieces = loops.iterate(stream())

    assert next(pieces) == 0
    with pytest.raises(ValueError, match="no more"):
        next(pieces)


async def test_what_is_given_time_to_end():
    """What ends by itself may; the rest is cancelled, and has ended; what any of them raised is not raised."""
    did = []

    async def quick() -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        return "done"

    async def failing() -> None:
        raise ValueError("no")

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            did.append("closed")

    tasks = [asyncio.create_task(work()) for work in (quick, failing, forever)]
    await loops.ended(set(tasks), 0.02)

    assert tasks[0].result() == "done"
    assert isinstance(tasks[1].exception(), ValueError)
    assert (tasks[2].cancelled(), did) == (True, ["closed"])
