"""No guarded measure improves by taking credit away."""

from __future__ import annotations

import pandas as pd
import pytest
from taking_away import DELAYS, GUARDED, NOBODY_REACTS, NOBODY_WAITS_FOR_OTHERS, effects

import simlimit as sl

FEW, MANY = range(25), range(25, 200)


def assert_nothing_improves(changes: pd.DataFrame) -> None:
    for measure in (*GUARDED, "days_away"):
        improved = changes[changes[measure] < -1e-6]
        assert improved.empty, f"{measure} improved:\n{improved}"
    for measure in DELAYS[1:]:
        improved = changes[changes[measure] > 1e-12]
        assert improved.empty, f"{measure} improved:\n{improved}"


def assert_each_way_is_felt(changes: pd.DataFrame) -> None:
    for way, effect in changes.groupby("way"):
        assert (effect["limit_days_lost"] > 0).mean() > 0.1, way


@pytest.mark.parametrize(
    "seeds", [pytest.param(FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.long)]
)
def test_taking_credit_away_improves_nothing_where_nobody_reacts_and_nobody_waits_for_others(
    seeds: range,
) -> None:
    """In each single history: borrowers act alike, and what one loses is of no use to another."""
    changes = effects(seeds, NOBODY_REACTS | NOBODY_WAITS_FOR_OTHERS)
    assert_nothing_improves(changes)
    assert_each_way_is_felt(changes)


@pytest.mark.long
def test_taking_credit_away_costs_limit_in_most_scenarios_whatever_people_do_about_it() -> None:
    """With all reactions, a pool and a desk; single scenarios can improve, as docs/statistics.md says.

    Counted and not averaged: the few scenarios whose lines are raised without end would decide an average.
    """
    changes = effects([*FEW, *MANY], {}).query("weight == 'amount'")
    for way, effect in changes.groupby("way"):
        for measure in GUARDED:
            worse, better = (effect[measure] > 1e-6).sum(), (effect[measure] < -1e-6).sum()
            # 5 standard errors of the difference of the two counts, had a coin been tossed for each scenario
            assert worse - better > 5 * (worse + better) ** 0.5, (way, measure)


def test_cancelling_every_line_is_the_worst_that_can_happen() -> None:
    """What is repaid afterwards is forfeited: it is away to the end, and the limit is lost every day."""
    today = sl.preset("clockwork").replace(
        {"population.borrowers": 200, "horizon_days": 540, "warmup_days": 181}
    )
    cancelled = today.replace({"shocks": [{"kind": "cancellation", "at": 181}]})
    studies = sl.compare({"today": today, "cancelled": cancelled}, 2, progress=False).studies
    before, after = (studies[name].metrics().mean() for name in ("today", "cancelled"))
    assert before["days_away"] == before["limit_days_lost"] == before["no_limit_share"] == 0
    assert after["days_away"] == after["days_forfeited"] == 90
    assert after["no_limit_share"] > 0.95
    # 10,000 a line, less what is still owed of the half that was used.
    assert 0.7 < after["limit_days_lost"] / (10_000 * 365) < 1
