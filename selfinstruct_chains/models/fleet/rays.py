"""What is asked of Ray, and how: the only module that imports it.

Ray begins and ends in one thread, which lives as long as the process: the processes that it starts die with the thread
that started them, its end from another thread hangs, and from the main one it takes over Python's SIGTERM.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import math
import os
import signal
import threading
import warnings
from concurrent import futures
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.models.outcome import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from selfinstruct_chains.config import RayConfig

T = TypeVar("T")

PROBE = 5.0
"""Seconds in which a connection to a cluster's head has to stand: Ray itself would wait for ever."""
_JOIN = 25.0  # seconds in which a cluster that is there has to let this process in
_START = 120.0  # seconds in which one of our own has to be there: ten on a machine that has nothing else to do
_LEAVE = 30.0
_STORE = 80_000_000  # bytes of shared memory of a cluster of our own: calls are small, and travel beside it
_ENVIRONMENT = {
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else `uv run` has every worker make an environment of its own
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anybody, unless it is asked for
}
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""What keeps a cluster of one machine on loopback: else Ray takes an address that others reach."""


class Node(NamedTuple):
    """A machine of the cluster that is alive."""

    id: str
    address: str
    resources: Mapping[str, float]
    """What it has in all, by name: CPU, GPU."""


class Gone(Exception):
    """A worker, or its node, died, or can't be reached: whether the call was made nobody knows."""


async def join(settings: RayConfig) -> bool:
    """Connect this process to the cluster, or start one; False where it was connected before, which is left so.

    Raises:
        ConfigError: Ray is not installed, there is no cluster, or it is of another version.
    """
    for name, value in (_ENVIRONMENT | (_ALONE if settings.address == "local" else {})).items():
        os.environ.setdefault(name, value)  # it is read when Ray is imported
    ray = needed("ray", "ray")
    if ray.is_initialized():
        return False
    where = await _found(settings.address)
    options, limit = ({"address": where}, _JOIN) if where else (_own(settings), _START)
    try:
        async with asyncio.timeout(limit):
            await _in_its_thread(lambda: _begin(ray, options))
    except asyncio.CancelledError:
        await leave()
        raise
    except TimeoutError:  # its thread may wait for ever, and keeps nobody
        asked = "; is it one, and is its token the same (RAY_AUTH_TOKEN_PATH)?" if where else ""
        raise ConfigError(f"{_at(settings, where)} did not let this process in within {limit:.0f} s{asked}") from None
    except Exception as error:  # noqa: BLE001 - Ray raises what it likes: RuntimeError, ValueError, ConnectionError
        raise ConfigError(f"{_at(settings, where)}: {_advised(error)}") from None
    return True


async def leave() -> None:
    """End the connection, and with it the workers; a cluster that was started for this ends too."""
    ray = needed("ray", "ray")
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE):
            await _in_its_thread(ray.shutdown)


async def nodes() -> list[Node]:
    """The cluster's nodes that are alive."""
    ray = needed("ray", "ray")
    found = await _in_its_thread(ray.nodes)
    return [Node(one["NodeID"], one["NodeManagerAddress"], one["Resources"]) for one in found if one["Alive"]]


def hire(kind: type, node: Node, settings: RayConfig, most: int) -> Any:
    """A process on `node` that holds one object of `kind`; it may still be about to begin.

    Ray never begins it anew nor repeats a call: a call that may have been paid for is ours to ask again.

    Args:
        kind: a class whose methods are asynchronous.
        node: where it is to be, and nowhere else.
        settings: for the resources that are set aside for it.
        most: calls that it works on at a time.
    """
    ray, strategies = needed("ray", "ray"), needed("ray.util.scheduling_strategies", "ray")
    return (
        ray.remote(kind)
        .options(
            num_cpus=settings.num_cpus,
            num_gpus=settings.num_gpus,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=most,
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node.id, soft=False),
        )
        .remote()
    )


async def asked(method: Any, *arguments: Any) -> Any:
    """What a worker's method gives; when this is cancelled, so is the call there.

    Raises:
        Gone: no answer will come.
        Broken: what went there can't be read there, or what comes from there can't be read here.
    """
    ray = needed("ray", "ray")
    call = method.remote(*arguments)
    try:
        return await call
    except asyncio.CancelledError:
        with suppress(Exception):  # it may have ended meanwhile
            ray.cancel(call)
        raise
    except ray.exceptions.RayTaskError as error:
        raise Broken(str(error)) from None
    except ray.exceptions.RayError as error:
        raise Gone(_why(error)) from None


def dismiss(worker: Any) -> None:
    """End a worker's process, whatever it is at."""
    with suppress(Exception):  # it may have died by itself
        needed("ray", "ray").kill(worker)


def fits(node: Node, settings: RayConfig) -> bool:
    """Whether the node has all that its workers need, if nobody else needs it."""
    has = node.resources
    return settings.per_node * settings.num_cpus <= has.get("CPU", 0) and (
        settings.per_node * settings.num_gpus <= has.get("GPU", 0)
    )


async def has_room(node: Node, settings: RayConfig) -> bool:
    """Whether a worker more would have on `node` what it needs now; True where Ray does not say."""
    try:
        state = needed("ray._private.state", "ray")  # there is no public way
        free: Mapping[str, float] = (await _in_its_thread(state.available_resources_per_node))[node.id]
    except Exception:  # noqa: BLE001 - whatever has become of it
        return True
    return settings.num_cpus <= free.get("CPU", 0) and settings.num_gpus <= free.get("GPU", 0)


async def _found(address: str) -> str | None:
    """Where the cluster is, if something listens there; None: one is to be started."""
    if address == "local":
        return None
    where = _current() if address == "auto" else address
    host, _, port = where.rpartition(":")
    try:
        async with asyncio.timeout(PROBE):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        why = "nothing answered" if isinstance(error, TimeoutError) else (getattr(error, "strerror", "") or error)
        raise ConfigError(
            f"run.ray.address: there is no Ray cluster at {where} ({why}): start one (ray start --head), name "
            "another, or leave it at 'local'"
        ) from None
    writer.close()
    return where


def _current() -> str:
    """The cluster that this machine belongs to, as `ray start` has left word of it."""
    if given := os.environ.get("RAY_ADDRESS", "").strip():
        return given
    folder = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - where Ray looks
    try:
        return (Path(folder) / "ray" / "ray_current_cluster").read_text(encoding="utf-8").strip()
    except OSError:
        raise ConfigError(
            "run.ray.address: auto: this machine belongs to no Ray cluster; `ray start` makes it one's, and 'local' "
            "starts one for the run"
        ) from None


def _own(settings: RayConfig) -> dict[str, Any]:
    """How a cluster of this machine alone is started: on loopback, without a dashboard, with few idle workers."""
    cores = max(1, min(math.ceil(settings.per_node * settings.num_cpus), os.cpu_count() or 1))
    return {
        "address": "local",
        "num_cpus": cores,
        "object_store_memory": _STORE,
        "include_dashboard": False,
        "_node_ip_address": "127.0.0.1",
    }


def _begin(ray: Any, options: Mapping[str, Any]) -> None:
    logging.getLogger("ray").setLevel(logging.ERROR)
    with warnings.catch_warnings(), _sigterm_kept():
        warnings.simplefilter("ignore")  # of settings that will mean something else one day
        ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
    _hush()


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Leaves SIGTERM to whom it was left: Ray's C++ aborts at it, below Python, which does not notice."""
    c_library, before = ctypes.CDLL(None), ctypes.create_string_buffer(1024)  # more than a struct sigaction has
    c_library.sigaction(signal.SIGTERM, None, before)
    try:
        yield
    finally:
        c_library.sigaction(signal.SIGTERM, before, None)


def _hush() -> None:
    """Have Ray print nothing: that a worker died is told by the calls that it had."""
    with suppress(Exception):  # there is no public way; without it, twenty lines are printed for each death
        worker = needed("ray._private.worker", "ray").global_worker
        worker.threads_stopped.set()
        worker.gcs_error_subscriber.close()


def _at(settings: RayConfig, where: str | None) -> str:
    return f"run.ray.address: the Ray cluster at {where}" if where else "run.engine: ray: a Ray cluster of this machine"


def _advised(error: Exception) -> str:
    """What Ray has against it, in one line, with what it does not say of it."""
    text = " ".join(str(error).split()) or type(error).__name__
    if "ersion mismatch" in text:
        return f"it is of another version of Ray or Python: {text}"
    if isinstance(error, ConnectionError):
        return f"{text}; if it is up, its token is another: RAY_AUTH_TOKEN_PATH names the file it is in"
    return text


def _why(error: Exception) -> str:
    """The first line of what Ray tells of a death."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


class _Thread:
    """The one thread of Ray's; it keeps no process alive."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Callable[[], Any], futures.Future[Any]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._begun = False

    def do(self, job: Callable[[], T]) -> futures.Future[T]:
        done: futures.Future[T] = futures.Future()
        with self._lock:
            if not self._begun:
                threading.Thread(target=self._work, name="selfinstruct ray", daemon=True).start()
                self._begun = True
        self._jobs.put((job, done))
        return done

    def _work(self) -> None:
        while True:
            job, done = self._jobs.get()
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
                done.set_exception(error)


_thread = _Thread()


async def _in_its_thread(job: Callable[[], T]) -> T:
    """What `job` returns; who no longer waits for it does not hold it up, nor is it begun if it has not been."""
    return await asyncio.wrap_future(_thread.do(job))
