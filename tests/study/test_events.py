"""Events that metrics rest on are those of the holds, one by one; or surely not more."""

from __future__ import annotations

import numpy as np
import pytest
from plain import GATES, cohort, of_replication

import simlimit as sl
from simlimit.study.metrics import METRICS, SHARES, expected_between_groups, expected_events
from simlimit.tables.units import INCOME

BUSY = sl.preset("jiebei").replace(
    {
        "population.borrowers": 80,
        "review.watch_share": 0.2,
        "rules.min_score": 0.6,
        "shocks": [{"kind": "freeze", "at": 480, "duration_days": 20}],
    }
)

LATE = {"evaluation.straight_through": False, "evaluation.cutoff_days": 1, "evaluation.period_days": 1}


@pytest.mark.parametrize("seed", [1, 2])
def test_events_are_those_of_the_holds(seed: int) -> None:
    study = sl.replicate(BUSY, 2, seed, progress=False)
    runs = [of_replication(BUSY, seed, replication, 90) for replication in range(2)]
    events = study.metrics().attrs["events"]
    assert set(events) == set(METRICS)
    fewer = dict.fromkeys(events, 0.0)
    followed = 0
    for run in runs:
        holds = cohort(run)
        followed += len(holds)
        released, forfeited = (
            (holds["outcome"] == end) & (holds["delay_days"] <= 90) for end in ("released", "forfeited")
        )
        for day in (0, 7, 30, 90):
            within = int((released & (holds["delay_days"] <= day)).sum())
            fewer[f"released_within_{day}d"] += within
        fewer["forfeited_share"] += int(forfeited.sum())
        fewer["pending_share"] += int((~released & ~forfeited).sum())
        waiting = len(holds) - int((released & (holds["delay_days"] == 0)).sum())
        fewer["days_away"] += waiting
        fewer["limit_days_lost"] += int((run.borrowers["lost_amount_days"] > 0).sum())
        late = run.daily["day"] >= BUSY.warmup_days
        daily = run.daily[late]
        fewer["default_losses"] += int((daily["written_off"] > 0).sum())
        paid_or_lost = int((daily["interest_paid"] + daily["written_off"] > 0).sum())
        for metric in ("interest_income", "net_income"):
            fewer[metric] += paid_or_lost
        for gate in GATES:
            fewer[f"days_{gate}"] += int((holds[f"days_{gate}"] > 0).sum())
    by_gate = {f"days_{gate}" for gate in GATES}
    exact = [name for name in fewer if fewer[name] > 0 and name not in by_gate]
    told = {name: (fewer[name], followed - fewer[name] if name in SHARES else np.inf) for name in exact}
    assert {name: events[name] for name in exact} == told
    for gate in GATES:
        ever = fewer[f"days_{gate}"]
        assert ever / 4 <= events[f"days_{gate}"][0] <= ever, gate
    assert events["days_policy"][0] > 20
    without = sum(run.borrowers["no_limit_days"] > 0 for run in runs)
    assert 0 < events["no_limit_share"][0] <= np.sum(without)


def test_events_do_not_depend_on_the_weight() -> None:
    study = sl.replicate(BUSY, 2, progress=False)
    assert study.metrics("amount").attrs["events"] == study.metrics().attrs["events"]


def test_where_nothing_happens_there_is_no_event() -> None:
    study = sl.replicate(sl.preset("clockwork").replace({"population.borrowers": 10}), 2, progress=False)
    metrics = study.metrics().drop(columns=[*INCOME])  # but interest is paid
    assert (expected_events(metrics) == 0).all()


def test_what_all_do_in_one_scenario_and_none_in_another_is_no_rare_event() -> None:
    """Each scenario alone has none, or all, of its holds released at once; half of both together are."""
    one = sl.preset("clockwork").replace({"population.borrowers": 10})
    other = one.replace(LATE)
    tables = [sl.replicate(scenario, 2, progress=False).metrics() for scenario in (one, other)]
    place = list(tables[0]).index("released_within_0d")
    holds = sum(tables[0].attrs["events"]["released_within_0d"])
    assert holds > 20
    assert [expected_events(table)[place] for table in tables] == [0, 0]
    assert expected_events(*tables)[place] == holds / 2


def test_credit_that_is_taken_away_has_lost_something_of_each_borrower() -> None:
    """Nobody waits, so holds say nothing; in two replications each of ten borrowers lost half of its line."""
    cut = sl.preset("clockwork").replace(
        {"population.borrowers": 10, "shocks": [{"kind": "limit_cut", "at": 300, "size": 0.5}]}
    )
    events = sl.replicate(cut, 2, progress=False).metrics().attrs["events"]
    assert events["days_away"] == (0, np.inf)
    assert events["limit_days_lost"] == (20, np.inf)


def test_between_groups_a_part_of_each_line_counts_as_a_part_of_the_borrowers() -> None:
    """Twenty borrowers lose half of their lines in half of the days: as much as all lines of five."""
    cut = {"kind": "limit_cut", "at": 360, "size": 0.5}
    fields = {"population.borrowers": 20, "warmup_days": 0, "horizon_days": 720, "shocks": [cut]}
    study = sl.replicate(sl.preset("clockwork").replace(fields), 3, seed=1, progress=False)
    table = study.metrics()[["limit_days_lost", "days_away"]]
    lost, away = expected_between_groups(study._tallies, 0, table)
    assert 3 * 4 < lost < 3 * 6
    assert [lost, away] != pytest.approx(expected_events(table))
    assert away == expected_events(table)[1]
