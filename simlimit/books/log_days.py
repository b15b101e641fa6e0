"""Days as logs have them: dates of many forms, serial numbers of spreadsheets, numbers of days."""

import datetime
import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, as_date, refused, shown
from simlimit.books.log_words import by_word, never_in
from simlimit.books.table import check_cells

# A day is a number: one from here on is the ordinal of a date, a smaller one the number of a day.
FIRST_DATE = datetime.date(1950, 1, 1).toordinal()
MOST_DAYS = 19_999
# Systems write an open end as one of these days, in whatever form they write dates.
_NEVER = [datetime.date(year, 12, 31).toordinal() for year in (2099, 2999, 9999)]
_DATES = "dates with the year first, such as 2026-10-31, or others by a date_format, such as '%d/%m/%Y'"
_NUMBERS = "whole numbers of days below 20000, as elsewhere in the log"
_DATE = re.compile(
    r"(\d{4})(?:([-/.])(\d\d?)\2(\d\d?)|年(\d\d?)月(\d\d?)日|(\d\d)(\d\d)(?:\d{6}|\.0)?)"
    r"(?:[T ]+\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[AP]M|[-+]\d\d:?(?:\d\d)?))?)?"
)
_NUMBER = re.compile(r"(\d{1,5})(\.\d+)?")
_SERIALS, _SERIAL_0 = range(MOST_DAYS + 1, 80_000), datetime.date(1899, 12, 30).toordinal()


def day_of(text: str, date_format: str | None = None) -> float:
    """Return the day that a text says; NaN if it says none.

    Of a moment it is the day on the wall: its time and its time zone are left out.

    Parameters
    ----------
    text : str
    date_format : str, optional
        For dates that have no year at their beginning.

    Examples
    --------
    >>> [day_of(text) for text in ("2026-10-31T23:30+08:00", "20261031", "46326.5", "12")]
    [739920.0, 739920.0, 739920.0, 12.0]
    >>> day_of("03/04/2026"), day_of("03/04/2026", "%d/%m/%Y")
    (nan, 739709.0)
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if date_format is not None:
        with suppress(ValueError):
            return float(datetime.datetime.strptime(text, date_format).toordinal())
        if date_format.startswith("%Y"):  # of %Y-%d-%m, ours can be told only after the 12th
            return np.nan
    date, number = _DATE.fullmatch(text), _NUMBER.fullmatch(text)
    if date:
        with suppress(ValueError):
            return float(datetime.date(*map(int, filter(None, date.group(1, 3, 4, 5, 6, 7, 8)))).toordinal())
    if number and int(number[1]) in _SERIALS:
        return float(int(number[1]) + _SERIAL_0)
    return float(number[0]) if number and not float(number[2] or 0) else np.nan


def check_format(date_format: str, days: Sequence[object]) -> None:
    """Refuse a format in which none of some days is written: it would have no effect."""
    for day in days:
        with suppress(ValueError):
            datetime.datetime.strptime(unicodedata.normalize("NFKC", str(day)).strip(), date_format)
            return
    raise refused("date_format", date_format, f"how a day of the log is written, such as {shown(days[0])}")


def days_of(
    cells: "pd.Series[str]", form: str | None, like: float = np.nan, may_miss: bool = False
) -> Floats:
    """Return the days of a column; refuse the first cell that says none.

    Parameters
    ----------
    cells : pandas.Series
    form : str, optional
        The `date_format`.
    like : float, optional
        A day: all must be dates, or all numbers, as this one; as the first of the column if not given.
    may_miss : bool
        Whether cells may be missing: NaN.
    """
    days = by_word(cells, lambda word: day_of(word, form), np.float64)
    is_missing = (never_in(cells) | np.isin(days, _NEVER)) if may_miss else np.zeros(len(cells), np.bool_)
    is_dated = not (days[0] if np.isnan(like) else like) <= MOST_DAYS
    good = days >= FIRST_DATE if is_dated else days <= MOST_DAYS
    check_cells(cells, is_missing | good, f"are {_DATES if is_dated else _NUMBERS}")
    return np.where(is_missing, np.nan, days)


def day_given(name: str, value: object, date_format: str | None = None, like: float = FIRST_DATE) -> float:
    """Return the day that an argument says, a date if the days of the log are dates, or refuse it."""
    given, day, is_dated = as_date(value), np.nan, like >= FIRST_DATE
    with suppress(ValueError):  # what is not a time, and numbers of thousands of digits
        if isinstance(given, datetime.date):
            day = given.toordinal()
        elif isinstance(given, str | int | np.integer) and not isinstance(given, bool):
            day = day_of(str(given))
            day = day_of(str(given), date_format) if np.isnan(day) else day
    if not (day >= FIRST_DATE if is_dated else day <= MOST_DAYS):
        raise refused(name, value, "a date, such as 2026-10-31" if is_dated else _NUMBERS)
    return float(day)


def shown_day(day: float) -> str:
    """Return a day as a sentence shows it."""
    return str(datetime.date.fromordinal(int(day))) if day >= FIRST_DATE else f"day {day:g}"
