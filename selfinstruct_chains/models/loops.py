"""The private event loop, on which synchronous calls run, and threads for what has to be called synchronously.

The loop lives as long as the process, in a daemon thread, from its first use on: clients that it has connected stay
usable from one synchronous call to the next. After a fork the child makes one of its own.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from concurrent import futures
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

T = TypeVar("T")
_LONGEST_END = 5.0  # seconds that closing may take at exit


def wait(make: Callable[[], Awaitable[T]]) -> T:
    """What the awaitable that `make` gives comes to, on the private loop, with the caller's context variables.

    From any thread, also where an event loop is running, which stands still meanwhile. When the wait is interrupted
    (Ctrl-C), the awaitable is cancelled and has ended before the interrupt goes on.

    Raises:
        Exception: whatever the awaitable raises.
    """
    if threading.current_thread() is _private.thread:
        return _in_between(make)
    done: futures.Future[T] = futures.Future()
    tasks: list[asyncio.Task[T]] = []
    loop = _private.running()
    # The callback gets a copy of this thread's context, and the task that it starts a copy of that.
    loop.call_soon_threadsafe(_start, make, done, tasks)
    try:
        return done.result()
    except BaseException:
        if not done.done():
            loop.call_soon_threadsafe(lambda: tasks[0].cancel())  # noqa: PLW0108 - there is none yet, perhaps
            futures.wait([done])
        raise


def iterate(stream: AsyncGenerator[T, None]) -> Iterator[T]:
    """What an asynchronous stream gives, piece by piece, each waited for on the private loop; None is no piece.

    Closing it closes the stream, and waits for that.
    """
    pulled = _Pulled(stream)
    try:
        while (piece := wait(pulled.next)) is not None:
            yield piece
    finally:
        wait(pulled.close)


async def on_private_loop(make: Callable[[], Awaitable[T]]) -> T:
    """What the awaitable that `make` gives comes to, on the private loop, from whichever loop is running."""
    loop = _private.running()
    if asyncio.get_running_loop() is loop:
        return await make()
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(make), loop))


def is_private(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether `loop` is the one that synchronous calls run on."""
    return loop is _private.loop


async def in_thread(call: Callable[[], T]) -> T:
    """What `call` returns, in a thread with this context's variables; as many at a time as there are calls.

    A cancelled one runs to its end unheard; its thread keeps no process alive.
    """
    done: futures.Future[T] = futures.Future()
    context = copy_context()
    _threads.run(lambda: _settle(done, lambda: context.run(call)))
    return await asyncio.wrap_future(done)


async def ended(tasks: set[asyncio.Task[Any]], grace: float) -> None:
    """Wait until all have ended; those that have not by themselves within so many seconds are cancelled."""
    try:
        await asyncio.wait(tasks, timeout=grace)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Pulled(Generic[T]):
    """An asynchronous stream, driven piece by piece from another thread; closing waits for a piece under way."""

    def __init__(self, stream: AsyncGenerator[T, None]) -> None:
        self._stream = stream
        self._pending: asyncio.Future[T | None] | None = None

    async def next(self) -> T | None:
        self._pending = asyncio.ensure_future(anext(self._stream, None))
        return await self._pending

    async def close(self) -> None:
        if self._pending and not self._pending.done():
            self._pending.cancel()
            await asyncio.wait([self._pending])
        await self._stream.aclose()


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()


def _start(make: Callable[[], Awaitable[T]], done: futures.Future[T], tasks: list[asyncio.Task[T]]) -> None:
    tasks.append(asyncio.get_running_loop().create_task(_awaited(make)))
    tasks[0].add_done_callback(lambda task: _settle(done, task.result))


def _settle(done: futures.Future[T], result: Callable[[], T]) -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(result())
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        done.set_exception(error)


def _in_between(make: Callable[[], Awaitable[T]]) -> T:
    """The same, for a synchronous call made by what runs on the private loop itself: on a loop of its own."""
    done: futures.Future[T] = futures.Future()
    context = copy_context()
    _threads.run(lambda: _settle(done, lambda: context.run(asyncio.run, _awaited(make))))
    return done.result()


class _PrivateLoop:
    """One loop in one thread, both made when first asked for."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._ending = False

    def running(self) -> asyncio.AbstractEventLoop:
        """The loop."""
        with self._lock:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                self.thread = threading.Thread(target=self._run, args=[self.loop], name="selfinstruct", daemon=True)
                self.thread.start()
            return self.loop

    def end(self) -> None:
        """Cancel what runs, let clients close, and stop."""
        if self.loop is None or self.thread is None:
            return
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_finish(self.loop), self.loop).result(_LONGEST_END)
        self._ending = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(_LONGEST_END)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        while not self._ending:
            # A task that raises one of these takes the loop down, besides being told to who waits for it.
            with suppress(KeyboardInterrupt, SystemExit):
                loop.run_forever()
        loop.close()


async def _finish(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()


class _Threads:
    """Daemon threads, as many as there are jobs at a time. Those of an executor would hold up the exit."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Semaphore(0)

    def run(self, job: Callable[[], None]) -> None:
        """Start `job`, which raises nothing, at once."""
        self._jobs.put(job)
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._work, name="selfinstruct call", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._jobs.get()()
            self._idle.release()


_private = _PrivateLoop()
_threads = _Threads()
_parents: list[Any] = []


def _after_fork() -> None:
    global _private, _threads
    # A child has none of its parent's threads. Nothing of them may be closed here: the parent goes on with it.
    _parents.append((_private, _threads))
    _private, _threads = _PrivateLoop(), _Threads()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _private.end())  # noqa: PLW0108 - the one there is then
