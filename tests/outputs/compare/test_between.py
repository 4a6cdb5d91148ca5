"""How much of one run is in another, against a comparison of every pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.outputs.compare.between import overlaps, yardstick
from selfinstruct_chains.outputs.compare.side import sides
from selfinstruct_chains.run.telling import untold
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.side import Side

LAKES = [
    "Name the largest lake of a country.",
    "Name the deepest lake of a country.",
    "Write a poem about the sea at night.",
    "Sort these words by their length.",
]
RIVERS = [
    "Name the longest river of a country.",
    "Name the largest lake of a country!",
    "Sort these words by their length and case.",
    "Say why the sky is blue.",
    "Sort these words by their length, please.",
]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Sequence[Side]]:
    """Two runs of these instructions, of which so many are the sample."""

    def make(
        ones: Sequence[str] = LAKES, others: Sequence[str] = RIVERS, sample: int = 100, **settings: object
    ) -> Sequence[Side]:
        own = {key.replace("__", "."): value for key, value in settings.items()}
        for name, texts, config in (("a", ones, {}), ("b", others, own)):
            tasks = [task(number, text) for number, text in enumerate(texts)]
            run_folder(tmp_path / name, tasks, config=load_config("openai", config))
        return sides([tmp_path / "a", tmp_path / "b"], sample, untold)

    return make


@pytest.mark.parametrize("sample", [1, 3, 100])
def test_all_instructions_are_compared_whatever_the_sample(read: Callable[..., Sequence[Side]], sample: int) -> None:
    """Those at the threshold or above count in both directions; the nearest pair is of all."""
    two = read(sample=sample)
    [found] = overlaps(two, yardstick(two), untold)
    index = NoveltyIndex()

    def similar(texts: list[str], others: list[str]) -> int:
        return sum(any(index.too_similar(text, other) for other in others) for text in texts)

    assert found.one_in_other == similar(LAKES, RIVERS) == 3
    assert found.other_in_one == similar(RIVERS, LAKES) == 4
    assert (found.one, found.other) == ("A", "B")
    assert (found.nearest[0].one.text, found.nearest[0].other.text) == (LAKES[0], RIVERS[1])
    assert found.nearest[0].score == 1
    assert [pair.score for pair in found.nearest] == sorted((pair.score for pair in found.nearest), reverse=True)
    for side in ("one", "other"):
        ids = [getattr(pair, side).id for pair in found.nearest]
        assert len(ids) == len(set(ids))


def test_medians_are_of_the_nearest(read: Callable[..., Sequence[Side]]) -> None:
    """Half of a run's instructions are at that ROUGE-L or above, below the threshold too."""
    two = read(LAKES[:1], ["Name a lake.", "Say why."])
    [found] = overlaps(two, yardstick(two), untold)

    assert found.one_in_other == found.other_in_one == 0
    assert found.median_one == pytest.approx(2 * 2 / 10)
    assert [round(pair.score, 4) for pair in found.nearest] == [0.4]


def test_a_run_without_tasks_has_nothing_of_another(read: Callable[..., Sequence[Side]]) -> None:
    """No pairs, and no medians."""
    two = read(LAKES, [])
    [found] = overlaps(two, yardstick(two), untold)

    assert (found.one_in_other, found.other_in_one, found.median_one, found.median_other) == (0, 0, None, None)
    assert not found.nearest


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (0.7, "unicode")),
        ({"novelty__threshold": 0.5}, (0.7, "unicode")),
        ({"novelty__tokenizer": "rouge"}, (0.7, "unicode")),
        ({"language": "fr"}, (0.7, "unicode")),
    ],
)
def test_runs_that_differ_are_compared_by_one_measure(
    read: Callable[..., Sequence[Side]], settings: dict[str, object], expected: tuple[float, str]
) -> None:
    """The first run's threshold, and the words of any script where tokenizers or languages differ."""
    assert yardstick(read(**settings)) == expected


def test_words_of_any_script_where_one_tokenizer_meets_two_languages(tmp_path: Path) -> None:
    """The runs' own one may know nothing of the other's."""
    for name, language in (("a", "en"), ("b", "fr")):
        config = load_config("openai", {"novelty.tokenizer": "rouge", "language": language})
        run_folder(tmp_path / name, [], config=config)

    assert yardstick(sides([tmp_path / "a", tmp_path / "b"], 1, untold)) == (0.7, "unicode")


def test_a_median_is_of_the_upper_half(read: Callable[..., Sequence[Side]]) -> None:
    """Half of a run's instructions come so near or nearer: of four, the third from below."""
    two = read(["aa bb cc dd", "aa bb xx yy", "xx yy zz ww", "aa xx yy zz"], ["aa bb cc dd"])
    [found] = overlaps(two, yardstick(two), untold)

    assert (found.one_in_other, found.other_in_one) == (1, 1)
    assert (found.median_one, found.median_other) == (0.5, 1.0)
    assert [(pair.score, pair.one.text, pair.other.text) for pair in found.nearest] == [
        (1.0, "aa bb cc dd", "aa bb cc dd")
    ]


def test_the_nearest_of_several_is_taken(read: Callable[..., Sequence[Side]]) -> None:
    """Of equal ones the first; both instructions of a pair are in no other."""
    two = read(["aa bb cc dd ee", "aa bb cc dd", "AA bb cc dd"], ["aa bb cc dd", "aa bb cc dd ff"], sample=1)
    [found] = overlaps(two, yardstick(two), untold)

    assert (found.one_in_other, found.other_in_one) == (3, 2)
    assert [(round(pair.score, 3), pair.one.id, pair.other.id) for pair in found.nearest][:1] == [
        (1.0, "000000-01", "000000-00")
    ]


def test_ten_pairs_are_kept(read: Callable[..., Sequence[Side]]) -> None:
    """Of equally near ones those that come first in the first run."""
    texts = [f"aa{number} bb{number} cc{number}" for number in range(11)]
    two = read(texts, texts[::-1])
    [found] = overlaps(two, yardstick(two), untold)

    assert [pair.one.text for pair in found.nearest] == texts[:10]
    assert [pair.other.text for pair in found.nearest] == texts[:10]


def test_each_two_runs_are_compared(tmp_path: Path) -> None:
    """Once, the one that was named first before the other."""
    for name, text in (("a", LAKES[0]), ("b", LAKES[2]), ("c", LAKES[1])):
        run_folder(tmp_path / name, [task(0, text)])
    found = sides([tmp_path / name for name in "abc"], 5, untold)

    assert [(two.one, two.other, two.one_in_other) for two in overlaps(found, yardstick(found), untold)] == [
        ("A", "B", 0),
        ("A", "C", 1),
        ("B", "C", 0),
    ]


def test_the_runs_own_tokenizer_is_kept(tmp_path: Path) -> None:
    """Where all have one and the same, and one language."""
    for name in "ab":
        config = load_config("openai", {"novelty.tokenizer": "rouge", "novelty.threshold": 0.6})
        run_folder(tmp_path / name, [], config=config)

    assert yardstick(sides([tmp_path / "a", tmp_path / "b"], 1, untold)) == (0.6, "rouge")
