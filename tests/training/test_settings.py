"""Settings from a file and from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.embedded import SHIPPED
from selfinstruct_chains.training.settings import FREE, SHIPPED_BASE, TuneSettings, load_settings, settings_text

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_printed_is_read_as_the_same(tmp_path: Path) -> None:
    chosen = TuneSettings(epochs=2.5, report_to=("tensorboard",), method="full")
    (tmp_path / "tune.yaml").write_text(settings_text(chosen))

    assert load_settings(tmp_path / "tune.yaml", {}) == chosen


def test_options_go_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "tune.yaml").write_text("epochs: 2\nlora: {rank: 4}\n")
    found = load_settings(tmp_path / "tune.yaml", {"lora.alpha": 8, "epochs": 3})

    assert (found.epochs, found.lora.rank, found.lora.alpha) == (3, 4, 8)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"epoch": 3}, "epoch"),
        ({"epochs": 0}, "--set epochs"),
        ({"method": "qlora"}, "'lora' or 'full'"),
        ({"lora.rank": "x"}, "--set lora.rank"),
        ({"lora": 5}, "lora"),
        ({"epochs.x": 5}, "epochs"),
        ({"warmup": 1}, "warmup"),
        ({"learning_rate": True}, "learning_rate"),
    ],
)
def test_what_is_refused(overrides: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load_settings(None, overrides)


def test_below_a_single_value_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "tune.yaml").write_text("epochs: 2\n")
    with pytest.raises(ConfigError, match="epochs"):
        load_settings(tmp_path / "tune.yaml", {"epochs.x": 5})


def test_rates_go_by_the_method() -> None:
    assert TuneSettings(method="full").rate < TuneSettings().rate
    assert TuneSettings(method="full", learning_rate=0.1).rate == 0.1


def test_names_that_stand_twice_agree() -> None:
    assert SHIPPED_BASE == SHIPPED
    assert set(TuneSettings.model_fields) >= FREE
