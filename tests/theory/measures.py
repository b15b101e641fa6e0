"""How closed forms are tested: clockwork with a few fields changed, means within 4 standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import simlimit as sl

REPLICATIONS = range(20)
simulate = partial(sl.simulate, engine="calendar")
"""Both drivers give the same history, and this one is the faster."""


def clockwork(changes: Mapping[str, Any], borrowers: int = 300) -> sl.Scenario:
    """Return clockwork with a few fields changed."""
    return sl.preset("clockwork").replace({"population.borrowers": borrowers, **changes})


def one_draw_each(instalments: int, cycle_days: int, draws_per_year: float) -> dict[str, Any]:
    """Return the fields with which all start without debt and draw the whole limit when all is there."""
    return {
        "population.utilisation_mean": 0.0,
        "behaviour.draws_per_year": draws_per_year,
        "behaviour.draw_share": (1.0, 1.0),
        "product.min_draw": 10_000.0,
        "product.instalments": instalments,
        "product.cycle_days": cycle_days,
    }


def of_borrower(run: sl.Run, column: str) -> npt.NDArray[Any]:
    """Return, for each hold, a column of its borrower."""
    values: npt.NDArray[Any] = run.borrowers[column].to_numpy()[run.holds["borrower"]]
    return values


def cents(amounts: pd.Series[float]) -> list[int]:
    """Return amounts in currency units as whole cents."""
    return [round(100 * amount) for amount in amounts]


def assert_delays(run: sl.Run, expected: npt.NDArray[np.int64]) -> None:
    """Assert the release delay of every hold, or its age at the horizon where that comes first."""
    age = run.scenario.horizon_days - run.holds["repaid_at"].to_numpy()
    released = expected < age
    assert (run.holds["delay_days"] == np.minimum(expected, age)).all()
    assert ((run.holds["outcome"] == "released") == released).all()
    assert ((run.holds["outcome"] == "pending") == ~released).all()


def replicated(
    scenario: sl.Scenario,
    measure: Callable[[sl.Run], tuple[float, ...]],
    replications: Sequence[int] = REPLICATIONS,
) -> npt.NDArray[np.float64]:
    """Return a row for each thing that is measured, with its values in each replication."""
    runs = (simulate(scenario, replication=r, keep="holds") for r in replications)
    return np.array([measure(run) for run in runs]).T


def assert_mean(values: npt.NDArray[np.float64], expected: float, bias: float = 0.0) -> None:
    """Assert a mean over replications within 4 standard errors, and a known bias, of what theory says."""
    mean = values.mean()
    error = values.std(ddof=1) / math.sqrt(len(values))
    print(
        f"simulated {mean:.5g}, formula {expected:.5g}, standard error {error:.2g}, bias at most {bias:.2g}"
    )
    assert error > 0
    assert abs(mean - expected) <= 4 * error + bias


def assert_share(happened: npt.ArrayLike, expected: float) -> None:
    """Assert the share of independent trials that came true within 4 standard errors; 0 and 1 exactly."""
    trials = np.asarray(happened)
    error = math.sqrt(expected * (1 - expected) / len(trials))
    print(f"simulated {trials.mean():.5g}, formula {expected:.5g}, standard error {error:.2g}")
    assert len(trials) > 100
    assert abs(trials.mean() - expected) <= 4 * error
