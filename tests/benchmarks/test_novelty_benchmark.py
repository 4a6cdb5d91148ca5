"""The novelty benchmark at small sizes, so that it can't rot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "novelty.py"


def run(*arguments: str) -> list[str]:
    """What the benchmark prints."""
    command = [sys.executable, "-W", "error", str(SCRIPT), "--quick", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_it_prints_every_rival_at_every_size() -> None:
    """Five ways at two pool sizes, three sizes of its own, and the stream, in 100 columns."""
    lines = run()

    for way in ("this index", "process pool", "rouge_score, one", "rapidfuzz extractOne", "MinHash-LSH"):
        assert len([line for line in lines if f"  {way}" in line]) == 2
    assert len([line for line in lines if line.startswith(("      300 ", "    1,000 ", "    3,000 "))]) >= 3
    streams = [line for line in lines if line.startswith("A stream of ")]
    assert re.match(r"A stream of 2,000 candidates of 1\d words into a pool that ends at 1,", streams[0])
    assert streams[1].startswith("A stream of 500 candidates of 1")
    assert max(map(len, lines)) <= 100


def test_it_takes_a_file_of_texts(tmp_path: Path) -> None:
    """A JSONL stands in for the made texts; sizes that it can't fill are left out."""
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": f"find the {n}a {n}b {n}c"}) + "\n" for n in range(150)))

    lines = run("--corpus", str(path), "--field", "text")

    assert lines[0].startswith(f"{path}: 5.0 words on average; novel 150 of the first 150.")
    assert [line for line in lines if line.startswith("      100 ")]
    assert not [line for line in lines if line.startswith("      300 ")]
