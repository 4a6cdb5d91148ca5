"""The `dedup` command as people call it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from selfinstruct_chains.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

LINES = ['{"instruction": "Write a poem about the sea"}', '{"instruction": "Write a poem about the sky"}']
COMMAND = [sys.executable, "-c", "from selfinstruct_chains.cli.main import main; main()", "dedup"]


def test_a_file_is_deduplicated_and_summed_up(tmp_path: Path) -> None:
    """The summary gives the counts and both files; without a terminal there is no bar."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(LINES))

    result = CliRunner().invoke(cli, ["dedup", str(source), "-o", str(out)], catch_exceptions=False)

    assert result.output == f"Kept 1 of 2: {out}\nRejected 1: {tmp_path / 'out.rejected.jsonl'}\n"
    assert out.read_text() == LINES[0] + "\n"


def test_standard_input_and_every_option(tmp_path: Path) -> None:
    """- reads standard input; field, threshold, tokenizer, second file and bad lines are the caller's."""
    out, rejected = tmp_path / "out.jsonl", tmp_path / "copies.jsonl"
    out.touch()
    text = "\n".join(line.replace("instruction", "prompt") for line in LINES) + "\nnonsense\n"
    options = ["--field", "prompt", "--threshold", "0.9", "--tokenizer", "rouge", "--skip-bad", "--force"]

    result = CliRunner().invoke(cli, ["dedup", "-", "-o", str(out), "--rejected", str(rejected), *options], input=text)

    assert result.exit_code == 0
    assert result.output.startswith(f"Kept 2 of 2: {out}\nRejected 0: {rejected}\nLeft out 1 that could not be read, ")
    assert "line 3: not JSON" in result.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["missing.jsonl", "-o", "out.jsonl"], "'missing.jsonl': No such file or directory"),
        (["in.jsonl"], "Missing option '-o'"),
        (["in.jsonl", "-o", "out.jsonl", "--tokenizer", "x"], "'x' is not one of 'unicode', 'rouge'"),
        (["in.jsonl", "-o", "in.jsonl"], "Error: 'in.jsonl' is the input: give the output another name\n"),
        (["in.jsonl", "-o", "out.jsonl", "--threshold", "2"], "Error: novelty threshold '2': use a number above 0"),
        (["in.jsonl", "-o", "out.jsonl"], "Error: in.jsonl, line 3: no field 'instruction'; --skip-bad"),
    ],
)
def test_what_the_user_can_mend_is_said_in_a_line(tmp_path: Path, arguments: list[str], expected: str) -> None:
    """Exit code 2, no traceback, and no output file."""
    (tmp_path / "in.jsonl").write_text("\n".join([*LINES, "{}"]))

    done = subprocess.run([*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_ctrl_c_leaves_no_half_written_output(tmp_path: Path) -> None:
    """Exit code 130; the output of an earlier run stays as it was, and nothing stands beside it."""
    out = tmp_path / "out.jsonl"
    out.write_text("good\n")
    command = [*COMMAND, "-", "-o", str(out), "--force"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin
    for number in range(20_000):
        process.stdin.write(json.dumps({"instruction": f"word{number} " * 3}).encode() + b"\n")
    process.stdin.flush()  # more than a pipe holds: the command is reading by now

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert errors.decode().strip() == "Stopped."
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert out.read_text() == "good\n"


def test_help_shows_examples() -> None:
    """Three calls that people can copy."""
    result = CliRunner().invoke(cli, ["dedup", "--help"])

    assert result.output.count("  selfinstruct dedup ") == 2
    assert "  zcat prompts.jsonl.gz | selfinstruct dedup - " in result.output
