"""Interest against its rule, and against the annuity."""

from __future__ import annotations

import numpy as np
import pytest
from few_and_many import few_and_many
from interest_paid import assert_interest
from measures import clockwork, simulate
from random_scenarios import random_scenario


@few_and_many(3, 60)
def test_interest_is_that_of_the_rule_to_the_cent(seed: int) -> None:
    """R158 to R160: late payers, early repayments, loans of their own, defaults."""
    assert_interest(simulate(random_scenario(seed), seed=2))


@pytest.mark.parametrize("instalments", [3, 12, 36])
@pytest.mark.parametrize("seed", range(2, 5))  # with more than one instalment left of three
def test_principal_and_interest_are_a_level_instalment(instalments: int, seed: int) -> None:
    """R41, R159: within one cent an instalment on average, from the first that pays for a whole cycle on."""
    fields = {
        "population.utilisation_mean": 1.0,
        "product.method": "equal_instalment",
        "product.instalments": instalments,
        "behaviour.draws_per_year": 0.0,
        "horizon_days": 30 * (instalments + 1),
    }
    run = simulate(clockwork(fields, borrowers=1), seed)
    days = run.events.loc[run.events["event"] == "repayment", "day"].to_numpy()
    daily = run.daily
    total = (100 * (daily["repaid"] + daily["interest_paid"])).round().astype(int)[days[1:]]
    i, owed, number = 30 * run.scenario.product.daily_rate, 100 * daily["outstanding"][days[0]], len(days) - 1
    assert number > 0
    level = owed * i / -np.expm1(-number * np.log1p(i))
    assert abs(total.sum() - number * level) <= number
    # Principal is rounded down, interest to the nearest cent; what that leaves is in the later instalments.
    assert (np.abs(total - level)[:-1] <= 2).all()
    assert daily["outstanding"].iloc[-1] == 0
