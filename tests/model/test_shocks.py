"""A downturn multiplies missed payments while it lasts; an amnesty clears overdue records, not debts.

Rules R153 and R154.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import simlimit as sl

LATE = sl.preset("clockwork").replace(
    {
        "population.borrowers": 3000,
        "population.utilisation_mean": 0.9,
        "behaviour.late_onset": 0.02,
        "behaviour.cure_hazards": (1.0,),
        "behaviour.draws_per_year": 100.0,
        "product.method": "interest_only",
        "product.instalments": 60,
        "horizon_days": 360,
    }
)


def history(shocks: list[dict[str, Any]], **fields: object) -> sl.Run:
    return sl.simulate(LATE.replace({"shocks": shocks, **fields}), seed=6, engine="calendar")


def misses(run: sl.Run, first: int, end: int) -> int:
    events = run.events
    return int(((events["event"] == "miss") & events["day"].between(first, end - 1)).sum())


def test_a_downturn_multiplies_misses_while_it_lasts() -> None:
    """2.5 times as many: 3,000 borrowers miss 60 payments a month, or 150."""
    downturn = {"kind": "downturn", "at": 90, "duration_days": 180, "size": 1.5}
    calm, bad = history([]), history([downturn])
    assert misses(bad, 0, 90) == misses(calm, 0, 90)
    # Who is late does not miss anew: after a miss a borrower pays a month later.
    chance = 2.5 * 0.02
    expected = 3000 * 6 * chance / (1 + chance)
    assert abs(misses(bad, 90, 270) - expected) < 4 * np.sqrt(expected)
    chance = 0.02
    expected = 3000 * 2 * chance / (1 + chance)
    assert abs(misses(bad, 300, 360) - expected) < 4 * np.sqrt(expected)
    # Common random numbers: who misses without it misses with it, unless it was late then.
    missed = [run.events[run.events["event"] == "miss"][["day", "borrower"]] for run in (calm, bad)]
    both = missed[0].merge(missed[1])
    assert len(both) > 0.9 * len(missed[0])


def test_downturns_that_overlap_add_up() -> None:
    halves = [{"kind": "downturn", "at": 90, "duration_days": 180, "size": 0.75}] * 2
    whole = [{"kind": "downturn", "at": 90, "duration_days": 180, "size": 1.5}]
    tables = [history(shocks).daily for shocks in (halves, whole)]
    pd.testing.assert_frame_equal(*tables)


def test_a_downturn_is_of_its_regions() -> None:
    fields: dict[str, object] = {"population.regions": {"east": 0.5, "west": 0.5}}
    downturn = {"kind": "downturn", "at": 0, "duration_days": 360, "size": 1.5, "regions": ["east"]}
    calm, bad = history([], **fields), history([downturn], **fields)
    west = calm.borrowers["borrower"][calm.borrowers["region"] == "west"]
    of_west = [
        run.events[run.events["borrower"].isin(west)].drop(columns="loan").reset_index(drop=True)
        for run in (calm, bad)
    ]
    pd.testing.assert_frame_equal(*of_west)
    assert misses(bad, 0, 360) > misses(calm, 0, 360)


STRICT: dict[str, object] = {"rules.overdue": True, "rules.clean_days": 3000, "rules.grace_days": 0}


def test_an_amnesty_clears_records_but_not_what_is_past_due() -> None:
    """Without it a borrower once overdue is denied to the end. A record is there once the overdue is paid."""
    run, strict = history([{"kind": "amnesty", "at": 200}], **STRICT), history([], **STRICT)
    events = run.events
    cleared = events[events["event"] == "cleared"]
    assert (cleared["day"] == 200).all()
    assert (cleared["cause"] == "amnesty").all()
    missed = events[events["event"] == "miss"]
    paid = events[events["event"] == "repayment"]
    before = missed[missed["day"] < 200].groupby("borrower")["day"].min()
    paid_late = paid[paid["day"] < 200].groupby("borrower")["day"].max()
    cured = before[before < paid_late.reindex(before.index)]
    assert set(cured.index) <= set(cleared["borrower"])
    assert len(cured) > 200
    # The next decision of a cleared borrower is clear, unless it is past due then or has become so.
    past_due = set(missed["borrower"][missed["day"] >= 170])
    free = sorted(set(cleared["borrower"]) - past_due)
    assert len(free) > 100

    def verdicts(of: sl.Run) -> set[str]:
        told = of.events
        chosen = told["borrower"].isin(free) & (told["event"] == "evaluation") & (told["day"] >= 200)
        return set(told["cause"][chosen])

    assert verdicts(run) == {"clear"}
    assert verdicts(strict) == {"overdue"}


def test_an_amnesty_lets_the_next_repayment_pass_at_once() -> None:
    """Its standing is set anew: a cleared borrower need not wait for an evaluation."""
    fields = STRICT | {"evaluation.period_days": 360, "evaluation.schedule": "batch"}
    fields |= {"product.method": "equal_principal", "product.instalments": 12, "evaluation.duration_days": 0}
    fields |= {"horizon_days": 720, "behaviour.late_onset": 0.1}
    run = history([{"kind": "amnesty", "at": 500}], **fields)
    events = run.events
    denied = events[
        (events["event"] == "evaluation") & (events["day"] == 359) & (events["cause"] == "overdue")
    ]
    missed = events[(events["event"] == "miss") & (events["day"].between(320, 700))]["borrower"]
    holds = run.holds[run.holds["borrower"].isin(set(denied["borrower"]) - set(missed))]
    waiting = holds[holds["repaid_at"].between(360, 499)]
    passing = holds[holds["repaid_at"].between(500, 700)]
    assert len(waiting) > 50
    assert len(passing) > 50
    assert (waiting["delay_days"] > 0).all()
    assert (passing["delay_days"] == 0).all()
