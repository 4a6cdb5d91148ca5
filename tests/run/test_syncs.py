"""What a run puts on the disk itself, and when, as the system sees it: its calls of fsync and rename, by strace."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, sys
from selfinstruct_chains import self_instruct
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from tests.run.scripts import config

async def author(prompt, seed):
    await asyncio.sleep(0.1)
    return scripted_author(prompt, seed)

self_instruct(config(run__max_concurrency=2), sys.argv[1], models=ScriptedChat(reply=author)).invoke({"n": 15})
"""
CALL = re.compile(r'^\d+ +([\d.]+) (\w+)\((?:\d+<([^>]*)>|"([^"]*)", "([^"]*)")', re.MULTILINE)


class Call(NamedTuple):
    at: float
    name: str
    path: Path
    """What is written, synced or, of a rename, made."""
    source: Path | None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    """A run's folder, and what its process asked the system for there, in order."""
    if not shutil.which("strace"):
        pytest.fail("this test needs strace: apt-get install strace")
    folder = tmp_path_factory.mktemp("run")
    trace = folder / "trace"
    tracing = ["strace", "-f", "-y", "-ttt", "-e", "trace=fsync,write,rename", "-o", str(trace)]
    command = [*tracing, sys.executable, "-c", PROGRAM, str(folder / "run")]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    calls = [
        Call(float(at), name, Path(path or new), Path(old) if old else None)
        for at, name, path, old, new in CALL.findall(trace.read_text(errors="replace"))
    ]
    return folder / "run", [call for call in calls if call.path.is_relative_to(folder / "run")]


@pytest.mark.slow
def test_the_journal_is_put_on_the_disk_all_the_time(run: tuple[Path, list[Call]]) -> None:
    """About each second while replies come, never once for each, and after the last one before the run ends."""
    folder, calls = run
    journal = [call for call in calls if call.path == folder / "journal.jsonl"]
    writes = [call.at for call in journal if call.name == "write"]
    syncs = [call.at for call in journal if call.name == "fsync"]

    assert len(writes) == len((folder / "journal.jsonl").read_bytes().splitlines())
    assert journal[-1].name == "fsync"
    assert (
        (writes[-1] - writes[0]) / 3 <= len(syncs) < len(writes) / 2
    )  # a third of what is promised, on a busy machine
    assert len(syncs) >= 3


@pytest.mark.slow
def test_each_file_is_on_the_disk_before_its_name_and_then_the_name_is(run: tuple[Path, list[Call]]) -> None:
    """Of the manifest, the seeds and the report: a crash leaves the old one or the new one, whole."""
    folder, calls = run
    renamed = [place for place, call in enumerate(calls) if call.name == "rename"]
    names = {calls[place].path.name for place in renamed}
    assert names == {"manifest.json", "manifest.copy.json", "seeds.jsonl", "progress.json"}
    for place in renamed:
        before = [call.name for call in calls[:place] if call.path == calls[place].source]
        assert before[-1] == "fsync"
        assert "write" in before
        assert folder in [call.path for call in calls[place:] if call.name == "fsync"]


@pytest.mark.slow
def test_tasks_and_rejections_are_on_the_disk_when_the_run_ends(run: tuple[Path, list[Call]]) -> None:
    """After the last line of each, once."""
    folder, calls = run
    for name in ("tasks.jsonl", "rejected.jsonl"):
        names = [call.name for call in calls if call.path == folder / name]
        assert names == ["write"] * (len(names) - 1) + ["fsync"]
        assert len(names) > 1
