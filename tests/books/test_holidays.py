"""The holidays of a country: dates that are kept, whatever a later release of the package says."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import simlimit as sl
from simlimit.books import holidays
from simlimit.books.holidays import with_dates_of_holidays
from simlimit.errors import ScenarioError, SimlimitError

Date = datetime.date
CHINA = {
    "start_date": Date(2026, 1, 1),
    "horizon_days": 90,
    "population.borrowers": 100,
    "calendar.closed_weekdays": ["saturday", "sunday"],
    "calendar.holidays": "CN",
    "calendar.rests": ["funding"],
}


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    holidays._dates_of.cache_clear()
    yield
    holidays._dates_of.cache_clear()


def china(**changes: object) -> sl.Scenario:
    return sl.preset("clockwork").replace(CHINA | changes)


def test_a_country_becomes_dates_and_make_up_workdays() -> None:
    calendar = with_dates_of_holidays(china()).calendar
    assert {Date(2026, 2, 16), Date(2026, 2, 23), Date(2028, 10, 1)} <= {*calendar.holidays}
    assert {Date(2026, 1, 4), Date(2026, 2, 14), Date(2026, 2, 28)} <= {*calendar.workdays}
    assert all(Date(2026, 1, 1) <= day < Date(2030, 1, 1) for day in (*calendar.holidays, *calendar.workdays))
    dutch = with_dates_of_holidays(china(**{"calendar.holidays": "NL"})).calendar
    assert Date(2026, 4, 27) in dutch.holidays
    assert dutch.workdays == ()


def test_own_workdays_stay_and_the_source_names_package_and_years() -> None:
    scenario = with_dates_of_holidays(china(**{"calendar.workdays": [Date(2026, 1, 10)]}))
    assert Date(2026, 1, 10) in scenario.calendar.workdays
    release = sys.modules["holidays"].__version__
    for name in ("calendar.holidays", "calendar.workdays"):
        assert scenario.source(name) == f"reported: package holidays {release}, CN, 2026 to 2029"
    assert scenario.source("horizon_days") == china().source("horizon_days")


def test_dates_are_taken_as_they_are() -> None:
    scenario = china(**{"calendar.holidays": [Date(2026, 2, 16)]})
    assert with_dates_of_holidays(scenario) is scenario


def test_a_run_has_the_dates_and_opens_on_make_up_workdays() -> None:
    run = sl.simulate(china(), engine="calendar")
    assert run.scenario == with_dates_of_holidays(china())
    released = {
        run.scenario.start_date + datetime.timedelta(int(day)) for day in run.holds["ended_at"].dropna()
    }
    assert released & {Date(2026, 1, 4), Date(2026, 2, 14), Date(2026, 2, 28)}  # at weekends
    assert not released & {Date(2026, 1, 10), Date(2026, 1, 11)}
    assert not released & {Date(2026, 2, 16) + datetime.timedelta(day) for day in range(8)}


def test_what_is_stored_depends_on_no_release(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = sl.replicate(china(), 2, seed=1, store=tmp_path / "study", progress=False)
    stored = sl.load(tmp_path / "study" / "scenario.toml")
    assert stored == study.scenario
    assert isinstance(stored.calendar.holidays, tuple)

    def country_holidays(name: str, subdiv: str | None, years: range) -> SimpleNamespace:
        class Dates(list):
            weekend_workdays = frozenset()

        return Dates([Date(years[0], 1, 2)])

    release = SimpleNamespace(country_holidays=country_holidays, __version__="999")
    monkeypatch.setitem(sys.modules, "holidays", release)
    holidays._dates_of.cache_clear()
    again = sl.replicate(stored, 3, seed=1, store=tmp_path / "study", progress=False)
    assert len(again) == 3
    with pytest.raises(SimlimitError, match="another scenario"):
        sl.replicate(china(), 3, seed=1, store=tmp_path / "study", progress=False)


@pytest.mark.parametrize("country", ["XX", "DE-XX", "cn", "a\nb"])
def test_a_country_that_is_not_known_is_refused_in_a_sentence(country: str) -> None:
    with pytest.raises(
        ScenarioError, match=r"^calendar\.holidays is .*, but must be .*a country that the package"
    ):
        sl.simulate(china(**{"calendar.holidays": country}))


def test_without_the_package_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ScenarioError, match=r"pip install 'simlimit\[calendar\]'"):
        sl.simulate(china())


def test_countries_and_dates_are_written_and_read_without_loss(tmp_path) -> None:
    for found in ("US-CA", [Date(2026, 1, 2), Date(2026, 5, 1)], []):
        scenario = china(**{"calendar.holidays": found})
        scenario.save(tmp_path / "mine.toml")
        assert sl.load(tmp_path / "mine.toml") == scenario


@pytest.mark.parametrize("found", [5, "", ["2026-01-01"], [1], [datetime.datetime(2026, 1, 1, 5)]])
def test_other_values_are_refused(found: object) -> None:
    with pytest.raises(ScenarioError, match=r"^calendar\.holidays is .* a list of dates, or a country"):
        china(**{"calendar.holidays": found})
