"""A log that the model cannot make is told from one that it can."""

import functools

import numpy as np
import pytest
from fitted_logs import FREE, log_of, platform

import simlimit as sl
from simlimit.inference.fit import Fit
from simlimit.inference.observation import observe_state
from simlimit.inference.parameters import draw


@functools.cache
def fitted(rests: bool = False, shift: int = 0, seed: int = 100) -> sl.Fit:
    changes = {"calendar.closed_weekdays": ["saturday", "sunday"], "calendar.rests": ["evaluation"]}
    log = log_of(changes if rests else {}, seed)
    ended = log["outcome"] != "pending"
    late = log["delay_days"] + shift > 240 - log["repaid_at"]
    log["delay_days"] = np.minimum(log["delay_days"] + shift * ended, 240 - log["repaid_at"])
    log["outcome"] = log["outcome"].astype(str).mask(late, "pending")
    return sl.fit(log, platform(), FREE, n=200, progress=False)


def test_a_log_that_the_model_makes_breaks_nothing() -> None:
    assert not fitted().check()["breaks"].any()


def test_evaluations_that_rest_at_weekends_break_the_weekday_of_ending() -> None:
    check = fitted(rests=True).check()
    assert check["breaks"].any()
    assert check.index[0] == "weekday of ending"
    worst = check.iloc[0]
    assert worst["in_log"] < worst["low"] or worst["in_log"] > worst["high"]


def test_delays_of_three_days_that_no_parameter_makes_break_the_release() -> None:
    check = fitted(shift=3).check()
    assert check.loc["release", "breaks"]


def test_what_is_so_in_every_log_is_in_its_band() -> None:
    """Whoever waited for no gate was soon released: exactly all, whatever the regression rounds."""
    fit = sl.fit(log_of({}, columns=("gate",)), platform(), FREE, n=100, progress=False)
    at_once = fit.statistics().query("statistic == 'gate none, released' and 2 <= age_days <= 45")
    assert (at_once[["in_log", "expected", "low", "high"]] == 1).all(axis=None)
    assert (fit.statistics().query("family == 'forfeit'")[["in_log", "expected", "high"]] == 0).all(axis=None)


def test_the_corrected_p_value_is_for_all_families() -> None:
    check = fitted().check()
    assert (check["corrected_p"] >= check["p_value"] - 0.01).all()
    assert check["p_value"].is_monotonic_increasing


def test_most_statistics_of_a_log_that_the_model_makes_lie_in_their_band() -> None:
    table = fitted().statistics()
    lies = table["in_log"].between(table["low"] - 1e-9, table["high"] + 1e-9)
    assert lies.mean() > 0.85
    assert set(table["family"]) == set(fitted().check().index)


@pytest.mark.long
def test_a_log_that_the_model_makes_is_refused_at_the_nominal_rate() -> None:
    """5 % of 100 logs at draws from the prior distribution, and not more than chance allows beyond it."""
    fit, refused = fitted(), 0
    task = fit._task._replace(seed=900)
    for log in range(100):
        one = task.at(draw(task.seed, log, len(FREE)))
        seen = observe_state(task.history(one, log), one)
        seen = seen._replace(groups={"amount": seen.groups["amount"]})
        refused += bool(Fit(seen, task, fit._bank, "", "").check()["breaks"].any())
    assert refused <= 5 + 2.5 * np.sqrt(100 * 0.05 * 0.95)
