"""The `export` and `stats` commands as people call them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from selfinstruct_chains.cli.main import cli
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from selfinstruct_chains.cli.main import main; main()"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run of twenty tasks."""
    return run_folder(
        tmp_path / "run", [task(n, f"Do thing {n}", ("a", f"{n}a"), ("b", f"{n}b")) for n in range(20)]
    ).path


def test_an_export_is_summed_up(run: Path, tmp_path: Path) -> None:
    """How many examples, of how many instructions, and where they are."""
    out = tmp_path / "alpaca.json"

    result = CliRunner().invoke(cli, ["export", str(run), "--format", "alpaca", "-o", str(out)], catch_exceptions=False)

    assert result.output == (
        f"40 examples of 20 instructions: train 40\n  {out}\n  {tmp_path / 'alpaca.json.README.md'}\n"
        f'To read it: datasets.load_dataset("json", data_files={str(out)!r})\n'
        f"To train on it:\n  selfinstruct finetune {out} -o tuned\n"
        f"In axolotl's YAML:\n  datasets:\n    - {{path: {out}, ds_type: json, type: alpaca}}\n"
    )
    assert len(json.loads(out.read_text())) == 40


def test_every_option_reaches_the_export(run: Path, tmp_path: Path) -> None:
    """Splits, seeds, limits, guard, order, end token and what the card is given."""
    out = tmp_path / "out"
    (tmp_path / "eval.txt").write_text("Do thing 3")
    answers = {"valid_instruction": True, "appropriate_input": True, "correct_output": False}
    (run / "review.jsonl").write_text(json.dumps({"id": "000000-05", "by": "person", **answers}) + "\n")
    options = ["--include-seeds", "--max-instances", "1", "--balance-labels", "--max-tokens", "5", "--drop-rejected"]
    options += ["--validation", "0.2", "--test", "0.2", "--exclude", str(tmp_path / "eval.txt"), "--shuffle"]
    options += [
        "--seed",
        "7",
        "--end-token",
        "<end>",
        "--language",
        "en",
        "--license",
        "mit",
        "--terms",
        "none",
        "--force",
    ]
    command = ["export", str(run), "--format", "prompt-completion", "-o", str(out), *options]

    result = CliRunner().invoke(cli, command, catch_exceptions=False)

    assert result.output.startswith("19 examples of 19 instructions: train ")
    assert "validation" in result.output
    assert "1 tasks in the evaluation files" in result.output
    assert "1 tasks rejected in the review" in result.output
    rows = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    assert all(row["completion"].endswith("<end>") for row in rows)
    assert "license: mit" in (out / "README.md").read_text()
    assert CliRunner().invoke(cli, command[:-1]).exit_code != 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["export", "missing", "--format", "csv", "-o", "o"], "Error: missing: not a run folder: it has no manifest"),
        (["export", "run", "--format", "cvs", "-o", "o"], "'cvs' is not one of 'alpaca', "),
        (["export", "run", "-o", "o"], "Missing option '--format'"),
        (["export", "run", "--format", "csv", "-o", "o", "--test", "1"], "'1' is not a number from 0 to below 1."),
        (["export", "run", "--format", "csv", "-o", "o.json"], "Error: 'o.json': csv is written as '.csv' files"),
        (["export", "run", "--format", "csv", "-o", "o", "--exclude", "x.txt"], "Error: x.txt: can't be read: No such"),
        (
            ["export", "run", "--format", "csv", "-o", "o", "--tokenizer", "t"],
            "Error: --tokenizer would change nothing",
        ),
        (["stats", "missing"], "Error: missing: not a run folder"),
    ],
)
def test_what_the_user_can_mend_is_said_in_a_line(
    run: Path, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    """Exit code 2, no traceback, and nothing is written."""
    done = subprocess.run([*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [run.name]


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    """Exit code 130, and an export that was there stays."""
    run = run_folder(tmp_path / "run", [task(n, f"Do thing {n}") for n in range(20)]).path
    pipe = run / "tasks.jsonl"
    pipe.unlink()
    os.mkfifo(pipe)
    out = tmp_path / "o.csv"
    out.write_text("good")
    command = [*COMMAND, "export", str(run), "--format", "csv", "-o", str(out), "--force"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        with pipe.open("wb"):  # opens when the export does, which then waits for its tasks
            assert list(tmp_path.glob(".o.csv.*.partial"))
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate()

    assert (process.returncode, errors.strip()) == (130, "Stopped.")
    assert out.read_text() == "good"
    assert {path.name for path in tmp_path.iterdir()} == {"run", "o.csv"}


def test_statistics_for_people_and_for_programs(run: Path) -> None:
    """Text in 80 columns, or one JSON object."""
    text = CliRunner().invoke(cli, ["stats", str(run)], catch_exceptions=False).output
    values = json.loads(CliRunner().invoke(cli, ["stats", str(run), "--json"], catch_exceptions=False).output)

    assert text.startswith(f"{run}: openai, ")
    assert "Instances                                  40     82,439" in text
    assert values["table_1"]["instances"] == 40
    assert values["paper_table_1"]["instances"] == 82_439
    assert values["unfinished"] == ""


def test_help_shows_examples_in_80_columns() -> None:
    """Calls that people can copy."""
    for name, count in (("export", 4), ("stats", 2)):
        text = CliRunner().invoke(cli, [name, "--help"], terminal_width=80).output

        assert text.count(f"  selfinstruct {name} ") == count
        assert max(map(len, text.splitlines())) <= 80
