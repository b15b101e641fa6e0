"""Numbers, intervals and values of fields as text."""

import datetime

import numpy as np
import pytest

from simlimit.scenario.base import FrozenMapping
from simlimit.study.metrics import METRICS
from simlimit.study.ranking import RANKED
from simlimit.tables.numbers import (
    finer,
    interval_text,
    number_text,
    p_value_text,
    per_cent,
    share_text,
    value_text,
)
from simlimit.tables.units import HEADLINES, PARTS, Unit, unit_of

DAYS = unit_of("days_away")


def test_every_metric_has_a_unit():
    assert all(unit_of(metric).name for metric in METRICS)
    assert {*PARTS, *HEADLINES, *RANKED} <= set(METRICS)
    assert unit_of("of the user's own") == Unit(1, 2, "")


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.93128, "released_within_7d", "93.13"),
        (0.99995, "released_within_7d", ">99.99"),
        (1.0, "released_within_7d", "100.00"),
        (1 - 1e-15, "released_within_7d", "100.00"),
        (0.00004, "pending_share", "<0.01"),
        (0.0, "pending_share", "0.00"),
        (0.00004, "days_away", "0.00"),
        (1234.5678, "limit_days_lost", "1,235"),
        (-0.001, "days_away", "0.00"),
        (np.nan, "days_away", "-"),
        (np.inf, "median_days", "-"),
    ],
)
def test_numbers_are_in_the_unit_of_the_metric(value, metric, text):
    assert number_text(value, unit_of(metric)) == text


def test_intervals():
    assert interval_text(0.5, 1.25, DAYS) == "0.50 to 1.25"
    assert interval_text(-0.5, 1.25, DAYS, "+") == "-0.50 to +1.25"
    assert interval_text(np.nan, np.nan, DAYS) == "-"


@pytest.mark.parametrize(
    ("width", "decimals"), [(1.0, 2), (0.002, 3), (1e-9, 4), (0.0, 2), (np.nan, 2), (np.inf, 2)]
)
def test_a_narrow_interval_has_more_decimals(width, decimals):
    assert finer(DAYS, width).decimals == decimals


def test_shares_differ_in_percentage_points():
    assert unit_of("pending_share").of_differences().name == "% points of holds"
    assert DAYS.of_differences() == DAYS


def test_shares():
    assert (share_text(0.1234), share_text(np.nan)) == ("12.3 %", "-")


@pytest.mark.parametrize("decimals", [0, 1, 2, 4])
@pytest.mark.parametrize("away", [1e-3, 4e-4, 1e-6, 1e-9])
def test_only_0_and_1_read_as_0_and_100(decimals, away):
    almost_none, almost_all = per_cent(away, decimals), per_cent(1 - away, decimals)
    none, every = per_cent(0.0, decimals), per_cent(1.0, decimals)
    assert (float(none), float(every)) == (0, 100)
    assert per_cent(-away, decimals) == f"-{almost_none}".replace("-<", ">-")
    assert almost_none != none
    assert almost_all != every
    assert 0 < float(almost_none.lstrip("<")) <= 1
    assert 99 <= float(almost_all.lstrip(">")) < 100


def test_an_interval_of_shares_ends_at_0_only_where_it_does():
    unit = unit_of("pending_share")
    assert interval_text(0.00001, 0.99999, unit) == "<0.01 to >99.99"
    assert interval_text(0.0, 1.0, unit) == "0.00 to 100.00"
    assert share_text(0.9995) == ">99.9 %"
    assert interval_text(-0.00001, 0.00001, unit.of_differences(), "+") == "+0.00 to +0.00"


@pytest.mark.parametrize(("p_value", "text"), [(0.0, "<0.001"), (0.0004, "<0.001"), (0.0123, "0.012")])
def test_no_p_value_is_0(p_value, text):
    assert p_value_text(p_value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        (True, "true"),
        (False, "false"),
        (20_000, "20,000"),
        (0.0004, "0.0004"),
        (1e9, "1,000,000,000"),
        ((0.2, 1.0), "0.2, 1"),
        ((), "none"),
        (FrozenMapping({"east": 0.4, "west": 0.6}), "east 0.4, west 0.6"),
        (datetime.date(2020, 1, 1), "2020-01-01"),
        ("staggered", "staggered"),
    ],
)
def test_values_of_fields(value, text):
    assert value_text(value) == text
