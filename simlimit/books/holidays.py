"""The holidays of a country, by the package `holidays`, which an extra of this package installs."""

import importlib
from functools import lru_cache

from simlimit.scenario import Scenario, base, parts


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
    years = range(first, first + scenario.horizon_days // 365 + 4)
    closed, opened, release = _dates_of(country, years)
    source = f"reported: package holidays {release}, {country}, {first} to {years[-1]}"
    dates = {"calendar.holidays": closed, "calendar.workdays": tuple(sorted({*workdays, *opened}))}
    return scenario.replace({**dates, "provenance": {**scenario.provenance, **dict.fromkeys(dates, source)}})


@lru_cache(maxsize=16)
def _dates_of(country: str, years: range) -> tuple[parts.Dates, parts.Dates, str]:
    """Return the holidays of a country, the weekend days on which it works, and the release that says so."""
    name, _, part = country.partition("-")
    try:
        package = importlib.import_module("holidays")
        found = package.country_holidays(name, subdiv=part or None, years=years)
    except ImportError:
        rule = "a list of dates, or a country if \"pip install 'simlimit[calendar]'\" has been run"
        base.refuse_at(("calendar", "holidays"), country, rule)
    except NotImplementedError:
        rule = "a list of dates, or a country that the package holidays knows, such as CN or US-CA"
        base.refuse_at(("calendar", "holidays"), country, rule)
    opened = sorted(day for day in found.weekend_workdays if day.year in years)
    return tuple(sorted(found)), tuple(opened), package.__version__
