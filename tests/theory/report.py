"""Closed forms beside what the simulation gives, as a table: ``python tests/theory/report.py``.

Each form is about the preset clockwork with a few fields changed. Where the form gives the delay of every
hold, the table counts the holds that have it; where it gives a mean, the table has its 95 % interval over
independent replications.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

sys.path.append(str(Path(__file__).parent.parent))  # run by itself, and by the documentation

from measures import clockwork, of_borrower, one_draw_each, simulate
from scipy.stats import t as student
from test_desk_replay import WATCHED, busy_desk, daily_batch_wait, erlang_wait
from test_desk_replay import replay as replay_desk
from test_pool_replay import SHORT, WAITING
from test_pool_replay import replay as replay_pool

import simlimit as sl

REPLICATIONS = 40
Values = npt.NDArray[Any]


class Row(NamedTuple):
    """One quantity: what theory says, what the simulation gives."""

    switched_on: str
    quantity: str
    formula: str
    theory: float
    simulated: float
    low: float
    high: float
    holds: int
    every_hold: bool | None
    """Whether the form holds for each hold by itself; None if it is about a mean only."""


def runs(fields: Mapping[str, Any], borrowers: int = 300, number: int = REPLICATIONS) -> Iterator[sl.Run]:
    """Yield replications of clockwork with a few fields changed."""
    scenario = clockwork(fields, borrowers)
    for replication in range(number):
        yield simulate(scenario, replication=replication, keep="holds")


def mean_row(
    words: tuple[str, str, str], theory: float, values: list[float], holds: int, every: bool | None = None
) -> Row:
    """Return a row about a mean of replications: Student's t interval."""
    mean, number = float(np.mean(values)), len(values)
    margin = float(student.ppf(0.975, number - 1) * np.std(values, ddof=1) / math.sqrt(number))
    return Row(*words, theory, mean, mean - margin, mean + margin, holds, every)


def exact_row(words: tuple[str, str, str], theory: float, simulated: float, agree: Values) -> Row:
    """Return a row about a form that holds for every hold, without error."""
    return Row(*words, theory, simulated, math.nan, math.nan, len(agree), bool(agree.all()))


def waits_agree(run: sl.Run, expected: Values) -> Values:
    """Return for each hold whether it waited as expected, or until the horizon if that comes first."""
    age = run.scenario.horizon_days - run.holds["repaid_at"].to_numpy()
    same: Values = run.holds["delay_days"].to_numpy() == np.minimum(expected, age)
    return same


def clockwork_rows() -> Iterator[Row]:
    """Nothing is switched on: nothing waits."""
    (run,) = runs({}, borrowers=1000, number=1)
    delays = run.holds["delay_days"].to_numpy()
    yield exact_row(("nothing", "delay", "0"), 0.0, delays.mean(), delays == 0)


def evaluation_rows() -> Iterator[Row]:
    """Every hold waits for the evaluation that sees it."""
    period, cutoff = 30, 2
    fields = {
        "evaluation.straight_through": False,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
    }
    middle = cutoff + (period - 1) / 2
    means, squares, holds, agree = [], [], 0, []
    for run in runs(fields):
        phase, repaid = of_borrower(run, "evaluation_day"), run.holds["repaid_at"].to_numpy()
        agree.append(waits_agree(run, cutoff + (phase - repaid - cutoff) % period))
        delays = run.holds["delay_days"][repaid < run.scenario.horizon_days - period - cutoff]
        means.append(delays.mean())
        squares.append(((delays - middle) ** 2).mean())
        holds += len(delays)
    on = f"straight-through off; T = {period}, c = {cutoff}"
    every = bool(np.concatenate(agree).all())
    yield mean_row((on, "mean delay", "c + (T - 1)/2"), middle, means, holds, every)
    yield mean_row((on, "variance of the delay", "(T² - 1)/12"), (period**2 - 1) / 12, squares, holds)


def flag_rows() -> Iterator[Row]:
    """A false flag adds a geometric number of periods."""
    period = 30
    for flag, days in ((0.2, 0.0), (0.2, 20.0)):
        fields = {
            "evaluation.straight_through": False,
            "screening.false_flag": flag,
            "screening.flag_days": days,
            "horizon_days": 1500,
        }
        stay = flag + ((1 - flag) * math.exp(-period / (days * (1 - flag))) if days else 0.0)
        odds = flag / (1 - stay)
        mean = (period - 1) / 2 + period * odds
        variance = (period**2 - 1) / 12 + period**2 * (flag * (1 + stay) / (1 - stay) ** 2 - odds**2)
        means, squares, holds = [], [], 0
        for run in runs(fields, borrowers=200):
            # By then nobody waits any more: all loans are repaid in the first 360 days.
            delays = run.holds["delay_days"]
            means.append(delays.mean())
            squares.append(((delays - mean) ** 2).mean())
            holds += len(delays)
        on = f"+ false flags; f = {flag}, flag_days d = {days:g}"
        yield mean_row((on, "mean delay", "(T - 1)/2 + T f/(1 - p)"), mean, means, holds)
        formula = "(T² - 1)/12 + T² [f(1 + p)/(1 - p)² - (f/(1 - p))²]"
        yield mean_row((on, "variance of the delay", formula), variance, squares, holds)


def score_rows() -> Iterator[Row]:
    """A low score recovers on a known day."""
    start, threshold, half_life = 0.3, 0.8, 60.0
    fields = {
        "population.initial_score": start,
        "rules.min_score": threshold,
        "evaluation.score_half_life_days": half_life,
    }
    day = math.ceil(half_life * math.log2((1 - start) / (1 - threshold)))
    (run,) = runs(fields, number=1)
    first, period = of_borrower(run, "evaluation_day"), run.scenario.evaluation.period_days
    waited = run.holds["delay_days"] > 0
    clear_on = day + (first - day) % period
    agree = waits_agree(run, np.maximum(0, clear_on - run.holds["repaid_at"].to_numpy()))
    on = f"a low score; half-life h = {half_life:g}, s₀ = {start}, threshold θ = {threshold}"
    formula = "⌈h log₂((1 - s₀)/(1 - θ))⌉"
    yield exact_row((on, "first day of release", formula), day, run.holds["ended_at"][waited].min(), agree)


def clean_rows() -> Iterator[Row]:
    """A late payer waits for N clean evaluations in a row."""
    period, needed, clean = 5, 3, 0.8
    fields = {
        **one_draw_each(instalments=60, cycle_days=period, draws_per_year=365.0),
        "horizon_days": 62 * period,
        "evaluation.period_days": period,
        "behaviour.slip_share": 1 - clean,
        "behaviour.slip_days": 1,
        "behaviour.default_dpd": 0,
        "rules.grace_days": 0,
        "rules.clean_days": needed * period,
    }
    expected = (1 - clean**needed) / ((1 - clean) * clean**needed)
    values, holds = [], 0
    for run in runs(fields, borrowers=100):
        repaid = run.holds["repaid_at"].to_numpy()
        late = (repaid - of_borrower(run, "due_day")) % period == 1
        late &= (run.holds["instalment"] <= 20).to_numpy()
        beyond = run.holds["delay_days"].to_numpy() - (of_borrower(run, "evaluation_day") - repaid) % period
        # Each late payment adds a term of mean 0, whatever their number.
        values.append((beyond[late] / period - expected).sum() / 100 + expected)
        holds += int(late.sum())
    on = f"N = {needed} clean evaluations in a row, each with probability p = {clean}"
    yield mean_row((on, "evaluations beyond the first", "(1 - pᴺ)/((1 - p) pᴺ)"), expected, values, holds)


def freeze_rows() -> Iterator[Row]:
    """A freeze delays to its end."""
    begin, length = 100, 40
    shock = {"kind": "freeze", "at": begin, "duration_days": length}
    (run,) = runs({"shocks": [shock], "horizon_days": 340}, borrowers=1000, number=1)
    j = run.holds["repaid_at"].to_numpy() - begin
    during = (j >= 0) & (j < length)
    agree = waits_agree(run, np.where(during, length - j, 0))
    yield exact_row(
        (
            f"a freeze of L = {length} days",
            "mean delay of those repaid in it",
            "L - j on its j-th day, j = 0 ..",
        ),
        float((length - j[during]).mean()),
        float(run.holds["delay_days"][during].mean()),
        agree,
    )


def loan_rows() -> Iterator[Row]:
    """Release per loan waits for the last instalment."""
    instalments, cycle = 12, 30
    fields = {
        **one_draw_each(instalments, cycle, draws_per_year=12.0),
        "product.release_unit": "loan",
        "population.limit_median": 12_000.0,
        "product.min_draw": 12_000.0,
        "horizon_days": 900,
    }
    (run,) = runs(fields, number=1)
    holds = run.holds
    agree = waits_agree(run, (instalments - holds["instalment"].to_numpy()) * cycle)
    loans = holds.groupby("loan")
    settled = loans["outcome"].transform(lambda outcomes: (outcomes == "released").all())
    whole = holds[settled & (loans["instalment"].transform("size") == instalments)]
    mean = float(np.average(whole["delay_days"], weights=whole["amount"]))
    on = f"release per loan; n = {instalments}, cycle m = {cycle}"
    yield exact_row(
        (on, "mean delay, by principal", "m (n - 1)/2"), cycle * (instalments - 1) / 2, mean, agree
    )


def pool_rows() -> Iterator[Row]:
    """A short pool serves equal claims in turn, and any claims as the queue replayed from the holds says."""
    day, claim, headroom, inflow = 29, 5_000.0, 12_345.67, 33_333.33
    fields = {
        "evaluation.straight_through": False,
        "evaluation.schedule": "batch",
        "product.instalments": 1,
        "funding.unlimited": False,
        "funding.initial": headroom,
        "funding.recycle_share": 0.0,
        "funding.facilities": [{"name": "bank", "daily_inflow": inflow, "start": day}],
    }
    (run,) = runs(fields, borrowers=200, number=1)
    x, h, r = (round(100 * amount) for amount in (claim, headroom, inflow))
    expected = np.array([max(0, -((h - k * x) // r) - 1) for k in range(1, 201)])
    waits = run.holds["ended_at"].to_numpy() - day
    on = "a batch of 200 equal claims x on a pool of headroom h and inflow R"
    formula = "k-th: max(0, ⌈(k x - h)/R⌉ - 1)"
    yield exact_row(
        (on, "mean wait", formula), float(expected.mean()), float(waits.mean()), waits == expected
    )

    recycled = {"funding.recycle_share": 0.37, "funding.reserve_share": 0.45}
    run = simulate(clockwork({**SHORT, **recycled, **WAITING}, borrowers=100))
    released = replay_pool(run)
    replayed = np.array([released.get(hold, -1) for hold in run.holds.index])
    ended = run.holds["ended_at"].fillna(-1).to_numpy()
    theory = (replayed - run.holds["repaid_at"].to_numpy())[replayed >= 0].mean()
    delay = run.holds["delay_days"][ended >= 0].mean()
    on = "a pool with recycling and reserve, behind evaluations"
    yield exact_row(
        (on, "mean delay of the released", "replay of the queue"), theory, delay, ended == replayed
    )


def desk_rows() -> Iterator[Row]:
    """The review desk is a queue."""
    constant = {"review.service_law": "constant", "review.service_days": 0.7, "review.reviewers": 2}
    run = simulate(clockwork({**WATCHED, **constant, "horizon_days": 400}, borrowers=120))
    day = np.ceil(replay_desk(run)[2] - 0.375)
    ended = run.holds["ended_at"].to_numpy()
    inside = day < run.scenario.horizon_days
    theory = (day - run.holds["repaid_at"].to_numpy())[inside].mean()
    delay = run.holds["delay_days"].to_numpy()[inside].mean()
    agree = np.where(inside, ended == day, np.isnan(ended))
    on = "2 reviewers, constant service of 0.7 days"
    yield exact_row((on, "mean delay", "replay of the queue"), theory, delay, agree)

    rate, service, reviewers = 1.6, 1.5, 3
    scenario = busy_desk(rate, service, reviewers, borrowers=2_400, horizon=3_000)
    waits, holds = [], 0
    for replication in range(REPLICATIONS):
        run = simulate(scenario, replication=replication, keep="holds")
        arrival, begin, _ = replay_desk(run)
        waits.append(float((begin - arrival)[arrival > 732].mean()))
        holds += int((arrival > 732).sum())
    exact, erlang = daily_batch_wait(rate, service, reviewers), erlang_wait(rate, service, reviewers)
    on = f"{reviewers} reviewers, exponential service of {service} days, {rate} arrivals a day"
    yield mean_row(
        (on, "mean wait in the queue", f"M/M/c with daily arrivals (M/M/c: {erlang:.3f})"),
        exact,
        waits,
        holds,
    )


def censoring_rows() -> Iterator[Row]:
    """What is still pending at the horizon is counted for as long as it was seen."""
    period, by = 30, 14
    fields = {"evaluation.straight_through": False, "horizon_days": 45, "product.cycle_days": 10}
    holds = _pooled(runs(fields))
    on = "holds still pending at the horizon (of 45 days; T = 30)"
    words = (on, f"released within {by} days (Kaplan-Meier)", "15/T")
    yield _curve_row(words, (by + 1) / period, by, holds)

    rate = 6.0
    fields |= {"horizon_days": 300, "shocks": [{"kind": "cancellation", "per_year": rate}]}
    holds = _pooled(runs(fields))
    # A cancelled borrower's later payments are forfeited at once: they never were at risk.
    holds = holds[(holds["outcome"] != "forfeited") | (holds["delay_days"] > 0)]
    released = sum(math.exp(-rate * day / 365) for day in range(period)) / period
    on = f"lines cancelled at random, λ = {rate:g} a year, while holds wait"
    words = (on, "released in the end (Aalen-Johansen)", "Σ e^(-λw/365)/T, w = 0 .. T - 1")
    yield _curve_row(words, released, period - 1, holds)


def _pooled(simulated: Iterator[sl.Run]) -> pd.DataFrame:
    """Return the holds of many runs."""
    return pd.concat([run.holds.assign(replication=run.replication) for run in simulated], ignore_index=True)


def _curve_row(words: tuple[str, str, str], theory: float, day: int, holds: pd.DataFrame) -> Row:
    curve = sl.cumulative_incidence(holds, cluster="replication", censored_at_risk=False)
    at = curve.loc[:day].iloc[-1]
    return Row(*words, theory, at["released"], at["released_low"], at["released_high"], len(holds), None)


SECTIONS: tuple[Callable[[], Iterator[Row]], ...] = (
    clockwork_rows,
    evaluation_rows,
    flag_rows,
    score_rows,
    clean_rows,
    desk_rows,
    freeze_rows,
    pool_rows,
    loan_rows,
    censoring_rows,
)


def rows() -> list[Row]:
    """Return all rows, in the order of the gates."""
    return [row for section in SECTIONS for row in section()]


def markdown(table: list[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [
        "| switched on | quantity | formula | theory | simulated | 95 % interval; agreement | holds |",
        "| --- | --- | --- | ---: | ---: | --- | ---: |",
    ]
    for row in table:
        agreement = [] if math.isnan(row.low) else [f"{row.low:.5g} to {row.high:.5g}"]
        if row.every_hold is not None:
            agreement.append("every hold" if row.every_hold else "NOT every hold")
        cells = (
            row.switched_on, row.quantity, row.formula, f"{row.theory:.5g}", f"{row.simulated:.5g}",
            "; ".join(agreement), f"{row.holds:,}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown(rows()))
