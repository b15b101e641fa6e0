"""The tables that users see: curves, quantiles, who is at risk; and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from logs import OUTCOMES, logs, random_log
from statsmodels.duration.survfunc import SurvfuncRight

import simlimit as sl
from simlimit.delays import (
    aalen_johansen_variance,
    at_risk_table,
    cumulative_incidence,
    describe_quantiles,
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
        "at_risk",
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
    table = cumulative_incidence(RELEASE_LOG, confidence=0.9)
    variance = aalen_johansen_variance([[1, 0, 1], [0, 1, 0]], [0, 1, 1])
    scale = 1.6448536269514722 * np.sqrt(variance[0, 2]) / (0.5 * abs(np.log(0.5)))
    low, high = (np.exp(np.log(0.5) * np.exp(side * scale)) for side in (1, -1))
    assert table.loc[3, "released_low"] == pytest.approx(low, rel=1e-12)
    assert table.loc[3, "released_high"] == pytest.approx(high, rel=1e-12)
    assert np.isnan(table.loc[0, "forfeited_low"])


def test_a_share_of_one_has_no_interval_though_rounding_makes_it_less() -> None:
    table = cumulative_incidence(
        pd.DataFrame({"delay_days": range(10), "outcome": "released"}), censored=None
    )
    assert table["released_low"].notna().tolist() == [True] * 9 + [False]


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
    assert table.columns[1:7].tolist() == [1, "1_low", "1_high", 2, "2_low", "2_high"]
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
    scenario = sl.preset("jiebei").replace({"population.borrowers": 100, "horizon_days": 200})
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
    assert list(kaplan_meier(log).columns) == ["at_risk", "pending"]
    assert (kaplan_meier(log)["pending"] == 1).all()


def test_kaplan_meier_refuses_outcomes_that_compete() -> None:
    with pytest.raises(SimlimitError) as refused:
        kaplan_meier(RELEASE_LOG)
    assert str(refused.value) == (
        "rows end as forfeited and released, but Kaplan-Meier is for one kind of end only: "
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
    assert describe_quantiles(table).tolist() == ["0 days (0 to 0)"] * 4


def test_quantiles_refuse() -> None:
    curve = cumulative_incidence(RELEASE_LOG)
    with pytest.raises(SimlimitError, match=r"^outcome is 'lost', but the curve has no column 'lost'\.$"):
        quantiles(curve, "lost")
    for probability in (0, 1.01, "half", np.nan):
        with pytest.raises(
            SimlimitError, match=r"^probability is .*, but must be a number above 0 and at most"
        ):
            quantiles(curve, probabilities=[probability])
    for wrong in (0.5, "half", np.array(0.5)):
        with pytest.raises(SimlimitError, match=r"^probabilities is .*, but must be a sequence of numbers"):
            quantiles(curve, "released", wrong)
    with pytest.raises(SimlimitError, match=r"^curve is 'x', but must be a table such as cumulative_inc"):
        quantiles("x")


def test_describe_quantiles_refuses_what_is_not_quantiles() -> None:
    with pytest.raises(SimlimitError, match=r"^table has no column 'days', but must be a table of quantiles"):
        describe_quantiles(cumulative_incidence(RELEASE_LOG))
    with pytest.raises(SimlimitError, match=r"^table is \[12\], but must be a table of quantiles\.$"):
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
    if by_hand.empty:
        with pytest.raises(SimlimitError, match=r"^every row is censored at the same delay_days \("):
            cumulative_incidence(log, censored_at_risk=False)
        return
    told = cumulative_incidence(log, censored_at_risk=False)
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


# What is refused


ENDED = ["released", *["pending"] * 4]


@pytest.mark.parametrize("function", [cumulative_incidence, kaplan_meier, at_risk_table])
@pytest.mark.parametrize(
    ("change", "arguments", "sentence"),
    [
        ({}, {"duration": "days"}, "duration is 'days', but must be a column of the frame: delay_days, outc"),
        ({}, {"outcome": "how"}, "outcome is 'how', but must be a column"),
        ({"outcome": ENDED}, {"by": "area"}, "by is 'area', but must be a column"),
        ({"outcome": ENDED, "area": [1, 2, 3, None, 4]}, {"by": "area"}, "area is missing in row 3, but mus"),
        ({"delay_days": [0, -1, 2, 3, 4]}, {}, "delay_days is -1 in row 1, but must be a number from 0 up."),
        ({"delay_days": [0, np.nan, 2, 3, 4]}, {}, "delay_days is nan in row 1, but must be a number from 0"),
        ({"delay_days": [0, np.inf, 2, 3, 4]}, {}, "delay_days is inf in row 1, but must be a number from 0"),
        ({"delay_days": pd.to_timedelta([1] * 5, unit="D")}, {}, "delay_days is of type timedelta64"),
        ({"outcome": ["released", None, *["pending"] * 3]}, {}, "outcome is missing in row 1, but must be"),
        ({}, {"censored": "open"}, "censored is 'open', but must be one of the labels of outcome ('forfeite"),
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
    with pytest.raises(SimlimitError, match=r"^days has the value -1, but must be numbers from 0 up\.$"):
        at_risk_table(RELEASE_LOG, days=(0, -1))
    with pytest.raises(SimlimitError, match=r"^days is 7, but must be a sequence of numbers from 0 up, such"):
        at_risk_table(RELEASE_LOG, days=7)
    clash = RELEASE_LOG.replace({"outcome": {"released": "at_risk"}})
    for function in (cumulative_incidence, at_risk_table):
        with pytest.raises(SimlimitError, match=r"^outcome has the label 'at_risk', but the table uses"):
            function(clash)
