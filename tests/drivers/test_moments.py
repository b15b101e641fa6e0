"""The clock runs forward only, whatever a process of the user's makes of its delays."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

import simlimit as sl
from simlimit.drivers.moments import Clock
from simlimit.drivers.platform import Platform

SMALL = sl.preset("clockwork").replace({"population.borrowers": 20, "horizon_days": 60})
NO_DELAYS = [math.nan, math.inf, -math.inf, -1, -1e-12, np.float64("nan"), "7", None, [7], pd.NA, True, 7j]
WAITS: dict[str, Callable[[simpy.Environment, object], object]] = {
    "timeout": lambda env, delay: env.timeout(delay),
    "simpy.Timeout": simpy.Timeout,
    "schedule": lambda env, delay: env.schedule(env.event(), delay=delay),
}


@pytest.mark.parametrize("delay", NO_DELAYS)
@pytest.mark.parametrize("way", ["timeout", "schedule"])
def test_a_delay_that_is_no_number_of_days_is_refused(way: str, delay: object) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^delay is .*, but must be a finite number of days from 0"):
        WAITS[way](Clock(), delay)


@pytest.mark.parametrize("way", WAITS)
def test_nothing_gets_round_the_clock(way: str) -> None:
    def lost(platform: Platform) -> object:
        yield platform.at(5, 5)
        yield WAITS[way](platform.env, math.nan)

    with pytest.raises(sl.SimlimitError, match=r"^delay is nan"):
        sl.simulate(SMALL, processes=[lost])


@given(st.lists(st.floats(0, 1e9) | st.integers(0, 10**6), max_size=20))
def test_days_never_run_backwards(delays: list[float]) -> None:
    clock, times = Clock(), []

    def process(delay: float) -> object:
        yield clock.timeout(delay)
        times.append(clock.now)

    for delay in delays:
        clock.process(process(delay))
    clock.run()
    assert times == sorted(map(float, delays))


@pytest.mark.parametrize(
    ("day", "phase", "said"),
    [
        (math.nan, 5, "day is nan, but must be a whole number"),
        (math.inf, 5, "day is inf, but must be a whole number"),
        ("monday", 5, "day is 'monday', but must be"),
        (None, 5, "day is None, but must be"),
        (np.arange(2), 5, r"day is array\(\[0, 1\]\), but must be"),
        (10**400, 5, "day is a number beyond 1e308"),
        (7.5, 5, "day is 7.5, but must be"),
        (7, math.nan, "phase is nan, but must be a number from 0 to 6"),
        (7, 8, "phase is 8, but must be a number from 0 to 6"),
        (7, -1, "phase is -1, but must be"),
        (7, "act", "phase is 'act', but must be"),
        (-1, 5, "day -1, phase 5 has passed"),
    ],
)
def test_a_moment_that_there_is_not_is_refused(day: float, phase: float, said: str) -> None:
    clock = Clock()
    clock.at(8, 0)
    with pytest.raises(sl.SimlimitError, match=f"^{said}"):
        clock.at(day, phase)


@pytest.mark.parametrize("day", [7, 7.0, np.int64(7), np.float64(7), Fraction(7).numerator])
def test_a_day_may_be_any_whole_number(day: float) -> None:
    clock = Clock()
    assert clock.at(day, 5) is clock.at(7, 5)
