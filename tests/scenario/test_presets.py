"""The presets: each loads, each number has a source, dates and days agree."""

import datetime
from html import escape
from typing import get_args

import pytest

from simlimit.errors import ScenarioError
from simlimit.scenario import Scenario, preset, presets
from simlimit.scenario.parts import Lever
from simlimit.scenario.scenario import LABELS

NAMES = list(presets().index)


def value(scenario, name):
    for step in name.split("."):
        scenario = getattr(scenario, step)
    return scenario


def changed(name):
    scenario = preset(name)
    fields = [field for field in Scenario.leaves() if field not in LABELS]
    return [field for field in fields if value(scenario, field) != value(Scenario(), field)]


def test_presets_are_listed_with_a_line_each():
    table = presets()
    assert NAMES == [
        "clockwork",
        "jiebei",
        "welidai",
        "taiwan-2005",
        "rectification",
        "credit-loan",
        "small-business",
        "supply-chain",
        "china-2025",
        "us-card",
    ]
    assert table["description"].str.len().min() > 20


def test_the_list_of_presets_is_not_cut_off_in_a_notebook():
    page = presets()._repr_html_()
    assert "..." not in page
    assert all(escape(preset(name).description, quote=False) in page for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_bears_its_name(name):
    assert preset(name).name == name


def test_clockwork_is_the_default():
    assert preset("clockwork") == Scenario()


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in NAMES for field in changed(name)])
def test_each_number_that_differs_from_clockwork_has_a_source(name, field):
    scenario = preset(name)
    if field == "shocks":
        assert all(f"shocks[{position}]" in scenario.provenance for position in range(len(scenario.shocks)))
    else:
        assert field in scenario.provenance


@pytest.mark.parametrize("name", NAMES)
def test_sources_begin_with_measured_reported_or_assumed(name):
    for source in preset(name).provenance.values():
        assert source.split(":")[0] in ("measured", "reported", "assumed")
        assert ":" in source or source == "assumed"


def test_rectification_is_jiebei_with_shocks():
    jiebei, rectification = preset("jiebei"), preset("rectification")
    differing = {field for field in Scenario.leaves() if value(jiebei, field) != value(rectification, field)}
    assert differing == {"name", "description", "warmup_days", "shocks", "provenance"}


def test_china_2025_is_jiebei_on_other_days_with_shocks_and_without_a_partner():
    jiebei, later = preset("jiebei"), preset("china-2025")
    differing = {field for field in Scenario.leaves() if value(jiebei, field) != value(later, field)}
    assert differing == {
        "name",
        "description",
        "horizon_days",
        "warmup_days",
        "start_date",
        "calendar.holidays",
        "calendar.workdays",
        "funding.facilities",
        "shocks",
        "provenance",
    }
    assert later.funding.facilities[:2] == jiebei.funding.facilities[:2]
    dates = [shock.at for shock in later.shocks] + [later.funding.facilities[2].end]
    assert [str(date) for date in dates] == ["2025-01-15", "2025-10-01", "2026-01-01", "2025-10-01"]


REAL = ("jiebei", "welidai", "rectification", "credit-loan", "small-business", "china-2025", "us-card")


@pytest.mark.parametrize("name", REAL)
def test_presets_of_real_products_block_draws_and_have_a_turnover_of_as_many_as_leave(name):
    scenario = preset(name)
    assert set(scenario.limits.block_draws) == {"past_due", "denied", "frozen"}
    assert scenario.population.seasoned
    assert scenario.population.arrivals_per_year == scenario.population.exits_per_year > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_dates_of_a_calendar_say_something_and_reach_to_the_end(name):
    scenario = preset(name)
    calendar = scenario.calendar
    closed = [date.strftime("%A").lower() in calendar.closed_weekdays for date in calendar.holidays]
    assert not any(closed)
    assert all(date.strftime("%A").lower() in calendar.closed_weekdays for date in calendar.workdays)
    if calendar.holidays:
        first = scenario.start_date
        last = first + datetime.timedelta(days=scenario.horizon_days - 1)
        assert {date.year for date in calendar.holidays} >= set(range(first.year, last.year + 1))


def test_the_shocks_of_rectification_fall_on_their_dates():
    scenario = preset("rectification")
    dates = [shock.at for shock in scenario.shocks]
    assert [str(date) for date in dates] == [
        "2020-07-17",
        "2020-11-02",
        "2020-11-02",
        "2020-11-02",
        "2020-12-23",
        "2021-02-20",
        "2021-11-01",
        "2022-01-01",
    ]
    for position, (date, shock) in enumerate(zip(dates, scenario.shocks, strict=True)):
        assert str(date)[:7] in scenario.source(f"shocks[{position}]")
        end = date + datetime.timedelta(shock.duration_days)
        assert (
            scenario.start_date
            < date
            <= end
            < scenario.start_date + datetime.timedelta(scenario.horizon_days)
        )


def test_demand_can_go_to_products_that_are_presets():
    products = get_args(get_args(Lever.model_fields["product"].annotation)[0])
    assert products == ("credit-loan", "small-business", "supply-chain")
    assert set(products) < set(NAMES)


def test_the_other_products_have_limits_prices_and_release_rules_of_their_own():
    credit, business, invoices = (preset(name) for name in ("credit-loan", "small-business", "supply-chain"))
    assert not credit.evaluation.straight_through
    assert business.product.method == "interest_only"
    assert (invoices.product.instalments, invoices.product.release_unit) == (1, "loan")
    for value_of in (lambda one: one.population.limit_median, lambda one: one.product.daily_rate):
        assert len({value_of(one) for one in (preset("jiebei"), credit, business, invoices)}) == 4


def test_a_buyer_that_slips_does_not_keep_the_limit_of_its_invoice():
    invoices = preset("supply-chain")
    assert invoices.behaviour.slip_days <= invoices.rules.grace_days < invoices.product.cycle_days


def test_an_unknown_preset_is_refused_with_the_names():
    with pytest.raises(ScenarioError, match=r"^jiebai is not a preset, but must be one of: clockwork, "):
        preset("jiebai")
    with pytest.raises(ScenarioError, match=r"clockwork, jiebei, welidai, taiwan-2005, rectification"):
        preset("zzz")
