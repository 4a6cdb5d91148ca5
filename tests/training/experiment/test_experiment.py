"""`selfinstruct experiment` from its first call to its verdict, with a scripted author and a tiny base."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.testing import scripted_author
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = 32


@pytest.mark.train
@pytest.mark.timeout(500)
def test_it_goes_on_after_a_stop_and_ends_with_a_verdict(tmp_path: Path) -> None:
    """A budget stops it; the same command goes on from there; once more, it trains and asks nothing again."""
    from tests.training.tiny import tiny_gguf

    out, on = tmp_path / "out", tmp_path / "on.jsonl"
    rows = [{"id": str(n), "instruction": f"Say {n}.", "output": f"It is {n}."} for n in range(ITEMS)]
    on.write_text("\n".join(map(json.dumps, rows)))
    environment = os.environ | {"OPENAI_API_KEY": "dummy", "XDG_CACHE_HOME": str(tmp_path)}
    with ScriptedServer(scripted_author) as server:
        command = [sys.executable, "-m", "selfinstruct_chains", "experiment", "openai", "-n", "12", "--sizes", "6,12"]
        command += ["--set", f"model.base_url={server.base_url}", "--base", str(tiny_gguf(tmp_path / "tiny.gguf"))]
        command += ["--on", str(on), "--answer-tokens", "4", "-o", str(out)]
        command += ["--tune", "max_steps=2", "--tune", "min_examples=2", "--tune", "device=cpu"]

        def ran(*more: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*command, *more], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
            )

        stopped = ran("--max-calls", "5")
        first, asked = ran(), server.counts.answered
        again = ran()

        assert (stopped.returncode, first.returncode, again.returncode) == (3, 0, 0), first.stderr[-2000:]
        assert "The step '12 tasks' ended with exit code 3" in stopped.stderr
        assert server.counts.answered == asked
    assert again.stdout[again.stdout.index("on.jsonl: 32 items") :] == first.stdout[first.stdout.index("on.jsonl:") :]
    for part in ("base, chat template", "own 6", "own 12", "seeds minus base: answer NLL", "In short: "):
        assert part in first.stdout
    page = (out / "experiment.html").read_text()
    assert page.count("<circle") == 3 * 2
    assert (out / "evaluation" / "evaluation.html").exists()
    assert len((out / "parts" / "own-6.jsonl").read_text().splitlines()) == 6
