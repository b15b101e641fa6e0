"""What a freeze, and release per settled loan, do to the release delay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from measures import assert_delays, clockwork, of_borrower, one_draw_each, simulate


@pytest.mark.parametrize(("begin", "length"), [(0, 10), (100, 1), (100, 40), (300, 60)])
def test_a_freeze_delays_to_its_end(begin: int, length: int) -> None:
    """R80, R102: a repayment on the j-th day of a freeze of L days waits L - j days, any other none."""
    shock = {"kind": "freeze", "at": begin, "duration_days": length}
    run = simulate(clockwork({"shocks": [shock], "horizon_days": 340}, borrowers=500))
    j = run.holds["repaid_at"].to_numpy() - begin
    assert_delays(run, np.where((j >= 0) & (j < length), length - j, 0))
    assert (run.holds["days_policy"] == run.holds["delay_days"]).all()
    assert (run.holds["delay_days"] > 0).any()


def test_a_freeze_of_a_region_spares_the_others() -> None:
    """R101: a shock covers the borrowers of its regions."""
    shock = {"kind": "freeze", "at": 100, "duration_days": 25, "regions": ["north"]}
    fields: dict[str, Any] = {"shocks": [shock], "population.regions": {"north": 0.5, "south": 0.5}}
    run = simulate(clockwork(fields))
    j = run.holds["repaid_at"].to_numpy() - 100
    frozen = (run.holds["region"] == "north") & (j >= 0) & (j < 25)
    assert_delays(run, np.where(frozen, 25 - j, 0))


@pytest.mark.parametrize(("instalments", "cycle"), [(1, 30), (6, 10), (12, 30), (20, 7)])
def test_release_per_loan_waits_for_the_last_instalment(instalments: int, cycle: int) -> None:
    """R38, R47, R48: the k-th of n instalments waits (n - k) m days.

    Weighted by principal that is (n - 1) m / 2 for every loan.
    """
    fields = {
        **one_draw_each(instalments, cycle, draws_per_year=12.0),
        "product.release_unit": "loan",
        "population.limit_median": 12_000.0,
        "product.min_draw": 12_000.0,
        "horizon_days": 900,
    }
    run = simulate(clockwork(fields))
    holds = run.holds
    assert_delays(run, (instalments - holds["instalment"].to_numpy()) * cycle)
    assert (holds["days_settlement"] == holds["delay_days"]).all()
    assert (of_borrower(run, "limit") == 12_000.0).all()
    loans = holds.groupby("loan")
    settled = loans["outcome"].transform(lambda outcomes: (outcomes == "released").all())
    complete = settled & (loans["instalment"].transform("size") == instalments)
    assert complete.sum() > 100 * instalments
    waited = holds[complete]
    mean = np.average(waited["delay_days"], weights=waited["amount"])
    assert mean == pytest.approx(cycle * (instalments - 1) / 2, abs=1e-9)
