"""How far reviewers agree: the figures of the papers' own examples, and of a kept library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import krippendorff  # type: ignore[import-untyped]
import numpy as np
import pytest

from selfinstruct_chains.outputs.review.agreement import Agreement, Interval, agreements, alpha, kappa, raw
from selfinstruct_chains.outputs.review.agreement_text import agreement_text, as_json
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.review.verdicts import By

NONE = -1
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", B: two observers, and C: four of them, with gaps.
TWO = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]


def codes(rows: list[list[int]]) -> np.ndarray:
    """A row for each unit that two or more have seen."""
    columns = np.array(rows).T
    return columns[(columns >= 0).sum(axis=1) > 1]


def once(figure: object, units: np.ndarray) -> float:
    """A figure of units that each count once."""
    return float(figure(units, np.ones((1, len(units))))[0])  # type: ignore[operator]


@pytest.mark.parametrize(("rows", "expected"), [(TWO, 0.095), (FOUR, 0.743)])
def test_alpha_is_that_of_krippendorff_s_examples(rows: list[list[int]], expected: float) -> None:
    """To their three digits, with answers that are missing and a unit that one alone has seen."""
    assert once(alpha, codes(rows)) == pytest.approx(expected, abs=5e-4)


def pairs(table: list[list[int]]) -> np.ndarray:
    """The pairs of answers that a table counts."""
    return np.array([(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)])


@pytest.mark.parametrize(
    ("table", "agree", "expected"),
    [
        ([[25, 13, 12], [12, 2, 16], [3, 15, 2]], 0.29, -0.0923),  # 0.29 found, 0.35 by chance, as in Cohen (1960)
        ([[20, 5], [10, 15]], 0.70, 0.4),
        ([[5, 0], [0, 5]], 1.0, 1.0),
    ],
)
def test_kappa_is_that_of_worked_tables(table: list[list[int]], agree: float, expected: float) -> None:
    """(p_o - p_c) / (1 - p_c), from counts of pairs."""
    assert once(raw, pairs(table)) == pytest.approx(agree)
    assert once(kappa, pairs(table)) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("seed", range(20))
def test_alpha_equals_the_kept_library_s(seed: int) -> None:
    """Of random answers, some of them missing, of two to five reviewers."""
    random = np.random.default_rng(seed)
    rows = random.integers(-1, 3, size=(2 + seed % 4, 40))

    theirs = krippendorff.alpha(np.where(rows < 0, np.nan, rows), level_of_measurement="nominal")

    assert once(alpha, codes(rows.tolist())) == pytest.approx(theirs)


def test_raw_agreement_is_the_mean_over_units_of_equal_pairs() -> None:
    """Of eleven units eight are agreed on, in two half of the pairs are equal, and in one none."""
    assert once(raw, codes(FOUR)) == pytest.approx(9 / 11)


def test_weights_are_tasks_that_are_drawn_more_than_once() -> None:
    """A resample counts as the tasks that it holds."""
    units, drawn = codes(FOUR)[:5], [2.0, 0.0, 1.0, 3.0, 0.0]
    repeated = np.repeat(units, np.array(drawn, int), axis=0)

    for figure in (raw, alpha):
        assert figure(units, np.array([drawn]))[0] == pytest.approx(once(figure, repeated))


def test_answers_that_are_all_alike_have_no_kappa() -> None:
    """Chance alone would give them; a share there is."""
    alike = np.zeros((20, 2), int)

    assert np.isnan(once(kappa, alike))
    assert np.isnan(once(alpha, alike))
    assert once(raw, alike) == 1


def given(folder: Path, name: str, answers: list[str], by: By = "person") -> None:
    """The verdicts of a reviewer on the first tasks."""
    reviews = Reviews(folder)
    for number, said in enumerate(answers):
        reviews.put(verdict(f"t{number:02d}", said, by=by).model_copy(update={"name": name}))


def by_question(found: list[Agreement], who: str) -> dict[str, Agreement]:
    """What is said of a group."""
    return {one.question: one for one in found if one.who == who}


def test_pairs_all_people_and_the_judge_have_their_rows(tmp_path: Path) -> None:
    """Kappa of two, alpha of three, and of what people settled on with the judge; over the tasks that they share."""
    given(tmp_path, "ann", ["yyy", "yyn", "nnn"] * 10)
    given(tmp_path, "ben", ["yyy", "yyy", "nnn"] * 8)
    given(tmp_path, "cid", ["yyy"] * 12)
    given(tmp_path, "m", ["yyy", "yyn", "nnn"] * 5, by="judge")

    found = agreements(Reviews(tmp_path))

    assert list(dict.fromkeys(one.who for one in found)) == [
        "ann and ben",
        "ann and cid",
        "ben and cid",
        "all 3 people",
        "people and the judge m",
    ]
    two = by_question(found, "ann and ben")
    assert {name: (one.tasks, round(one.raw.value or 0, 3)) for name, one in two.items()} == {
        "valid_instruction": (24, 1.0),
        "appropriate_input": (24, 1.0),
        "correct_output": (24, 0.667),
        "all": (24, 0.667),
    }
    assert two["correct_output"].beyond_chance.value == pytest.approx(0.4)
    assert {one.measure for one in by_question(found, "all 3 people").values()} == {"alpha"}
    low, high = two["correct_output"].beyond_chance[1:]
    assert low is not None
    assert high is not None
    assert 0 < low < 0.4 < high < 0.8
    assert by_question(found, "ben and cid")["correct_output"].beyond_chance.value == pytest.approx(0)


def test_few_tasks_have_no_interval(tmp_path: Path) -> None:
    """A figure, without saying how sure it is."""
    given(tmp_path, "ann", ["yyy", "nnn"])
    given(tmp_path, "ben", ["yyy", "nnn"])

    [first, *_] = agreements(Reviews(tmp_path))

    assert (first.raw, first.beyond_chance) == (Interval(1.0), Interval(1.0))


def test_ten_tasks_have_an_interval(tmp_path: Path) -> None:
    """Resamples without the one task that says no have no kappa, and are left out; nine tasks are too few."""
    for name in ("ann", "ben"):
        given(tmp_path, name, ["nnn", *["yyy"] * 8])
    nine = agreements(Reviews(tmp_path))[0]
    for name in ("ann", "ben"):
        Reviews(tmp_path).put(verdict("t99").model_copy(update={"name": name}))
    ten = agreements(Reviews(tmp_path))[0]

    assert (nine.tasks, nine.raw, nine.beyond_chance) == (9, Interval(1.0), Interval(1.0))
    assert (ten.tasks, ten.raw, ten.beyond_chance) == (10, Interval(1.0, 1.0, 1.0), Interval(1.0, 1.0, 1.0))


def test_intervals_are_those_of_2000_resamples(tmp_path: Path) -> None:
    """Percentiles of the figure of tasks drawn with replacement; "all" tells approved, rejected and neither apart."""
    given(tmp_path, "ann", ["yyy", "yyn", "yyu"] * 4)
    given(tmp_path, "ben", ["yyy", "yyn", "yyu", "yyn"] * 3)
    units = np.array([(i % 3, (0, 1, 2, 1)[i % 4]) for i in range(12)])
    drawn = np.random.default_rng(20_221_220).multinomial(12, np.full(12, 1 / 12), size=2000).astype(float)

    rows = by_question(agreements(Reviews(tmp_path)), "ann and ben")

    for row in (rows["correct_output"], rows["all"]):
        for found, figure in ((row.raw, raw), (row.beyond_chance, kappa)):
            low, high = np.nanpercentile(figure(units, drawn), [2.5, 97.5])
            assert found == pytest.approx((once(figure, units), low, high))
    assert rows["all"].raw.value == pytest.approx(4 / 12)
    assert rows["all"].beyond_chance.value == pytest.approx(0)
    assert rows["valid_instruction"].beyond_chance == Interval(None)


def test_groups_say_who_they_are(tmp_path: Path) -> None:
    """Whoever gave no name too; of two people there is no row for all of them, and one person alone has none."""
    given(tmp_path, "ann", ["yyy", "yyn"])
    assert agreements(Reviews(tmp_path)) == []
    for number in range(2):
        Reviews(tmp_path).put(verdict(f"t0{number}"))
        Reviews(tmp_path).put(verdict(f"t0{number}", by="judge"))

    found = [(one.who, one.judge, one.reviewers, one.tasks, one.measure) for one in agreements(Reviews(tmp_path))]

    assert (
        found == [("(no name) and ann", False, 2, 2, "kappa")] * 4 + [("people and the judge", True, 2, 2, "kappa")] * 4
    )


def test_the_table_fits_a_terminal(tmp_path: Path) -> None:
    """A block for each group, with a line for each question; without two reviewers it is one sentence."""
    given(tmp_path, "ann", ["yyy", "yyn", "nnn"] * 10)
    assert agreement_text(agreements(Reviews(tmp_path))).startswith("Nobody has reviewed what another has")
    given(tmp_path, "ben", ["yyy", "yyy", "nnn"] * 8)

    text = agreement_text(agreements(Reviews(tmp_path)))

    assert text.splitlines()[0] == "ann and ben, 24 tasks"
    assert "  correct output     raw 67% [46%, 83%]" in text
    assert max(map(len, text.splitlines())) < 80
    assert as_json(agreements(Reviews(tmp_path)))[0]["raw"] == 1.0
