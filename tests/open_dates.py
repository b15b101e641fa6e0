"""Open days, date by date, as docs/model.md 2.15 says it."""

from __future__ import annotations

import datetime
from typing import Any

import simlimit as sl

WEEKEND = ("saturday", "sunday")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", *WEEKEND)


def date_of(scenario: sl.Scenario, day: int) -> datetime.date:
    return scenario.start_date + datetime.timedelta(int(day))


def is_open(scenario: sl.Scenario, day: int) -> bool:
    """R127: whether a day is open; those before day 0 are."""
    date, calendar = date_of(scenario, day), scenario.calendar
    if day < 0 or date in calendar.workdays:
        return True
    return WEEKDAYS[date.weekday()] not in calendar.closed_weekdays and date not in calendar.holidays


def first_open(scenario: sl.Scenario, day: int) -> int:
    """R127: the first open day from a day on."""
    while not is_open(scenario, day):
        day += 1
    return day


def resting(*parts: str, holidays: tuple[int, ...] = (), workdays: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return the fields with which parts rest at weekends and on some days after 2020-01-01, a Wednesday."""
    start = datetime.date(2020, 1, 1)
    return {
        "calendar.rests": parts,
        "calendar.closed_weekdays": WEEKEND,
        "calendar.holidays": [start + datetime.timedelta(day) for day in holidays],
        "calendar.workdays": [start + datetime.timedelta(day) for day in workdays],
    }


LONG_HOLIDAY = resting(
    "review", "funding", "evaluation", "clearing", holidays=(0, *range(20, 31)), workdays=(3, 25)
)
"""All rest, at times for a week, with make-up workdays: a Saturday, and one within the holiday."""
EVERYTHING = {
    **LONG_HOLIDAY,
    "product.after_cutoff_share": 0.3,
    "product.clearing_share": 0.5,
    "product.clearing_days": (0, 6),
}
