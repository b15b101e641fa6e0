"""What borrowers do about a hold, and what it does to them, against computed values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import simpy
from measures import assert_share, clockwork, of_borrower, simulate

import simlimit as sl

NOTHING_RELEASED = {
    "funding.unlimited": False,
    "funding.recycle_share": 0.0,
    "reaction.most_lenders": 100,
    "horizon_days": 400,
}
"""Every hold stands at funding to the end, so that every appeal is in vain."""


def kept(events: pd.DataFrame, *kinds: str) -> pd.DataFrame:
    return events[events["event"].isin(kinds)].reset_index(drop=True)


@pytest.mark.parametrize("patience", [1, 14, 90])
def test_each_hold_is_looked_at_once_on_the_day_its_borrower_loses_patience(patience: int) -> None:
    """R110: in phase 5 of the day patience_days after repayment."""
    fields = {"reaction.patience_days": patience, "reaction.appeal_share": 1.0}
    run = simulate(clockwork({**NOTHING_RELEASED, **fields}))
    due = run.holds[run.holds["repaid_at"] + patience < 400]
    appeals = kept(run.events, "appeal").sort_values(["day", "borrower", "instalment"])
    expected = due.assign(day=due["repaid_at"] + patience)[["day", "borrower", "instalment", "amount"]]
    assert len(appeals) == len(due)
    assert (appeals[list(expected)].to_numpy() == expected.to_numpy()).all()
    assert (appeals["phase"] == 5).all()


def test_a_hold_that_a_process_of_ones_own_opens_is_looked_at_too() -> None:
    """R111: like every other, patience_days after the early repayment."""

    def repay(platform: sl.Platform) -> Iterator[simpy.Event]:
        yield platform.at(40, 5)
        assert platform.repay_early(0)

    fields = {"reaction.patience_days": 14, "reaction.appeal_share": 1.0}
    run = sl.simulate(clockwork({**NOTHING_RELEASED, **fields}), processes=[repay])
    early = kept(run.events, "prepayment")
    appeals = run.events.query("event == 'appeal' and borrower == 0 and day >= 54")
    assert len(early) > 0
    assert (appeals["day"] == 54).all()
    assert sorted(appeals["amount"]) == sorted(early["amount"])


def test_nobody_reacts_to_a_hold_that_ended_on_the_day() -> None:
    """R110: it is released in phase 4."""
    fields = {
        "evaluation.straight_through": False,
        "reaction.patience_days": 9,
        "reaction.lender_share": 1.0,
        "reaction.most_lenders": 100,
    }
    run = simulate(clockwork(fields))
    waits = (of_borrower(run, "evaluation_day") - run.holds["repaid_at"].to_numpy()) % 30
    found = kept(run.events, "lender_found")
    late = run.holds[(waits > 9) & (run.holds["repaid_at"] + 9 < 720)]
    assert (waits == 9).any()
    assert (found["day"].to_numpy() == np.sort(late["repaid_at"] + 9)).all()
    assert run.borrowers["lenders"].sum() == len(found)


@pytest.mark.parametrize(("appeal", "lender"), [(0.3, 0.0), (0.0, 0.3), (0.2, 0.5), (0.6, 0.4)])
def test_the_shares_of_those_who_appeal_and_who_look_for_another_lender(appeal: float, lender: float) -> None:
    """R116: one number decides between the two."""
    fields = {"reaction.appeal_share": appeal, "reaction.lender_share": lender}
    run = simulate(clockwork({**NOTHING_RELEASED, **fields}))
    lost = np.arange((run.holds["repaid_at"] + 14 < 400).sum())
    assert_share(lost < run.daily["appeals"].sum(), appeal)
    assert_share(lost < run.borrowers["lenders"].sum(), lender)
    assert run.daily["lenders"].iloc[-1] == run.borrowers["lenders"].sum()


def test_a_borrower_looks_for_no_more_lenders_than_the_most() -> None:
    """R118: who has most_lenders finds no other."""
    fields = {"reaction.lender_share": 1.0, "reaction.most_lenders": 2, "population.other_lenders": 1.0}
    run = simulate(clockwork({**NOTHING_RELEASED, **fields}))
    assert set(run.borrowers["lenders"]) <= {1, 2}
    found = kept(run.events, "lender_found")
    assert not found["borrower"].duplicated().any()
    assert set(found["borrower"]) == set(run.borrowers["borrower"][run.borrowers["lenders"] == 2])


def test_an_appeal_in_vain_changes_nothing() -> None:
    """R113, R117: all tables but the log are equal."""
    runs = [simulate(clockwork({**NOTHING_RELEASED, "reaction.appeal_share": share})) for share in (0.0, 0.7)]
    assert runs[1].daily["appeals_in_vain"].sum() > 1000
    for table in ("holds", "borrowers", "counts"):
        pd.testing.assert_frame_equal(*(getattr(run, table) for run in runs), check_exact=True)
    events = [kept(run.events, *set(run.events["event"]) - {"appeal"}) for run in runs]
    pd.testing.assert_frame_equal(*events, check_exact=True)


def test_only_what_waits_for_an_evaluation_is_heard_and_nothing_overdue() -> None:
    """R112, R113: each appeal is heard or in vain as its borrower stands."""
    fields = {
        "behaviour.slip_share": 0.5,
        "behaviour.slip_days": 20,
        "rules.clean_days": 40,
        "evaluation.straight_through": False,
        "evaluation.period_days": 60,
        "reaction.appeal_share": 1.0,
        "reaction.patience_days": 35,
        "review.approve_share": 0.0,
    }
    run = simulate(clockwork(fields))
    appeals = kept(run.events, "appeal")
    events = kept(run.events, "slip", "repayment").sort_values(["borrower", "instalment", "day"])
    slips = events[events["event"] == "slip"].merge(
        events[events["event"] == "repayment"], on=["borrower", "instalment"], suffixes=("", "_paid")
    )
    evaluated = kept(run.events, "evaluation")
    heard = {"heard": 0, "in_vain": 0}
    for appeal in appeals.itertuples():
        overdue = (
            (slips["borrower"] == appeal.borrower)
            & (slips["day"] <= appeal.day)
            & (appeal.day < slips["day_paid"])
        ).any()
        since = evaluated[
            (evaluated["borrower"] == appeal.borrower)
            & (evaluated["day"] <= appeal.day)
            & (evaluated["day"] >= appeal.day - 35)
        ]
        refused = len(since) > 0 and since["cause"].iloc[-1] == "overdue"
        assert appeal.cause == ("in_vain" if overdue or refused else "heard")
        heard[appeal.cause] += 1
    assert min(heard.values()) > 50


FLAGGED = {
    "screening.false_flag": 0.5,
    "screening.flag_days": 0.0,
    "evaluation.period_days": 90,
    "reaction.appeal_share": 1.0,
    "reaction.patience_days": 2,
    "review.service_days": 0.0,
}


def test_an_appeal_that_is_approved_clears_the_flag() -> None:
    """R73, R76, R78: payments until the next evaluation pass straight through; refused, the flag stays."""
    for approve in (1.0, 0.0):
        run = simulate(clockwork({**FLAGGED, "review.approve_share": approve}))
        reviews = kept(run.events, "review")
        verdicts = pd.concat([reviews, kept(run.events, "evaluation")]).sort_values(["day", "phase"])
        assert (reviews["cause"] == ("approved" if approve else "refused")).all()
        flagged = verdicts.groupby("borrower")["cause"].last().isin(["behaviour", "refused"])
        assert (run.borrowers["flagged"] == flagged.reindex(range(300), fill_value=False)).all()
        assert run.daily["flagged"].iloc[-1] == flagged.sum()
        # Payments between the review and the next evaluation, which is within 90 days.
        following = run.holds.merge(reviews[["borrower", "day"]], on="borrower")
        evaluation = run.borrowers["evaluation_day"].to_numpy()[following["borrower"]]
        ends = following["day"] + 1 + (evaluation - following["day"] - 1) % 90
        paid = following["repaid_at"]
        # An evaluation on the day of the review may have found the borrower clear before it.
        unclear = (evaluation - following["day"]) % 90 > 0
        between = following[(paid > following["day"]) & (paid < ends) & unclear]
        assert len(between) > 100
        assert ((between["delay_days"] == 0) == (approve == 1.0)).all()


def test_an_appeal_of_the_risky_clears_its_hold_alone() -> None:
    """R76: the flag of a risky borrower is not taken back."""
    fields = {"screening.false_flag": 0.0, "screening.risky_share": 1.0, "screening.detection": 1.0}
    run = simulate(clockwork({**FLAGGED, **fields}))
    late = run.holds[(run.holds["repaid_at"] >= 90) & (run.holds["repaid_at"] < 700)]
    waits = (of_borrower(run, "evaluation_day")[late.index] - late["repaid_at"]) % 90
    assert (late["delay_days"] == 3).all()  # at once, as the desk says, whatever the evaluation
    assert (waits > 3).any()
    assert run.borrowers["flagged"].all()


def test_each_lender_raises_the_chance_of_a_miss_by_the_factor() -> None:
    """R25, R30, R119: half have one; the mean at the start stays as the scenario says."""
    fields: dict[str, Any] = {
        "population.other_lenders": 0.5,
        "reaction.lateness_per_lender": 0.8,
        "behaviour.late_onset": 0.2,
        "behaviour.default_dpd": 0,
        "horizon_days": 30,  # one due day each
    }
    run = simulate(clockwork(fields, borrowers=20_000))
    missed = run.borrowers["borrower"].isin(kept(run.events, "miss")["borrower"])
    lenders = run.borrowers["lenders"]
    assert_share(lenders == 1, 0.5)
    assert_share(missed[lenders == 0], 0.2 / 1.4)
    assert_share(missed[lenders == 1], 0.2 / 1.4 * 1.8)
    assert_share(missed, 0.2)


def test_a_product_that_serves_elsewhere_is_a_lender_while_in_use() -> None:
    """R27, R30, R96: it raises the chance of a miss as a lender does."""
    fields: dict[str, Any] = {
        "reaction.lateness_per_lender": 1.5,
        "behaviour.late_onset": 0.2,
        "behaviour.cure_hazards": (1.0,),
        "behaviour.default_dpd": 0,
        "behaviour.draws_per_year": 365.0,
        "levers": [{"kind": "diversify", "strength": 1.0, "uptake": 0.5, "product": "supply-chain"}],
        "horizon_days": 31,
    }
    run = simulate(clockwork(fields, borrowers=20_000))
    # Of those due after day 0, on which a wish is served: by others no payment before is affected.
    due = run.borrowers[run.borrowers["due_day"] > 0]
    served = due["borrower"].isin(kept(run.events, "draw_elsewhere")["borrower"])
    first = kept(run.events, "miss").query("instalment == 0")["borrower"]
    missed = due["borrower"].isin(first)
    assert_share(missed[~served], 0.2)
    assert_share(missed[served], 0.5)
    assert (run.borrowers["lenders"] == 0).all()


def test_lenders_make_false_flags_likelier() -> None:
    """R56, R119: on the logit scale: from 0.1, odds 1 / 9, to odds of e^w / 9."""
    fields: dict[str, Any] = {
        "population.other_lenders": 0.5,
        "screening.false_flag": 0.1,
        "screening.flag_days": 0.0,
        "screening.weights": {"lenders": 1.5},
        "horizon_days": 30,
    }
    run = simulate(clockwork(fields, borrowers=20_000))
    odds = np.exp(1.5) / 9
    assert_share(run.borrowers["flagged"][run.borrowers["lenders"] == 0], 0.1)
    assert_share(run.borrowers["flagged"][run.borrowers["lenders"] == 1], odds / (1 + odds))
