"""The tables that users see: curves, quantiles, who is at risk; and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from foreign_frames import foreign
from hypothesis import given
from hypothesis import strategies as st
from logs import OUTCOMES, logs, random_log
from statsmodels.duration.survfunc import SurvfuncRight

import simlimit as sl
from simlimit.delays import (
    aalen_johansen_variance,
    at_risk_table,
    cumulative_incidence,
    describe_quantiles,
    incidence,
    kaplan_meier,
    quantiles,
)
from simlimit.errors import SimlimitError

RELEASE_LOG = pd.DataFrame(
    {
        "delay_days": [0, 1, 1, 3, 3],
        "outcome": ["released", "forfeited", "pending", "released", "pending"],
        "amount": [1.0, 1.0, 1.0, 1.0, 1.0],
        "borrower": [1, 2, 3, 4, 5],
    }
)


def only_released(seed: int) -> pd.DataFrame:
    log = random_log(seed)
    return log[log["outcome"] != "forfeited"]


# cumulative_incidence


def test_a_curve_by_hand() -> None:
    table = cumulative_incidence(RELEASE_LOG)
    assert list(table.columns) == [
        "at_risk", "few_at_risk",
        "forfeited", "forfeited_low", "forfeited_high",
        "released", "released_low", "released_high",
        "pending",
    ]  # fmt: skip
    assert table.index.name == "days"
    assert table.index.dtype == np.int64
    assert table.index.tolist() == [0, 1, 3]
    assert table["at_risk"].tolist() == [5, 4, 2]
    assert table["at_risk"].dtype == np.int64
    np.testing.assert_allclose(table["released"], [0.2, 0.2, 0.5], rtol=1e-15)
    np.testing.assert_allclose(table["forfeited"], [0.0, 0.2, 0.2], rtol=1e-15)
    np.testing.assert_allclose(table["pending"], [0.8, 0.6, 0.3], rtol=1e-15)
    assert table.attrs["interval"] == "95 % intervals: rows taken as independent"


def test_the_interval_of_independent_rows() -> None:
    table = cumulative_incidence(pd.concat([RELEASE_LOG] * 3), confidence=0.9)
    variance = aalen_johansen_variance([[3, 0, 3], [0, 3, 0]], [0, 3, 3])
    scale = 1.6448536269514722 * np.sqrt(variance[0, 2]) / (0.5 * abs(np.log(0.5)))
    low, high = (np.exp(np.log(0.5) * np.exp(side * scale)) for side in (1, -1))
    assert table.loc[3, "released_low"] == pytest.approx(low, rel=1e-12)
    assert table.loc[3, "released_high"] == pytest.approx(high, rel=1e-12)


def test_nothing_forfeited_is_not_nothing_to_fear() -> None:
    # Of none among 30, the exact 95 % interval ends where 30 would all be spared with a chance of 2.5 %.
    log = pd.DataFrame({"delay_days": [0] * 30 + [4], "outcome": ["released"] * 30 + ["forfeited"]})
    row = cumulative_incidence(log, censored=None).loc[0]
    assert row["forfeited"] == row["forfeited_low"] == 0
    assert (1 - row["forfeited_high"]) ** 31 == pytest.approx(0.025, rel=1e-9)


@given(logs(), st.sampled_from([None, "borrower"]), st.booleans())
def test_an_interval_is_never_of_width_0(log: pd.DataFrame, cluster: str | None, is_at_risk: bool) -> None:
    log["borrower"] = np.arange(len(log)) % 7
    told = cumulative_incidence(log, cluster=cluster, censored_at_risk=is_at_risk)
    for outcome in ("released", "forfeited"):
        low, high = told[f"{outcome}_low"], told[f"{outcome}_high"]
        assert ((high - low > 0.01) | (low.isna() & high.isna())).all()
        assert low[told["at_risk"] >= 5].notna().all() or log["borrower"].nunique() == 1
    if not cluster:
        ends = log["outcome"].astype(str).replace("forfeited", "released")
        alone = log.assign(outcome=pd.Categorical(ends, ["released", "pending"]))
        told = kaplan_meier(alone, censored_at_risk=is_at_risk)
        low, high = told.get("released_low"), told.get("released_high")
        assert low is None or ((high - low > 0.01) | (low.isna() & high.isna())).all()


def test_few_at_risk_are_marked_and_very_few_have_no_interval() -> None:
    log = pd.DataFrame({"delay_days": range(30), "outcome": ["released", "pending"] * 15})
    for table in (
        cumulative_incidence(log),
        kaplan_meier(log),
        cumulative_incidence(log, weight="delay_days"),
    ):
        assert table["few_at_risk"].tolist() == [False] * 11 + [True] * 19
    table = cumulative_incidence(log)
    assert table["released_low"].notna().tolist() == [at_risk >= 5 for at_risk in table["at_risk"]]


def test_shares_of_a_log_in_which_all_have_ended_are_proportions_to_the_end() -> None:
    log = pd.DataFrame({"delay_days": range(10), "outcome": "released"})
    table = cumulative_incidence(log, censored=None)
    assert table["released_low"].notna().all()
    # Ten of ten: exact, though rounding makes the share a little less than 1.
    assert table.loc[9, "released_low"] == pytest.approx(0.025**0.1, rel=1e-6)
    assert cumulative_incidence(log[:4], censored=None)["released_low"].isna().all(), "four are too few"


@pytest.mark.parametrize("hours", [[0.1 + 0.2, 0.3], [7 / 24, sum([1 / 24] * 7)], [1e4 / 24, 1e4 * (1 / 24)]])
def test_times_that_differ_by_rounding_only_are_one_time(hours: list[float]) -> None:
    log = pd.DataFrame({"delay_days": [*hours, *hours, 500], "outcome": ["released"] * 4 + ["pending"]})
    exact = log.assign(delay_days=[min(hours)] * 4 + [500])
    for function in (cumulative_incidence, kaplan_meier):
        pd.testing.assert_frame_equal(function(log), function(exact))
    for day in hours:
        told = at_risk_table(log, days=(day,))
        assert told[day].tolist() == [5, 4, 0]
        assert sl.share_at(cumulative_incidence(log), (day,))["released"].tolist() == [0.8]


def test_outcomes_in_order_of_the_categories_though_they_may_not_occur() -> None:
    log = RELEASE_LOG[RELEASE_LOG["outcome"] != "forfeited"].copy()
    log["outcome"] = pd.Categorical(log["outcome"], OUTCOMES)
    table = cumulative_incidence(log)
    assert [name for name in table if "_" not in name] == ["released", "forfeited", "pending"]
    assert (table["forfeited"] == 0).all()


def test_labels_of_your_own_and_a_log_in_which_all_have_ended() -> None:
    log = pd.DataFrame({"hours": [1.5, 2.0, 6.0], "end": [1, 2, 0]})
    table = cumulative_incidence(log, duration="hours", outcome="end", censored=0)
    assert table.index.tolist() == [1.5, 2.0, 6.0]
    assert table.columns[2:8].tolist() == [1, "1_low", "1_high", 2, "2_low", "2_high"]
    closed = cumulative_incidence(log, duration="hours", outcome="end", censored=None)
    np.testing.assert_allclose(closed["pending"], [2 / 3, 1 / 3, 0], atol=1e-15)


def test_amounts_have_an_interval_only_with_clusters() -> None:
    table = cumulative_incidence(RELEASE_LOG, weight="amount")
    assert table["released_low"].isna().all()
    assert table["at_risk"].dtype == np.float64
    assert table.attrs["interval"] == "95 % intervals: none for amounts without a cluster"
    clustered = cumulative_incidence(RELEASE_LOG, weight="amount", cluster="borrower")
    assert clustered["released_low"].notna().any()
    pd.testing.assert_series_equal(clustered["released"], cumulative_incidence(RELEASE_LOG)["released"])


@pytest.mark.parametrize("cluster", [None, "borrower"])
def test_groups_are_tables_by_themselves(cluster: str | None) -> None:
    log = random_log(1, rows=120)
    log["product"] = np.arange(120) % 3
    one = cumulative_incidence(log, by="region", cluster=cluster)
    assert one.index.names == ["region", "days"]
    two = cumulative_incidence(log, by=["region", "product"], cluster=cluster)
    assert two.index.names == ["region", "product", "days"]
    north = log[log["region"] == "north"]
    pd.testing.assert_frame_equal(one.loc["north"], cumulative_incidence(north, cluster=cluster))
    part = north[north["product"] == 2]
    pd.testing.assert_frame_equal(two.loc[("north", 2)], cumulative_incidence(part, cluster=cluster))


def test_groups_in_order_of_the_categories() -> None:
    log = RELEASE_LOG.assign(band=pd.Categorical(list("lhlhl"), ["l", "m", "h"], ordered=True))
    assert cumulative_incidence(log, by="band").index.unique("band").tolist() == ["l", "h"]


def test_holds_of_a_run() -> None:
    scenario = sl.preset("jiebei").replace({"population.borrowers": 100, "horizon_days": 380})
    holds = sl.simulate(scenario, seed=1, engine="calendar", keep="holds").holds
    repaid = holds[holds["kind"] == "repayment"]
    table = cumulative_incidence(
        repaid, cluster="borrower", weight="amount", by="region", censored_at_risk=False
    )
    np.testing.assert_allclose(table[["released", "forfeited", "pending"]].sum(axis=1), 1, atol=1e-12)
    assert (table["released_low"].dropna() <= table["released"][table["released_low"].notna()]).all()


# kaplan_meier


@pytest.mark.parametrize("seed", range(40))
def test_kaplan_meier_equals_statsmodels(seed: int) -> None:
    log = only_released(seed)
    peer = SurvfuncRight(log["delay_days"], log["outcome"] == "released")
    table = kaplan_meier(log)
    np.testing.assert_allclose(table["pending"].loc[peer.surv_times], peer.surv_prob, rtol=0, atol=1e-12)
    assert (table["at_risk"].loc[peer.surv_times] == peer.n_risk).all()


@given(logs(("released", "pending")))
def test_kaplan_meier_is_the_incidence_where_nothing_competes(log: pd.DataFrame) -> None:
    one, other = kaplan_meier(log), cumulative_incidence(log)
    columns = ["at_risk", "released", "pending"]
    pd.testing.assert_frame_equal(one[columns], other[columns], rtol=0, atol=1e-12)
    inside = one["released_low"].notna()
    assert (one["released_low"] <= one["released"])[inside].all()
    assert (one["released"] <= one["released_high"])[inside].all()


def test_kaplan_meier_by_groups_of_a_log_with_one_kind_of_end() -> None:
    log = only_released(1)
    table = kaplan_meier(log, by="region", confidence=0.8)
    north = kaplan_meier(log[log["region"] == "north"], confidence=0.8)
    pd.testing.assert_frame_equal(table.loc["north"], north)
    assert table.attrs["interval"] == "80 % intervals: Greenwood, rows taken as independent"


def test_kaplan_meier_of_a_log_in_which_nothing_has_ended() -> None:
    log = RELEASE_LOG[RELEASE_LOG["outcome"] == "pending"]
    assert list(kaplan_meier(log).columns) == ["at_risk", "few_at_risk", "pending"]
    assert (kaplan_meier(log)["pending"] == 1).all()


def test_kaplan_meier_refuses_outcomes_that_compete() -> None:
    with pytest.raises(SimlimitError) as refused:
        kaplan_meier(RELEASE_LOG)
    assert str(refused.value) == (
        "frame has rows that end as forfeited and released, but Kaplan-Meier is for one kind of end only: "
        "use cumulative_incidence, in which they compete."
    )


# quantiles


def test_quantiles_are_the_first_times_that_reach() -> None:
    curve = pd.DataFrame(
        {
            "released": [0.3, 0.5, 0.5, 0.7],
            "released_low": [np.nan, 0.4, 0.4, 0.5],
            "released_high": [0.5, 0.6, 0.7, 0.9],
        },
        index=pd.Index([0, 2, 5, 9], name="days"),
    )
    table = quantiles(curve, probabilities=(0.25, 0.5, 0.6, 0.9, 1))
    assert table.index.name == "probability"
    np.testing.assert_array_equal(table["days"], [0, 2, 9, np.nan, np.nan])
    np.testing.assert_array_equal(table["low"], [0, 0, 2, 9, np.nan])
    np.testing.assert_array_equal(table["high"], [2, 9, np.nan, np.nan, np.nan])
    assert table["reached"].tolist() == [True, True, True, False, False]
    assert describe_quantiles(table).tolist() == [
        "0 days (0 to 2)",
        "2 days (0 to 9)",
        "9 days (from 2)",
        "not reached (from 9)",
        "not reached",
    ]


def test_a_share_that_is_reached_but_for_rounding_is_reached() -> None:
    log = pd.DataFrame({"delay_days": range(10), "outcome": "released"})
    table = quantiles(cumulative_incidence(log, censored=None), probabilities=[i / 10 for i in range(1, 11)])
    assert table["days"].tolist() == list(range(10))


def test_quantiles_of_groups() -> None:
    log = random_log(2, rows=150)
    log["product"] = np.arange(150) % 2
    table = quantiles(cumulative_incidence(log, by=["region", "product"]), "forfeited", (0.1, 0.9))
    assert table.index.names == ["region", "product", "probability"]
    part = log[(log["region"] == "south") & (log["product"] == 1)]
    pd.testing.assert_frame_equal(
        table.loc[("south", 1)], quantiles(cumulative_incidence(part), "forfeited", (0.1, 0.9))
    )
    one = quantiles(cumulative_incidence(log, by="region"), probabilities=[0.5])
    assert one.index.names == ["region", "probability"]
    assert describe_quantiles(one).index.equals(one.index)


def test_quantiles_of_a_run_that_released_all_at_once() -> None:
    holds = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1).holds
    table = quantiles(cumulative_incidence(holds, cluster="borrower", censored_at_risk=False))
    # Twenty borrowers of whom all were released at once do not prove that nine of ten are.
    assert describe_quantiles(table).tolist() == ["0 days (0 to 0)"] * 3 + ["0 days (from 0)"]


def test_quantiles_refuse() -> None:
    curve = cumulative_incidence(RELEASE_LOG)
    with pytest.raises(SimlimitError, match=r"^outcome is 'lost', but must be one of the curve's: \['forf"):
        quantiles(curve, "lost")
    for probability in (0, 1.01, "half", np.nan):
        with pytest.raises(
            SimlimitError, match=r"^probability is .*, but must be a number above 0 and at most"
        ):
            quantiles(curve, probabilities=[probability])
    for wrong in (0.5, "half", np.array(0.5)):
        with pytest.raises(SimlimitError, match=r"^probabilities is .*, but must be numbers"):
            quantiles(curve, "released", wrong)
    with pytest.raises(SimlimitError, match=r"^curve is 'x', but must be a table such as cumulative_inc"):
        quantiles("x")


def test_describe_quantiles_refuses_what_is_not_quantiles() -> None:
    with pytest.raises(SimlimitError, match=r"^table has no column 'days', but must be a table of quantiles"):
        describe_quantiles(cumulative_incidence(RELEASE_LOG))
    with pytest.raises(SimlimitError, match=r"^table is \[12\], but must be a table of quantiles, such as"):
        describe_quantiles([12])


# at_risk_table


def test_at_risk_by_hand() -> None:
    table = at_risk_table(RELEASE_LOG, days=(0, 1, 2, 30))
    assert table.columns.tolist() == [0, 1, 2, 30]
    assert table.columns.name == "days"
    assert table.loc["at_risk"].tolist() == [5, 4, 2, 0]
    assert table.loc["forfeited"].tolist() == [0, 1, 1, 1]
    assert table.loc["released"].tolist() == [1, 1, 1, 2]
    assert table.loc["pending"].tolist() == [0, 1, 1, 2]
    amounts = at_risk_table(RELEASE_LOG.assign(amount=0.5), days=(0, 1, 2, 30), weight="amount")
    pd.testing.assert_frame_equal(amounts, table / 2)


@given(logs())
def test_at_risk_is_that_of_the_curve(log: pd.DataFrame) -> None:
    curve = cumulative_incidence(log)
    table = at_risk_table(log, days=curve.index)
    assert (table.loc["at_risk"] == curve["at_risk"]).all()
    assert table.iloc[1:, -1].sum() == len(log)


def test_at_risk_by_groups() -> None:
    log = random_log(4)
    table = at_risk_table(log, by="region")
    assert table.index.names == ["region", "status"]
    pd.testing.assert_frame_equal(table.loc["south"], at_risk_table(log[log["region"] == "south"]))


# Censored rows that are not at risk at their time


def moved(log: pd.DataFrame) -> pd.DataFrame:
    """Return the log with each censored row at the next smaller time, row by row."""
    rows = []
    for row in log.to_dict("records"):
        smaller = [day for day in log["delay_days"] if day < row["delay_days"]]
        if row["outcome"] != "pending":
            rows.append(row)
        elif smaller:
            rows.append(row | {"delay_days": max(smaller)})
    table = pd.DataFrame(rows, columns=log.columns)
    return table.assign(outcome=pd.Categorical(table["outcome"], OUTCOMES))


def test_censored_not_at_risk_by_hand() -> None:
    table = cumulative_incidence(RELEASE_LOG, censored_at_risk=False)
    assert table.index.tolist() == [0, 1, 3]
    assert table["at_risk"].tolist() == [5, 3, 1]
    np.testing.assert_allclose(table["released"], [0.2, 0.2, 0.2 + 0.8 * 2 / 3], rtol=1e-15)
    np.testing.assert_allclose(table["forfeited"], [0.0, 0.8 / 3, 0.8 / 3], rtol=1e-15)
    counts = at_risk_table(RELEASE_LOG, days=(0, 1, 2, 3, 30), censored_at_risk=False)
    assert counts.loc["at_risk"].tolist() == [5, 3, 2, 1, 0]
    assert counts.loc["pending"].tolist() == [0, 1, 1, 2, 2]
    usual = at_risk_table(RELEASE_LOG, days=(0, 1, 2, 3, 30))
    pd.testing.assert_frame_equal(counts.iloc[1:], usual.iloc[1:])


@given(logs())
def test_censored_not_at_risk_is_the_usual_rule_for_durations_moved_by_hand(log: pd.DataFrame) -> None:
    by_hand = moved(log)
    told = cumulative_incidence(log, censored_at_risk=False)
    if by_hand.empty:
        assert told["at_risk"].tolist() == [0]
        assert told.drop(columns=["at_risk", "few_at_risk"]).isna().all(axis=None)
        return
    pd.testing.assert_frame_equal(told, cumulative_incidence(by_hand))
    table = at_risk_table(log, days=told.index, censored_at_risk=False)
    assert (table.loc["at_risk"] == told["at_risk"]).all()
    assert ((table.loc["at_risk"] + table.loc["pending"]).iloc[0]) == len(log)


@given(logs(("released", "pending")))
def test_kaplan_meier_of_censored_rows_that_are_not_at_risk(log: pd.DataFrame) -> None:
    by_hand = moved(log)
    if not by_hand.empty:
        told = kaplan_meier(log, censored_at_risk=False)
        pd.testing.assert_frame_equal(told, kaplan_meier(by_hand))


@pytest.mark.parametrize("options", [{"by": "region"}, {"cluster": "borrower"}, {"weight": "amount"}])
def test_censored_not_at_risk_with_groups_clusters_and_amounts(options: dict[str, Any]) -> None:
    log = random_log(3, latest=6)
    # Two are pending at the first time: they are left out, and no other row may take their place.
    log.loc[[10, 20], ["delay_days", "outcome"]] = [0, "pending"]
    told = cumulative_incidence(log, censored_at_risk=False, **options)
    pd.testing.assert_frame_equal(told, cumulative_incidence(moved(log), **options))


def test_a_group_that_never_was_at_risk_stays_in_the_tables() -> None:
    log = pd.DataFrame(
        {
            "delay_days": [2, 2, 3, 4],
            "outcome": ["pending", "pending", "released", "pending"],
            "region": ["north", "north", "south", "south"],
        }
    )
    for function in (cumulative_incidence, kaplan_meier):
        table = function(log, by="region", censored_at_risk=False)
        assert table.loc["north"].index.tolist() == [2]
        assert table.loc[("north", 2), "at_risk"] == 0
        assert np.isnan(table.loc[("north", 2), "released"])
        assert np.isnan(table.loc[("north", 2), "pending"])
        alone = function(log[2:], censored_at_risk=False)
        pd.testing.assert_frame_equal(table.loc["south"], alone)
        assert quantiles(table).loc["north", "days"].isna().all()
    counts = at_risk_table(log, (0, 2, 9), by="region", censored_at_risk=False)
    assert counts.loc[("north", "pending")].tolist() == [0, 2, 2]


# Rows that came under observation late


def late_log(seed: int, rows: int = 80) -> pd.DataFrame:
    """Return a random log that begins when some rows are some days old."""
    log = random_log(seed, rows)
    rng = np.random.default_rng(seed)
    entry = np.where(rng.random(rows) < 0.5, 0, rng.integers(0, 9, rows))
    return log.assign(entry=np.minimum(entry, np.maximum(log["delay_days"] - 1, 0)))


@pytest.mark.parametrize("seed", range(20))
def test_kaplan_meier_with_late_entries_equals_statsmodels(seed: int) -> None:
    # As in R's survival package and in statsmodels, a row is at risk in (entry, duration].
    log = late_log(seed).query("outcome != 'forfeited' and delay_days > 0")
    peer = SurvfuncRight(log["delay_days"], log["outcome"] == "released", entry=log["entry"])
    table = kaplan_meier(log, entry="entry").loc[peer.surv_times]
    assert (table["at_risk"] == peer.n_risk).all()
    np.testing.assert_allclose(table["pending"], peer.surv_prob, rtol=0, atol=1e-12)
    inside = table["released_low"].notna() & table["pending"].between(1e-9, 1 - 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.959963984540054 * peer.surv_prob_se / np.abs(peer.surv_prob * np.log(peer.surv_prob))
    expected = peer.surv_prob ** np.exp(scale)
    assert inside.sum() > 3
    np.testing.assert_allclose((1 - table["released_high"])[inside], expected[inside], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_late_entries_at_risk_row_by_row(seed: int) -> None:
    log = late_log(seed)
    entry, duration = log["entry"].where(log["entry"] > 0, -1), log["delay_days"]
    is_pending = log["outcome"] == "pending"
    for is_at_risk in (True, False):
        at_the_end = is_at_risk | ~is_pending
        days = (0, 1, 2.5, 3, 7, 30)
        told = at_risk_table(log, days, entry="entry", censored_at_risk=is_at_risk)
        lasts = [(duration > day) | (at_the_end & (duration == day)) for day in days]
        assert told.loc["at_risk"].tolist() == [
            ((entry < day) & lasting).sum() for day, lasting in zip(days, lasts, strict=True)
        ]
        curve = cumulative_incidence(log, entry="entry", censored_at_risk=is_at_risk, cluster="borrower")
        on_curve = at_risk_table(log, curve.index, entry="entry", censored_at_risk=is_at_risk)
        assert (on_curve.loc["at_risk"] == curve["at_risk"]).all()
        np.testing.assert_allclose(curve[["released", "forfeited", "pending"]].sum(axis=1), 1, atol=1e-12)
        assert curve["released_low"].notna().any()
        by_amount = cumulative_incidence(
            log.assign(one=2.5), entry="entry", censored_at_risk=is_at_risk, cluster="borrower", weight="one"
        )
        shares = ["released", "released_low", "forfeited_high", "clusters"]
        pd.testing.assert_frame_equal(by_amount[shares], curve[shares])


def test_entries_at_0_change_nothing_also_for_an_end_on_the_day_of_repayment() -> None:
    log = random_log(5).assign(entry=0.0)
    for options in ({}, {"cluster": "borrower"}, {"weight": "amount", "cluster": "borrower"}):
        told = cumulative_incidence(log, entry="entry", **options)
        pd.testing.assert_frame_equal(told, cumulative_incidence(log, **options))
    pd.testing.assert_frame_equal(at_risk_table(log, entry="entry"), at_risk_table(log))


def test_without_entry_a_log_that_begins_late_would_show_waits_too_long() -> None:
    # Waits of 1 .. 10 days are equally likely. The log begins when some are days old; of those, only waits
    # that last are in it. The standard error of a share of 4,000 is below 0.008.
    rng = np.random.default_rng(1)
    wait, age = rng.integers(1, 11, 12_000), rng.integers(0, 10, 12_000)
    log = pd.DataFrame({"delay_days": wait, "outcome": "released", "age": age})[wait > age]
    right = kaplan_meier(log, entry="age", censored=None)["released"]
    wrong = kaplan_meier(log, censored=None)["released"]
    np.testing.assert_allclose(right, np.arange(1, 11) / 10, atol=0.04)
    assert wrong[5] < 0.4


# What is refused


ENDED = ["released", *["pending"] * 4]


@pytest.mark.parametrize("function", [cumulative_incidence, kaplan_meier, at_risk_table])
@pytest.mark.parametrize(
    ("change", "arguments", "sentence"),
    [
        ({}, {"duration": "days"}, "duration is 'days', but must be a column of the frame: ['delay_days',"),
        ({}, {"outcome": "how"}, "outcome is 'how', but must be a column"),
        ({"outcome": ENDED}, {"by": "area"}, "by is 'area', but must be a column"),
        ({"outcome": ENDED, "area": [1, 2, 3, None, 4]}, {"by": "area"}, "area is missing in row 3, but mus"),
        ({"delay_days": [0, -1, 2, 3, 4]}, {}, "delay_days is -1 in row 1, but must be a number from 0 up."),
        ({"delay_days": [0, np.nan, 2, 3, 4]}, {}, "delay_days is nan in row 1, but must be a number from 0"),
        ({"delay_days": [0, np.inf, 2, 3, 4]}, {}, "delay_days is inf in row 1, but must be a number from 0"),
        ({"delay_days": pd.to_timedelta([1] * 5, unit="D")}, {}, "delay_days is of type timedelta64"),
        ({"outcome": ["released", None, *["pending"] * 3]}, {}, "outcome is missing in row 1, but must be"),
        ({"age": [0, 1, 0, 0, 0]}, {"entry": "age"}, "age is 1 in row 1, but must be before its delay_days,"),
        ({"age": [0, -1, 0, 0, 0]}, {"entry": "age"}, "age is -1 in row 1, but must be a number from 0 up."),
        ({}, {"entry": "age"}, "entry is 'age', but must be a column"),
        ({}, {"censored": "open"}, "censored is 'open', but must be one of the labels of outcome, ('forfeit"),
    ],
)  # fmt: skip
def test_bad_logs_are_refused(
    function: Callable[..., Any], change: dict[str, Any], arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SimlimitError) as refused:
        function(RELEASE_LOG.assign(**change), **arguments)
    assert str(refused.value).startswith(sentence)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(SimlimitError, match=r"^frame has no rows, but must have one or more\.$"):
        cumulative_incidence(RELEASE_LOG.iloc[:0])
    twice = pd.concat([RELEASE_LOG, RELEASE_LOG], axis=1)
    for function in (cumulative_incidence, kaplan_meier, at_risk_table):
        with pytest.raises(
            SimlimitError, match=r"^outcome is 'outcome', but the frame has several columns of this"
        ):
            function(twice)
    with pytest.raises(
        SimlimitError, match=r"^by is 'amount', but the frame has several columns of this name"
    ):
        cumulative_incidence(pd.concat([RELEASE_LOG, RELEASE_LOG[["amount"]]], axis=1), by="amount")
    with pytest.raises(SimlimitError, match=r"^frame is of type dict, but must be a pandas DataFrame\.$"):
        cumulative_incidence({"delay_days": [1]})
    with pytest.raises(SimlimitError, match=r"^weight is 'sum', but must be a column"):
        cumulative_incidence(RELEASE_LOG, weight="sum")
    with pytest.raises(SimlimitError, match=r"^amount is -1 in row 0, but must be a number from 0 up\.$"):
        cumulative_incidence(RELEASE_LOG.assign(amount=-1), weight="amount")
    with pytest.raises(SimlimitError, match=r"^cluster is 'run', but must be a column"):
        cumulative_incidence(RELEASE_LOG, cluster="run")
    with pytest.raises(
        SimlimitError, match=r"^borrower is missing in row 2, but must be known in every row\.$"
    ):
        cumulative_incidence(RELEASE_LOG.assign(borrower=[1, 2, None, 4, 5]), cluster="borrower")
    with pytest.raises(SimlimitError, match=r"^confidence is 95, but must be a number between 0 and 1\.$"):
        cumulative_incidence(RELEASE_LOG, confidence=95)
    with pytest.raises(SimlimitError, match=r"^a value of days is -1, but must be a number from 0 up\.$"):
        at_risk_table(RELEASE_LOG, days=(0, -1))
    with pytest.raises(SimlimitError, match=r"^days is 7, but must be a sequence of numbers from 0 up, such"):
        at_risk_table(RELEASE_LOG, days=7)
    clash = RELEASE_LOG.replace({"outcome": {"released": "at_risk"}})
    for function in (cumulative_incidence, at_risk_table):
        with pytest.raises(SimlimitError, match=r"^outcome has the label 'at_risk', but the table uses"):
            function(clash)


@pytest.mark.parametrize("estimate", [kaplan_meier, cumulative_incidence])
def test_one_early_end_of_few_is_not_known_better_because_many_enter_later(estimate: Any) -> None:
    """One row is alone on day 1 and ends: then all are released for ever, though 30 enter on day 2."""
    log = pd.DataFrame(
        {
            "delay_days": [1] + [9] * 30,
            "since": [0] + [2] * 30,
            "outcome": ["released"] + ["released"] * 20 + ["pending"] * 10,
        }
    )
    curve = estimate(log, entry="since")
    assert curve["at_risk"].to_list() == [1, 30]
    assert curve["released"].to_list() == [1, 1]
    assert curve["few_at_risk"].all()
    assert curve[["released_low", "released_high"]].isna().all(axis=None)
    later = estimate(log.assign(since=[0] + [0] * 30), entry="since")
    assert not later["few_at_risk"].any()
    assert later[["released_low", "released_high"]].notna().all(axis=None)


def test_few_at_risk_before_the_first_end_say_nothing_wrong() -> None:
    """Three rows are watched from the start and 40 from day 2; nobody ended before."""
    log = pd.DataFrame(
        {
            "delay_days": [1] + [9] * 42,
            "since": [0] * 3 + [2] * 40,
            "outcome": ["pending"] + ["released"] * 22 + ["pending"] * 20,
        }
    )
    curve = cumulative_incidence(log, entry="since")
    assert curve["few_at_risk"].to_list() == [True, False]
    assert curve["released_low"].isna().to_list() == [True, False]


def test_a_lower_bound_does_not_fall_where_the_last_ones_end() -> None:
    """Of 50 holds, 20 alike borrowers have 43 back on day 5 and all on day 6; 20 of 20 say 0.832 or more."""
    delays = np.tile([5] * 43 + [6] * 7, 20)
    delays[0] = 6
    log = pd.DataFrame({"delay_days": delays, "outcome": "released", "borrower": np.repeat(range(20), 50)})
    curve = cumulative_incidence(log, cluster="borrower", censored=None)
    assert curve.loc[6, "released"] == 1
    assert curve.loc[5, "released_low"] > 0.85 > 0.025 ** (1 / 20)
    assert curve.loc[6, "released_low"] == curve.loc[5, "released_low"]


def test_an_upper_bound_is_not_that_of_days_on_which_nothing_was_observed() -> None:
    """None of 12 borrowers forfeits by day 2, which alone says 26.5 % or less; one hold in 100 does later."""
    delays, ends = np.tile([2] * 99 + [9], 12), np.tile(["released"] * 99 + ["forfeited"], 12)
    delays[0], ends[99] = 9, "released"  # clusters differ
    log = pd.DataFrame({"delay_days": delays, "outcome": ends, "borrower": np.repeat(range(12), 100)})
    curve = cumulative_incidence(log, cluster="borrower", censored=None)
    assert curve.loc[2, "forfeited"] == 0
    assert 0.01 < curve.loc[9, "forfeited_high"] < 0.03 < 1 - 0.025 ** (1 / 12)
    assert curve.loc[2, "forfeited_high"] == curve.loc[9, "forfeited_high"]


@pytest.mark.parametrize("cluster", [None, "borrower"])
@pytest.mark.parametrize("seed", range(30))
def test_the_ends_of_intervals_never_fall(seed: int, cluster: str | None) -> None:
    log = random_log(seed, rows=30)
    curves = [(cumulative_incidence(log, cluster=cluster), ("released", "forfeited"))]
    if cluster is None:
        curves.append((kaplan_meier(log[log["outcome"] != "forfeited"]), ("released",)))
    for curve, outcomes in curves:
        for end in (f"{outcome}_{end}" for outcome in outcomes for end in ("low", "high")):
            known = curve[end].dropna()
            assert len(known) > 2
            assert known.is_monotonic_increasing


CODED = pd.DataFrame({"delay_days": [0, 1, 3, 7, 9], "outcome": ["a", "b", "a", "none", "a"]})
CODES: dict[str, dict[str, object]] = {
    "whole numbers": {"a": 1, "b": 2, "none": 0},
    "numbers": {"a": 1.0, "b": 2.0, "none": 0.0},
    "truth values": {"a": True, "b": True, "none": False},
}


@pytest.mark.parametrize("kind", CODES)
def test_codes_of_outcomes_give_the_same_curve_as_their_names(kind: str) -> None:
    codes = CODES[kind]
    log = CODED if kind != "truth values" else CODED.replace({"b": "a"})
    named = cumulative_incidence(log, censored="none")
    coded = cumulative_incidence(log.assign(outcome=log["outcome"].map(codes)), censored=codes["none"])
    assert coded.columns.to_list()[2] == codes["a"]
    np.testing.assert_array_equal(coded.to_numpy(np.float64), named.to_numpy(np.float64))
    for asked in (codes["a"], 1):
        pd.testing.assert_frame_equal(quantiles(coded, asked), quantiles(named, "a"))
    shares = sl.share_at(coded, (0, 2, 30)).to_numpy(np.float64)
    np.testing.assert_array_equal(shares, sl.share_at(named, (0, 2, 30)).to_numpy(np.float64))


@pytest.mark.parametrize("outcome", ["released", 3, ["a"], None, np.nan])
def test_an_outcome_that_a_curve_has_not_is_refused_with_those_that_it_has(outcome: Any) -> None:
    curve = cumulative_incidence(CODED.assign(outcome=[1, 2, 1, 0, 1]), censored=0)
    with pytest.raises(SimlimitError, match=r"^outcome is .*, but must be one of the curve's: \[1, 2\]\.$"):
        quantiles(curve, outcome)


@pytest.mark.parametrize("library", ["pyarrow", "dask.dataframe"])
@pytest.mark.parametrize("of", [cumulative_incidence, kaplan_meier, at_risk_table])
def test_a_frame_of_another_library_is_a_log(of: Callable[..., pd.DataFrame], library: str) -> None:
    log = RELEASE_LOG.query("outcome != 'forfeited'").reset_index(drop=True)
    table = of(foreign(log, library), by="outcome")
    pd.testing.assert_frame_equal(table, of(log, by="outcome"), check_index_type=False)


@pytest.mark.parametrize(
    ("frame", "arguments", "said"),
    [
        (7, {}, "frame is of type int, but must be a pandas DataFrame."),
        (RELEASE_LOG["outcome"], {}, "frame is of type pandas.Series, but must be a pandas DataFrame."),
        (RELEASE_LOG, {"by": []}, "by is empty, but must be a column of the frame, or a list of columns."),
        (RELEASE_LOG, {"by": 7}, "by is 7, but must be a column of the frame, or a list of columns."),
        (RELEASE_LOG, {"by": [["outcome"]]}, "by is ['outcome'], but must be a column of the frame: ["),
        (
            RELEASE_LOG,
            {"duration": ["delay_days"]},
            "duration is ['delay_days'], but must be a column of",
        ),
        (RELEASE_LOG.assign(delay_days=1j), {}, "delay_days is of type complex128, but must be numbers."),
        (RELEASE_LOG.assign(outcome=[["released"]] * 5), {}, "outcome has lists, or the like, but must have"),
        (
            RELEASE_LOG.set_axis([*"abc", "amount"], axis="columns").rename(columns={"a": "amount"}),
            {"duration": "amount", "outcome": "b"},
            "duration is 'amount', but the frame has several columns of this name.",
        ),
        (
            RELEASE_LOG.assign(delay_days=-1).set_axis([7, 8, 9, 10, 11]),
            {},
            "delay_days is -1 in row 7, but must be a number from 0 up.",
        ),
        (
            RELEASE_LOG.assign(outcome=np.arange(5.0)),
            {"censored": np.float64(7)},
            "censored is 7.0, but must be one of the labels of outcome, (0.0, 1.0, 2.0, 3.0, 4.0), or None",
        ),
    ],
)
def test_a_refusal_shows_what_was_found_in_plain_words(
    frame: Any, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(SimlimitError) as caught:
        cumulative_incidence(frame, **arguments)
    assert str(caught.value).startswith(said)


def test_groups_carry_their_names_whatever_these_are() -> None:
    log = pd.DataFrame(
        {"delay_days": [0, 1, 2, 5], "outcome": "released", "region": ["north"] * 2 + ["northeast"] * 2}
    )
    log["band"] = [1, 1, 2, 2]
    for by, keys in {"region": ["north", "northeast"], "band": [1, 2]}.items():
        for columns in (by, [by]):
            table = quantiles(cumulative_incidence(log, by=columns, censored=None), probabilities=(0.5,))
            assert table.index.get_level_values(by).to_list() == keys
            assert table["days"].to_list() == [0, 2]


def test_a_cluster_in_each_row_is_warned_of_where_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    log = pd.DataFrame({"delay_days": np.arange(50) / 7, "outcome": "released", "case": range(50)})
    monkeypatch.setattr(incidence, "MANY_CELLS", 50 * 50)
    cumulative_incidence(log, cluster="case", censored=None)
    monkeypatch.setattr(incidence, "MANY_CELLS", 50 * 50 - 1)
    with pytest.warns(sl.SimlimitWarning, match=r"^frame has 50 clusters and 50 distinct times, .*: round"):
        cumulative_incidence(log, cluster="case", censored=None)
