"""Scores, flags, lines and lenders move at a pace in days: evaluating more often only notices it earlier."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import simlimit as sl

MONTHLY, WEEKLY = 28, 7
LAST_DAY = 24 * MONTHLY
"""A run ends after an evaluation on either schedule: all are evaluated on the last day of a period."""


def evaluated_every(days: int, fields: dict[str, Any]) -> sl.Run:
    """Simulate a platform on which no evaluation stops anything, so that nothing depends on when it is."""
    scenario = sl.preset("clockwork").replace(
        {
            "horizon_days": LAST_DAY,
            "population.borrowers": 400,
            "population.score_mean": 0.5,
            "population.score_concentration": 4.0,
            "behaviour.late_onset": 0.1,
            "behaviour.default_dpd": 0,
            "behaviour.slip_share": 0.2,
            "behaviour.slip_days": 9,
            "behaviour.draws_per_year": 6.0,
            "evaluation.period_days": days,
            "evaluation.schedule": "batch",
            "rules.overdue": False,
            **fields,
        }
    )
    return sl.simulate(scenario, seed=1, engine="calendar", keep="all")


def monthly_and_weekly(fields: dict[str, Any]) -> tuple[sl.Run, sl.Run]:
    return evaluated_every(MONTHLY, fields), evaluated_every(WEEKLY, fields)


def events_of(run: sl.Run, event: str) -> pd.DataFrame:
    return run.events[run.events["event"] == event].reset_index(drop=True)


@pytest.mark.parametrize("half_life", [5.0, 60.0, 400.0])
def test_r53_a_score_is_the_same_however_often_it_is_looked_at(half_life: float) -> None:
    """Lateness and its days count, whether they are seen once in four weeks or every week."""
    rarely, often = monthly_and_weekly({"evaluation.score_half_life_days": half_life})
    assert len(events_of(often, "evaluation")) == pytest.approx(4 * len(events_of(rarely, "evaluation")))
    assert events_of(rarely, "miss").equals(events_of(often, "miss"))
    assert len(events_of(rarely, "miss")) > 500
    np.testing.assert_allclose(rarely.borrowers["score"], often.borrowers["score"], rtol=0, atol=1e-12)
    assert rarely.borrowers["score"].between(0.05, 0.95).mean() > 0.05


def test_r53_every_overdue_day_takes_from_the_score() -> None:
    """Payments slip beyond the days of grace: what each overdue day takes is added up by hand."""
    fields = {
        "population.score_mean": 1.0,
        "population.score_concentration": None,
        "behaviour.late_onset": 0.0,
        "evaluation.score_half_life_days": 30.0,
        "rules.grace_days": 2,
    }
    run = evaluated_every(MONTHLY, fields)
    payments = events_of(run, "repayment")[["borrower", "instalment", "day"]]
    slips = events_of(run, "slip").merge(
        payments, "left", on=["borrower", "instalment"], suffixes=("", "_paid")
    )
    lost = np.zeros(400)
    for borrower, due, paid in (
        slips[["borrower", "day", "day_paid"]].fillna(LAST_DAY - 1).itertuples(index=False)
    ):
        for day in range(int(due) + 2 + 1, int(paid) + 1):
            lost[int(borrower)] += (1 - 0.5 ** (1 / 30)) * 0.5 ** ((LAST_DAY - 1 - day) / 30)
    assert (lost > 0.02).sum() > 20
    np.testing.assert_allclose(run.borrowers["score"], 1 - lost, rtol=0, atol=1e-9)


@pytest.mark.parametrize("pause", [10, 30, 45])
def test_r62_r63_lines_rise_and_fall_at_the_same_pace_however_often_they_are_looked_at(pause: int) -> None:
    """Whether a pace fits into the period of evaluations or not: weekly, monthly and in between."""
    moves = {
        "evaluation.score_half_life_days": 1e9,  # scores stay what they are
        "behaviour.late_onset": 0.0,
        "behaviour.slip_share": 0.0,
        "limits.raise_score": 0.7,
        "limits.raise_share": 0.02,
        "limits.raise_days": pause,
        "limits.cut_score": 0.5,
        "limits.cut_share": 0.05,
        "limits.cut_days": pause,
        "levers": [{"kind": "campaign", "strength": 0.01, "start": 50, "uptake": 0.5}],
    }
    # The last evaluation is on the last day with each of these periods.
    runs = [evaluated_every(days, moves) for days in (MONTHLY, WEEKLY, 2 * MONTHLY, 42, 1)]
    limits = [run.borrowers["limit"] for run in runs]
    start = evaluated_every(MONTHLY, {}).borrowers["limit"]
    assert (limits[0] > 1.05 * start).mean() > 0.1
    assert (limits[0] < 0.9 * start).mean() > 0.1
    for others in limits[1:]:
        np.testing.assert_allclose(others, limits[0], rtol=1e-5)  # rises and campaigns in another order


@pytest.mark.parametrize("flag_days", [10.0, 60.0])
def test_r55_a_risky_borrower_is_flagged_on_the_same_days_however_often_it_is_looked_at(
    flag_days: float,
) -> None:
    """The clock of a flag is a 32-bit float: a few flags in a thousand come a day earlier or later."""
    fields = {"screening.risky_share": 1.0, "screening.detection": 0.4, "screening.flag_days": flag_days}
    rarely, often = monthly_and_weekly(fields)
    same = rarely.borrowers["flagged"] == often.borrowers["flagged"]
    assert same.mean() >= 0.99
    assert rarely.borrowers["flagged"].mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.4 * 0.6 / 400))


def test_r54_lenders_are_left_on_the_same_days_however_often_they_are_looked_at() -> None:
    fields = {
        "population.other_lenders": 1.0,
        "levers": [{"kind": "deleverage", "strength": 0.1, "start": 40}],
    }
    rarely, often = monthly_and_weekly(fields)
    evaluated = slice(MONTHLY - 1, None, MONTHLY)
    lenders = rarely.daily["lenders"]
    assert lenders[evaluated].equals(often.daily["lenders"][evaluated])
    assert lenders.iloc[39] == 400
    # The days 40, 70, .. of the run are occasions, and each is used with the probability of a tenth.
    occasions = len(range(40, LAST_DAY, 30))
    left = 0.9**occasions
    assert lenders.iloc[-1] == pytest.approx(400 * left, abs=4 * np.sqrt(400 * left * (1 - left)))
