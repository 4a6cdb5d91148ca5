"""Runs that are killed, interrupted and starved, as processes of their own (DESIGN.md section 6, points 4 and 5)."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from contextlib import contextmanager, suppress
from itertools import cycle
from random import Random
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.run.journal import call_seed, scan
from selfinstruct_chains.run.manifest import as_text, read_manifest
from selfinstruct_chains.testing import scripted_author
from selfinstruct_chains.testing.server import ScriptedServer
from tests.run.forker import Forker
from tests.run.scripts import NO_REPLY, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selfinstruct_chains.testing import Reply

N = 16


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    """A process to fork commands from."""
    with Forker() as forker:
        yield forker


def send(pid: int, number: int) -> None:
    """A signal to a process that may have ended by now."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


class Shop:
    """A model server, and the runs against it."""

    def __init__(self, server: ScriptedServer, forker: Forker, home: Path) -> None:
        self.server, self.forker, self.home = server, forker, home
        self.target: tuple[int, int, int] | None = None  # after so many requests, send a signal to a process
        self.delay = Random(0)
        server.answer = self.answer

    def answer(self, prompt: str, seed: int | None) -> Reply:
        if self.target and self.server.counts.requests >= self.target[0]:
            _, pid, number = self.target
            self.target = None
            Timer(0.02 * self.delay.random(), send, (pid, number)).start()
        return scripted_author(prompt, seed)

    def arguments(self, folder: Path, n: int = N, **settings: object) -> list[str]:
        """A command line."""
        values = {"model.base_url": self.server.base_url, "run.lookahead": 3, "run.max_concurrency": 8, **settings}
        sets = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
        return ["generate", "-n", str(n), "--chain", "openai", "-o", str(folder), *sets]

    def run(self, folder: Path, **settings: object) -> int:
        """The exit code of a whole run."""
        self.reset()
        return self.forker.run(self.arguments(folder, **settings), self.log(folder))

    def signalled(self, folder: Path, after: int, number: int, **settings: object) -> int:
        """The exit code of a run that got a signal a moment after its `after`th request."""
        self.reset()
        pid = self.forker.start(self.arguments(folder, **settings), self.log(folder))
        self.target = (after, pid, number)
        code = self.forker.wait(pid)
        self.target = None
        return code

    def log(self, folder: Path) -> Path:
        """What runs in `folder` printed."""
        return folder.with_suffix(".log")

    def reset(self) -> None:
        """Count anew."""
        self.server.asked.clear()
        self.server.counts.requests = 0

    def asked(self) -> set[int]:
        """The seeds of the calls that came since the last reset: each call has its own."""
        return {asked.body["seed"] for asked in self.server.asked}


@pytest.fixture(scope="module")
def shop(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server with some latency."""
    with ScriptedServer(latency=0.01, spread=0.8) as server:
        yield Shop(server, forker, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def whole(shop: Shop) -> tuple[tuple[bytes, bytes], int]:
    """The files of an uninterrupted run, and how many requests it took."""
    folder = shop.home / "whole"
    assert shop.run(folder) == 0, shop.log(folder).read_text()
    return files(folder), shop.server.counts.requests


def journalled(folder: Path) -> set[int]:
    """The seeds of the calls whose replies are in a journal, a torn last line apart."""
    return {call_seed(42, entry.key) for _, entry in scan(folder / "journal.jsonl") if entry.answers}


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_goes_on_without_a_trace(
    shop: Shop, whole: tuple[tuple[bytes, bytes], int], kills: int
) -> None:
    """SIGKILL at so many moments of a run: each is resumed to the same bytes, and no journalled call is sent again."""
    finished, requests = whole
    survived = 0
    for kill in range(kills):
        folder = shop.home / f"killed-{kills}-{kill}"
        code = shop.signalled(folder, after=1 + kill * (requests - 2) // kills, number=signal.SIGKILL)
        survived += code == 0
        assert code in {-signal.SIGKILL, 0}, shop.log(folder).read_text()
        before = journalled(folder)
        assert shop.run(folder) == 0, shop.log(folder).read_text()

        assert not before & shop.asked()
        assert files(folder) == finished
        assert len(journalled(folder)) == sum(1 for _ in scan(folder / "journal.jsonl"))
    assert survived < kills / 4


@pytest.mark.parametrize("stops", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_ctrl_c_at_any_moment_keeps_what_came(shop: Shop, whole: tuple[tuple[bytes, bytes], int], stops: int) -> None:
    """SIGINT lets the calls in flight finish, exits with 130 and the command to go on; that gives the same bytes."""
    finished, requests = whole
    survived = 0
    for stop in range(stops):
        folder = shop.home / f"interrupted-{stops}-{stop}"
        after = 1 + stop * (requests - 2) // stops
        code = shop.signalled(folder, after=after, number=signal.SIGINT, **{"run.max_concurrency": 2})
        printed, before = shop.log(folder).read_text(), journalled(folder)
        if code == 0:  # all that was missing was in flight
            assert after > requests // 2
            survived += 1
        else:
            assert code == 130, printed
            assert "Stopped: by Ctrl-C" in printed
            assert f"selfinstruct generate -n {N} --chain openai --output {folder}" in printed
            assert before == shop.asked()
        assert shop.run(folder) == 0, shop.log(folder).read_text()

        assert not before & shop.asked()
        assert files(folder) == finished
    assert survived < stops / 4


@contextmanager
def silent(forker: Forker, home: Path) -> Iterator[Shop]:
    """A server that answers five calls and then keeps silent."""
    with ScriptedServer(faults=lambda asked: "hang" if server.counts.requests > 5 else None) as server:
        yield Shop(server, forker, home)


@pytest.mark.parametrize(("number", "code", "times"), [(signal.SIGTERM, 143, 1), (signal.SIGINT, 130, 2)])
def test_it_leaves_calls_that_nobody_answers(
    forker: Forker, tmp_path: Path, number: int, code: int, times: int
) -> None:
    """SIGTERM, and a second Ctrl-C, end a run while the server still keeps silent; nothing is lost."""
    with silent(forker, tmp_path) as shop:
        folder = tmp_path / "run"
        pid = forker.start(shop.arguments(folder), shop.log(folder))
        while shop.server.counts.requests < 8 or shop.server.counts.in_flight < 3:
            time.sleep(0.01)
        for _ in range(times):
            os.kill(pid, number)
            time.sleep(0.3)
        assert forker.wait(pid) == code, shop.log(folder).read_text()
    assert 0 < len(journalled(folder)) <= 5


def test_a_full_disk_is_told_and_damages_nothing(shop: Shop, whole: tuple[tuple[bytes, bytes], int]) -> None:
    """Where files can't grow (a size limit) a run ends with exit 2 and a file's name; with room again it goes on."""
    folder = shop.home / "full"
    assert shop.forker.run([*shop.arguments(folder), "--max-calls", "20"], shop.log(folder)) == 3
    size = (folder / "journal.jsonl").stat().st_size + 1500
    code = shop.forker.run(shop.arguments(folder), shop.home / "full-2.log", file_size=size)
    printed = " ".join((shop.home / "full-2.log").read_text().split())
    assert code == 2, printed
    assert re.search(r"/(journal\.jsonl|manifest\.json): can't be written", printed.replace("/ ", "/")), printed
    assert "Traceback" not in printed
    before = journalled(folder)
    assert shop.run(folder) == 0, shop.log(folder).read_text()

    assert before
    assert not before & shop.asked()
    assert files(folder) == whole[0]


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user to be")
def test_a_read_only_folder_is_told(shop: Shop, forker: Forker) -> None:
    """A folder that may not be written is exit 2 with its path, before any call."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o555)
        shop.reset()
        log = shop.home / "read-only.log"
        assert forker.run(shop.arguments(Path(home) / "run"), log, user=65534) == 2, log.read_text()

        assert "can't be written: Permission denied" in log.read_text()
        assert shop.server.counts.requests == 0


def test_a_folder_of_another_version_is_told(shop: Shop, whole: tuple[tuple[bytes, bytes], int]) -> None:
    """A manifest or a journal of a later format is refused by its number, and left as it is."""
    folder = shop.home / "later"
    assert shop.run(folder) == 0
    manifest, journal = (folder / name for name in ("manifest.json", "journal.jsonl"))
    later = {manifest: as_text(read_manifest(folder) | {"format": 9})}
    later[journal] = '{"v": 9, "kind": "reply"}\n' + journal.read_text()
    for file, changed in later.items():
        text = file.read_text()
        file.write_text(changed)
        assert shop.run(folder) == 2
        assert "format 9; this version reads 1 and 2" in shop.log(folder).read_text()
        assert file.read_text() == changed
        file.write_text(text)
    assert shop.run(folder) == 0
    assert files(folder) == whole[0]


def test_a_lock_of_a_dead_process_does_not_block(shop: Shop, whole: tuple[tuple[bytes, bytes], int]) -> None:
    """The lock file that a killed run leaves behind means nothing; that of a living one keeps others out."""
    folder = shop.home / "locked"
    shop.signalled(folder, after=5, number=signal.SIGKILL)
    assert (folder / ".lock").exists()
    pid = shop.forker.start(shop.arguments(folder), shop.log(folder))
    os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)
    assert shop.forker.wait(pid) == 0

    assert files(folder) == whole[0]


def test_an_auth_failure_stops_within_one_call(forker: Forker, tmp_path: Path) -> None:
    """Status 401 ends the run with exit 5 and what to check; no call is made twice."""
    with ScriptedServer(faults=lambda _: "401") as server:
        shop = Shop(server, forker, tmp_path)
        assert shop.run(tmp_path / "run", **{"run.max_concurrency": 1}) == 5
        assert server.counts.requests == 1

    assert "check the key" in shop.log(tmp_path / "run").read_text()


def test_a_model_that_is_gone_stops_the_run(forker: Forker, tmp_path: Path) -> None:
    """Status 404 ends the run with exit 5 and says to check the model's name and base_url."""
    with ScriptedServer(faults=lambda _: "404") as server:
        shop = Shop(server, forker, tmp_path)
        assert shop.run(tmp_path / "run") == 5

    assert "check the model's name and base_url" in shop.log(tmp_path / "run").read_text()


def test_a_refused_connection_names_the_address(forker: Forker, tmp_path: Path) -> None:
    """Nobody at the address: exit 5 after a little patience, and the address is named."""
    with ScriptedServer() as server:
        shop = Shop(server, forker, tmp_path)
    assert shop.run(tmp_path / "run", **{"run.patience": 0.5}) == 5

    assert server.base_url in shop.log(tmp_path / "run").read_text()


def test_hash_seeds_and_concurrency_do_not_matter(shop: Shop, whole: tuple[tuple[bytes, bytes], int]) -> None:
    """Python's hash seeds 0 and 1, one call in flight and 64, in interpreters of their own: the same bytes."""
    import subprocess
    import sys

    processes = []
    for seed, concurrency in ((0, 1), (1, 64)):
        folder = shop.home / f"hash-{seed}"
        arguments = shop.arguments(folder, **{"run.max_concurrency": concurrency})
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        with shop.log(folder).open("w") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", "from selfinstruct_chains.cli.main import main; main()", *arguments],
                    env=environment, stdout=log, stderr=log,
                )
            )  # fmt: skip
    assert [process.wait() for process in processes] == [0, 0]

    assert files(shop.home / "hash-0") == files(shop.home / "hash-1") == whole[0]


def test_faults_of_all_kinds_leave_no_trace(forker: Forker, tmp_path: Path) -> None:
    """The first attempt at each call fails in one of many ways: the dataset is that of a run without faults."""
    with ScriptedServer() as server:
        shop = Shop(server, forker, tmp_path)
        assert shop.run(tmp_path / "plain") == 0
        kinds = cycle(NO_REPLY)
        server.faults = lambda asked: next(kinds) if asked.attempt == 1 else None
        server._attempts.clear()
        assert shop.run(tmp_path / "faulty") == 0, shop.log(tmp_path / "faulty").read_text()[-2000:]
        failed = server.counts.faults

    assert set(failed) == set(NO_REPLY)
    assert files(tmp_path / "faulty") == files(tmp_path / "plain")
    lines = [json.loads(line) for line in (tmp_path / "faulty" / "journal.jsonl").read_bytes().splitlines()]
    faults = Counter(line["key"] for line in lines if line["kind"] == "fault")
    assert {faults[line["key"]] for line in lines if "reply" in line} == {1}
    assert set(faults.values()) == {1}
    assert faults.total() <= failed.total()  # calls that ran ahead are cancelled when the last task is there
