"""A judge's view of answers, by judges whose ways are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Monitor
from selfinstruct_chains.errors import BudgetReached, RunError
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.files.ratings import Rated
from selfinstruct_chains.training.evaluation.judging_text import judging_json, judging_text
from tests.training.evaluation.judges import GIVEN, ITEMS, N, Script, always_first, answers, by_length, by_right, judge

if TYPE_CHECKING:
    from pathlib import Path


async def test_by_hand() -> None:
    """Right in three of four beside never right: 30 wins, 10 ties; the ratings are those of the answers."""
    found = await judge(Script(by_right))
    one, tuned = found.preferences["tuned"], found.levels["tuned"]

    assert (one.wins, one.ties, one.losses, one.missing) == (30, 10, 0, 0)
    assert one.win_rate == pytest.approx(100 * 35 / 40)
    assert one.net.estimate.mean == pytest.approx(75)
    assert one.net.is_clear
    assert one.consistency == (100, N)
    assert one.first_chosen == (50, 60)
    assert {level: share.mean for level, share in tuned.shares.items()} == {"A": 75, "B": 0, "C": 0, "D": 25}
    assert (tuned.acceptable.mean, tuned.rated, tuned.missing) == (75, N, 0)
    assert found.levels["base"].acceptable.mean == 0
    assert "better than base, by this judge" in judging_text(found)


async def test_a_judge_that_takes_the_first_gives_no_wins() -> None:
    """Every pair is a tie, no two orders agree, and its bias is said."""
    found = await judge(Script(always_first))
    one, text = found.preferences["tuned"], judging_text(found)

    assert (one.wins, one.ties, one.losses) == (0, N, 0)
    assert one.consistency.percent == 0
    assert one.first_chosen.percent == 100
    assert "neither ever wins" in text
    assert "in 100% of the pairs the judge's verdict changed with the order" in " ".join(text.split())


async def test_a_judge_that_takes_the_longer_is_shown_to() -> None:
    """The longer wins always; were each longer as often as the other, nothing would be left of the difference."""
    texts = answers(lambda n: "long " * 9 + str(n) if n % 3 else "")
    one = (await judge(Script(by_length), {"base": GIVEN["base"], "long": texts})).preferences["long"]

    assert one.net.estimate.mean > 25
    assert one.longer_won == (100, N)
    assert one.net_by_length == 0


@pytest.mark.parametrize("script", [by_right, by_length, always_first])
async def test_swapping_the_models_flips_every_sign(script: object, tmp_path: Path) -> None:
    """And asks nothing: the same pairs are shown in the same orders."""
    scripted = Script(script)  # type: ignore[arg-type]
    there = await judge(scripted, folder=tmp_path)
    asked = len(scripted.shown)
    back = await judge(scripted, dict(reversed(GIVEN.items())), folder=tmp_path)
    one, other = there.preferences["tuned"], back.preferences["base"]

    assert len(scripted.shown) == asked == 4 * N
    assert back.baseline == "tuned"
    assert [pair.outcome for pair in back.pairs["base"]] == [-pair.outcome for pair in there.pairs["tuned"]]
    assert (one.wins, one.ties, one.losses) == (other.losses, other.ties, other.wins)
    assert one.net.estimate.low == pytest.approx(-other.net.estimate.high)
    assert (one.consistency, one.first_chosen, one.longer_won) == (
        other.consistency,
        other.first_chosen,
        other.longer_won,
    )


async def test_nonsense_is_missing_and_no_tie() -> None:
    """A second reply is asked for; where that is nonsense too the verdict is missing, and the others stand."""
    all_nonsense = await judge(Script(by_right, nonsense_each=1))
    script = Script(by_right, nonsense_each=7)
    found = await judge(script)
    stubborn = Stubborn(by_right)
    some = await judge(stubborn)

    assert (all_nonsense.preferences["tuned"].missing, all_nonsense.preferences["tuned"].ties) == (N, 0)
    assert all_nonsense.levels["base"].missing == N
    assert judging_json(all_nonsense)["pairs"]["tuned"]["win_rate"] is None
    assert found.preferences["tuned"].missing == 0, "each seventh reply is asked for again, and the next is good"
    assert some.preferences["tuned"].missing == 6
    assert (some.preferences["tuned"].wins, some.preferences["tuned"].ties) == (26, 8)
    assert some.levels["tuned"].missing == 6


class Stubborn(Script):
    """Has nothing to say of each seventh item, at whatever attempt."""

    def __call__(self, prompt: str, seed: int | None) -> str:
        said = super().__call__(prompt, seed)
        number = int(self.shown[-1].task["instruction"].removeprefix("Say ").removesuffix("."))
        return "Well." if number % 7 == 1 else said


async def test_stopped_and_gone_on_it_gives_the_same(tmp_path: Path) -> None:
    """By a budget; nothing is asked twice."""
    script = Script(by_right)
    with pytest.raises(BudgetReached):
        await judge(script, folder=tmp_path, budgets={"calls": 33})
    monitor = Monitor()
    found = await judge(script, folder=tmp_path, monitor=monitor)

    assert found == await judge(Script(by_right))
    assert len(script.shown) == len({shown.prompt for shown in script.shown}) == 4 * N
    assert (monitor.calls, monitor.wanted, monitor.finished) == (4 * N, 4 * N, 4 * N)


async def test_a_judge_sees_neither_names_nor_what_is_not_meant_for_it(tmp_path: Path) -> None:
    """References only where it is to see them; another way of asking has a folder of its own."""
    with_them, without = Script(by_right), Script(by_right)
    await judge(with_them, folder=tmp_path)
    await judge(without, references=False)

    assert {len(shown.texts) for shown in with_them.shown} == {1, 2}
    assert not any("tuned" in shown.prompt or "base" in shown.prompt for shown in with_them.shown)
    assert {tuple(shown.task) for shown in with_them.shown} == {
        ("instruction", "references"),
        ("instruction", "input", "references"),
    }
    assert {tuple(shown.task) for shown in without.shown} == {("instruction",), ("instruction", "input")}
    with pytest.raises(RunError, match="references differ"):
        await judge(without, folder=tmp_path, references=False)


async def test_the_same_text_is_asked_about_once() -> None:
    """Two models that say the same tie without a question; an item that a model has no answer to is left out for it."""
    given = {
        "base": GIVEN["base"],
        "same": dict(GIVEN["base"]),
        "few": {"t1": Answer("right 1"), "t3": Answer("no 3 ")},
    }
    script = Script(by_right)
    found = await judge(script, given)

    assert len(script.shown) == N + 2 + 2
    assert (found.preferences["same"].ties, found.preferences["same"].consistency.of) == (N, 0)
    assert (found.preferences["few"].wins, found.preferences["few"].ties) == (1, 1)
    assert "few: too few pairs for an interval" in judging_text(found)


async def test_beside_people() -> None:
    """Their ratings are compared with the judge's, and with each other; text and JSON hold it in 80 columns."""
    people = [Rated(item.id, "tuned", "A" if n % 4 else "C", by) for n, item in enumerate(ITEMS) for by in ("k", "m")]
    found = await judge(Script(by_right), people=[*people, Rated("t1", "base", "B", "k")])
    text, figures = judging_text(found), json.loads(json.dumps(judging_json(found), allow_nan=False))

    assert found.people is not None
    assert found.people.ratings == 81
    assert 0.7 < found.people.weighted_kappa < 1  # type: ignore[operator]
    assert found.among_people is not None
    assert found.among_people[:3] == (N, 100, 1)
    assert figures["people"]["ratings"] == 81
    assert figures["ratings"]["tuned"]["A or B"]["mean"] == 75
    assert figures["pairs"]["tuned"]["net"]["clear"]
    assert max(map(len, text.splitlines())) < 80
    assert "people among themselves" in text
