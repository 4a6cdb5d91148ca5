"""`selfinstruct` without the start of an interpreter and its imports: a script asks a process that has them to fork.

A page has a dozen commands, and each would need one or two seconds for that alone.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.run.forker import preload

_SCRIPT = """#!{python} -I
import json, os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [told], [0, 1, 2])
    sys.exit(int(server.recv(9) or 1))
"""


class Forking:
    """The process, and the folder with the script, to be put on the PATH; to be used in a `with` block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        address = str(folder / "socket")
        script = folder / "selfinstruct"
        script.write_text(_SCRIPT.format(python=sys.executable, address=address))
        script.chmod(0o755)
        command = [sys.executable, "-m", "tests.docs.forking", address]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)
        assert self._process.stdout
        assert self._process.stdout.readline() == b"ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


def _serve(address: str) -> None:
    preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that ended: they tell their code themselves
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(address)
        server.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            client, _ = server.accept()
            told, streams, _, _ = socket.recv_fds(client, 1 << 18, 3)
            if os.fork() == 0:
                _run(client, *json.loads(told), streams)
            client.close()
            for stream in streams:
                os.close(stream)


def _run(client: socket.socket, arguments: list[str], folder: str, variables: dict[str, str], streams: Any) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["selfinstruct", *arguments]
    code = 1
    try:
        from selfinstruct_chains.cli.main import main

        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        client.send(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
