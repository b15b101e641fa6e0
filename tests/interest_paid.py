"""Interest, worked out a second time: evening by evening, from the log of events."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

import simlimit as sl


def assert_interest(run: sl.Run) -> None:
    """Assert R158 to R160: what each borrower accrues and pays, and what all do on each day, to the cent."""
    rate, warmup = run.scenario.product.daily_rate, run.scenario.warmup_days
    events, horizon, borrowers = run.events, run.scenario.horizon_days, len(run.borrowers)
    sign = {"draw": 1, "repayment": -1, "prepayment": -1, "default": -1}
    moved = events[events["event"].isin([*sign])]
    change = np.zeros((borrowers, horizon), np.int64)
    signed = (100 * moved["amount"]).round().astype(int) * moved["event"].map(sign).astype(int)
    np.add.at(change, (moved["borrower"], moved["day"]), signed)
    last = (100 * run.borrowers["outstanding"]).round().astype(int).to_numpy()
    owed = last[:, np.newaxis] - change.sum(axis=1, keepdims=True) + change.cumsum(axis=1)
    paying = moved[moved["event"].isin(["repayment", "prepayment"])]
    paid = np.zeros((borrowers, horizon), np.int64)
    since = np.zeros(borrowers, np.int64)
    for borrower, day in sorted({*zip(paying["borrower"], paying["day"], strict=True)}):
        paid[borrower, day] = round(rate * int(owed[borrower, since[borrower] : day].sum()))
        since[borrower] = day
    assert (paid.sum() > 0) == (rate > 0 and len(paying) > 0)
    assert_array_equal(run.daily["interest_paid"], paid.sum(axis=0) / 100)
    assert_array_equal(run.daily["interest_accrued"], rate * owed.sum(axis=0) / 100)
    assert_array_equal(run.borrowers["interest_paid"], paid[:, warmup:].sum(axis=1) / 100)
    assert_array_equal(run.borrowers["interest_accrued"], rate * owed[:, warmup:].sum(axis=1) / 100)
