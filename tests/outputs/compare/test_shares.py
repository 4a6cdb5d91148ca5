"""Shares of runs and what differs between them, beside figures counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection
from selfinstruct_chains.outputs.compare.shares import differences, shares, span
from selfinstruct_chains.outputs.compare.side import sides
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.telling import untold
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.side import Side


def short(path: Path, tasks: int, dropped: int = 0, *, labels: int = 0) -> Path:
    """A run of so many tasks, ten to a request, the first of them classification; what is dropped is of request 0."""
    made = [task(number, f"Do thing {number}.", labels=number < labels) for number in range(tasks)]
    drops = [
        Rejection(id=f"000000-{number}", rule="novelty", stage="instruction", text="x", request=0)
        for number in range(50, 50 + dropped)
    ]
    return run_folder(path, made, drops).path


def read(*paths: Path) -> list[Side]:
    """These runs."""
    return sides(paths, 10, untold)


def test_each_share_is_of_what_it_says(tmp_path: Path) -> None:
    """Accepted of proposed, finished of accepted, classification of finished, one label of those with several."""
    found = {share.key: share.found[0] for share in shares(read(twenty(tmp_path / "a").path, short(tmp_path / "b", 3)))}

    assert {key: (one.yes, one.of) for key, one in found.items()} == {
        "accepted": (21, 23),
        "dropped.novelty": (1, 23),
        "dropped.too_short": (1, 23),
        "finished": (20, 21),
        "classification": (8, 20),
        "one_label": (2, 8),
    }


def test_shares_stand_in_one_order(tmp_path: Path) -> None:
    """Rules by what they dropped, of equal ones by name; with the paper's share where it has one."""
    dropped = [("zeta", 0), ("alpha", 1), ("beta", 0), ("beta", 1)]
    drops = [
        Rejection(id=f"00000{request}-{place}", rule=rule, stage="instruction", text="x", request=request)
        for place, (rule, request) in enumerate(dropped, start=20)
    ]
    a = run_folder(
        tmp_path / "a", [task(0, "Say yes."), task(11, "Say no.", ("", "a"), ("x", "b"), labels=True)], drops
    )
    b = short(tmp_path / "b", 1)
    Reviews(b).put(verdict("000000-00"))
    two = read(a.path, b)

    assert [(one.key, one.name, round(one.paper or 0, 4)) for one in shares(two)] == [
        ("accepted", "accepted instructions", 0),
        ("dropped.beta", "dropped: beta", 0),
        ("dropped.alpha", "dropped: alpha", 0),
        ("dropped.zeta", "dropped: zeta", 0),
        ("finished", "finished, of accepted", 0),
        ("classification", "classification tasks", 0.2209),
        ("one_label", "with one label alone", 0),
        ("person.valid_instruction", "valid instruction, by people", 0.92),
        ("person.appropriate_input", "appropriate input, by people", 0.79),
        ("person.correct_output", "correct output, by people", 0.58),
        ("person.all", "all three, by people", 0.54),
    ]
    assert shares(two, 1)[0].name == "accepted, in 1 request"
    assert shares(two, 1000)[0].name == "accepted, in 1,000 requests"
    counts = {one.key: [(found.yes, found.of) for found in one.found] for one in shares(two, 1)}
    assert counts["accepted"] == [(1, 3), (1, 1)]
    assert counts["dropped.beta"] == [(1, 3), (0, 1)]
    assert counts["dropped.alpha"] == [(0, 3), (0, 1)]
    estimate = shares(two)[0].estimate(1)
    assert (estimate.mean, round(estimate.low or 0, 2), estimate.items) == (100, 20.65, 1)


def test_acceptance_is_compared_over_as_many_requests(tmp_path: Path) -> None:
    """A longer run's later requests meet a larger pool, so that they don't count against it."""
    two = read(short(tmp_path / "a", 40, 10), short(tmp_path / "b", 10, 10))
    [found] = [one for one in differences(two)["B"] if one.share.key == "accepted"]

    assert span(two) == 1
    assert found.share.name == "accepted, in 1 request"
    assert found.estimate.mean == 0
    assert span(read(tmp_path / "a", tmp_path / "a")) is None


def test_a_short_run_takes_nothing_from_the_comparison_of_others(tmp_path: Path) -> None:
    """Each two are compared over what they both have; one without any requests does not count."""
    a, b = short(tmp_path / "a", 40, 10), short(tmp_path / "b", 30, 10)
    runs = read(a, b, short(tmp_path / "c", 10), short(tmp_path / "d", 0))
    found = {letter: [one.share.name for one in them] for letter, them in differences(runs).items()}

    assert [found[letter][:1] for letter in "BCD"] == [["accepted, in 3 requests"], ["accepted, in 1 request"], []]
    assert "dropped: novelty" in found["B"]


def test_a_difference_that_intervals_show_is_clear(tmp_path: Path) -> None:
    """And one that they don't has the size that would have shown."""
    two = read(short(tmp_path / "a", 200, labels=20), short(tmp_path / "b", 200, 10, labels=120))
    found = {one.share.key: one for one in differences(two)["B"]}

    assert found["classification"].estimate.mean == pytest.approx(50)
    assert found["classification"].is_clear
    assert not found["finished"].is_clear
    assert (found["finished"].estimate.detectable or 0) > 0


def test_more_comparisons_need_more(tmp_path: Path) -> None:
    """With several other runs each has to pass a wider interval (Bonferroni), and what is shown stays at 95%."""
    a, b = short(tmp_path / "a", 10), short(tmp_path / "b", 10)
    for path, yes in ((a, 1), (b, 6)):
        for number in range(10):
            Reviews(path).put(verdict(f"000000-0{number}", "yyy" if number < yes else "yyn"))

    def found(*runs: Path) -> tuple[float | None, bool]:
        two = read(*runs)
        [one] = [one for one in differences(two)["B"] if one.share.key == "person.all"]
        return one.estimate.low, one.is_clear

    (low, clear), (low_of_many, clear_of_many) = found(a, b), found(a, b, *[b] * 9)
    assert low == low_of_many
    assert (low or 0) > 0
    assert (clear, clear_of_many) == (True, False)


def test_verdicts_are_of_tasks_that_are_there(tmp_path: Path) -> None:
    """One about a task that is gone since counts nowhere; a person's and a model's are two shares."""
    a, b = short(tmp_path / "a", 4), short(tmp_path / "b", 4)
    for path in (a, b):
        Reviews(path).put(verdict("000000-01", "yyn"))
        Reviews(path).put(verdict("000099-01", "nnn"))
    Reviews(b).put(verdict("000000-02", "nyy", by="judge"))
    found = {share.key: [(one.yes, one.of) for one in share.found] for share in shares(read(a, b))}

    assert found["person.valid_instruction"] == [(1, 1), (1, 1)]
    assert found["person.all"] == [(0, 1), (0, 1)]
    assert found["judge.valid_instruction"] == [(0, 0), (0, 1)]


def test_who_is_unsure_counts_for_neither(tmp_path: Path) -> None:
    """An unsure answer is no yes and no no: not of its question, and of all three only where another is no."""
    a = short(tmp_path / "a", 4)
    for number, answers in enumerate(("yyy", "uyy", "unu", "yyu")):
        Reviews(a).put(verdict(f"000000-0{number}", answers))
    found = {share.key: next((one.yes, one.of) for one in share.found) for share in shares(read(a, a))}

    assert found["person.valid_instruction"] == (2, 2)
    assert found["person.appropriate_input"] == (3, 4)
    assert found["person.correct_output"] == (2, 2)
    assert found["person.all"] == (1, 2)


def test_what_one_run_lacks_is_no_difference(tmp_path: Path) -> None:
    """A run without tasks, or without verdicts, is not held against one that has some."""
    a, b = short(tmp_path / "a", 4), short(tmp_path / "b", 0)
    Reviews(a).put(verdict("000000-01", "yyn"))
    two = read(a, b)

    assert differences(two) == {"B": []}


def test_a_folder_beside_itself_has_no_differences(tmp_path: Path) -> None:
    """By whatever path it is called."""
    a = short(tmp_path / "a", 4)
    (tmp_path / "link").symlink_to(a)
    two = read(a, tmp_path / "link")

    assert differences(two) == {}
