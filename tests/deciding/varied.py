"""Platforms on which a metric is a known function of a few fields, and the indices of such functions."""

import math

import simlimit as sl

ON_TIME = {"population.borrowers": 20, "horizon_days": 200}
DAILY = {"evaluation.straight_through": False, "evaluation.period_days": 1}
FOLLOWED = {"follow_up_days": 30, "progress": False}
Moments = tuple[float, float]
"""Mean and variance."""


def daily() -> sl.Scenario:
    """Everybody is evaluated every day: a hold waits until it is `cutoff_days` old."""
    return sl.preset("clockwork").replace(ON_TIME | DAILY)


def cleared() -> sl.Scenario:
    """As `daily`, but each payment takes days of clearing first: both waits add up."""
    return daily().replace({"product.clearing_share": 1.0})


def lent() -> sl.Scenario:
    """All have one limit and pay interest only: it is limit x utilisation x rate, and 365 of these a year."""
    return sl.preset("clockwork").replace(ON_TIME | {"product.method": "interest_only"})


def even(low: float, high: float) -> Moments:
    """Return the moments of a number that is anywhere between two bounds."""
    return (low + high) / 2, (high - low) ** 2 / 12


def whole(low: int, high: int) -> Moments:
    """Return the moments of a whole number from one to another."""
    return (low + high) / 2, ((high - low + 1) ** 2 - 1) / 12


def of_a_product(*factors: Moments) -> list[tuple[float, float]]:
    """Return first and total index of each factor of a product of independent ones."""
    squares, means = [m * m + v for m, v in factors], [m * m for m, _ in factors]
    variance = math.prod(squares) - math.prod(means)
    others = [[k for k in range(len(factors)) if k != own] for own in range(len(factors))]
    return [
        tuple(v * math.prod(of[k] for k in rest) / variance for of in (means, squares))
        for (_, v), rest in zip(factors, others, strict=True)
    ]
