"""The loss curve, the card and the chain file of a tuned model."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from selfinstruct_chains import load_config
from selfinstruct_chains.training.card import Card, card, read_evaluation
from selfinstruct_chains.training.chain import chain_text
from selfinstruct_chains.training.loss_curve import curve_json, curve_of, curve_svg
from selfinstruct_chains.training.settings import TuneSettings

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = [
    {"loss": 3.0, "step": 1},
    {"eval_loss": 2.5, "step": 1},
    {"loss": float("nan"), "step": 2},
    {"loss": 1.5, "step": 3},
    {"train_runtime": 9.0, "step": 3},
]
RESULT = {
    "steps": 3,
    "minutes": 0.5,
    "loss": 1.5,
    "validation_loss": None,
    "examples": 40,
    "too_long": 2,
    "blank": 1,
    "tokens": 4_000,
    "notes": [],
}


def test_the_curve_has_what_was_measured() -> None:
    curve = curve_of(HISTORY)

    assert json.loads(curve_json(curve)) == {
        "training": {"steps": [1, 3], "losses": [3.0, 1.5]},
        "validation": {"steps": [1], "losses": [2.5]},
    }


@pytest.mark.parametrize("history", [HISTORY, [], [{"loss": 0.0, "step": 0}]])
def test_the_picture_is_an_svg_with_all_inside(history: list[dict[str, float]]) -> None:
    root = ET.fromstring(curve_svg(curve_of(history)))  # noqa: S314 - our own
    points = " ".join(line.get("points", "") for line in root.iter("{http://www.w3.org/2000/svg}polyline"))

    assert all(0 <= float(number) <= 640 for number in re.findall(r"[\d.-]+", points))


def about(**changes: object) -> Card:
    given = Card("owner/name", "apache-2.0", TuneSettings(), "the run x", "abc" * 9, "d" * 64, "the CPU", RESULT, {})
    return given._replace(**changes)  # type: ignore[arg-type]


def test_the_card_says_base_licence_data_and_settings() -> None:
    text = card(about())
    front = yaml.safe_load(text.split("---")[1])

    assert (front["license"], front["base_model"]) == ("apache-2.0", "owner/name")
    for said in ("40 of the run x", "2 longer than 512", "1 blank", "abcabcabcabc", "rank: 16", "Nobody has evaluated"):
        assert said in text


def test_what_is_not_known_is_not_claimed() -> None:
    text = card(about(licence="", base="/models/x", fingerprint=""))

    assert "not stated" in text
    assert "license" not in yaml.safe_load(text.split("---")[1])
    assert "base_model" not in yaml.safe_load(text.split("---")[1])


def test_figures_of_evaluate_stand_in_the_card(tmp_path: Path) -> None:
    means = {"tuned": {"rouge": {"mean": 20.06}, "stops": {"mean": 64}, "words": {"mean": 14}}}
    (tmp_path / "e.json").write_text(json.dumps({"means": means}))
    (tmp_path / "bad.json").write_text("[")

    assert "| tuned | 20.1 | 64.0 | 14.0 |" in card(about(evaluation=read_evaluation(tmp_path / "e.json")))
    assert read_evaluation(tmp_path / "bad.json") == read_evaluation(tmp_path / "none.json") == {}


@pytest.mark.parametrize(("style", "kind"), [("plain", "completion"), ("chat", "chat")])
def test_the_chain_is_one_that_loads(style: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "chain.yaml").write_text(chain_text(tmp_path / "model.gguf", style, "Tuned."))  # type: ignore[arg-type]
    config = load_config(tmp_path / "chain.yaml")
    model = config.model_for("instructions")

    assert config.name == tmp_path.name
    assert (model.provider, model.kind, model.name) == ("embedded", kind, str(tmp_path / "model.gguf"))


@pytest.mark.parametrize(
    ("folder", "name"),
    [("tuned", "tuned"), ("_first try", "first-try"), ("...", "chain"), ("\u65e5" * 90, "\u65e5" * 80)],
)
def test_the_chain_is_named_after_its_folder(folder: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "chain.yaml").write_text(chain_text(tmp_path / folder / "model.gguf", "chat", "Tuned."))

    assert load_config(tmp_path / "chain.yaml").name == name
