"""What a gate explains: Shapley's values add up, and meet the closed forms of two causes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lender import LENDER
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.study.attribution import GATES, open_gates
from simlimit.study.metrics import Weight

PERIOD, FREEZE_AT, FREEZE_DAYS = 7, 100, 20
INSTALMENTS, CYCLE = 12, 30
FEW_GATES = LENDER.replace(
    {
        "screening.false_flag": 0.0,
        "screening.risky_share": 0.0,
        "review.watch_share": 0.0,
        "funding.unlimited": True,
    }
)
"""Only evaluation, score and overdue are closed: there are few sets to simulate."""


def two_causes() -> sl.Scenario:
    """Repaid limit waits for a weekly evaluation; in some weeks a freeze holds back what has passed it."""
    return sl.preset("clockwork").replace(
        {
            "evaluation.straight_through": False,
            "evaluation.period_days": PERIOD,
            "shocks": [{"kind": "freeze", "at": FREEZE_AT, "duration_days": FREEZE_DAYS}],
            "population.borrowers": 100,
            "horizon_days": 500,
        }
    )


def expected_delay(evaluation: bool, policy: bool) -> float:
    """Return the mean delay with the gates closed or open, over all repayment days and waits."""
    thaw = FREEZE_AT + FREEZE_DAYS
    total = weights = 0.0
    for day in range(INSTALMENTS * CYCLE):
        # A starting loan has r instalments left with a chance in proportion to r: so many pay in this cycle.
        weight = sum(range(day // CYCLE + 1, INSTALMENTS + 1))
        for wait in range(PERIOD) if evaluation else (0,):
            passed = day + wait
            frozen = policy and FREEZE_AT <= passed < thaw
            total += weight * ((thaw if frozen else passed) - day) / (PERIOD if evaluation else 1)
        weights += weight
    return total / weights


@pytest.mark.long
def test_two_causes_meet_their_closed_forms() -> None:
    table = sl.attribute(two_causes(), 200, seed=1, progress=False).table(confidence=0.9999)
    neither, one, other, both = (expected_delay(e, p) for p in (False, True) for e in (False, True))
    expected = {
        "evaluation": ((one - neither) + (both - other)) / 2,
        "policy": ((other - neither) + (both - one)) / 2,
        "total": both - neither,
    }
    for gate, value in expected.items():
        assert table.loc[gate, "shapley_low"] < value < table.loc[gate, "shapley_high"]
    assert table.loc["evaluation", "alone_low"] < one < table.loc["evaluation", "alone_high"]
    assert table.loc["evaluation", "opened_low"] < both - other < table.loc["evaluation", "opened_high"]
    for gate in set(GATES) - {"evaluation", "policy"}:
        assert table.loc[gate, "shapley"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_what_the_gates_explain_adds_up_to_the_total(seed: int) -> None:
    attribution = sl.attribute(random_scenario(seed), 3, seed=seed, progress=False)
    values = attribution.metrics
    assert len(values.columns) == 2 ** len(GATES)
    table = attribution.table()
    total = values["+".join(GATES)] - values["none"]
    assert table.loc["total", "shapley"] == pytest.approx(total.mean(), abs=1e-12, nan_ok=True)
    explained = table.loc[list(GATES), "shapley"].sum()
    assert explained == pytest.approx(table.loc["total", "shapley"], abs=1e-12, nan_ok=True)
    as_it_is = values["+".join(GATES)].mean()
    assert table.loc[["total", "none"], "shapley"].sum() == pytest.approx(as_it_is, abs=1e-12, nan_ok=True)
    for column in ("shapley", "alone", "opened"):
        assert table.loc[["settlement", "forfeited"], column].isna().all()
    charged = table["charged"].drop("total").sum()
    assert charged == pytest.approx(table.loc["total", "charged"], abs=1e-12, nan_ok=True)
    assert charged == pytest.approx(as_it_is, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_the_bookkeeping_is_that_of_the_scenario_as_it_is(weight: Weight) -> None:
    scenario = LENDER.replace({"population.borrowers": 100, "limits.cut_score": 0.55})
    table = sl.attribute(scenario, 4, seed=2, weight=weight, progress=False).table()
    summary = sl.replicate(scenario, 4, seed=2, progress=False).summary(weight=weight)
    for what in ("settlement", *GATES, "forfeited"):
        assert table.loc[what, "charged"] == summary.loc[f"days_{what}", "estimate"]
    assert table.loc["forfeited", "charged"] > 0
    assert table.loc["total", "charged"] == pytest.approx(summary.loc["days_away", "estimate"], rel=1e-12)


def test_no_gate_explains_what_is_forfeited_by_cuts() -> None:
    """Every line is closed on day 60: what was repaid for good is away, whatever gates are open."""
    closing = {"shocks": [{"kind": "cancellation", "at": 60}]}
    scenario = sl.preset("clockwork").replace({"population.borrowers": 20, "horizon_days": 200, **closing})
    table = sl.attribute(scenario, 3, progress=False).table()
    assert table.loc["none", "shapley"] > 30
    assert table.loc["forfeited", "charged"] == table.loc["none", "shapley"]
    assert (table.loc[[*GATES, "total"], "shapley"] == 0).all()


def test_losses_are_explained_beside_the_limit_that_is_lost() -> None:
    """The two explanations are those of attributions of their own, with the same random numbers."""
    scenario = FEW_GATES.replace({"population.borrowers": 100})
    losses, lost = (
        sl.attribute(scenario, 3, metric=metric, progress=False).table()
        for metric in ("default_losses", "limit_days_lost")
    )
    assert losses["limit_days_lost"].equals(lost["shapley"].rename("limit_days_lost"))
    assert "limit_days_lost" not in lost


@pytest.mark.parametrize("seed", range(8))
def test_an_open_gate_charges_no_day(seed: int) -> None:
    scenario = random_scenario(seed).replace({"levers": [], "reaction.appeal_share": 0.0})
    for gate in GATES:
        holds = sl.simulate(open_gates(scenario, [gate]), seed, engine="calendar", keep="holds").holds
        assert (holds[f"days_{gate}"] == 0).all(), gate


def test_with_behaviour_open_nobody_is_flagged_whatever_the_model_detects() -> None:
    scenario = LENDER.replace({"levers": [{"kind": "better_model", "strength": 1.0}]})
    assert sl.simulate(scenario, engine="calendar").daily["flagged"].max() > 0
    opened = open_gates(scenario, ["behaviour"])
    assert sl.simulate(opened, engine="calendar").daily["flagged"].max() == 0


def test_with_all_gates_open_only_settlement_is_left() -> None:
    scenario = LENDER.replace({"population.borrowers": 200})
    holds = sl.simulate(open_gates(scenario, GATES), engine="calendar", keep="holds").holds
    assert (holds["delay_days"] == 0).all()


def test_what_is_not_a_gate_or_metric_is_refused() -> None:
    with pytest.raises(sl.SimlimitError, match="a name in gates is 'settlement', but must be one of"):
        open_gates(sl.preset("clockwork"), ["settlement"])
    with pytest.raises(sl.SimlimitError, match="metric is 'delay', but must be one of"):
        sl.attribute(sl.preset("clockwork"), 2, metric="delay")
    with pytest.raises(sl.SimlimitError, match="metric is 'median_days', but must be one of"):
        sl.attribute(sl.preset("clockwork"), 2, metric="median_days")
    with pytest.raises(sl.SimlimitError, match="precision is set"):
        sl.attribute(sl.preset("clockwork"), 2, precision=0.1)


def test_a_gate_is_open_in_regions_with_numbers_of_their_own_too() -> None:
    own = {"share": 0.5, "false_flag": 0.2, "watch_share": 0.3, "late_onset": 0.1}
    regions = {"population.regions": {"a.b": own, "c": 0.5}}
    opened = open_gates(LENDER.replace(regions), ["behaviour", "review"])
    left = {"share": 0.5, "late_onset": 0.1}
    assert opened.population == LENDER.replace({"population.regions": {"a.b": left, "c": 0.5}}).population


def test_a_gate_that_nobody_stands_at_explains_nothing() -> None:
    table = sl.attribute(
        sl.preset("clockwork").replace({"population.borrowers": 20}), 3, progress=False
    ).table()
    effects = ["shapley", "charged", "alone", "opened"]
    assert np.allclose(table.loc[[*GATES, "total"], effects].to_numpy(), 0)
    assert table.drop(columns=effects).isna().all(axis=None)


def test_of_sets_that_are_the_same_scenario_one_is_simulated(tmp_path: Path) -> None:
    scenario = FEW_GATES.replace({"population.borrowers": 50})
    attribution = sl.attribute(scenario, 2, store=tmp_path, progress=False)
    # A gate that is open in the scenario is open whether it is closed or not; no shock freezes.
    assert len(list(tmp_path.iterdir())) == 2**3
    assert attribution.metrics["none"].equals(attribution.metrics["policy"])
    assert attribution.metrics["score"].equals(attribution.metrics["score+behaviour+review+policy+funding"])
    assert not attribution.metrics["none"].equals(attribution.metrics["evaluation"])


def test_it_says_what_it_is_of() -> None:
    scenario = FEW_GATES.replace({"population.borrowers": 20})
    attribution = sl.attribute(
        scenario, 2, 7, metric="forfeited_share", weight="amount", follow_up_days=30, progress=False
    )
    assert (attribution.seed, attribution.metric, attribution.weight) == (7, "forfeited_share", "amount")
    assert (attribution.follow_up_days, len(attribution)) == (30, 2)
