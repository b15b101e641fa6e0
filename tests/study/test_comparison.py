"""A comparison pairs replications that share their random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_scenarios import random_scenario
from scipy import stats
from statsmodels.stats.multitest import multipletests

import simlimit as sl
from simlimit.study.metrics import LEAST_EVENTS

JIEBEI = sl.preset("jiebei").replace({"population.borrowers": 60})
WEEKLY = JIEBEI.replace({"evaluation.period_days": 7})
STRICT = JIEBEI.replace({"rules.min_score": 0.6})


def frozen_from(day: int, scenario: sl.Scenario, days: int = 30) -> sl.Scenario:
    freeze = {"kind": "freeze", "at": day, "duration_days": days}
    return scenario.replace({"shocks": [*(shock.model_dump() for shock in scenario.shocks), freeze]})


@pytest.fixture(scope="module")
def three() -> sl.Comparison:
    return sl.compare({"today": JIEBEI, "weekly": WEEKLY, "strict": STRICT}, 12, seed=5, progress=False)


def test_a_comparison_is_studies_of_one_seed(three: sl.Comparison) -> None:
    assert list(three.studies) == ["today", "weekly", "strict"]
    assert three.reference == "today"
    for name, scenario in (("today", JIEBEI), ("weekly", WEEKLY), ("strict", STRICT)):
        alone = sl.replicate(scenario, 12, seed=5, progress=False)
        pd.testing.assert_frame_equal(three.studies[name].metrics(), alone.metrics())
        pd.testing.assert_frame_equal(three.summary().loc[name], alone.summary())
        pd.testing.assert_frame_equal(
            three.summary(0.8, 30, "amount").loc[name], alone.summary(0.8, 30, "amount")
        )


@pytest.mark.parametrize("weight", ["holds", "amount"])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_differences_are_of_pairs(three: sl.Comparison, weight: Any, confidence: float) -> None:
    table = three.differences(confidence, weight)
    one = three.studies["today"].metrics(weight)
    probabilities = {}
    for name in ("weekly", "strict"):
        other = three.studies[name].metrics(weight)
        for metric in one:
            row, pairs = table.loc[(name, metric)], (other[metric] - one[metric]).to_numpy()
            assert row["difference"] == pytest.approx(pairs.mean(), rel=1e-9, abs=1e-15)
            error = stats.sem(pairs)
            half = stats.t.ppf((1 + confidence) / 2, 11) * error
            seen = np.add(one.attrs["events"][metric], other.attrs["events"][metric]).min() / 2
            half = half if np.ptp(pairs) > 0 and seen >= LEAST_EVENTS else np.nan
            assert row["low"] == pytest.approx(pairs.mean() - half, rel=1e-9, abs=1e-12, nan_ok=True)
            assert row["high"] == pytest.approx(pairs.mean() + half, rel=1e-9, abs=1e-12, nan_ok=True)
            assert row["replications"] == 12
            mean_in_errors = 0.0 if (pairs == 0).all() else pairs.mean() / error
            probability = 2 * stats.t.sf(abs(mean_in_errors), 11)
            agreeing = np.count_nonzero(pairs)
            if seen >= LEAST_EVENTS:
                probabilities[name, metric] = min(1.0, max(probability, 2 / 2**agreeing))
            independent = one[metric].var() + other[metric].var()
            reduction = 1 - pairs.var(ddof=1) / independent if independent > 0 else np.nan
            assert row["variance_reduction"] == pytest.approx(reduction, rel=1e-9, abs=1e-12, nan_ok=True)
    real, corrected = multipletests(list(probabilities.values()), 1 - confidence, "holm")[:2]
    known = table["p_value"].dropna()
    assert list(known.index) == list(probabilities)
    assert len(known) < len(table)
    assert known.to_numpy() == pytest.approx(corrected, abs=1e-9)
    assert table.loc[known.index, "significant"].tolist() == real.tolist()
    assert table["significant"].isna().equals(table["p_value"].isna())


def test_the_fewer_differences_are_asked_the_less_is_asked_of_each(three: sl.Comparison) -> None:
    few = three.differences(metrics=["days_away", "days_behaviour"])
    assert list(few.loc["weekly"].index) == ["days_away", "days_behaviour"]
    everything = three.differences().loc[few.index]
    columns = ["difference", "low", "high", "variance_reduction"]
    pd.testing.assert_frame_equal(few[columns], everything[columns])
    assert (few["p_value"] <= everything["p_value"]).all()


def test_differences_of_losses_come_with_those_of_the_limit_that_is_lost(three: sl.Comparison) -> None:
    losses = three.differences(metrics=["default_losses"])
    pd.testing.assert_frame_equal(losses, three.differences(metrics=["default_losses", "limit_days_lost"]))


@pytest.mark.parametrize("seed", range(6))
def test_histories_are_the_same_until_a_shock(seed: int) -> None:
    scenario = random_scenario(seed).replace({"horizon_days": 260, "warmup_days": 0})
    comparison = sl.compare(
        {"as it is": scenario, "frozen": frozen_from(200, scenario)}, 4, seed=seed, progress=False
    )
    one, other = (study.daily for study in comparison.studies.values())
    before = one["day"] < 200
    pd.testing.assert_frame_equal(one[before], other[before], check_exact=True)
    assert (one.loc[~before, "frozen"] <= other.loc[~before, "frozen"]).all()


def test_a_history_branches_at_a_shock() -> None:
    comparison = sl.compare({"as it is": JIEBEI, "frozen": frozen_from(200, JIEBEI)}, 4, progress=False)
    one, other = (study.daily.set_index(["replication", "day"]) for study in comparison.studies.values())
    differs = (one != other).any(axis=1).groupby("day").all()
    assert differs.idxmax() == 200
    assert (other["held"] > one["held"]).groupby("day").all().loc[210:229].all()


def width_of_paired_over_unpaired(one: sl.Scenario, other: sl.Scenario, number: int) -> float:
    """Of the interval of the difference in mean delay; unpaired scenarios have seeds of their own."""
    comparison = sl.compare({"one": one, "other": other}, number, seed=1, progress=False)
    row = comparison.differences(metrics=["days_away"]).iloc[0]
    paired = (row["high"] - row["low"]) / 2 / stats.t.ppf(0.975, number - 1)
    alone = sl.replicate(other, number, seed=2, progress=False).metrics()["days_away"]
    errors = [stats.sem(values) for values in (comparison.studies["one"].metrics()[alone.name], alone)]
    return float(paired / np.hypot(*errors))


def test_pairing_narrows_the_effect_of_a_freeze_to_less_than_a_third() -> None:
    book = JIEBEI.replace({"population.borrowers": 300})
    assert width_of_paired_over_unpaired(book, frozen_from(200, book), 100) < 1 / 3


def test_pairing_helps_where_scenarios_share_what_matters() -> None:
    """What is late, and what the desk does, is shared; what an evaluation finds on another day is not."""
    book = JIEBEI.replace({"population.borrowers": 300})
    comparison = sl.compare(
        {"monthly": book, "weekly": book.replace({"evaluation.period_days": 7})}, 200, progress=False
    )
    reduction = comparison.differences().loc["weekly", "variance_reduction"]
    assert reduction["days_overdue"] > 0.5
    assert reduction["days_review"] > 0.5
    assert reduction["default_losses"] > 0.5
    assert reduction["days_away"] > 0


def test_pairing_narrows_the_effect_of_weekly_evaluation() -> None:
    """To a third, with a thousand borrowers: the same are late, and flagged by mistake at the same times."""
    book = sl.preset("jiebei")
    assert width_of_paired_over_unpaired(book, book.replace({"evaluation.period_days": 7}), 80) < 0.45


def test_scenarios_that_are_the_same_differ_in_nothing() -> None:
    """Where there are events in which they could differ; elsewhere that is unknown."""
    table = sl.compare({"one": JIEBEI, "other": JIEBEI}, 12, progress=False).differences()
    assert (table["difference"] == 0).all()
    assert table[["low", "high"]].isna().all(axis=None)
    assert set(table["p_value"].dropna()) == {1}
    assert not table["significant"].any()
    verdicts = table["significant"].xs("other")
    assert verdicts[["days_review", "days_policy"]].isna().tolist() == [False, True]
    reduction = table["variance_reduction"].dropna()
    assert (reduction == 1).all()


def test_days_that_only_change_their_cause_leave_the_days_away_as_they_are() -> None:
    """They are a sum of other parts, so its last digit differs: an interval of 1e-17 would be sure of 0."""
    days = {"horizon_days": 400, "warmup_days": 60, "rules.clean_days": 60}
    jiebei = sl.preset("jiebei").replace({**days, "population.borrowers": 100})
    lower = {"rules.min_score": jiebei.rules.min_score - 0.001}
    comparison = sl.compare({"jiebei": jiebei, "lower": lower}, 30, seed=1)
    one, other = (study.metrics() for study in comparison.studies.values())
    assert 0 < (other["days_away"] - one["days_away"]).abs().max() < 1e-14
    assert (other["days_score"] != one["days_score"]).any()
    told = comparison.differences(metrics=["days_away"]).iloc[0]
    assert told["difference"] == 0
    assert np.isnan(told["low"])
    assert told["p_value"] == 1
    ranked = sl.rank_levers(jiebei, [lower], 30, seed=1).table().loc["days_away"].iloc[0]
    assert ranked["alone"] == ranked["last"] == 0
    assert np.isnan(ranked["alone_low"])


def test_one_replication_has_differences_but_no_interval() -> None:
    table = sl.compare({"one": JIEBEI, "other": STRICT}, 1, progress=False).differences()
    assert table["difference"].notna().all()
    assert table[["low", "high", "p_value", "variance_reduction", "significant"]].isna().all(axis=None)


def test_a_median_that_is_not_always_reached_has_no_difference() -> None:
    clockwork = sl.preset("clockwork").replace(
        {
            "population.borrowers": 21,
            "population.regions": {"east": 0.5, "west": 0.5},
            "horizon_days": 120,
        }
    )
    freeze = {"kind": "freeze", "at": 0, "duration_days": 1000, "regions": ("east",)}
    comparison = sl.compare(
        {"open": clockwork, "frozen": clockwork.replace({"shocks": [freeze]})}, 20, follow_up_days=30,
        progress=False,
    )  # fmt: skip
    row = comparison.differences().loc[("frozen", "median_days")]
    assert row[["difference", "low", "high", "p_value", "variance_reduction"]].isna().all()
    assert row["replications"] == 20


def test_pairs_of_which_one_says_nothing_are_left_out() -> None:
    """Books of one borrower: often nobody repays."""
    sparse = sl.preset("jiebei").replace({"population.borrowers": 1, "horizon_days": 300, "warmup_days": 150})
    strict = sparse.replace({"rules.min_score": 0.7, "limits.cut_score": 0.5})
    comparison = sl.compare({"one": sparse, "other": strict}, 30, follow_up_days=30, progress=False)
    pairs = np.column_stack([study.metrics()["days_away"] for study in comparison.studies.values()])
    known = ~np.isnan(pairs).any(axis=1)
    row = comparison.differences().loc[("other", "days_away")]
    assert 2 < known.sum() < 30
    assert row["replications"] == known.sum()
    pairs = pairs[known]
    assert row["difference"] == pytest.approx(np.diff(pairs).mean())
    independent = pairs.var(axis=0, ddof=1).sum()
    assert row["variance_reduction"] == pytest.approx(1 - np.diff(pairs).var(ddof=1) / independent)


def test_changes_are_of_the_first_scenario(three: sl.Comparison) -> None:
    """Written as a change, a mapping or a lever."""
    today = JIEBEI.replace({"levers": [{"kind": "plan"}]})
    changes = {
        "weekly": sl.Change({"evaluation.period_days": 7}),
        "strict": {"rules.min_score": 0.6},
        "campaign": sl.Lever(kind="campaign", strength=0.02),
        "other": JIEBEI,
    }
    compared = sl.compare({"today": today, **changes}, 2, progress=False)
    scenarios = {name: study.scenario for name, study in compared.studies.items()}
    assert scenarios["weekly"] == today.replace({"evaluation.period_days": 7})
    assert scenarios["strict"] == today.replace({"rules.min_score": 0.6})
    assert [lever.kind for lever in scenarios["campaign"].levers] == ["plan", "campaign"]
    assert scenarios["other"] == JIEBEI


def test_differences_may_be_from_any_scenario(three: sl.Comparison) -> None:
    table, back = three.differences(), three.differences(reference="weekly")
    assert back.index.unique("scenario").to_list() == ["today", "strict"]
    assert back.loc["today", "difference"].to_list() == (-table.loc["weekly", "difference"]).to_list()
    assert back.loc["today", "low"].to_numpy() == pytest.approx(-table.loc["weekly", "high"], nan_ok=True)
    one, other = (three.studies[name].metrics()["days_away"] for name in ("weekly", "strict"))
    assert back.loc[("strict", "days_away"), "difference"] == pytest.approx((other - one).mean())
    pd.testing.assert_frame_equal(three.differences(reference="today"), table)


def test_what_cannot_be_compared_is_said_in_a_sentence(three: sl.Comparison) -> None:
    alone = sl.compare({"alone": JIEBEI}, 2, progress=False)
    for ask, sentence in (
        (alone.differences, "There is only one scenario, but differences need two or more."),
        (lambda: three.differences(2.0), "confidence is 2.0, but"),
        (lambda: three.differences(weight="yuan"), "weight is 'yuan', but must be one of: holds, amount."),  # type: ignore[arg-type]
        (lambda: three.differences(metrics=["mean"]), "a name in metrics is 'mean', but must be one of:"),
        (lambda: three.differences(metrics=[]), "metrics is empty, but must have at least one of: "),
        (lambda: sl.compare({}, 2), "scenarios is {}, but must be a mapping of names to scenarios."),
        (lambda: sl.compare([JIEBEI], 2), "scenarios is [Scenario"),  # type: ignore[arg-type]
        (lambda: sl.compare({"": JIEBEI}, 2), "scenarios has the name '', but names must be text."),
        (lambda: sl.compare({1: JIEBEI}, 2), "scenarios has the name 1, but"),  # type: ignore[dict-item]
        (lambda: three.differences(reference="new"), "reference is 'new', but must be among ['today', "),
        (
            lambda: sl.compare({"a": {"horizon_days": 9}}, 2),
            "scenarios['a'] is {'horizon_days': 9}, but must be a Sc",
        ),  # type: ignore[dict-item]
        (lambda: sl.compare({"a": JIEBEI, "b": {"horizon": 9}}, 2), "horizon is not a field, but"),
        (lambda: sl.compare({"a": "jiebei"}, 2), "scenarios['a'] is 'jiebei', but must be a Scenario"),  # type: ignore[dict-item]
    ):
        with pytest.raises(sl.SimlimitError) as error:
            ask()  # type: ignore[no-untyped-call]
        assert str(error.value).startswith(sentence)
        assert "\n" not in str(error.value)


def test_a_difference_that_is_always_the_same_is_real_if_there_are_enough_replications() -> None:
    """Each of six settles a day later: by chance all would be on one side in 2 of 2**6 studies."""
    clockwork = sl.preset("clockwork").replace({"population.borrowers": 20, "horizon_days": 200})
    later = clockwork.replace({"evaluation.straight_through": False, "evaluation.period_days": 1,
                               "evaluation.cutoff_days": 3})  # fmt: skip
    for number, verdict in ((5, None), (6, True)):
        comparison = sl.compare({"one": clockwork, "later": later}, number, follow_up_days=30, progress=False)
        row = comparison.differences(metrics=["median_days"]).iloc[0]
        assert row["difference"] == 3
        assert np.isnan([row["low"], row["high"]]).all()
        assert row["significant"] is pd.NA if verdict is None else row["significant"]
    assert row["p_value"] == 2 / 2**6


def test_there_is_no_verdict_on_what_neither_scenario_shows() -> None:
    clockwork = sl.preset("clockwork").replace({"population.borrowers": 20, "horizon_days": 200})
    freeze = {"kind": "freeze", "at": 60, "duration_days": 5}
    comparison = sl.compare(
        {"open": clockwork, "frozen": clockwork.replace({"shocks": [freeze]})}, 20, progress=False
    )
    table = comparison.differences().loc["frozen"]
    assert table.loc["days_policy", "significant"]
    for never in ("days_review", "days_funding", "default_losses", "forfeited_share"):
        assert table.loc[never, "difference"] == 0
        assert table.loc[never, ["low", "high", "p_value", "significant"]].isna().all()
