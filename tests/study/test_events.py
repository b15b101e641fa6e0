"""Events that metrics rest on are those of the holds, one by one; or surely not more."""

from __future__ import annotations

import numpy as np
import pytest
from plain import GATES, cohort, of_replication

import simlimit as sl
from simlimit.study.metrics import METRICS

BUSY = sl.preset("jiebei").replace(
    {
        "population.borrowers": 80,
        "review.watch_share": 0.2,
        "rules.min_score": 0.6,
        "shocks": [{"kind": "freeze", "at_day": 300, "duration_days": 20}],
    }
)


@pytest.mark.parametrize("seed", [1, 2])
def test_events_are_those_of_the_holds(seed: int) -> None:
    study = sl.replicate(BUSY, 2, seed, progress=False)
    runs = [of_replication(BUSY, seed, replication, 90) for replication in range(2)]
    events = study.metrics().attrs["events"]
    assert set(events) == set(METRICS)
    fewer = dict.fromkeys(events, 0.0)
    for run in runs:
        holds = cohort(run)
        released, forfeited = (
            (holds["outcome"] == end) & (holds["delay_days"] <= 90) for end in ("released", "forfeited")
        )
        for day in (0, 7, 30, 90):
            within = int((released & (holds["delay_days"] <= day)).sum())
            fewer[f"released_within_{day}d"] += min(within, len(holds) - within)
        fewer["forfeited_share"] += int(forfeited.sum())
        fewer["pending_share"] += int((~released & ~forfeited).sum())
        waiting = len(holds) - int((released & (holds["delay_days"] == 0)).sum())
        fewer["days_away"] += waiting
        fewer["limit_days_lost"] += waiting
        late = run.daily["day"] >= BUSY.warmup_days
        fewer["default_losses"] += int((run.daily.loc[late, "written_off"] > 0).sum())
        for gate in GATES:
            fewer[f"days_{gate}"] += int((holds[f"days_{gate}"] > 0).sum())
    by_gate = {f"days_{gate}" for gate in GATES}
    exact = [name for name in fewer if fewer[name] > 0 and name not in by_gate]
    assert {name: events[name] for name in exact} == {name: fewer[name] for name in exact}
    for gate in GATES:
        ever = fewer[f"days_{gate}"]
        assert ever / 4 <= events[f"days_{gate}"] <= ever, gate
    assert events["days_policy"] > 20
    without = sum(run.borrowers["no_limit_days"] > 0 for run in runs)
    assert 0 < events["no_limit_share"] <= np.sum(without)


def test_events_do_not_depend_on_the_weight() -> None:
    study = sl.replicate(BUSY, 2, progress=False)
    assert study.metrics("amount").attrs["events"] == study.metrics().attrs["events"]


def test_where_nothing_happens_there_is_no_event() -> None:
    study = sl.replicate(sl.preset("clockwork").replace({"population.borrowers": 10}), 2, progress=False)
    assert set(study.metrics().attrs["events"].values()) == {0}
