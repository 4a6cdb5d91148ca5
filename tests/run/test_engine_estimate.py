"""How fast a run's own processes are: what it waits for, and that hours are calls by their rate."""

import pytest

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.run.engine_estimate import DRIVER_MS, WORKER_MS, pace
from selfinstruct_chains.run.estimate import Estimate
from selfinstruct_chains.run.usage import Usage

MILLION = 1_000_000


def estimate(calls: int, seconds: float, limited: float = 0.0) -> Estimate:
    """So many calls for each role, of so many seconds."""
    usage = Usage(calls, milliseconds=round(1000 * calls * seconds))
    return Estimate(dict.fromkeys(ROLES, usage), None, limited)


def config(concurrency: int):
    return load_config("openai", {"run.max_concurrency": concurrency})


@pytest.mark.parametrize(
    ("engine", "workers", "concurrency", "limited", "waits_for"),
    [
        ("local", 1, 16, 0.0, "replies"),
        ("local", 1, 4000, 0.0, "the driver"),
        ("ray", 1, 4000, 0.0, "the workers"),
        ("ray", 32, 4000, 0.0, "the driver"),
        ("ray", 32, 4000, 1e7, "the provider's limits"),
    ],
)
def test_what_a_run_waits_for(engine, workers, concurrency, limited, waits_for):
    """The slowest of them: replies, the driver's core, the workers' cores, the provider's limits."""
    found = pace(config(concurrency), estimate(20_000, 2.0, limited), engine, workers)

    assert found.waits_for == waits_for
    assert found.seconds == max(found.each.values())
    assert found.calls_per_second * found.seconds == pytest.approx(80_000)
    assert found.mean_latency == 2.0
    assert (found.each["the provider's limits"] == 0) == (not limited)
    assert (found.each["the workers"] == 0) == (engine == "local")


def test_the_driver_is_relieved_and_workers_share():
    """With a cluster the driver has less to do for each call, and the workers divide theirs."""
    many = estimate(20_000, 2.0)
    local, ray = (pace(config(16), many, engine, 8).each for engine in ("local", "ray"))

    assert local["the driver"] - ray["the driver"] == pytest.approx(
        80_000 * (DRIVER_MS["local"] - DRIVER_MS["ray"]) / 1000
    )
    assert ray["the workers"] == pytest.approx(80_000 * WORKER_MS / 8 / 1000)


def test_a_pool_ten_times_as_large_takes_nearly_a_hundred_times_as_long_to_compare_with():
    """There are ten times as many candidates, and each is compared with ten times as much."""
    calls = [pace(config(16), estimate(number, 2.0), "ray", 8).each["the driver"] for number in (MILLION, 10 * MILLION)]
    compared = [
        seconds - 4 * n * DRIVER_MS["ray"] / 1000 for seconds, n in zip(calls, (MILLION, 10 * MILLION), strict=True)
    ]

    assert 80 < compared[1] / compared[0] < 100


def test_nothing_left_to_do_takes_no_time():
    """An estimate for a run that has all its tasks divides by nothing."""
    assert pace(config(16), estimate(0, 2.0), "ray", 8).calls_per_second == 0


def usage(calls: int, seconds: float) -> Usage:
    """So many calls that took so long together."""
    return Usage(calls, milliseconds=round(1000 * seconds))


@pytest.mark.parametrize(
    ("engine", "limited", "each", "waits_for"),
    [
        # 2.2 million calls of 2 s, 1000 in flight; 2 million candidates beside a pool that grows to a million.
        ("local", 4400.0, (4400.0, 9240 + 2_000_000 * 0.00072 / 1.96, 0.0, 0.0), "the driver"),
        ("ray", 4401.0, (4400.0, 5720 + 2_000_000 * 0.00072 / 1.96, 2420.0, 4401.0), "the driver"),
        ("ray", 9000.0, (4400.0, 5720 + 2_000_000 * 0.00072 / 1.96, 2420.0, 9000.0), "the provider's limits"),
    ],
)
def test_a_pace_worked_out_by_hand(engine, limited, each, waits_for):
    """4.2 or 2.6 ms of the driver a call, 4.4 of one of four workers, 0.72 for a candidate beside the whole pool."""
    roles = dict(
        zip(
            ROLES,
            (usage(200_000, 4e5), usage(1_000_000, 1.6e6), usage(750_000, 1.5e6), usage(250_000, 9e5)),
            strict=True,
        )
    )
    chain = load_config("openai", {"run.max_concurrency": 1000, "instructions.ask": 10})
    found = pace(chain, Estimate(roles, None, limited), engine, 4)

    names = ("replies", "the driver", "the workers", "the provider's limits")
    assert found.each == pytest.approx(dict(zip(names, each, strict=True)))
    assert (found.waits_for, found.mean_latency) == (waits_for, 2.0)
    assert found.seconds == max(found.each.values())
    assert found.calls_per_second == pytest.approx(2_200_000 / found.seconds)


def test_a_pool_half_as_large_is_compared_with_nearly_twice_as_fast():
    """By the power 0.96 of its size: 500,000 of a million."""
    roles = dict(zip(ROLES, (usage(100_000, 0), usage(500_000, 0), usage(0, 0), usage(0, 0)), strict=True))
    found = pace(load_config("openai", {"instructions.ask": 10}), Estimate(roles, None, 0.0), "local", 1)

    assert found.each["the driver"] == pytest.approx(600_000 * 0.0042 + 1_000_000 * 0.00072 * 0.5**0.96 / 1.96)


def test_one_call_and_none():
    """One takes what it took; none takes a thousandth of a second, in which nothing is waited for."""
    roles = dict(zip(ROLES, (usage(1, 3), usage(0, 0), usage(0, 0), usage(0, 0)), strict=True))
    one, none = pace(config(1), Estimate(roles, None, 0.0), "ray", 1), pace(config(1), estimate(0, 2.0), "ray", 1)

    assert (one.mean_latency, one.seconds, one.waits_for) == (3.0, 3.0, "replies")
    assert (none.mean_latency, none.seconds, none.calls_per_second) == (0.0, 0.001, 0.0)
