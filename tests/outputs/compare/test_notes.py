"""What has to be known of a comparison, note by note, of runs in French: nothing of them is parsed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.outputs.compare.comparison import compare
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.manifest import read_manifest, write
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["Nomme un grand lac de ton pays.", "Explique pourquoi le ciel est bleu."]
UNPARSED = "A and B: no English instructions, which alone are parsed for verbs."


def french(path: Path, *numbers: int, entries: Any = (), **settings: Any) -> Path:
    """A run of tasks with these numbers, whose seed tells it from others."""
    config = load_config("openai", {"language": "fr", "run.seed": len(path.name)} | settings)
    return run_folder(path, [task(number, TEXTS[number % 2]) for number in numbers], [], entries, config=config).path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs of two tasks."""
    return french(tmp_path / "a", 0, 1), french(tmp_path / "bb", 0, 1)


def notes(*paths: Path) -> list[str]:
    """Those of their comparison."""
    return list(compare(paths, sample=5).notes)


def test_of_two_runs_alike_there_is_nothing_to_note(two: tuple[Path, Path]) -> None:
    """But that nobody reads French for verbs here."""
    assert notes(*two) == [UNPARSED]


def test_a_run_beside_itself(two: tuple[Path, Path], tmp_path: Path) -> None:
    """By whatever path; a copy is no second run either."""
    (tmp_path / "link").symlink_to(two[0])
    shutil.copytree(two[0], tmp_path / "copy")

    assert notes(two[0], tmp_path / "link") == [
        "A and B are the same folder: a run compared with itself. Nothing differs.",
        UNPARSED,
    ]
    assert notes(two[0], tmp_path / "copy") == [
        (
            "A and B are the same run, copied or longer: tasks of equal ids are equal. Intervals take the runs as "
            "independent, and don't hold here."
        ),
        UNPARSED,
    ]


@pytest.mark.parametrize("made", [0, 1])
def test_a_run_that_was_made_of_the_other(two: tuple[Path, Path], made: int) -> None:
    """Whichever of them it is."""
    of = read_manifest(two[1 - made])["fingerprint"]
    write(two[made], read_manifest(two[made]) | {"refiltered": {"source": of, "changed": {}}})
    how = f"Refiltered, without a call, from the run {of[:12]}; changed: nothing. What it has cost is not counted here."

    assert notes(*two) == [
        f"{'AB'[made]}: {how}",
        (
            "A and B: one was made of the other, and they share tasks. Intervals take the runs as independent, and so "
            "are too wide here."
        ),
        UNPARSED,
    ]


def test_a_run_that_was_made_of_a_third(two: tuple[Path, Path]) -> None:
    """It is said what it is, and no more."""
    how = {"source": "0" * 64, "wrote": "outputs", "model": "m"}
    write(two[1], read_manifest(two[1]) | {"regenerated": how})

    assert notes(*two) == [
        "B: Outputs written anew by m, for the run 000000000000. What it has cost is not counted here.",
        UNPARSED,
    ]


def test_runs_that_are_not_done(two: tuple[Path, Path], tmp_path: Path) -> None:
    """One that was stopped, and one without tasks, of which it isn't said that they are not English."""
    word = {"state": "stopped", "why": "stopped by Ctrl-C", "finished": 2, "wanted": 9}
    (two[0] / "progress.json").write_text(json.dumps(word))

    assert notes(two[0], french(tmp_path / "ccc")) == [
        "A is unfinished: it stopped at 2 of 9 tasks: stopped by Ctrl-C.",
        "B has no finished tasks yet.",
        "A: no English instructions, which alone are parsed for verbs.",
    ]


def test_replies_that_nobody_counted(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Of all roles together."""
    entries = [
        Entry(f"{role}/000000/{number}", "x", reply="r", usage=None, model="m", ms=5)
        for role, number in (("instructions", 1), ("instructions", 2), ("classification", 1))
    ]

    assert notes(french(tmp_path / "ccc", 0, entries=entries), two[1]) == [
        "A: nobody counted the tokens of 3 of its replies; its cost is that of the others.",
        UNPARSED,
    ]


def test_requests_of_another_number(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Acceptance falls, so that it is said what is compared."""
    assert notes(two[0], french(tmp_path / "ccc", 0, 11, 25)) == [
        (
            "The runs made different numbers of requests (A 1, B 3). Acceptance falls as a pool grows, so differences "
            "of it are over as many of each, the first ones."
        ),
        UNPARSED,
    ]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([None], ["The runs were judged by different models (A x and y, C unknown)."]),
        (["x"], ["The runs were judged by different models (A x and y, C x)."]),
        (["y", "x"], []),
        ([], []),
    ],
)
def test_judges_of_other_models(
    two: tuple[Path, Path], tmp_path: Path, others: list[str | None], expected: list[str]
) -> None:
    """By the models that their providers reported; a run that no judge has seen is none of them."""
    third = french(tmp_path / "ccc", 0, 1)
    for path, models in ((two[0], ["x", "y"]), (third, others)):
        for number, model in enumerate(models):
            one = verdict(f"000000-0{number}", by="judge").model_copy(update={"model": model})
            Reviews(path).put(one)

    assert notes(two[0], two[1], third) == [*expected, UNPARSED.replace("A and B", "A and B and C")]


def test_what_the_runs_are_compared_by(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Where they have other languages, tokenizers and thresholds: the first run's, or what fits both."""
    settings = {"novelty.threshold": 0.5, "novelty.tokenizer": "rouge"}
    config = load_config("openai", settings | {"run.seed": 7})
    seeds = [SEED.model_copy(update={"instruction": "1 2 3"})]
    other = run_folder(tmp_path / "other", [task(0, TEXTS[0])], seeds=seeds, config=config).path

    assert notes(two[0], other) == [
        "Languages differ (A French, B unknown); the runs are compared by the words of any script (unicode).",
        "Tokenizers differ (A unicode, B rouge); the runs are compared by unicode's words.",
        "Novelty thresholds differ (A 0.7, B 0.5); between runs 0.7 counts, which is A's.",
        UNPARSED,
    ]


def test_it_is_told_how_far_it_is(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Of each run that is read, and of each two that are compared."""
    heard: list[tuple[str, int, int | None]] = []
    compare([french(tmp_path / "ccc", 0, 1, 2), two[1]], 1, lambda *told: heard.append(told))

    assert heard == [
        ("reading A", 1, None),
        ("reading A", 2, None),
        ("reading A", 3, None),
        ("reading B", 1, None),
        ("reading B", 2, None),
        ("comparing A and B", 1, 2),
        ("comparing A and B", 2, 2),
        ("comparing A with all of B", 1, 1),
        ("comparing B with all of A", 1, 1),
    ]


def test_as_many_of_each_run_are_parsed(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Where it has English ones; a pair counts as often as it is there."""
    heard: list[tuple[str, int, int | None]] = []
    runs = [
        run_folder(
            tmp_path / name,
            [task(number, text) for number, text in enumerate(texts)],
            config=load_config("openai", {"language": "en", "run.seed": len(texts)}),
        ).path
        for name, texts in (
            ("en", ["Write a poem about the sea.", "Write a poem about the sky."]),
            ("more", ["Write a story about it.", "Write a story about her.", "Write a story about them."]),
        )
    ]
    found = compare([runs[0], two[0], runs[1]], 5, lambda *told: heard.append(told))

    assert [(one.parsed, dict(one.pairs), dict(one.verbs)) for one in found.verbs] == [
        (2, {("write", "poem"): 2}, {"write": 2}),
        (0, {}, {}),
        (2, {("write", "story"): 2}, {"write": 2}),
    ]
    assert [told for told in heard if told[0] == "parsing"] == [("parsing", number, 4) for number in (1, 2, 3, 4)]
    assert "B: no English instructions, which alone are parsed for verbs." in found.notes
