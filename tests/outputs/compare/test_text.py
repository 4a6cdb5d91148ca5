"""The lines of a comparison as text: columns, blocks of runs, and what is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.outputs.compare.between import Overlap, Pair
from selfinstruct_chains.outputs.compare.settings import ABSENT, PromptChange
from selfinstruct_chains.outputs.compare.side import Said
from selfinstruct_chains.outputs.compare.text import comparison_text
from tests.outputs.compare.made import comparison, difference
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.comparison import Comparison


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one task."""
    return run_folder(tmp_path_factory.mktemp("home") / "lake", [task(0, "Name a lake.")]).path


def row(name: str, *cells: str) -> str:
    """A line: 27 columns for the name, 13 for each cell."""
    return f"{name:<27}{''.join(f'{cell:>13}' for cell in cells)}".rstrip()


def block(found: Comparison, start: str) -> list[str]:
    """The lines of the block that begins so."""
    [lines] = [part.split("\n") for part in comparison_text(found).split("\n\n") if part.startswith(start)]
    return lines


def test_runs_and_notes_come_first(tmp_path: Path) -> None:
    """What a run is stands on one line, cut where it is too long; notes are folded."""
    paths = [tmp_path / name for name in ("one", "two")]
    for path, length in zip(paths, (49, 50), strict=True):
        run_folder(path, [task(0, "Say yes.")], config=load_config("openai", {"model.name": "m" * length}))
    note = "word " * 15 + "1234"
    runs, notes, _ = comparison_text(comparison(*paths, notes=[note, "\x1bsecond"])).split("\n\n", 2)

    assert runs.split("\n") == [
        f"A  {paths[0]}",
        "   1 tasks of openai; openai, " + "m" * 49,
        f"B  {paths[1]}",
        "   1 tasks of openai; openai, " + "m" * 48 + "…",
    ]
    assert notes.split("\n") == ["- " + "word " * 14 + "word", "  1234", "-  second"]
    assert not comparison_text(comparison(*paths)).split("\n\n")[1].startswith("-")


def test_as_many_runs_as_fit_leave_the_paper_a_block_of_its_own(lake: Path) -> None:
    """With the rows alone that it has."""
    assert block(comparison(*[lake] * 4), "Tasks ") == [
        row("Tasks", "A", "B", "C", "D"),
        row("finished tasks", *["1"] * 4),
        row("  classification", *["0%"] * 4),
        row("instances", *["1"] * 4),
        row("  for each task", *["1.0"] * 4),
        row("  with an empty input", *["100%"] * 4),
        row("requests", *["1"] * 4),
        row("instructions proposed", *["1"] * 4),
        row("  accepted", *["100%"] * 4),
        row("", "the paper"),
        row("finished tasks", "52,445"),
        row("  classification", "22%"),
        row("instances", "82,439"),
        row("  for each task", "1.6"),
        row("  with an empty input", "44%"),
    ]


def test_fewer_runs_stand_beside_the_paper(lake: Path) -> None:
    """In one block, and a table of which the paper has nothing has no column for it."""
    found = comparison(*[lake] * 3)

    assert block(found, "Tasks ")[:2] == [
        row("Tasks", "A", "B", "C", "the paper"),
        row("finished tasks", *"111", "52,445"),
    ]
    assert block(found, "For each finished task")[:2] == [
        row("For each finished task", "A", "B", "C"),
        row("calls", "-", "-", "-"),
    ]


def test_long_names_and_long_values_have_lines_of_their_own(lake: Path) -> None:
    """A name that leaves no blank, and a value that leaves none in its column: then each value with its runs."""
    settings = {
        "x" * 26: ["a", "b", "c", "d", "e"],
        "y" * 27: [1, 2, 3, 4, 5],
        "wide": ["z" * 13, "z", "z" * 13, ABSENT, "w" * 13],
        "empty": ["v" * 13, "", "", "", ""],
        "fits": [*["z" * 12] * 4, "v"],
    }

    assert block(comparison(*[lake] * 5, settings=settings), "What differs in the chain") == [
        row("What differs in the chain", "A", "B", "C", "D"),
        row("x" * 26, "a", "b", "c", "d"),
        "y" * 27,
        row("", "1", "2", "3", "4"),
        "wide",
        "    A C  " + "z" * 13,
        "    B  z",
        "    D  -",
        "empty",
        "    A  " + "v" * 13,
        "    B C D  -",
        row("fits", *["z" * 12] * 4),
        row("What differs in the chain", "E"),
        row("x" * 26, "e"),
        "y" * 27,
        row("", "5"),
        "wide",
        "    E  " + "w" * 13,
        row("empty"),
        row("fits", "v"),
    ]


def test_a_long_value_is_folded_below_its_start(lake: Path) -> None:
    """In 79 columns; a name of more is cut."""
    settings = {"k" * 80: ["a " * 40, "b"], "l" * 79: ["1", "2"]}

    assert block(comparison(lake, lake, settings=settings), "What differs")[1:] == [
        "k" * 78 + "…",
        "    A  " + "a " * 35 + "a",
        "       a a a a",
        "    B  b",
        "l" * 79,
        row("", "1", "2"),
    ]


def test_where_prompts_differ_it_is_said_how_to_see_it(lake: Path) -> None:
    """Below what differs in the chain, once."""
    change = PromptChange("classification.prompt", "B", ("@ x", "+a"))
    found = comparison(lake, lake, prompts=[change])

    assert block(found, "What differs")[1:] == [
        row("classification.prompt", "", "+1 -0 lines"),
        "  -o FILE.html shows what differs in the prompts.",
    ]
    assert comparison_text(found).count("-o FILE.html") == 1
    assert "-o FILE.html" not in comparison_text(comparison(lake, lake, settings={"model.name": ["a", "b"]}))


def test_titles_stand_with_the_letters_where_there_is_room(lake: Path) -> None:
    """A longer one stands above them."""
    found = comparison(lake, lake)

    assert block(found, "What is in the other run too")[:2] == ["What is in the other run too", row("", "A", "B")]
    assert block(found, "Words")[0] == row("Words", "A", "B", "the paper")


def test_a_title_of_27_columns_stands_with_the_letters(tmp_path: Path) -> None:
    """The longest that does."""
    made = task(0, "Say yes.")
    where = made.provenance.model_copy(update={"topic": "lakes"})  # type: ignore[union-attr]
    run = run_folder(tmp_path / "run", [made.model_copy(update={"provenance": where})]).path

    assert block(comparison(run, run), "Tasks by") == [
        row("Tasks by topic and language", "A", "B"),
        row("lakes", "100%", "100%"),
    ]


def overlap(one: str, other: str, *scores: float) -> Overlap:
    """Two runs with pairs of these scores."""
    pairs = [
        Pair(score, Said(f"1-{place}", f"say {place}"), Said(f"2-{place}", "x" * 70))
        for place, score in enumerate(scores)
    ]
    return Overlap(one, other, 0, 0, None, None, pairs)


@pytest.mark.parametrize(
    ("runs", "shown"), [(2, ["A and B", "B and C"]), (4, ["A and B", "B and C"]), (5, ["A and B"])]
)
def test_nearest_pairs_are_of_each_two_where_there_are_few(lake: Path, runs: int, shown: list[str]) -> None:
    """Else of the first run with the others; two that have none are left out."""
    overlaps = [overlap("A", "B", 0.5), overlap("A", "C"), overlap("B", "C", 0.5)]
    text = comparison_text(comparison(*[lake] * runs, overlaps=overlaps))

    heads = [line for line in text.split("\n") if line.startswith("Nearest")]
    assert heads == [f"Nearest instructions of {two}" for two in shown]


def test_the_three_nearest_pairs(lake: Path) -> None:
    """Each with its score and both instructions, which are cut at 79 columns."""
    found = comparison(lake, lake, overlaps=[overlap("A", "B", 1.0, 0.756, 0.5, 0.4)])

    assert block(found, "Nearest") == [
        "Nearest instructions of A and B",
        "  ROUGE-L 1.00",
        "    A 1-0  say 0",
        "    B 2-0  " + "x" * 67 + "…",
        "  ROUGE-L 0.76",
        "    A 1-1  say 1",
        "    B 2-1  " + "x" * 67 + "…",
        "  ROUGE-L 0.50",
        "    A 1-2  say 2",
        "    B 2-2  " + "x" * 67 + "…",
    ]


def test_differences_have_their_verdicts(lake: Path) -> None:
    """In columns; a run that has none has its line alone. The quotes are those that every terminal has."""
    differences = {
        "B": [
            difference("a", 0.5, clear=True, name="n" * 31),
            difference("b", -2, clear=True, name="n" * 32),
            difference("c", 1, clear=False),
        ],
        "C": [],
    }
    found = block(comparison(lake, lake, lake, differences=differences), "B minus A")

    assert found[:5] == [
        "B minus A, in percentage points [95%]",
        f"  {'n' * 31}+0.5 [-0.5, +1.5]       higher",
        f"  {'n' * 30}…-2.0 [-3.0, -1.0]       lower",
        f"  {'c':<31}+1.0 [+0.0, +2.0]       can't tell below 2.0",
        "C minus A, in percentage points [95%]",
    ]
    assert found[5] == "  In percentage points, with 95% intervals (Newcombe's), for which the"
    assert '"Can\'t tell below 5.0" says: a true' in found[6]
    assert "minus" not in comparison_text(comparison(lake, lake, differences={"B": [], "C": []}))
