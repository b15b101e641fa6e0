"""The holidays of a country, by the package `holidays`, which an extra of this package installs."""

import importlib
from functools import lru_cache
from types import ModuleType

from simlimit.errors import ScenarioError
from simlimit.scenario.base import refuse_at
from simlimit.scenario.parts import Dates
from simlimit.scenario.scenario import Scenario

HOLIDAYS, WORKDAYS = "calendar.holidays", "calendar.workdays"


def with_dates_of_holidays(scenario: Scenario) -> Scenario:
    """Return a scenario with dates for the holidays of a country, and for its make-up workdays.

    A history then depends on dates only, and a new release of the package changes none that is stored.

    Parameters
    ----------
    scenario : Scenario
        Dates are taken from the year of day 0 to two years after the last day: payments may still clear then.

    Returns
    -------
    Scenario
        The same if its holidays are dates; else one whose provenance names package, release and country.

    Raises
    ------
    ScenarioError
        If the package is not installed, or does not know the country.

    Examples
    --------
    >>> import simlimit as sl
    >>> with_dates_of_holidays(sl.preset("jiebei")) == sl.preset("jiebei")
    True
    """
    country, workdays = scenario.calendar.holidays, scenario.calendar.workdays
    if not isinstance(country, str):
        return scenario
    first = scenario.start_date.year
    last = first + scenario.horizon_days // 365 + 3
    closed, opened = dates_of(country, first, last)
    source = f"reported: package holidays {_package().__version__}, {country}, {first} to {last}"
    dates = {HOLIDAYS: closed, WORKDAYS: tuple(sorted({*workdays, *opened}))}
    return scenario.replace({**dates, "provenance": {**scenario.provenance, **dict.fromkeys(dates, source)}})


def _package() -> ModuleType:
    """Return the package `holidays`, or say how to install it."""
    try:
        return importlib.import_module("holidays")
    except ImportError:
        raise ScenarioError(
            "calendar.holidays names a country, which needs the package holidays: pip install "
            "'simlimit[calendar]'; or it must be a list of dates."
        ) from None


@lru_cache(maxsize=16)
def dates_of(country: str, first: int, last: int) -> tuple[Dates, Dates]:
    """Return the closed dates of a country in some years, and the weekend days on which it works."""
    name, _, part = country.partition("-")
    years = range(first, last + 1)
    try:
        found = _package().country_holidays(name, subdiv=part or None, years=years)
    except NotImplementedError:
        rule = "a list of dates, or a country that the package holidays knows, such as CN or US-CA"
        refuse_at(("calendar", "holidays"), country, rule)
    return tuple(sorted(found)), tuple(sorted(day for day in found.weekend_workdays if day.year in years))
