"""The book at the start is in equilibrium; a seasoned one is the book to which turnover leads.

Rules R20, R147 and R148.
"""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pytest

import simlimit as sl
from simlimit.drivers import calendar_driver
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
LEAVING = 0.5 * CYCLE / 365
"""The chance to leave in a cycle."""
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


def odds(q: npt.NDArray[np.float64], surviving: list[float], closed: float) -> npt.NDArray[np.float64]:
    """Return the chances of 0, 1, .. months late and of a closed line, a row for each propensity."""
    of_each = np.stack([np.ones_like(q), *(q * s for s in surviving), q * closed], axis=1)
    return of_each / of_each.sum(axis=1, keepdims=True)


def first_borrowers(fields: dict[str, object], borrowers: int = 8000) -> Records:
    """Return the book of day 0, without those who are due, or leave, on that day."""
    scenario = quiet(fields | {"population.borrowers": borrowers, "horizon_days": 1})
    run = sl.simulate(scenario, seed=5, engine="calendar", keep="counts")
    assert run.daily[["borrowers", "exits"]].iloc[0].sum() == borrowers
    r = run._state.borrowers
    return r[(r["due_day"] > 0) & (r["present_until"] > 0)]


def assert_standings(r: Records, expected: npt.NDArray[np.float64]) -> None:
    """Assert how many are late by so many months, and how many lines are closed."""
    closed = len(expected) - 1
    seen = np.bincount(np.where(r["closed"] == 1, closed, r["spell"]), minlength=closed + 1) / len(r)
    assert len(seen) == len(expected)
    assert (abs(seen - expected) <= 4 * np.sqrt(expected * (1 - expected) / len(r))).all()


@pytest.mark.parametrize("concentration", [None, 4.0])
def test_shares_late_and_closed_are_those_of_a_book_that_has_always_been_open(
    concentration: float | None,
) -> None:
    """A chain of not late, 1, 2, 3 months late and closed has stays 1, q S_1, q S_2, q S_3 and q S_4 / e."""
    fields = LATE | {"behaviour.late_concentration": concentration}
    r = first_borrowers(fields)
    q = prepare(quiet(fields), 0, True, False).book.propensities[0]
    assert_standings(r, odds(q, SURVIVING[:3], SURVIVING[3] / LEAVING).mean(axis=0))
    late = r[r["spell"] > 0]
    assert (late["oldest_due"] == late["due_day"] - CYCLE * late["spell"]).all()


def test_without_default_a_seasoned_book_has_no_closed_lines() -> None:
    """Of spells without an end the first 12 months are told apart."""
    r = first_borrowers(LATE | {"behaviour.default_dpd": 0, "behaviour.late_concentration": None})
    surviving = [*SURVIVING, *(SURVIVING[3] * (1 - HAZARDS[2]) ** k for k in range(1, 9))]
    assert_standings(r, odds(np.array([0.06]), surviving, 0.0)[0])


def test_a_line_that_is_closed_at_the_start_had_the_limit_that_was_drawn() -> None:
    seasoned = first_borrowers(LATE | {"population.limit_log_sd": 0.5})
    drawn = first_borrowers(LATE | {"population.limit_log_sd": 0.5, "population.seasoned": False})
    closed = seasoned["closed"] == 1
    for name in ("limit", "outstanding", "available"):
        assert (seasoned[name][closed] == 0).all()
        assert (seasoned[name][~closed] == drawn[name][~closed]).all()
    assert (seasoned["highest"] == drawn["limit"]).all()
    assert (seasoned["propensity"] == drawn["propensity"]).all()


def test_those_whose_lines_are_open_are_less_often_late_than_those_who_arrive() -> None:
    r = first_borrowers(LATE)
    q = prepare(quiet(LATE), 0, True, False).book.propensities[0]
    is_open = 1 - odds(q, SURVIVING[:3], SURVIVING[3] / LEAVING)[:, -1]
    seen = r["propensity"][r["closed"] == 0]
    error = math.sqrt(seen.var() / len(seen))
    assert abs(seen.mean() - q @ is_open / is_open.sum()) < 4 * error
    assert q.mean() - seen.mean() > 10 * error


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
