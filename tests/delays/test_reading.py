"""The shares at a day: those of the last time up to it, and unknown where nobody was observed any more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import logs, random_log

import simlimit as sl
from simlimit.errors import SimlimitError


@given(logs(), st.lists(st.integers(0, 18).map(lambda half: half / 2), min_size=1, max_size=5), st.booleans())
def test_the_row_of_a_day_is_that_of_the_log_up_to_it(
    log: pd.DataFrame, days: list[float], is_at_risk: bool
) -> None:
    curve = sl.cumulative_incidence(log, censored_at_risk=is_at_risk)
    table = sl.share_at(curve, days)
    assert table.index.tolist() == days
    assert table.columns.equals(curve.columns)
    for place, day in enumerate(days):
        row = table.iloc[place]
        so_far, rest = curve[curve.index <= day], curve[curve.index >= day]
        assert row["at_risk"] == (rest["at_risk"].iloc[0] if len(rest) else 0)
        if rest.empty and so_far["pending"].iloc[-1] != 0:
            assert np.isnan(row["released"])
            assert np.isnan(row["released_low"])
            assert row["few_at_risk"]
        elif so_far.empty:
            assert row["released"] == 0 or np.isnan(curve["released"].iloc[0])
        else:
            for name in ("released", "released_low", "forfeited_high", "pending"):
                np.testing.assert_equal(row[name], so_far[name].iloc[-1])


def test_before_the_first_end_the_share_is_0_with_its_exact_interval() -> None:
    log = pd.DataFrame({"delay_days": [4] * 20 + [9] * 20, "outcome": ["released"] * 20 + ["pending"] * 20})
    row = sl.share_at(sl.cumulative_incidence(log, confidence=0.9), [3]).loc[3]
    assert (row["at_risk"], row["released"], row["released_low"], row["pending"]) == (40, 0, 0, 1)
    assert (1 - row["released_high"]) ** 40 == pytest.approx(0.05, rel=1e-9)
    clustered = sl.cumulative_incidence(log.assign(borrower=np.arange(40) // 4), cluster="borrower")
    assert (1 - sl.share_at(clustered, [0]).loc[0, "released_high"]) ** 10 == pytest.approx(0.025, rel=1e-9)
    amounts = sl.cumulative_incidence(log, weight="delay_days")
    assert np.isnan(sl.share_at(amounts, [0]).loc[0, "released_high"])


def test_before_the_first_end_the_interval_ends_no_higher_than_at_it() -> None:
    """Of four borrowers 1 % come back on day 10: by day 9 no more do, whatever four clusters say alone."""
    days = [day for early in (9, 10, 11, 10) for day in [10] * early + [20] * (1000 - early)]
    log = pd.DataFrame({"delay_days": days, "borrower": np.arange(4000) // 1000, "outcome": "released"})
    shares = sl.share_at(sl.cumulative_incidence(log, censored=None, cluster="borrower"), (0, 9, 10))
    assert shares["released_high"].nunique() == 1
    assert shares["released_high"].iloc[0] < 0.02


def test_a_small_share_may_have_ended_before_the_first_end() -> None:
    """None of 20 ended before day 10. Where a tenth do, that is so in 12 %: day 10 is no lower end."""
    log = pd.DataFrame({"delay_days": np.arange(10, 30), "outcome": "released"})
    curve = sl.cumulative_incidence(log, censored=None)
    table = sl.quantiles(curve, "released", (0.1, 0.2))
    assert table["low"].to_list() == [0, 10]
    assert sl.share_at(curve, [0]).loc[0, "released_high"] == pytest.approx(1 - 0.025 ** (1 / 20))
    assert table["days"].to_list() == [11, 13]
    at_once = sl.cumulative_incidence(log.assign(delay_days=log["delay_days"] - 10), censored=None)
    assert sl.quantiles(at_once, "released", (0.1,))["low"].to_list() == [0]


def test_shares_stay_once_all_have_ended() -> None:
    log = pd.DataFrame({"delay_days": [0, 1, 2, 5, 5], "outcome": ["released"] * 4 + ["lost"]})
    curve = sl.cumulative_incidence(log, censored=None)
    told = sl.share_at(curve, [1_000]).iloc[0]
    assert told["at_risk"] == 0
    pd.testing.assert_series_equal(
        told.drop("at_risk"), curve.iloc[-1].drop("at_risk"), check_names=False, check_exact=True
    )


def test_groups_and_days_in_any_order() -> None:
    log = random_log(2, rows=150)
    log["product"] = np.arange(150) % 2
    for by in ("region", ["region", "product"]):
        table = sl.share_at(sl.kaplan_meier(log.query("outcome != 'forfeited'"), by=by), (30, 0, 7))
        assert table.index.names == [*([by] if isinstance(by, str) else by), "days"]
        assert table.index.unique("days").tolist() == [30, 0, 7]


def test_what_is_refused() -> None:
    curve = sl.cumulative_incidence(random_log(1))
    with pytest.raises(
        SimlimitError, match=r"^curve is 7, but must be a curve, such as cumulative_incidence"
    ):
        sl.share_at(7, [1])
    with pytest.raises(SimlimitError, match=r"^curve has 0 rows of .*, but must have rows of numbers, "):
        sl.share_at(curve.iloc[:0], [1])
    with pytest.raises(SimlimitError, match=r"^curve has no column 'at_risk', but must be a curve"):
        sl.share_at(curve[["released"]], [1])
    with pytest.raises(SimlimitError, match=r"^days is 7, but must be a sequence of numbers from 0 up, such"):
        sl.share_at(curve, 7)
    with pytest.raises(SimlimitError, match=r"^a value of days is nan, but must be a number from 0 up\.$"):
        sl.share_at(curve, [np.nan])


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda curve: curve.astype(str),
        lambda curve: curve.astype(complex),
        lambda curve: curve.map(lambda value: [value]),
        lambda curve: curve.set_axis([f"day {day}" for day in curve.index]),
        lambda curve: curve.set_axis([np.nan] * len(curve)),
        lambda curve: curve.iloc[:0],
        lambda curve: curve.iloc[::-1],
        lambda curve: pd.concat([curve, curve], axis=1),
        lambda curve: pd.concat({"east": curve, "west": curve.iloc[::-1]}),
    ],
)
def test_a_curve_that_a_user_has_spoilt_is_refused(spoilt: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    curve = sl.cumulative_incidence(
        pd.DataFrame({"delay_days": [0, 1, 7], "outcome": ["released", "released", "pending"]})
    )
    for read in (lambda table: sl.share_at(table, (0, 7)), sl.quantiles):
        with pytest.raises(SimlimitError, match=r"^curve has .*, but must have .*\.$"):
            read(spoilt(curve))
