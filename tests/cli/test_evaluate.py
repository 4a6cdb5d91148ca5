"""`selfinstruct evaluate` on files whose outcome is worked out by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Said

N = 60


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """60 items, a third classification; `bad` never stops and is never right, `good` is right on all but each tenth."""
    on, bad, good = [], [], []
    for number in range(N):
        labelled = number % 3 == 0
        answer = "Yes" if labelled else f"alpha beta gamma {'delta' if number % 2 else 'epsilon'}"
        on.append(
            {
                "id": f"t{number}",
                "instruction": "Say it.",
                "instances": [{"input": "", "output": answer}],
                "is_classification": labelled,
                "category": "even" if number % 2 == 0 else "odd",
            }
        )
        bad.append({"id": f"t{number}", "output": "zeta\n\neta theta", "stopped": False})
        right = number % 10 != 0
        good.append({"id": f"t{number}", "output": answer.lower() + "." if right else "zeta", "stopped": True})
    for name, rows in (("on", on), ("bad", bad), ("good", good)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def on(files: Path) -> tuple[str, str]:
    """The option that names the items."""
    return "--on", f"{files}/on.jsonl"


def test_by_hand(files: Path, selfinstruct: Callable[..., Said]) -> None:
    given = [f"--model={files / name}.jsonl" for name in ("bad", "good")]
    found: dict[str, Any] = json.loads(selfinstruct("evaluate", *on(files), *given, "--json").out)

    assert (found["items"], found["classification"], found["baseline"]) == (N, 20, "bad")
    assert found["means"]["good"]["rouge"]["mean"] == pytest.approx(90)
    assert found["means"]["good"]["exact"]["mean"] == pytest.approx(100 * 18 / 20)
    assert found["means"]["bad"]["stops"]["mean"] == 0
    assert found["means"]["bad"]["words"]["mean"] == 3
    assert found["means"]["one sentence"]["rouge"]["mean"] == 0
    assert found["differences"]["good"]["stops"]["mean"] == 100
    rouge = found["differences"]["good"]["rouge"]
    assert rouge["clear"]
    assert rouge["low"] < 90 < rouge["high"]
    assert {name: part["items"] for name, part in found["by_category"].items()} == {"even": 30, "odd": 30}
    assert found["by_category"]["odd"]["means"]["good"]["rouge"]["mean"] == pytest.approx(100)


def test_the_table_is_read_at_80_columns(files: Path, selfinstruct: Callable[..., Said]) -> None:
    out = selfinstruct("evaluate", *on(files), f"--model=a={files}/bad.jsonl", f"--model=b={files}/good.jsonl").out

    assert max(map(len, out.splitlines())) <= 80
    assert "Minus a, paired by item" in out
    assert "higher" in out
    assert "(input echoed)" in out


def test_an_item_is_no_better_than_itself(files: Path, selfinstruct: Callable[..., Said]) -> None:
    same = selfinstruct("evaluate", *on(files), f"--model=a={files}/bad.jsonl", f"--model=b={files}/bad.jsonl").out

    assert "higher" not in same
    assert "can't tell" in same


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model={}/bad.jsonl", "--model={}/bad.jsonl"], "'bad' is there twice"),
        (["--model={}/missing.jsonl"], "can't be read"),
        (["--model={}/on.jsonl"], "line 1: one object"),
    ],
)
def test_bad_input_is_one_line(files: Path, selfinstruct: Callable[..., Said], arguments: list[str], said: str) -> None:
    result = selfinstruct("evaluate", *on(files), *(argument.format(files) for argument in arguments))

    assert result.code == 2
    assert said in result.err
    assert len(result.err.strip().splitlines()) == 1
