"""The curves by age: equal to statsmodels, to small examples by hand, and to laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from logs import random_log
from statsmodels.duration.survfunc import CumIncidenceRight

from simlimit.delays import aalen_johansen, aalen_johansen_variance, at_risk, cumulative_incidence
from simlimit.errors import SimlimitError

CODES = {"pending": 0, "released": 1, "forfeited": 2}
SEEDS = range(200)

Array = npt.NDArray[Any]


def counts_of(log: pd.DataFrame, weights: Array | None = None) -> tuple[Array, Array]:
    """Count a log by outcome and whole day, in a plain way."""
    ages = int(log["delay_days"].max()) + 1
    counted = np.zeros((3, ages))
    weights = np.ones(len(log)) if weights is None else weights
    np.add.at(counted, (log["outcome"].cat.codes, log["delay_days"]), weights)
    return counted[:2], counted[2]


def peer_of(log: pd.DataFrame, weights: Array | None = None) -> CumIncidenceRight:
    status = log["outcome"].map(CODES).astype(int)
    # It divides by nobody at the last time, if all that were left end there.
    with np.errstate(divide="ignore", invalid="ignore"):
        return CumIncidenceRight(log["delay_days"], status, freq_weights=weights)


@pytest.mark.parametrize("seed", SEEDS)
def test_curve_and_standard_error_equal_statsmodels(seed: int) -> None:
    log = random_log(seed, rows=20 + 5 * (seed % 40))
    peer = peer_of(log)
    ended, censored = counts_of(log)
    curve = aalen_johansen(ended, censored)[:, peer.times]
    error = np.sqrt(aalen_johansen_variance(ended, censored))[:, peer.times]
    last_pending = 1 - curve[:, -1].sum() > 1e-9
    for k in range(len(peer.cinc)):
        np.testing.assert_allclose(curve[k], peer.cinc[k], rtol=0, atol=1e-12)
        known = np.isfinite(peer.cinc_se[k])
        assert known[:-1].all()
        assert known[-1] or not last_pending
        np.testing.assert_allclose(error[k][known], peer.cinc_se[k][known], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_the_table_equals_statsmodels(seed: int) -> None:
    log = random_log(seed)
    log["delay_days"] = log["delay_days"] / 24
    peer = peer_of(log)
    table = cumulative_incidence(log)
    assert (table.index == peer.times).all()
    np.testing.assert_allclose(table["released"], peer.cinc[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(table["forfeited"], peer.cinc[1], rtol=0, atol=1e-12)
    weights = log["amount"].to_numpy()
    by_amount = cumulative_incidence(log, weight="amount")
    np.testing.assert_allclose(by_amount["released"], peer_of(log, weights).cinc[0], rtol=0, atol=1e-12)


def test_by_hand() -> None:
    # Day 0, five at risk: one released. Day 1, four: one forfeited, one censored. Day 3, two: one released,
    # one censored. So the share released is 1/5 + 4/5 * 3/4 * 1/2.
    ended = [[1, 0, 0, 1, 0], [0, 1, 0, 0, 0]]
    censored = [0, 1, 0, 1, 0]
    assert at_risk(ended, censored).tolist() == [5, 4, 2, 2, 0]
    curve = aalen_johansen(ended, censored)
    np.testing.assert_allclose(curve[0], [0.2, 0.2, 0.2, 0.5, np.nan], rtol=1e-15)
    np.testing.assert_allclose(curve[1], [0.0, 0.2, 0.2, 0.2, np.nan], rtol=1e-15)
    assert np.isnan(aalen_johansen_variance(ended, censored)[:, -1]).all()


def test_the_curve_stays_once_all_have_ended_and_is_unknown_where_nobody_was() -> None:
    assert aalen_johansen([[2, 0]], [0, 0]).tolist() == [[1, 1]]
    assert aalen_johansen_variance([[2, 0]], [0, 0]).tolist() == [[0, 0]]
    assert np.isnan(aalen_johansen([[0, 0]], [0, 0])).all()
    assert np.isnan(aalen_johansen([[1, 0]], [1, 0])[0]).tolist() == [False, True]


counts = hnp.arrays(np.int64, (3, 6), elements=st.integers(0, 5))


@given(counts)
def test_incidences_and_the_share_pending_add_up_to_one(counted: Array) -> None:
    ended, censored = counted[:2], counted[2]
    observed = at_risk(ended, censored)
    curve = aalen_johansen(ended, censored)
    with np.errstate(invalid="ignore", divide="ignore"):
        pending = np.cumprod(1 - ended.sum(axis=0) / observed)
    known = observed > 0
    np.testing.assert_allclose((curve.sum(axis=0) + pending)[known], 1, atol=1e-12)
    assert (np.diff(curve[:, known], axis=1) >= 0).all()
    assert (np.isnan(curve) == np.isnan(aalen_johansen_variance(ended, censored))).all()


@given(counts)
def test_without_censoring_they_are_proportions_with_their_binomial_variance(counted: Array) -> None:
    total = counted.sum()
    if total == 0:
        return
    share = np.cumsum(counted, axis=1) / total
    never = np.zeros(6)
    np.testing.assert_allclose(aalen_johansen(counted, never), share, atol=1e-12)
    variance = aalen_johansen_variance(counted, never)
    np.testing.assert_allclose(variance, share * (1 - share) / total, atol=1e-12)


@given(counts, st.floats(1e-3, 1e6))
def test_the_unit_of_amounts_does_not_matter(counted: Array, unit: float) -> None:
    ended, censored = counted[:2], counted[2]
    np.testing.assert_allclose(
        aalen_johansen(ended * unit, censored * unit), aalen_johansen(ended, censored), atol=1e-12
    )


@given(hnp.arrays(np.int64, (2, 4, 3, 6), elements=st.integers(0, 5)))
def test_leading_axes_are_histories_by_themselves(counted: Array) -> None:
    ended, censored = counted[:, :, :2], counted[:, :, 2]
    for function in (at_risk, aalen_johansen, aalen_johansen_variance):
        whole = function(ended, censored)
        each = [[function(ended[i, j], censored[i, j]) for j in range(4)] for i in range(2)]
        np.testing.assert_array_equal(whole, each)


def plain_curve(
    rows: list[tuple[int, int, int]], times: list[int]
) -> tuple[list[float], list[float], list[int]]:
    """Return incidence of outcome 0, its variance, and those at risk, row by row: entry < t <= duration.

    The variance is the double sum of the delta method: each age s adds to F(t) by the hazards of both ends.
    """
    shares, variances, risk = [], [], []
    steps: list[tuple[float, int, int, int]] = []
    pending, share = 1.0, 0.0
    for time in times:
        n = sum(entry < time <= duration for entry, duration, _ in rows)
        ends = [sum(d == time and how == k and e < time for e, d, how in rows) for k in (0, 1)]
        steps.append((pending, n, ends[0], ends[1]))
        share += pending * ends[0] / n
        pending *= 1 - sum(ends) / n
        # The derivative of F(t) by each hazard, and the multinomial covariance of the hazards of one age.
        total, so_far = 0.0, 0.0
        for before, m, d0, d1 in steps:
            so_far += before * d0 / m
            left = 1 - (d0 + d1) / m
            later = (share - so_far) / left if left > 0 else 0.0
            a, b, h0, h1 = before - later, -later, d0 / m, d1 / m
            total += (a * a * h0 * (1 - h0) + b * b * h1 * (1 - h1) - 2 * a * b * h0 * h1) / m
        shares.append(share)
        variances.append(total)
        risk.append(n)
    return shares, variances, risk


late_rows = st.lists(
    st.tuples(st.integers(-1, 5), st.integers(1, 6), st.integers(0, 2)).map(
        lambda row: (min(row[0], row[1] - 1), row[1], row[2])
    ),
    min_size=1,
    max_size=25,
)


@given(late_rows)
def test_late_entries_equal_a_plain_count_of_rows(rows: list[tuple[int, int, int]]) -> None:
    times = sorted({duration for _, duration, _ in rows})
    ended, censored, entered = np.zeros((2, len(times))), np.zeros(len(times)), np.zeros(len(times))
    for entry, duration, how in rows:
        counted = censored if how == 2 else ended[how]
        counted[times.index(duration)] += 1
        if entry >= times[0]:
            entered[max(i for i, time in enumerate(times) if time <= entry)] += 1
    shares, variances, risk = plain_curve(rows, times)
    assert at_risk(ended, censored, entered).tolist() == risk
    np.testing.assert_allclose(aalen_johansen(ended, censored, entered)[0], shares, atol=1e-12)
    np.testing.assert_allclose(aalen_johansen_variance(ended, censored, entered)[0], variances, atol=1e-12)


def test_bad_entries_are_refused() -> None:
    with pytest.raises(
        SimlimitError, match=r"^entered has shape \(1,\), but must have that of censored: \(2,\)"
    ):
        at_risk([[1, 1]], [0, 0], [0])
    with pytest.raises(SimlimitError, match=r"^entered has the value -1, but counts must be 0 or more\.$"):
        aalen_johansen([[1, 1]], [0, 0], [-1, 0])
    with pytest.raises(
        SimlimitError, match=r"^entered is larger at some age than the number that is observed"
    ):
        aalen_johansen([[1, 1]], [0, 0], [2, 0])


def test_bad_counts_are_refused() -> None:
    with pytest.raises(SimlimitError, match=r"^ended has shape \(2, 3\) and censored has shape \(2,\), but"):
        aalen_johansen(np.ones((2, 3)), np.ones(2))
    with pytest.raises(SimlimitError, match=r"^ended has shape \(3,\)"):
        at_risk(np.ones(3), np.ones(3))
    with pytest.raises(SimlimitError, match=r"^censored has the value -1, but counts must be 0 or more\.$"):
        aalen_johansen_variance([[1]], [-1])
    with pytest.raises(SimlimitError, match=r"^ended has the value nan"):
        aalen_johansen([[np.nan]], [0])
