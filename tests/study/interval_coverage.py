"""How often the intervals of small studies cover the truth, where the truth has a closed form.

``python tests/study/interval_coverage.py`` prints the table of docs/statistics.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

import simlimit as sl
from simlimit.study.intervals import mean_intervals

REPLICATIONS = 16
"""Of each study."""
STUDIES_AT_ONCE = 250
"""One call simulates the replications of so many studies, which are all independent."""
CYCLE = 30
SKEWED = ("days_away", "released_within_7d", "limit_days_lost")
SKEWED_AT_ONCE = 2_000


class Known(NamedTuple):
    """A scenario, and the exact expectation of its metrics."""

    name: str
    scenario: sl.Scenario
    follow_up: int
    truth: Mapping[str, float]
    precision: Mapping[str, float]


class Row(NamedTuple):
    """How often intervals of a metric covered."""

    scenario: str
    metric: str
    truth: float
    coverage: float
    studies: int
    replications: str

    @property
    def error(self) -> float:
        """Standard error of the coverage, were it 95 %."""
        return math.sqrt(0.95 * 0.05 / self.studies)


def clockwork(cycles: int, follow_up: int, fields: Mapping[str, object]) -> sl.Scenario:
    """Thirty borrowers; a cohort of whole cycles, in each of which everybody who still owes pays once."""
    horizon = cycles * CYCLE - 1 + follow_up
    return sl.preset("clockwork").replace({"population.borrowers": 30, "horizon_days": horizon, **fields})


def shares_and_mean(delays: Mapping[int, float], follow_up: int) -> dict[str, float]:
    """What a distribution of delays, given as probabilities, says of the metrics."""
    truth = {
        f"released_within_{days}d": sum(p for delay, p in delays.items() if delay <= days)
        for days in (0, 7, 30)
        if days < follow_up
    }
    truth = {name: share for name, share in truth.items() if 1e-9 < share < 1 - 1e-9}
    return truth | {"days_away": sum(min(delay, follow_up) * p for delay, p in delays.items())}


def periodic(period: int, cutoff: int, cycles: int, follow_up: int, precision: float) -> Known:
    """Every repayment waits for an evaluation; its phase is uniform, whatever the due day."""
    fields = {
        "evaluation.straight_through": False,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
    }
    delays = {cutoff + day: 1 / period for day in range(period)}
    truth = shares_and_mean(delays, follow_up)
    truth["days_evaluation"] = cutoff + (period - 1) / 2
    return Known(
        f"evaluated every {period} days, cut-off {cutoff}",
        clockwork(cycles, follow_up, fields),
        follow_up,
        truth,
        {"days_away": precision},
    )


def false_flags(period: int, share: float, flag_days: float, follow_up: int) -> Known:
    """A denied hold waits whole periods: P(K >= k) = f p^(k - 1)."""
    fields = {
        "evaluation.straight_through": False,
        "evaluation.period_days": period,
        "screening.false_flag": share,
        "screening.flag_days": flag_days,
    }
    kept = share + (1 - share) * math.exp(-period / (flag_days * (1 - share)))

    def at_least(number: int) -> float:
        return 1.0 if number == 0 else share * kept ** (number - 1)

    delays: dict[int, float] = {}
    for day, number in product(range(period), range(1000)):
        delays[day + period * number] = (at_least(number) - at_least(number + 1)) / period
    truth = shares_and_mean(delays, follow_up)
    truth["days_evaluation"] = (period - 1) / 2
    truth["days_behaviour"] = truth["days_away"] - truth["days_evaluation"]
    precision = {"days_away": 0.04, "released_within_7d": 0.02}
    return Known("false flags", clockwork(2, follow_up, fields), follow_up, truth, precision)


def freeze(days: int, follow_up: int) -> Known:
    """Of a whole cycle of repayments, those on the j-th day of the freeze wait for its end."""
    shock = {"kind": "freeze", "at": CYCLE // 3, "duration_days": days}
    delays = {days - j: 1 / CYCLE for j in range(days)} | {0: 1 - days / CYCLE}
    truth = shares_and_mean(delays, follow_up)
    truth["days_policy"] = truth["days_away"]
    return Known(
        f"a freeze of {days} days",
        clockwork(1, follow_up, {"shocks": [shock]}),
        follow_up,
        truth,
        {"days_away": 0.05},
    )


def recovering_score(period: int, follow_up: int) -> Known:
    """The score is good enough at the second evaluation, on day 14 or later: 1 - 2^(-1 - 14 / 18.5) > 0.7."""
    fields = {
        "population.initial_score": 0.5,
        "evaluation.score_half_life_days": 18.5,
        "evaluation.period_days": period,
        "rules.min_score": 0.7,
    }
    delays: dict[int, float] = {}
    for phase, repaid in product(range(period), range(CYCLE)):
        delay = max(0, phase + period - repaid)
        delays[delay] = delays.get(delay, 0.0) + 1 / (period * CYCLE)
    truth = shares_and_mean(delays, follow_up)
    truth["days_score"] = truth["days_away"]
    return Known(
        "a score that recovers",
        clockwork(1, follow_up, fields),
        follow_up,
        truth,
        {"days_away": 0.05},
    )


KNOWN = (
    periodic(14, cutoff=0, cycles=2, follow_up=30, precision=0.02),
    periodic(40, cutoff=2, cycles=1, follow_up=60, precision=0.02),
    false_flags(7, 0.3, 14.0, follow_up=60),
    freeze(10, follow_up=20),
    recovering_score(14, follow_up=60),
)
WHENEVER_REPAID = KNOWN[:3]
"""In these, delays do not depend on the day of repayment: all holds have one distribution."""


def coverage(known: Known, studies: int) -> list[Row]:
    """Return how often 95 % intervals of studies of a fixed number of replications cover the truth."""
    covered = dict.fromkeys(known.truth, 0)
    calls = studies // STUDIES_AT_ONCE
    for seed in range(calls):
        study = sl.replicate(
            known.scenario,
            STUDIES_AT_ONCE * REPLICATIONS,
            seed,
            follow_up_days=known.follow_up,
            progress=False,
        )
        values = study.metrics()
        for metric, truth in known.truth.items():
            by_study = values[metric].to_numpy().reshape(STUDIES_AT_ONCE, REPLICATIONS).T
            _, low, high, _ = mean_intervals(by_study, 0.95)
            covered[metric] += int(((low <= truth) & (truth <= high)).sum())
    number = calls * STUDIES_AT_ONCE
    return [
        Row(known.name, metric, truth, covered[metric] / number, number, str(REPLICATIONS))
        for metric, truth in known.truth.items()
    ]


def coverage_of_precision(known: Known, studies: int) -> list[Row]:
    """Return how often the intervals cover with which studies end that stop at a precision."""
    covered = dict.fromkeys(known.precision, 0)
    numbers = []
    for seed in range(studies):
        study = sl.replicate(
            known.scenario,
            2_000,
            1_000_000 + seed,
            precision=known.precision,
            follow_up_days=known.follow_up,
            progress=False,
        )
        assert study.is_precise
        numbers.append(len(study))
        summary = study.summary()
        for metric in known.precision:
            row = summary.loc[metric]
            covered[metric] += row["low"] <= known.truth[metric] <= row["high"]
    spread = f"{min(numbers)}-{max(numbers)}, median {np.median(numbers):.0f}"
    wanted = " and ".join(f"{100 * share:g} %" for share in known.precision.values())
    return [
        Row(f"{known.name}, to {wanted}", metric, known.truth[metric], number / studies, studies, spread)
        for metric, number in covered.items()
    ]


def coverage_of_curves(known: Known, studies: int) -> list[Row]:
    """Return how often the jackknife intervals of the delay curve cover, at ages that metrics are about."""
    within = [name for name in known.truth if name.startswith("released_within")]
    days = {metric: int(metric.removeprefix("released_within_").removesuffix("d")) for metric in within}
    covered = dict.fromkeys(within, 0)
    for seed in range(studies):
        study = sl.replicate(
            known.scenario,
            REPLICATIONS,
            2_000_000 + seed,
            follow_up_days=known.follow_up,
            workers=1,
            progress=False,
        )
        curve = study.delay_curve().loc[list(days.values())]
        for metric, day in days.items():
            covered[metric] += (
                curve.loc[day, "released_low"] <= known.truth[metric] <= curve.loc[day, "released_high"]
            )
    return [
        Row(
            known.name,
            f"delay.released[{days[metric]}]",
            known.truth[metric],
            number / studies,
            studies,
            str(REPLICATIONS),
        )
        for metric, number in covered.items()
    ]


def coverage_of_skewed(borrowers: int, calls: int) -> list[Row]:
    """Return how often intervals of a small `jiebei` cover the mean of all replications that were made."""
    scenario = sl.preset("jiebei").scaled(borrowers)
    studies = [sl.replicate(scenario, SKEWED_AT_ONCE, seed, progress=False) for seed in range(calls)]
    rows = []
    for metric in SKEWED:
        values = np.concatenate([study.metrics()[metric] for study in studies])
        for number in (10, 20, 50, 100):
            _, low, high, _ = mean_intervals(values.reshape(-1, number).T, 0.95)
            covered = float(((low <= values.mean()) & (values.mean() <= high)).mean())
            name = f"`jiebei`, {borrowers:,} borrowers"
            rows.append(Row(name, metric, float(values.mean()), covered, len(values) // number, str(number)))
    return rows


def table(rows: list[Row]) -> str:
    """Return rows as a table in Markdown."""
    lines = ["| scenario | metric | truth | coverage | studies | replications |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.scenario} | `{row.metric}` | {row.truth:.4f} | {100 * row.coverage:.1f} % "
        f"| {row.studies:,} | {row.replications} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=4_000, help="of a fixed number of replications")
    parser.add_argument("--precise", type=int, default=2_000, help="that stop at a precision")
    parser.add_argument("--curves", type=int, default=2_000, help="whose curves are looked at")
    parser.add_argument("--skewed", type=int, default=5, help="times 2,000 replications of `jiebei`")
    asked = parser.parse_args()
    print(table([row for known in KNOWN for row in coverage(known, asked.studies)]))
    print()
    print(table([row for known in WHENEVER_REPAID for row in coverage_of_precision(known, asked.precise)]))
    print()
    print(table([row for known in WHENEVER_REPAID for row in coverage_of_curves(known, asked.curves)]))
    print()
    print(table([row for borrowers in (200, 1_000) for row in coverage_of_skewed(borrowers, asked.skewed)]))
