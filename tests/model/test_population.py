"""The book at the start is in equilibrium; a seasoned one is the book to which turnover leads.

Rules R20, R159 and R160.
"""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pytest

import simlimit as sl
from simlimit.drivers import calendar_driver
from simlimit.model.book import make_book
from simlimit.model.preparation import prepare
from simlimit.model.records import Records
from simlimit.scenario import Scenario

CYCLE = 30


def quiet(fields: dict[str, object]) -> Scenario:
    """All pay on time, and what they repay is released at once."""
    start = {"population.utilisation_mean": 0.5, "product.cycle_days": CYCLE, "warmup_days": 0}
    return sl.preset("clockwork").replace(start | fields)


def mean_outstanding(scenario: Scenario, seed: int) -> npt.NDArray[np.float64]:
    run = sl.simulate(scenario, seed=seed, engine="calendar", keep="counts")
    return run.daily["outstanding"].to_numpy() / scenario.population.borrowers


# ---- starting loans --------------------------------------------------------------------------------------


@pytest.mark.parametrize("instalments", [1, 3, 12])
def test_first_cycle_repays_two_of_n_plus_one_of_equal_principal(instalments: int) -> None:
    """Of a loan with r instalments left o / r, with the chance r / (1 + .. + N).

    The variance of 1 / r is H / (1 + .. + N) - mean ** 2, with H = 1 + 1/2 + .. + 1/N.
    """
    n, borrowers = instalments, 4000
    run = sl.simulate(
        quiet({"product.instalments": n, "population.borrowers": borrowers, "horizon_days": CYCLE}),
        seed=3,
        engine="calendar",
    )
    owed = 0.5 * run.borrowers["limit"].sum()
    total, mean = n * (n + 1) / 2, 2 / (n + 1)
    spread = math.sqrt(sum(1 / r for r in range(1, n + 1)) / total - mean**2)
    # Each borrower repays a whole number of cents.
    assert abs(run.daily["repaid"].sum() / owed - mean) <= 4 * spread / math.sqrt(borrowers) + 1e-5


@pytest.mark.parametrize("method", ["equal_principal", "equal_instalment", "interest_only"])
@pytest.mark.parametrize("rate", [0.0, 0.001])
def test_numbers_of_remaining_instalments_follow_what_is_owed(method: str, rate: float) -> None:
    """A loan of 1 is followed through its schedule; the chance of r is what is owed when r remain."""
    n, borrowers = 6, 6000
    fields = {"product.instalments": n, "product.method": method, "product.daily_rate": rate}
    state = calendar_driver.run(
        prepare(quiet(fields | {"population.borrowers": borrowers, "horizon_days": 1}), 0, True, False),
        seed=4,
        replication=0,
        tick=lambda days: None,
    )
    i = rate * CYCLE
    level = i / (1 - (1 + i) ** -n) if i else 1 / n
    owed = [1.0]
    for _ in range(n - 1):
        part = {"equal_principal": 1 / n, "equal_instalment": level - i * owed[-1], "interest_only": 0.0}[
            method
        ]
        owed.append(owed[-1] - part)
    shares = np.array(owed[::-1]) / sum(owed)
    # Of those who were not due on day 0.
    waiting = state.borrowers[state.borrowers["due_day"] > 0]
    seen = np.bincount(state.loans["remaining"][waiting["first_loan"]], minlength=n + 1)[1:] / len(waiting)
    assert (abs(seen - shares) < 4 * np.sqrt(shares * (1 - shares) / len(waiting))).all()


def equilibrium(borrowers: int, days: int, instalments: int = 12, utilisation: float = 0.5) -> Scenario:
    """Draws make up for repayments.

    A loan drawn is first due (c + 1) / 2 days later on average, and is repaid in N parts, c days apart. So a
    cent is repaid (c N + 1) / 2 days after it was drawn, on average, and with O owed, 2 O / (c N + 1) a day.
    A wish takes m of what is available, L - O, on average.
    """
    share, n = (0.2, 0.6), instalments
    a_day = 2 * utilisation / (CYCLE * n + 1) / (1 - utilisation) / (sum(share) / 2)
    draws = {"behaviour.draws_per_year": 365 * a_day, "behaviour.draw_share": share, "product.min_draw": 0.01}
    book = {"population.borrowers": borrowers, "population.utilisation_mean": utilisation}
    return quiet(draws | book | {"product.instalments": n, "horizon_days": days})


def test_outstanding_stays_when_draws_make_up_for_repayments() -> None:
    """Of 5,000 borrowers the mean is uncertain by about 0.5 %; with uniform ages it falls by 15 % in 60."""
    owed = mean_outstanding(equilibrium(5000, 91), seed=1)
    assert owed[60:91].mean() == pytest.approx(owed[0], rel=0.025)


@pytest.mark.long
@pytest.mark.parametrize("utilisation", [0.3, 0.5, 0.7])
def test_first_sixty_days_owe_what_is_owed_a_year_later(utilisation: float) -> None:
    owed = mean_outstanding(equilibrium(100_000, 361, utilisation=utilisation), seed=2)
    assert owed[:61].mean() == pytest.approx(owed[300:361].mean(), rel=0.01)


# ---- a seasoned book -------------------------------------------------------------------------------------

HAZARDS = (0.6, 0.3, 0.2)
LATE = {
    "behaviour.late_onset": 0.06,
    "behaviour.late_concentration": 4.0,
    "behaviour.cure_hazards": HAZARDS,
    "behaviour.default_dpd": 90,
    "population.exits_per_year": 0.5,
    "population.seasoned": True,
}
SURVIVING = [1.0, *accumulate((1 - h for h in HAZARDS), lambda a, b: a * b)]
"""S_1 .. S_4: the share of spells that last for so many months."""


def test_the_weights_of_a_seasoned_book_are_stays() -> None:
    """The stays of 4,096 borrowers of different propensities, each until it leaves or defaults."""
    scenario = quiet(LATE)
    book = make_book(scenario, None)
    q, leaving = book.propensities, 0.5 * CYCLE / 365
    stays = 1 / (leaving + q * SURVIVING[3] / (1 + q * sum(SURVIVING[:3])))
    assert book.first_propensities.mean() == pytest.approx(float(q @ stays / stays.sum()), rel=1e-3)
    assert (np.diff(book.first_propensities) >= 0).all()
    assert book.first_propensities.mean() < 0.9 * q.mean()
    assert set(book.first_propensities) <= set(q)


def test_without_default_a_seasoned_book_is_that_of_arrivals() -> None:
    book = make_book(quiet(LATE | {"behaviour.default_dpd": 0}), None)
    assert (book.first_propensities == book.propensities).all()


def test_months_late_of_a_seasoned_book_are_those_of_its_spells() -> None:
    """A chain of not late and 1, 2, 3 months late has stationary shares 1 : q S_1 : q S_2 : q S_3."""
    scenario = quiet(LATE | {"behaviour.late_concentration": None, "population.borrowers": 8000})
    run = sl.simulate(scenario.replace({"horizon_days": 1}), seed=5, engine="calendar", keep="counts")
    r = run._state.borrowers
    assert run.daily["borrowers"].iloc[0] == 8000
    waiting = r[r["due_day"] > 0]
    chances = np.array([1.0, *(0.06 * s for s in SURVIVING[:3])])
    chances /= chances.sum()
    seen = np.bincount(waiting["spell"], minlength=4) / len(waiting)
    assert (abs(seen - chances) < 4 * np.sqrt(chances * (1 - chances) / len(waiting))).all()
    late = waiting[waiting["spell"] > 0]
    assert (late["oldest_due"] == late["due_day"] - CYCLE * late["spell"]).all()


def after_years(years: float, seasoned: bool, seed: int) -> Records:
    """Those who are present, whose line is open and who are not late, after some years of turnover."""
    fields = LATE | {
        "population.seasoned": seasoned,
        "population.arrivals_per_year": 0.5,
        "population.borrowers": 1500,
        "behaviour.draws_per_year": 24.0,
        "behaviour.draw_share": (0.9, 0.9),
        "product.method": "interest_only",
        "product.min_draw": 0.01,
        "horizon_days": round(365 * years) + 1,
    }
    run = sl.simulate(quiet(fields), seed=seed, engine="calendar", keep="counts")
    r = run._state.borrowers
    return r[(r["present_until"] == run.scenario.horizon_days) & (r["closed"] == 0) & (r["spell"] == 0)]


def test_a_seasoned_book_begins_where_turnover_leads() -> None:
    """Onset is the mean propensity of those who are not late: the same at the start as after 12 years."""
    start, later = after_years(0, True, 6)["propensity"], after_years(12, False, 6)["propensity"]
    error = math.sqrt(start.var() / len(start) + later.var() / len(later))
    assert abs(start.mean() - later.mean()) < 3 * error
    unseasoned = after_years(0, False, 6)["propensity"]
    assert unseasoned.mean() - start.mean() > 5 * error
