"""What is drawn before a run: arrivals are a Poisson process, the economy is AR(1) in its logarithm.

Rules R139 and R149 to R152.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import chi2, kstest

import simlimit as sl
from simlimit.model.preparation import empty_state, prepare, restart
from simlimit.model.state import State
from simlimit.scenario import Scenario

YEAR = 365


def state_of(scenario: Scenario, replication: int) -> State:
    """A state on the eve of its first day."""
    prepared = prepare(scenario, 0, logging=False, reusing=True)
    state = empty_state(prepared)
    restart(state, prepared, seed=7, replication=replication)
    return state


def days_of_arrivals(scenario: Scenario, replication: int) -> npt.NDArray[np.int64]:
    days: npt.NDArray[np.int64] = state_of(scenario, replication).arrivals["day"].copy()
    return days


def arriving(per_year: float, borrowers: int, days: int) -> Scenario:
    fields = {"population.arrivals_per_year": per_year, "population.borrowers": borrowers, "warmup_days": 0}
    return sl.preset("clockwork").replace(fields | {"horizon_days": days})


def test_numbers_of_arrivals_are_poisson() -> None:
    """A variance test: the sum of squares over the mean is chi-square, a degree for each replication."""
    scenario, n = arriving(0.5, 40, YEAR), 200
    mean = 0.5 * 40
    counts = np.array([len(days_of_arrivals(scenario, k)) for k in range(n)])
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / n)
    dispersion = ((counts - mean) ** 2).sum() / mean
    assert chi2.ppf(1e-4, n) < dispersion < chi2.ppf(1 - 1e-4, n)


def test_gaps_between_arrivals_are_exponential() -> None:
    """Some 20,000 gaps of 15 days on average; whole days blur them by less than one day."""
    days = days_of_arrivals(arriving(10, 1, 30_000), 0)
    days = np.concatenate([days, *(days_of_arrivals(arriving(10, 1, 30_000), k) for k in range(1, 10))])
    gaps = np.diff(days)
    gaps = gaps[gaps >= 0] + np.random.default_rng(1).triangular(-1, 0, 1, (gaps >= 0).sum())
    assert kstest(np.maximum(0, gaps), "expon", args=(0, YEAR / 10)).statistic < 2 / np.sqrt(len(gaps))


def test_a_longer_run_has_the_arrivals_of_a_shorter_one() -> None:
    short, long = (days_of_arrivals(arriving(2, 30, days), 3) for days in (200, 500))
    assert (long[long < 200] == short).all()
    assert len(short) > 0
    assert (np.diff(long) >= 0).all()


@pytest.mark.parametrize("persistence", [0.0, 0.7])
def test_the_economy_is_autoregressive(persistence: float) -> None:
    """Of x, the logarithm in units of sd: mean 0, variance 1, correlation c at a lag of 1 month, c * c at 2.

    Standard errors over 8,000 months: of the mean sqrt((1 + c) / (1 - c) / n), of the others at most
    sqrt(2 (1 + c * c) / (1 - c * c) / n).
    """
    sd, c = 0.4, persistence
    scenario = sl.preset("clockwork").replace(
        {"economy.sd": sd, "economy.persistence": c, "horizon_days": 30_000, "population.borrowers": 1}
    )
    x = np.array([(np.log(state_of(scenario, k).economy_factors) + sd * sd / 2) / sd for k in range(8)])
    assert abs(x.mean()) < 4 * np.sqrt((1 + c) / (1 - c) / x.size)
    error = np.sqrt(2 * (1 + c * c) / (1 - c * c) / x.size)
    for lag in range(3):
        products = x[:, lag:] * x[:, : x.shape[1] - lag]
        assert abs(products.mean() - c**lag) < 4 * error, lag
    assert abs(x[:, 0].mean()) < 4 / np.sqrt(8)


def test_the_factor_has_mean_1() -> None:
    """Its variance is exp(sd * sd) - 1; months are independent here."""
    scenario = sl.preset("clockwork").replace(
        {"economy.sd": 0.5, "horizon_days": 30_000, "population.borrowers": 1}
    )
    factors = np.concatenate([state_of(scenario, k).economy_factors for k in range(8)])
    assert abs(factors.mean() - 1) < 4 * np.sqrt(np.expm1(0.25) / len(factors))


def test_a_calm_economy_has_the_factor_1() -> None:
    assert (state_of(sl.preset("clockwork"), 0).economy_factors == 1).all()


def test_misses_of_a_month_share_its_factor() -> None:
    """In a month n borrowers who are not late miss with the chance q F each; who missed pays a month later.

    So misses vary about n q F as binomial numbers do, and with F in all: over months their variance is about
    N q + (N q) ** 2 var(F), of which the first part would be all without an economy.
    """
    borrowers, months, q = 3000, 60, 0.02
    scenario = sl.preset("clockwork").replace(
        {
            "population.borrowers": borrowers,
            "population.utilisation_mean": 0.9,
            "behaviour.late_onset": q,
            "behaviour.cure_hazards": (1.0,),
            "product.method": "interest_only",
            "product.instalments": 60,
            "horizon_days": 30 * months,
            "economy.sd": 0.5,
            "economy.persistence": 0.5,
        }
    )
    scenario = scenario.replace(
        {"behaviour.draws_per_year": 100.0}
    )  # a loan that is settled is followed by one
    run = sl.simulate(scenario, seed=7, engine="calendar")
    events = run.events
    misses = np.bincount(events["day"][events["event"] == "miss"] // 30, minlength=months)
    factors = state_of(scenario, 0).economy_factors[:months]
    at_stake = borrowers - np.concatenate([[0], misses[:-1]])
    chance = np.minimum(1, q * factors)
    surprises = (misses - at_stake * chance) ** 2 / (at_stake * chance * (1 - chance))
    assert chi2.ppf(1e-4, months) < surprises.sum() < chi2.ppf(1 - 1e-4, months)
    expected = borrowers * q + (borrowers * q) ** 2 * factors.var()
    assert misses.var() > 5 * borrowers * q
    assert misses.var() == pytest.approx(expected, rel=0.3)
