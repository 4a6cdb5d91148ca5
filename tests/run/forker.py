"""A process that has imported everything and forks a `selfinstruct` command on request: no interpreter start for each.

It reads one JSON object a line, {"start": [arguments], "log": file} or {"wait": pid}, and answers with one line each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Self


class Forker:
    """The process, from the tests' side; to be used in a `with` block."""

    def __init__(self) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.run.forker"],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, arguments: list[str], log: Path, **limits: int) -> int:
        """The process id of a command that was just started; what it prints goes to `log`."""
        return int(self._ask({"start": arguments, "log": str(log), **limits}))

    def wait(self, pid: int) -> int:
        """The exit code of a command, minus the signal that killed it, when it has ended."""
        return int(self._ask({"wait": pid}))

    def run(self, arguments: list[str], log: Path, **limits: int) -> int:
        """The exit code of a command."""
        return self.wait(self.start(arguments, log, **limits))

    def _ask(self, request: dict[str, Any]) -> str:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def _child(request: dict[str, Any]) -> None:
    import resource

    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if size := request.get("file_size"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    if user := request.get("user"):
        os.setuid(user)
    sys.argv = ["selfinstruct", *request["start"]]
    from selfinstruct_chains.cli.main import main

    main()


def _forked(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _child(request)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    except BaseException:  # noqa: BLE001 - as Python would print it
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return 0


def preload() -> None:
    """Import what a small run imports: one is made in a child, which tells the names."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        import langchain_openai  # noqa: F401
        from openai import DefaultAioHttpClient  # noqa: F401

        from selfinstruct_chains import load_config, self_instruct
        from selfinstruct_chains.cli import generate, progress, summary  # noqa: F401
        from selfinstruct_chains.testing import ScriptedChat, scripted_author

        self_instruct(load_config("openai"), models=ScriptedChat(reply=scripted_author)).invoke({"n": 1})
        os.write(writer, " ".join(sys.modules).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as names:
        for name in names.read().split():
            if name not in {"__main__", "tests.run.forker"}:
                try:
                    import_module(name)
                except Exception:  # noqa: BLE001, S112 - modules that can't be imported by their name
                    continue
    os.wait()


def _serve() -> None:
    preload()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        request = json.loads(line)
        answer = (
            _forked(request) if "start" in request else os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        )
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    _serve()
