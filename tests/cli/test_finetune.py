"""`selfinstruct finetune` before anything is trained: settings, and what is refused in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Said


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [{"instruction": f"Say {n}.", "input": "", "output": str(n)} for n in range(12)]
    (tmp_path / "data.json").write_text(json.dumps(rows))
    return tmp_path / "data.json"


def test_the_settings_that_are_printed_are_those_that_are_chosen(
    selfinstruct: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "tune.yaml").write_text("epochs: 2\n")
    said = selfinstruct(
        "finetune", "--print-config", "--config", f"{tmp_path}/tune.yaml", "--full", "--set", "lora.rank=4"
    )
    found = yaml.safe_load(said.out)

    assert (said.code, found["epochs"], found["method"], found["lora"]["rank"]) == (0, 2, "full", 4)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "out"], "Missing RUN|EXPORT"),
        (["{data}"], "Missing -o FOLDER"),
        (["{data}", "-o", "out", "--set", "epochs=0"], "--set epochs"),
        (["{data}", "-o", "out", "--config", "none.yaml"], "none.yaml: can't be read"),
        (["none", "-o", "out"], "none: can't be read"),
        (["{data}", "-o", "out", "--base", "/no/such/model"], "pip install 'selfinstruct-chains[train]'"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], expected: str, selfinstruct: Callable[..., Said], data: Path, tmp_path: Path
) -> None:
    """The last is where the extra is missing, as here."""
    said = selfinstruct("finetune", *(one.format(data=data) for one in arguments))

    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert "Traceback" not in said.err
    assert list((tmp_path / "empty").iterdir()) == []
