"""`selfinstruct report`: its numbers as JSON, and its figures as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.review.verdicts import PAPER_TABLE_TWO
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_report_s_numbers_and_figures_can_be_had(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """As JSON, figure by figure, and as SVG files beside the page, of which a line says where they are."""
    run, folder = str(twenty(tmp_path / "run").path), tmp_path / "figures"

    said = selfinstruct("report", run, "--figures", str(folder))
    told = json.loads(selfinstruct("report", run, "--figures", str(folder), "--json").out)

    assert said.out.splitlines()[1] == f"12 figures, each light and dark: {folder}"
    assert sorted(map(str, folder.iterdir())) == sorted(told["files"])
    names = [figure["name"] for section in told["sections"] for figure in section["figures"]]
    assert [f"{folder / name}-light.svg" for name in names] == told["files"][::2]
    assert told["sections"][0]["figures"][0]["rows"][0] == {"step": "asked for", "instructions": 24}
    assert told["headline"][0] == {"value": "20", "what": "finished tasks"}
    assert told["stats"]["table_1"]["instructions"] == told["novelty"]["compared"] == 20
    assert told["novelty"]["others"] == {"tasks": 20, "median": 6 / 7, "highest": 6 / 7}
    assert (told["verbs"]["parsed"], told["verbs"]["drawn"], told["review"]) == (20, 12, {"paper": PAPER_TABLE_TWO})


def test_figures_that_can_t_be_written_leave_no_page(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """Nor does a file of somebody's own that is in the way; each is one line."""
    run, folder = twenty(tmp_path / "run").path, tmp_path / "figures"
    folder.mkdir()
    (folder / "growth-dark.svg").write_text("<svg/>")

    strange = selfinstruct("report", str(run), "--figures", str(folder))
    (folder / "tokens-dark.svg").mkdir()
    blocked = selfinstruct("report", str(run), "--figures", str(folder), "--force")

    assert (strange.code, blocked.code) == (2, 2)
    assert "growth-dark.svg: exists, and is no figure of a report" in strange.err
    assert "tokens-dark.svg: can't be written" in blocked.err
    assert not (run / "report.html").exists()
