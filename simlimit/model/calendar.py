"""Open days (docs/model.md 2.15): which days are closed, and where a part that rests on them goes on.

A part of the platform is named by its field of the record ``calendar``: 1 if it rests on closed days.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simlimit.model.book import Integers
from simlimit.model.compiling import step
from simlimit.model.state import State
from simlimit.scenario import Scenario
from simlimit.scenario.parts import WEEKDAYS, Calendar


class OpenDays(NamedTuple):
    """The open days of a run, as `State` has them; both arrays are empty if nothing rests.

    Attributes
    ----------
    open_from : array of int
        The first open day from each day on; also beyond the horizon, as far as a payment takes to clear.
    worked : array of int
        How many open days there are before each day.
    longest_rest : int
        Days of the longest time that is closed.
    """

    open_from: Integers
    worked: Integers
    longest_rest: int


def open_days(scenario: Scenario) -> OpenDays:
    """Return the open days of a scenario whose holidays are dates."""
    reach = scenario.horizon_days + 7 * (scenario.product.clearing_days[1] + 2)
    return _open_days(scenario.calendar, scenario.start_date, reach)


@lru_cache(maxsize=16)
def _open_days(calendar: Calendar, start: date, reach: int) -> OpenDays:
    """Return the open days up to the last before a day, and as many more as there are holidays."""
    if not calendar.rests:
        return OpenDays(np.empty(0, np.int64), np.empty(0, np.int64), 0)
    dates = np.datetime64(start) + np.arange(reach + len(calendar.holidays))
    weekdays = (dates.astype(np.int64) + WEEKDAYS.index("thursday")) % 7  # that of 1970-01-01, numpy's day 0
    closed = np.isin(weekdays, [WEEKDAYS.index(name) for name in calendar.closed_weekdays])
    closed |= np.isin(dates, np.array(calendar.holidays, dates.dtype))
    closed &= ~np.isin(dates, np.array(calendar.workdays, dates.dtype))
    opened = np.flatnonzero(~closed)
    worked = np.searchsorted(opened, np.arange(opened[-1] + 1))
    open_from = opened[worked]
    return OpenDays(open_from, worked, int((open_from - np.arange(len(worked))).max()))


@step
def next_open(s: State, rests: int, day: int) -> int:
    """Return the first day from a day on that is open; all days are, to a part that does not rest."""
    return int(s.open_from[day]) if rests and 0 <= day < len(s.open_from) else day


@step
def waiting_since(s: State, rests: int, day: int) -> int:
    """Return the first day of the closed ones just before an open day, or the open day if there are none."""
    while rests and day > 0 and s.open_from[day - 1] != day - 1:
        day -= 1
    return day
