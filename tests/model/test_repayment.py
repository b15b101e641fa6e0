"""R37, R38, R41: the three repayment methods, instalment by instalment, against the annuity formulas."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import simlimit as sl

METHODS = ("equal_principal", "equal_instalment", "interest_only")
CYCLE = 30
TERMS = pytest.mark.parametrize(
    ("instalments", "daily_rate"),
    [(1, 0.0004), (2, 0.0006), (7, 0.0), (12, 0.00015), (12, 0.0006), (12, 0.01), (24, 0.0004), (60, 0.0005)],
)


@cache
def loans(method: str, instalments: int, daily_rate: float) -> tuple[sl.Run, pd.DataFrame, pd.Series[int]]:
    """Return the payments and principals (in cents) of loans that begin and end inside a run."""
    scenario = sl.preset("clockwork").replace(
        {
            "population.borrowers": 30,
            "population.utilisation_mean": 0.0,
            "population.limit_median": 98_700.0,
            "behaviour.draws_per_year": 12.0,
            "behaviour.draw_share": (0.1, 0.9),
            "product.method": method,
            "product.instalments": instalments,
            "product.daily_rate": daily_rate,
            "product.cycle_days": CYCLE,
            "product.release_unit": "loan",
            "horizon_days": (instalments + 8) * CYCLE,
        }
    )
    run = sl.simulate(scenario)
    events = run.events.assign(cents=(100 * run.events["amount"]).round().astype("int64"))
    drawn = events[(events["event"] == "draw") & (events["day"] <= 6 * CYCLE)]
    principals = drawn.set_index("loan")["cents"]
    payments = events[(events["event"] == "repayment") & events["loan"].isin(principals.index)]
    assert len(principals) > 50
    assert (
        payments.groupby("loan")["instalment"].apply(list).map(lambda k: k == [*range(1, instalments + 1)])
    ).all()
    return run, payments, principals


def annuity(principal: int, rate: float, instalments: int) -> tuple[float, np.ndarray]:
    """Return A = P i / (1 - (1 + i)^-n) and the parts of principal in it, (A - P i) (1 + i)^(k-1)."""
    if rate == 0:
        return principal / instalments, np.full(instalments, principal / instalments)
    level = principal * rate / (1 - (1 + rate) ** -instalments)
    return level, (level - principal * rate) * (1 + rate) ** np.arange(instalments)


@TERMS
@pytest.mark.parametrize("method", METHODS)
def test_every_loan_repays_its_principal_to_the_cent(
    method: str, instalments: int, daily_rate: float
) -> None:
    run, payments, principals = loans(method, instalments, daily_rate)
    assert (payments.groupby("loan")["cents"].sum() == principals).all()
    held = (100 * run.holds.groupby("loan")["amount"].sum()).round().astype("int64")
    assert (held[principals.index] == principals).all()


@TERMS
def test_equal_principal(instalments: int, daily_rate: float) -> None:
    """Each instalment repays the n-th part, whole cents of it; the last repays the rest."""
    _, payments, principals = loans("equal_principal", instalments, daily_rate)
    before_last = payments[payments["instalment"] < instalments]
    assert (before_last["cents"] == principals[before_last["loan"]].to_numpy() // instalments).all()


@TERMS
def test_interest_only(instalments: int, daily_rate: float) -> None:
    """No principal, and so no hold, before the last instalment."""
    run, payments, principals = loans("interest_only", instalments, daily_rate)
    last = payments["instalment"] == instalments
    assert (payments["cents"][~last] == 0).all()
    assert (payments["cents"][last] == principals[payments["loan"][last]].to_numpy()).all()
    assert (run.holds["instalment"] == instalments).all()


@TERMS
def test_equal_instalment(instalments: int, daily_rate: float) -> None:
    """Each principal part is that of the annuity, but for cents rounded down.

    Part k is the floor of B f, f = x_k / (balance before k) for the ideal parts x. A cent less (at most)
    repaid by part j stays in the balance, and part k takes x_k / (balance after j) of it. So part k is
    off by more than -1 and less than the sum over j < k of these shares, in cents. The whole instalment,
    interest on the balance included, is off by that and by the interest on what stays.
    """
    rate = daily_rate * CYCLE
    _, payments, principals = loans("equal_instalment", instalments, daily_rate)
    for loan, parts in payments.groupby("loan")["cents"]:
        principal = int(principals[loan])
        level, ideal = annuity(principal, rate, instalments)
        after = principal - np.cumsum(ideal)
        most = np.array([sum(ideal[k] / after[:k]) for k in range(instalments)])
        error = parts.to_numpy() - ideal
        assert (error > -1 - 1e-6).all()
        assert (error < most + 1e-6).all()
        balance = principal - np.cumsum(parts) + parts.to_numpy()
        whole = parts.to_numpy() + rate * balance.to_numpy() - level
        assert (whole > -1 - 1e-6).all()
        assert (whole < most + rate * np.arange(instalments) + 1e-6).all()


@pytest.mark.parametrize("method", METHODS)
def test_one_hold_for_all_loans_or_one_for_each_add_up_to_the_same(method: str) -> None:
    """A freeze keeps limits from coming back, so that the same is drawn whatever is released."""
    by_loan = loans(method, 12, 0.0004)[0].scenario.replace(
        {"shocks": [{"kind": "freeze", "at": 0, "duration_days": 1000}]}
    )
    split = sl.simulate(by_loan).holds
    whole = sl.simulate(by_loan.replace({"product.release_unit": "instalment"})).holds
    assert (whole["loan"] == -1).all()
    assert len(split) > len(whole) > 30
    sums = split.groupby(["repaid_at", "borrower"])["amount"].sum().to_numpy()
    assert (np.rint(100 * sums) == np.rint(100 * whole["amount"])).all()
