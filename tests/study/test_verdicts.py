"""A verdict needs events and replications, and "significant" is rarely wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from null_studies import FIVE, FREEZE, between_groups, between_scenarios, book, found, null_cells
from scipy import stats
from statsmodels.stats.multitest import multipletests

import simlimit as sl
from simlimit.study.intervals import corrected_p_values, holm, is_significant, raw_p_values
from simlimit.study.metrics import LEAST_EVENTS, expected_events

MANY = np.full(6, 1e6)


@pytest.mark.parametrize("number", [20, 60])
def test_probabilities_are_of_students_t(number: int) -> None:
    values = np.random.default_rng(number).normal(0.1, 1.0, (number, 6))
    assert raw_p_values(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-9)


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_few_replications_are_never_surer_than_a_sign_test(number: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(5.0, 0.01, (number, 3))
    values[:, 1] = 7.0
    values[0, 2] = 0.0
    agreeing = np.array([number, number, number - 1])
    least = [stats.binomtest(int(k), int(k)).pvalue for k in agreeing]
    p_values = raw_p_values(values)
    assert (p_values >= np.array(least) * (1 - 1e-12)).all()
    assert p_values[1] == pytest.approx(least[1])


def test_where_no_replication_differs_nothing_does() -> None:
    assert raw_p_values(np.zeros((5, 1))) == 1


def test_without_two_values_there_is_no_test() -> None:
    values = np.array([[1.0, np.nan, np.inf], [np.nan, np.nan, 2.0], [np.nan, np.nan, 3.0]])
    assert np.isnan(raw_p_values(values)).all()


def test_a_group_that_happens_to_vary_little_is_tested_with_the_variance_of_all() -> None:
    """Ten holds in each of four groups of a hundred; one group saw no event, so its gap hardly varies."""
    rng = np.random.default_rng(1)
    gaps = rng.normal(0.0, 1.0, (30, 1, 4))
    gaps[:, 0, 3] = -0.3 + rng.normal(0.0, 0.01, 30)
    alone, of_all = raw_p_values(gaps)[0, 3], raw_p_values(gaps, np.full((1, 4), 100.0))[0, 3]
    assert alone == 2 / 2**30
    variance = gaps.var(axis=0, ddof=1).mean()
    told = 2 * stats.t.sf(abs(gaps[:, 0, 3].mean()) / np.sqrt(variance / 30), 29)
    assert of_all == pytest.approx(told, rel=1e-9)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_the_variance_of_all_only_makes_verdicts_more_careful(groups: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    gaps = rng.normal(0.5, rng.uniform(0.1, 2, groups), (20, 2, groups))
    sizes = rng.integers(1, 1000, (2, groups)).astype(float)
    assert (raw_p_values(gaps, sizes) >= raw_p_values(gaps)).all()


def test_groups_whose_holds_vary_alike_are_tested_as_they_are() -> None:
    """Gaps of groups of n of all N holds vary by 1 / n - 1 / N: then no group is held up by the others."""
    sizes = np.array([[50.0, 100.0, 250.0]])
    pattern = np.tile([1.0, -1.0], 10)[:, np.newaxis, np.newaxis]
    gaps = 0.02 + pattern * np.sqrt(1 / sizes - 1 / 400)
    assert raw_p_values(gaps, sizes) == pytest.approx(raw_p_values(gaps), rel=1e-9)


def test_one_group_is_the_whole_book() -> None:
    assert raw_p_values(np.zeros((9, 2, 1)), np.full((2, 1), 40.0)).tolist() == [[1], [1]]


def test_fewer_events_than_twenty_have_no_verdict() -> None:
    values = np.random.default_rng(2).normal(3.0, 1.0, (30, 6))
    events = np.array([0, 5, LEAST_EVENTS - 0.1, LEAST_EVENTS, 100, 1e6])
    p_values = corrected_p_values(values, events, 0.95)
    assert np.isnan(p_values).tolist() == [True, True, True, False, False, False]
    assert p_values[3:] == pytest.approx(multipletests(raw_p_values(values)[3:], method="holm")[1])
    verdicts = is_significant(p_values, 0.95)
    assert verdicts.isna().tolist() == [True, True, True, False, False, False]
    assert verdicts[3:].all()


@pytest.mark.parametrize(("tests", "least"), [(1, 6), (6, 8)])
def test_replications_must_be_enough_for_the_number_of_tests(tests: int, least: int) -> None:
    """With all replications on one side, 2 / 2**6 < 5 % and 6 x 2 / 2**8 < 5 %."""
    values = np.full((least, tests), 3.0)
    assert (corrected_p_values(values, MANY[:tests], 0.95) < 0.05).all()
    assert np.isnan(corrected_p_values(values[:-1], MANY[:tests], 0.95)).all()


@pytest.mark.parametrize("number", [1, 2, 7, 50])
def test_several_tests_are_corrected_as_by_holm(number: int) -> None:
    rng = np.random.default_rng(number)
    probabilities = rng.beta(0.4, 3.0, number)
    probabilities[rng.integers(number)] = probabilities[0]  # a tie
    told = multipletests(probabilities, method="holm")[1]
    assert holm(probabilities) == pytest.approx(told, abs=1e-12)


def test_a_test_that_says_nothing_is_no_test() -> None:
    corrected = holm(np.array([0.01, np.nan, 0.04, 0.03]))
    assert corrected[[0, 2, 3]] == pytest.approx(multipletests([0.01, 0.04, 0.03], method="holm")[1])
    assert np.isnan(corrected[1])
    assert holm(np.empty(0)).size == 0


def test_a_small_group_has_no_verdict_on_what_is_rare() -> None:
    """Of a group of 2 of 40 borrowers; how often was seen in the whole book, and a twentieth is expected.

    The gap of the other 38 is due to the 2 alone, so it has a verdict only where theirs has one.
    """
    scenario = book(40, {"large": 0.95, "small": 0.05})
    study = sl.replicate(scenario, 20, seed=1, progress=False)
    verdicts = study.groups()["significant"].unstack()
    metrics = study.metrics()
    events = pd.Series(expected_events(metrics), metrics.columns)[verdicts.index]
    assert verdicts["large"].isna().equals(verdicts["small"].isna())
    assert verdicts.loc[events < LEAST_EVENTS].isna().all(axis=None)
    assert verdicts.loc[events > 25 * LEAST_EVENTS].notna().all(axis=None)


def test_regions_that_mean_nothing_have_no_gap_where_one_has_nearly_the_whole_book() -> None:
    """Whatever a region of 3 % misses by chance, the other 97 % have more than the book.

    A few are left: 20 reviews may be of one borrower of the watch-list.
    """
    cells = null_cells("two regions", book(60, {"large": 0.97, "small": 0.03}), between_groups, 20)
    assert max(cell.called for cell in cells) <= 4


@pytest.mark.parametrize(
    ("change", "metrics"),
    [
        (
            {"evaluation.straight_through": False, "evaluation.cutoff_days": 1, "evaluation.period_days": 1},
            ["released_within_0d", "days_away", "limit_days_lost"],
        ),
        ({"shocks": [{"kind": "limit_cut", "at": 300, "size": 0.5}]}, ["limit_days_lost"]),
        ({"shocks": [{"kind": "cancellation", "at": 300}]}, ["limit_days_lost"]),
    ],
)
def test_a_difference_as_large_as_can_be_is_significant(
    change: dict[str, object], metrics: list[str]
) -> None:
    """All holds against none, and lines that are taken away where nobody waits."""
    before = sl.preset("clockwork").replace({"population.borrowers": 20})
    table = sl.compare({"before": before, "after": before.replace(change)}, 10, progress=False).differences()
    assert table.loc["after"].loc[metrics, "significant"].eq(True).all()


def test_without_events_there_is_neither_a_verdict_nor_an_interval() -> None:
    """Of rare defaults, and of a small group."""
    scenario = book(40, {"large": 0.95, "small": 0.05})
    study = sl.replicate(scenario, 12, seed=1, progress=False)
    groups = study.groups()
    unknown = groups["significant"].isna() & (groups["replications"] == 12)
    assert 0 < unknown.sum() < len(groups)
    assert groups.loc[unknown, ["gap_low", "gap_high"]].isna().all(axis=None)
    assert groups.xs("small", level="group").loc[lambda table: table["gap_low"].isna(), "low"].isna().all()
    weekly = sl.replicate(scenario.replace({"evaluation.period_days": 7}), 12, seed=1, progress=False)
    table = sl.Comparison({"monthly": study, "weekly": weekly}).differences()
    rare = table["significant"].isna()
    assert 0 < rare.sum() < len(table)
    assert table.loc[rare, ["low", "high"]].isna().all(axis=None)
    metrics = study.metrics()
    few = expected_events(metrics) < LEAST_EVENTS
    assert few.any()
    assert study.summary().loc[metrics.columns[few], ["low", "high"]].isna().all(axis=None)
    known = metrics.columns[~few & (metrics.std() > 0)]
    assert study.summary().loc[known, ["low", "high"]].notna().all(axis=None)


@pytest.mark.long
def test_studies_without_an_effect_seldom_call_something_significant() -> None:
    """At most 5 % and three standard errors; docs/statistics.md has many more studies."""
    cells = null_cells("groups", book(100, FIVE), between_groups, 60)
    frozen = sl.preset("jiebei").replace({"population.borrowers": 100, "shocks": [FREEZE]})
    cells += null_cells("scenarios", frozen, between_scenarios, 60)
    for cell in cells:
        assert cell.called <= 60 * 0.05 + 3 * np.sqrt(60 * 0.05 * 0.95), cell
        assert cell.unknown < 0.5 or cell.replications < 12, cell


@pytest.mark.long
def test_a_gap_of_a_quarter_of_a_day_is_found() -> None:
    number, gap = found(10)
    assert gap == pytest.approx(0.27, abs=0.02)
    assert number >= 9
