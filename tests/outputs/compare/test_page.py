"""What the page of a comparison holds, and where it may be written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.compare.between import Overlap, Pair
from selfinstruct_chains.outputs.compare.page import MARK, page, write
from selfinstruct_chains.outputs.compare.settings import PromptChange
from selfinstruct_chains.outputs.compare.shares import Share
from selfinstruct_chains.outputs.compare.side import Said
from selfinstruct_chains.outputs.compare.told import HOW
from selfinstruct_chains.training.evaluation.intervals import counted
from tests.outputs.compare.made import comparison, difference
from tests.outputs.runs import CONFIG, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.comparison import Comparison


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Runs of one task and of two, in folders whose names have 40 characters and 41."""
    home = tmp_path_factory.mktemp("two")
    tasks = [task(0, "Name a lake."), task(1, "Say yes.")]
    run_folder(home / ("a" * 40), tasks[:1])
    run_folder(home / ("b" * 41), tasks)
    return home / ("a" * 40), home / ("b" * 41)


def content(found: Comparison) -> dict[str, Any]:
    """The data of the page."""
    [text] = re.findall(r'id="content">(.*?)</script>', page(found), re.DOTALL)
    values: dict[str, Any] = json.loads(text)
    return values


def section(found: Comparison, id_: str) -> dict[str, Any]:
    """One part of it."""
    [part] = [part for part in content(found)["sections"] if part["id"] == id_]
    return dict(part)


def test_the_page_says_what_it_is(two: tuple[Path, Path]) -> None:
    """By its mark, after the doctype; runs, notes, prompts and pairs are in it as they are."""
    pair = Pair(0.75, Said("1", "a"), Said("2", "b"))
    found = comparison(
        *two,
        notes=("One.", "Two."),
        prompts=[PromptChange("classification.prompt", "B", ["@ x", "+a"])],
        overlaps=[Overlap("A", "B", 1, 1, 0.5, 0.5, [pair]), Overlap("A", "C", 0, 0, None, None, [])],
    )
    values = content(found)

    assert page(found).startswith(f"<!doctype html>\n{MARK}\n")
    about = f"of the chain openai; openai, {CONFIG.instructions.model.name}"
    assert values["runs"] == [
        {"letter": "A", "name": "a" * 40, "path": str(two[0]), "about": f"1 tasks {about}"},
        {"letter": "B", "name": "b" * 41, "path": str(two[1]), "about": f"2 tasks {about}"},
    ]
    assert values["notes"] == ["One.", "Two."]
    assert [text.partition(".")[0] for text in values["in_short"]] == ["B beside A"]
    assert values["prompts"] == [{"key": "classification.prompt", "letter": "B", "lines": ["@ x", "+a"]}]
    assert values["overlaps"] == [
        {"one": "A", "other": "B", "pairs": [{"score": 0.75, "texts": [["1", "a"], ["2", "b"]]}]}
    ]
    assert [part["id"] for part in values["sections"]] == ["settings", "counts", "cost", "lengths", "between"]


def test_tables_have_a_column_for_each_run(two: tuple[Path, Path]) -> None:
    """Under its letter and its folder's name, cut where it is too long; and one for the paper where it has figures."""
    runs = ["", "A " + "a" * 40, "B " + "b" * 39 + "…"]
    counts, cost = section(comparison(*two), "counts"), section(comparison(*two), "cost")

    assert counts["columns"] == [*runs, "the paper"]
    assert counts["rows"][0] == {"cells": ["finished tasks", "1", "2", "52,445"], "control": False}
    assert counts["rows"][-1] == {"cells": ["  accepted", "100%", "100%", ""], "control": False}
    assert (counts["title"], counts["text"], counts["plots"]) == ("Tasks", "", [])
    assert cost["columns"] == runs
    assert cost["rows"][0]["cells"] == ["calls", "-", "-"]
    assert cost["text"] == "All calls of the folder, divided by its tasks."


def test_differences_are_drawn_on_a_scale_that_holds_zero(two: tuple[Path, Path]) -> None:
    """A plot for each other run that has any, with a little room beside the ends."""
    differences = {
        "B": [difference("a", 5, clear=True, name=" five "), difference("b", 9, clear=False)],
        "C": [],
        "D": [difference("a", -5, clear=False)],
    }
    part = section(comparison(*two, differences=differences), "differences")

    assert (part["title"], part["text"], part["rows"], part["columns"]) == ("Differences", HOW, [], [])
    assert part["plots"] == [
        {
            "title": "B minus A",
            "low": pytest.approx(-0.3),
            "high": pytest.approx(10.3),
            "rows": [
                {"name": "five", "mean": 5, "ends": [4, 6], "text": "+5.0 [+4.0, +6.0] higher", "clear": True},
                {
                    "name": "b",
                    "mean": 9,
                    "ends": [8, 10],
                    "text": "+9.0 [+8.0, +10.0] can't tell below 2.0",
                    "clear": False,
                },
            ],
        },
        {
            "title": "D minus A",
            "low": pytest.approx(-6.18),
            "high": pytest.approx(0.18),
            "rows": [
                {
                    "name": "a",
                    "mean": -5,
                    "ends": [-6, -4],
                    "text": "-5.0 [-6.0, -4.0] can't tell below 2.0",
                    "clear": False,
                }
            ],
        },
    ]


def test_some_shares_are_drawn_beside_the_paper(two: tuple[Path, Path]) -> None:
    """A dot for each run that has anything to count; shares that none has, and the others, are no plot."""
    nothing = counted(0, 0)
    shares = [
        Share("accepted", " accepted ", [counted(2, 2), nothing]),
        Share("finished", "finished", [counted(2, 2), counted(2, 2)]),
        Share("classification", "classification tasks", [nothing, nothing], 0.22),
        Share("judge.all", "all three", [nothing, nothing]),
    ]
    part = section(comparison(*two, shares=shares), "shares")
    [low, high] = part["plots"][0]["rows"][0].pop("ends")

    assert (part["title"], part["text"]) == ("Shares, in percent", "With 95% intervals; the paper's has none.")
    assert (round(low, 2), round(high, 2)) == (34.24, 100)
    assert part["plots"] == [
        {
            "title": "accepted",
            "low": pytest.approx(-3),
            "high": pytest.approx(103),
            "rows": [{"name": "A " + "a" * 40, "mean": 100, "text": "100 [34, 100]"}],
        },
        {
            "title": "classification tasks",
            "low": pytest.approx(-0.66),
            "high": pytest.approx(22.66),
            "rows": [{"name": "(the paper)", "mean": 22, "ends": None, "text": "22", "control": True}],
        },
    ]


def test_a_plot_of_nothing_but_zeros_has_a_scale(two: tuple[Path, Path]) -> None:
    """Of one point, with the same room."""
    shares = [Share("accepted", "accepted", [counted(0, 0)] * 2, 0.0)]
    [plot] = section(comparison(*two, shares=shares), "shares")["plots"]

    assert (plot["low"], plot["high"]) == (pytest.approx(-0.03), pytest.approx(0.03))


def test_a_page_that_can_not_be_written_is_a_line(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Which file, and why."""
    with pytest.raises(ConfigError) as raised:
        write(comparison(*two), tmp_path / "none" / "page.html")

    assert str(raised.value) == f"{tmp_path}/none/page.html: can't be written: No such file or directory"
    write(comparison(*two, notes=["half \ud83d"]), tmp_path / "page.html")
    assert "half \\ud83d" in (tmp_path / "page.html").read_text("utf-8")
