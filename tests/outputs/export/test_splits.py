"""Which split an instruction goes to."""

from __future__ import annotations

from hashlib import sha256
from math import nextafter

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.export.splits import Shares


def lot(text: str) -> float:
    """The number from 0 to 1 that is drawn for it."""
    return int(sha256(text.encode()).hexdigest()[:16], 16) / 2**64


@pytest.mark.parametrize(
    ("instruction", "drawn"),
    [("Do thing 0", "42:do thing 0"), ("do THING 0!", "42:do thing 0"), (" ?! ", "42:?!")],
)
def test_the_lot_decides_alone(instruction: str, drawn: str) -> None:
    """Test comes before validation, and each ends where the next begins; the words count, where there are any."""
    share = lot(drawn)
    more = nextafter(share, 1)

    assert Shares(test=more).split(instruction, 42) == "test"
    assert Shares(validation=more).split(instruction, 42) == "validation"
    assert Shares(validation=0.001, test=share).split(instruction, 42) == "validation"
    assert Shares(validation=more / 2, test=more / 2).split(instruction, 42) == "validation"
    for shares in (Shares(), Shares(test=share), Shares(validation=share)):
        assert shares.split(instruction, 42) == "train"


def test_another_seed_draws_another_lot() -> None:
    """For each instruction."""
    share = lot("7:do thing 0")

    assert Shares(test=nextafter(share, 1)).split("Do thing 0", 7) == "test"
    assert Shares(test=share).split("Do thing 0", 7) == "train"


@pytest.mark.parametrize("shares", [(0, 0), (0, 0.99), (0.5, 0), (0.5, 0.49)])
def test_shares_below_one(shares: tuple[float, float]) -> None:
    """Something is left to train on; none is set aside unless that is asked for."""
    Shares(*shares).check()
    assert Shares() == (0, 0)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.5, 0.5), "validation 0.5 and test 0.5: together they must be below 1"),
        ((-0.1, 0.5), "validation -0.1 and test 0.5: together they must be below 1"),
        ((0.5, -0.1), "validation 0.5 and test -0.1: together they must be below 1"),
        ((1, 0), "validation 1 and test 0: together they must be below 1"),
    ],
)
def test_shares_that_leave_nothing(shares: tuple[float, float], said: str) -> None:
    """Or are none."""
    with pytest.raises(ConfigError) as raised:
        Shares(*shares).check()

    assert str(raised.value) == said
