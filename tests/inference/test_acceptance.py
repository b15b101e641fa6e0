"""Six parameters of `jiebei` from a log of 20,000 repayments: what a fit promises, over many logs."""

import functools
import time

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import simlimit as sl
from simlimit.inference.fit import Fit, verdicts
from simlimit.inference.observation import Repayments, observe_state
from simlimit.inference.parameters import draw
from simlimit.inference.regression import posterior

FREE = {
    "evaluation.period_days": (7, 60),
    "behaviour.slip_share": (0.0, 0.10),
    "screening.false_flag": (0.005, 0.08),
    "review.watch_share": (0.002, 0.06),
    "rules.min_score": (0.30, 0.55),
    "inflows": {
        "fields": [f"funding.facilities[{k}].daily_inflow" for k in range(3)],
        "factor": (0.7, 1.3),
    },
}
COLUMNS = ("gate", "region", "late", "amount")
LOGS = 400
pytestmark = pytest.mark.long


@functools.cache
def fitted(n: int = 1200, rests: bool = True) -> tuple[Fit, float]:
    """Return a fit of one log, and the CPU seconds that it took."""
    jiebei = sl.preset("jiebei").replace({"horizon_days": 720, "warmup_days": 0})
    scenario = jiebei if rests else jiebei.replace({"calendar.rests": []})
    log = sl.simulate(scenario, 77, engine="calendar", keep="holds").holds
    began = time.process_time()
    fit = sl.fit(log, scenario, FREE, n=n, progress=False)
    fit.table()
    return fit, time.process_time() - began


def seen_as(fit: Fit, seen: Repayments, columns: tuple[str, ...]) -> Fit:
    """Return the fit of another log, by the same simulated logs."""
    groups = {name: codes for name, codes in seen.groups.items() if name in columns}
    return Fit(seen._replace(groups=groups), fit._task, fit._bank, "", "")


def simulated(fit: Fit, platform: sl.Scenario, number: int, seed: int) -> list[Repayments]:
    """Return logs of a platform at draws from the prior distribution, that are none of the bank's."""
    task = fit._task._replace(platform=platform, seed=seed)
    found = []
    for log in range(number):
        one = task.at(draw(seed, log, len(task.parameters)))
        found.append(observe_state(task.history(one, log), one))
    return found


def over_logs(columns: tuple[str, ...]) -> tuple[Fit, pd.DataFrame]:
    """Return, of each parameter, the R2 of its mean over many logs, and the verdict of each log."""
    one = seen_as(fitted()[0], simulated(fitted()[0], fitted()[0]._task.platform, 1, 9)[0], columns)
    guesses, truths = one._guesses.bank, one._bank.quantiles[:LOGS]
    found = [posterior(guesses[k], guesses, one._truths, one._choices, k) for k in range(LOGS)]
    means = np.array([each.weights @ ndtr(each.draws) for each in found])
    removed = np.array([each.share_removed() for each in found])
    r2 = 1 - ((means - truths) ** 2).mean(axis=0) / truths.var(axis=0)
    said = verdicts(removed, one.advice()["share_removed"].to_numpy())
    table = {"r2": r2, "verdict": list(said.T), "removed": list(removed.T)}
    errors = list((12 * (means - truths) ** 2).T)
    return one, pd.DataFrame({**table, "errors": errors}, index=pd.Index(FREE))


def test_a_fit_takes_less_than_five_minutes_of_a_processor() -> None:
    _, seconds = fitted()
    assert seconds < 300


@pytest.mark.parametrize("columns", [COLUMNS, ("gate",), ()])
def test_intervals_cover_what_they_say_and_ranks_are_uniform(columns: tuple[str, ...]) -> None:
    one, _ = over_logs(columns)
    coverage = one.coverage(LOGS)
    at_90 = coverage.xs(0.9, level="confidence")
    error = np.sqrt(0.9 * 0.1 / LOGS)
    assert at_90["coverage"].between(0.87 - 2 * error, 0.93 + 2 * error).all(), at_90
    p_values = np.sort(at_90["rank_p_value"])
    assert (p_values > 0.01 / np.arange(len(p_values), 0, -1)).all(), at_90  # Holm


def test_with_the_gate_all_but_the_funding_is_determined() -> None:
    _, table = over_logs(COLUMNS)
    assert (table["r2"].drop("inflows") >= 0.85).all(), table


def test_without_the_gate_score_and_funding_are_called_undetermined() -> None:
    _, table = over_logs(())
    for name in ("rules.min_score", "inflows"):
        assert (table.loc[name, "verdict"] == "not determined").mean() >= 0.95
    assert (table.loc["evaluation.period_days", "verdict"] != "not determined").mean() >= 0.95


def test_the_share_that_a_log_is_said_to_have_removed_is_the_share_that_it_did_remove() -> None:
    """That logs differ is no noise: one in ten says half of what there is to know of the least score."""
    _, table = over_logs(())
    for name in ("rules.min_score", "inflows"):
        removed, errors = table.loc[name, "removed"], table.loc[name, "errors"]
        for said in (removed < 0.3, removed >= 0.3):
            tolerance = 0.08 + 3 * errors[said].std() / np.sqrt(said.sum())
            assert removed[said].mean() == pytest.approx(1 - errors[said].mean(), abs=tolerance)


def test_what_the_model_cannot_make_is_told_from_what_it_can() -> None:
    """A desk that rests at weekends where the scenario's does not; every delay three days longer."""
    fit, _ = fitted(600, rests=False)
    platform = fit._task.platform
    good = simulated(fit, platform, 50, 500)
    resting = simulated(fit, platform.replace({"calendar.rests": ["review"]}), 50, 501)
    refused = [
        sum(bool(seen_as(fit, seen, COLUMNS).check()["breaks"].any()) for seen in logs)
        for logs in (good, resting, [later(seen) for seen in good])
    ]
    assert refused[0] <= 4
    assert refused[1] >= 45
    assert refused[2] >= 45


def later(seen: Repayments, days: int = 3) -> Repayments:
    """Return a log in which all that has ended did so some days later, or has not ended."""
    age = seen.age + np.where(seen.outcome < 2, days, 0)
    outcome = np.where(age > seen.followed, 2, seen.outcome)
    return seen._replace(age=np.minimum(age, seen.followed), outcome=outcome)
