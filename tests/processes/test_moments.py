"""The clock runs forward only, whatever a process of the user's makes of its delays.

What goes wrong in a process is one sentence that names it, the day and the replication.
"""

import math
import re
import traceback
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from types import FunctionType

import numpy as np
import pandas as pd
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

import simlimit as sl
from simlimit.processes import moments
from simlimit.processes.moments import MOST_RESUMED, Clock
from simlimit.processes.platform import Platform

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
    assert times == sorted(times)
    assert times == pytest.approx(sorted(delays), abs=1e-9)  # almost the time of a phase is that time


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


# ---- what goes wrong in a process ------------------------------------------------------------------------

Process = Iterator[simpy.Event]


def failed(*processes: Callable[[Platform], object]) -> sl.SimlimitError:
    """Return the error of a run with processes."""
    with pytest.raises(sl.SimlimitError) as found:
        sl.simulate(SMALL, seed=3, replication=4, processes=processes)
    return found.value


class Ours(Exception):
    """Of a kind that cannot be copied: it takes two arguments."""

    def __init__(self, what: str, how: str) -> None:
        super().__init__(f"{what} {how}")


def stumbles(platform: Platform) -> Process:
    yield platform.at(7, 2)
    divide(0)


def divide(by: int) -> float:
    return 1 / by


def asks_wrongly(platform: Platform) -> Process:
    yield platform.at(7, 2)
    platform.draw(3, -1)


def breaks(platform: Platform) -> Process:
    yield platform.at(7, 2)
    raise Ours("it", "broke")


def yields_a_number(platform: Platform) -> Process:
    yield platform.at(7, 2)
    yield 5


def wakes(platform: Platform) -> Process:
    try:
        yield platform.at(7, 2) & platform.env.process(stumbles(platform))
    except ZeroDivisionError:
        yield "up"


# As in a notebook: the file of its source is not there.
typed = FunctionType(yields_a_number.__code__.replace(co_filename="<stdin>"), {})


class Team:
    """A process with arguments."""

    def __call__(self, platform: Platform) -> Process:
        yield platform.at(7, 2)
        raise KeyError("phone")


@pytest.mark.parametrize(
    ("process", "name", "said"),
    [
        (stumbles, "stumbles", "ZeroDivisionError: division by zero"),
        (
            asks_wrongly,
            "asks_wrongly",
            "amount is -1, but must be a number from 0.01 to .*, what borrower 3 can draw",
        ),
        (breaks, "breaks", r"(\w+\.)?Ours: it broke"),
        (yields_a_number, "yields_a_number", "It yields 5, but must yield events"),
        (typed, "yields_a_number", "It yields 5, but must yield events"),
        (wakes, "wakes", "It yields 'up', but must yield events"),
        (Team(), "Team.__call__", "KeyError: 'phone'"),
        (partial(stumbles), "stumbles", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failure_names_the_process_the_day_and_the_replication(
    process: Callable[[Platform], object], name: str, said: str
) -> None:
    assert re.fullmatch(rf"{said} \(process {name}, day 7, replication 4\)\.", str(failed(process)))


@pytest.mark.parametrize(
    ("process", "functions"), [(stumbles, ["stumbles", "divide"]), (asks_wrongly, ["asks_wrongly"])]
)
def test_the_traceback_of_a_failure_is_the_users_own(
    process: Callable[[Platform], object], functions: list[str]
) -> None:
    cause = failed(process).__cause__
    assert cause is not None
    frames = traceback.extract_tb(cause.__traceback__)
    assert [frame.name for frame in frames] == functions
    assert {frame.filename for frame in frames} == {__file__}


def test_a_process_that_waits_for_another_may_handle_its_failure() -> None:
    handled = []

    def waits(platform: Platform) -> Process:
        try:
            yield platform.env.process(stumbles(platform))
        except ZeroDivisionError:
            handled.append(platform.day)

    sl.simulate(SMALL, processes=[waits])
    assert handled == [7]


def test_a_failure_that_nobody_handles_names_who_waits_for_it_and_keeps_both_tracebacks() -> None:
    def waits(platform: Platform) -> Process:
        yield platform.env.process(stumbles(platform))

    error = failed(waits)
    assert "waits, day 7, replication 4" in str(error)
    seen = "".join(traceback.format_exception(error.__cause__))
    assert seen.count("ZeroDivisionError: division by zero") == 2
    assert "in stumbles" in seen
    assert "in waits" in seen
    assert "simpy" not in seen


def test_what_ends_a_program_stays_what_it_is() -> None:
    def interrupted(platform: Platform) -> Process:
        yield platform.at(7, 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sl.simulate(SMALL, processes=[interrupted])


def test_a_rule_of_ones_own_that_fails_is_named() -> None:
    def judge(platform: Platform, borrower: int, standing: str) -> str:
        return [][borrower]

    def uses(platform: Platform) -> Process:
        platform.on_evaluation(judge)
        yield platform.at(0, 0)

    assert re.fullmatch(
        r"IndexError: list index out of range \(rule .*judge.*, day \d+, replication 4\)\.", str(failed(uses))
    )


def zero_delays(platform: Platform) -> Process:
    yield platform.at(7, 2)
    while True:
        yield platform.env.timeout(0)


def happened(platform: Platform) -> Process:
    moment = platform.at(7, 2)
    while True:
        yield moment  # which SimPy does not even schedule again


def children(platform: Platform) -> Process:
    yield platform.at(7, 2)
    yield platform.env.process(children(platform))


def hair(platform: Platform) -> Process:
    yield platform.at(7, 2)
    while True:
        yield platform.env.timeout(1e-300)


@pytest.mark.parametrize("process", [zero_delays, happened, children, hair])
def test_a_moment_that_does_not_end_is_refused(
    process: Callable[[Platform], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a thousand in place of a million, so that it is quick."""
    monkeypatch.setattr(moments, "MOST_RESUMED", 1_000)
    said = rf"More than 1,000 events come at one moment: .* \(process {process.__name__}, day 7, rep.* 4\)\."
    assert re.fullmatch(said, str(failed(process)))


def test_a_million_events_at_one_moment_are_not_too_many() -> None:
    """The next one is; a new moment counts anew."""
    assert MOST_RESUMED == 1_000_000
    clock = Clock()
    for _ in range(2):
        clock.run(until=clock.now + 1)
        for _ in range(MOST_RESUMED):
            clock.count_resumption()
        with pytest.raises(sl.SimlimitError, match=r"^More than 1,000,000 events"):
            clock.count_resumption()
