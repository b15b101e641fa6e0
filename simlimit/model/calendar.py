"""Open days (docs/model.md 2.15): which days are closed, and when a part that rests on them goes on.

A part is named by its field of the record ``calendar``, which is 1 if it rests on closed days.
"""

import numpy as np

from simlimit.model.book import Integers
from simlimit.model.compiling import step
from simlimit.model.state import State
from simlimit.scenario import WEEKDAYS, Scenario


def open_days(scenario: Scenario) -> tuple[Integers, Integers, Integers]:
    """Return the arrays ``open_from``, ``worked`` and ``opened`` of a state; empty if nothing rests."""
    calendar = scenario.calendar
    # The last payment is booked the next day and takes so many open days. A week has one, or a holiday.
    days = scenario.horizon_days + 7 * (scenario.product.clearing_days[1] + 2 + len(calendar.holidays))
    dates = np.datetime64(scenario.start_date) + np.arange(days if calendar.rests else 0)
    weekdays = [name not in calendar.closed_weekdays for name in WEEKDAYS]
    is_open = np.is_busday(dates, weekdays, np.array(calendar.holidays, dates.dtype))
    opened = np.flatnonzero(is_open | np.isin(dates, np.array(calendar.workdays, dates.dtype)))
    worked = np.searchsorted(opened, np.arange(opened.max(initial=-1) + 1))
    return opened[worked], worked, opened


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
