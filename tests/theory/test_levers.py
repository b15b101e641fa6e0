"""R126: what each lever does, by itself, against a computed value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from measures import (
    assert_delays,
    assert_mean,
    assert_share,
    cents,
    clockwork,
    of_borrower,
    replicated,
    simulate,
)
from random_numbers import uniforms

import simlimit as sl
from simlimit.model import streams
from simlimit.processes.platform import Platform

NO_STRAIGHT_THROUGH = {"evaluation.straight_through": False}
LATE = {
    "horizon_days": 1500,
    "behaviour.late_onset": 0.3,
    "behaviour.slip_share": 0.3,
    "behaviour.cure_hazards": (1.0,),
    "behaviour.default_dpd": 0,
    "product.instalments": 60,
    "product.cycle_days": 20,
}
"""A miss is cured on the next due day."""


def lever(kind: str, strength: float, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "strength": strength, **fields}


def with_levers(*levers: dict[str, Any], borrowers: int = 300, **fields: Any) -> sl.Scenario:
    """Return clockwork with levers, and a few fields changed."""
    changes = {name.replace("__", "."): value for name, value in fields.items()}
    return clockwork({**changes, "levers": list(levers)}, borrowers)


def evaluated_on(run: sl.Run, phase: int) -> pd.DataFrame:
    events = run.events
    return events[(events["event"] == "evaluation") & (events["phase"] == phase)]


# ---- whom a lever reaches, and when ----------------------------------------------------------------------


def test_a_lever_works_for_those_who_take_it_up_from_its_first_day_on() -> None:
    """R121, R122: others and days before it are as without the lever."""
    scenario = with_levers(
        lever("timely_scoring", 1.0, uptake=0.4, start=200), evaluation__straight_through=False
    )
    run = simulate(scenario)
    takers = [uniforms(1, 0, streams.LEVER, b, 8, 0)[0] < 0.4 for b in range(300)]
    works = np.array(takers)[run.holds["borrower"]] & (run.holds["repaid_at"] >= 200)
    waits = (of_borrower(run, "evaluation_day") - run.holds["repaid_at"].to_numpy()) % 30
    # Whoever is evaluated on a day on which nothing was due in between is evaluated as ever.
    assert works.any()
    assert (run.holds["delay_days"][works] == 0).all()
    assert_delays(run, np.where(works, 0, waits))


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
def test_before_its_first_day_a_lever_changes_nothing(engine: str) -> None:
    """R122: the histories of both drivers are equal until then."""
    levers = [
        lever(kind, 1.0, start=150, **({"product": "supply-chain"} if kind == "diversify" else {}))
        for kind in LEVERS
    ]
    scenario = sl.preset("jiebei").replace({"population.borrowers": 60, "horizon_days": 430})
    runs = [sl.simulate(scenario.replace({"levers": some}), engine=engine) for some in ([], levers)]
    for table in ("daily", "events"):
        before, changed = (getattr(run, table)[getattr(run, table)["day"] < 150] for run in runs)
        pd.testing.assert_frame_equal(before, changed, check_exact=True)
    assert not runs[0].events.equals(runs[1].events)


LEVERS = (
    "appeal", "pay_on_time", "deleverage", "campaign", "diversify", "plan", "transparency",
    "better_model", "timely_scoring", "less_manual", "feedback", "education", "more_funding",
)  # fmt: skip


# ---- the borrower's --------------------------------------------------------------------------------------


@pytest.mark.parametrize("patience", [1, 5, 20])
def test_appeal_brings_a_hold_back_on_the_day_after_patience_ends(patience: int) -> None:
    """R75, R114: it arrives at the desk on the next day, where a review takes no time, and is approved."""
    scenario = with_levers(
        lever("appeal", 1.0),
        **{
            "evaluation.straight_through": False,
            "reaction.patience_days": patience,
            "review.service_days": 0.0,
        },
    )
    run = simulate(scenario)
    waits = (of_borrower(run, "evaluation_day") - run.holds["repaid_at"].to_numpy()) % 30
    assert_delays(run, np.minimum(waits, patience + 1))
    assert (run.holds["days_review"][waits > patience + 1] == 1).all()


def test_appeals_come_first_at_the_desk() -> None:
    """R67, R68: of one reviewer who always has a hold to review, a day each: the others wait, appeals do not.

    An appeal arrives on the next day, when the reviewer has just taken another hold; it is taken on the
    second day and done on the third, unless appeals came before it, which take a day each.
    """
    scenario = with_levers(
        lever("appeal", 1.0, uptake=0.02),
        **{
            "evaluation.straight_through": False,
            "reaction.patience_days": 3,
            "review.watch_share": 1.0,
            "review.service_days": 1.0,
            "review.service_law": "constant",
        },
    )
    run = simulate(scenario)
    appeals = run.events[run.events["cause"] == "heard"]
    assert len(appeals) > 10
    reviewed = appeals.merge(
        run.events[run.events["event"] == "review"], on=["borrower", "instalment"], suffixes=("", "_review")
    )
    expected = []
    for day in reviewed["day"]:
        expected.append(max(day + 3, expected[-1] + 1 if expected else 0))
    assert reviewed["day_review"].tolist() == expected
    assert run.daily["review_queue"].iloc[-1] > 500


def outcomes_of_due_days(run: sl.Run) -> pd.Series[Any]:
    """Return what became of each due day of a borrower that was not late: miss, slip or repayment."""
    events = run.events[run.events["event"].isin(["miss", "slip", "repayment"])]
    first = events.drop_duplicates(["borrower", "instalment"]).set_index(["borrower", "instalment"])["event"]
    missed = first.index[first == "miss"]
    after_miss = [(borrower, cycle + 1) for borrower, cycle in missed]
    return first.drop(first.index.intersection(pd.MultiIndex.from_tuples(after_miss)))


@pytest.mark.parametrize("kinds", [("pay_on_time",), ("education",), ("pay_on_time", "education")])
@pytest.mark.parametrize("strength", [0.25, 0.8])
def test_paying_on_time_and_education_avoid_misses_and_slips(kinds: tuple[str, ...], strength: float) -> None:
    """R30, R31, R125: levers of one number are multiplied."""
    left = (1 - strength) ** len(kinds)
    run = simulate(with_levers(*(lever(kind, strength) for kind in kinds), **LATE))
    outcomes = outcomes_of_due_days(run)
    assert_share(outcomes == "miss", 0.3 * left)
    assert_share(outcomes[outcomes != "miss"] == "slip", 0.3 * left)


@pytest.mark.parametrize("strength", [0.3, 0.75])
def test_deleverage_stops_draws_below_the_limit(strength: float) -> None:
    """R94: the highest utilisation that is reached is 1 - strength."""
    reached = []

    def look(platform: Platform) -> Any:
        for day in range(platform.horizon):
            yield platform.at(day, 6)
            reached.append((platform.borrowers["outstanding"] / platform.borrowers["limit"]).max())

    drawing = {
        "population.utilisation_mean": 0.0,
        "behaviour.draws_per_year": 100.0,
        "product.min_draw": 1.0,
    }
    sl.simulate(with_levers(lever("deleverage", strength), **drawing), processes=[look])
    assert max(reached) == pytest.approx(1 - strength, abs=0.001)


def test_deleverage_leaves_another_lender_at_an_evaluation() -> None:
    """R54: the number of evaluations until then is geometric: of those left, a share leaves at each."""
    run = simulate(with_levers(lever("deleverage", 0.3), population__other_lenders=1.0, borrowers=2000))
    left = run.events[run.events["event"] == "lender_left"]
    period = (left["day"].to_numpy() - run.borrowers["evaluation_day"].to_numpy()[left["borrower"]]) / 30
    remaining = 2000
    for evaluation in range(5):
        leaving = int((period == evaluation).sum())
        assert_share(np.arange(remaining) < leaving, 0.3)
        remaining -= leaving
    assert run.borrowers["lenders"].sum() == 2000 - len(left)


@pytest.mark.parametrize("period", [1, 30, 90])
def test_everybody_catches_each_campaign_once(period: int) -> None:
    """R63, R87: at the first evaluation from the campaign day on."""
    campaign = lever("campaign", 0.2, start=100)
    run = simulate(with_levers(campaign, evaluation__period_days=period, horizon_days=400))
    expected = []
    for first in run.borrowers["evaluation_day"]:
        limit = 1_000_000
        for day in range(100, 400, 90):
            following = day + (first - day) % period
            if following < 400:
                limit += limit * 2000 // 10_000
        expected.append(limit)
    assert cents(run.borrowers["limit"]) == expected
    raises = run.holds[run.holds["kind"] == "raise"]
    assert (raises["delay_days"] == 0).all()


@pytest.mark.parametrize(
    ("product", "limit", "days"), [("credit-loan", 10_000, 360), ("supply-chain", 200_000, 60)]
)
def test_another_product_serves_one_wish_at_a_time(product: str, limit: float, days: int) -> None:
    """R93, R95, R96: with a wish on every day, it serves the first, and the first after each term."""
    scenario = with_levers(
        lever("diversify", 1.0, product=product),
        **{
            "population.limit_median": 30_000.0,
            "behaviour.draws_per_year": 365.0,
            "behaviour.draw_share": (1.0, 1.0),
        },
    )
    run = simulate(scenario)
    served = run.events[run.events["event"] == "draw_elsewhere"]
    assert (served.groupby("borrower")["day"].agg(list).map(tuple) == tuple(range(0, 720, days))).all()
    drawn = run.events[run.events["event"] == "draw"]
    later_due = run.borrowers["borrower"][run.borrowers["due_day"] > 1]
    first = served[(served["day"] == 0) & served["borrower"].isin(later_due)]
    assert (first["amount"] == min(limit, 15_000.0)).all()
    assert (drawn[(drawn["day"] == 1) & drawn["borrower"].isin(later_due)]["amount"] == 15_000.0).all()
    assert not drawn["day"].isin(range(0, 720, days)).any()
    assert cents(run.borrowers["drawn_elsewhere"]) == cents(served.groupby("borrower")["amount"].sum())


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_a_share_of_wishes_is_served_elsewhere(strength: float) -> None:
    """R93: of the wishes of borrowers whom no other product serves yet."""
    scenario = with_levers(
        lever("diversify", strength, product="credit-loan"),
        **{
            "population.utilisation_mean": 0.0,
            "behaviour.draws_per_year": 365.0,
            "behaviour.draw_share": (0.001, 0.001),
            "product.min_draw": 0.01,
            "horizon_days": 1,
        },
        borrowers=3000,
    )
    events = simulate(scenario).events
    first = events[events["event"].isin(["draw", "draw_elsewhere"])]["event"]
    assert len(first) == 3000
    share = (first == "draw_elsewhere").to_numpy()
    if strength == 1:
        assert share.all()
    else:
        assert_share(share, strength)


@pytest.mark.parametrize(
    ("period", "cutoff", "duration"), [(30, 0, 0), (30, 12, 0), (30, 4, 7), (17, 3, 2), (7, 30, 6)]
)
def test_who_plans_waits_for_cutoff_and_duration_alone(period: int, cutoff: int, duration: int) -> None:
    """R33, R34: a payment on the day of the data cut-off is seen."""
    fields = {
        **NO_STRAIGHT_THROUGH,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
        "evaluation.duration_days": duration,
    }
    run = simulate(with_levers(lever("plan", 1.0), **fields))
    holds, first = run.holds, of_borrower(run, "evaluation_day")
    due = of_borrower(run, "due_day") + 30 * holds["instalment"].to_numpy()
    planned = due - (due + cutoff - first) % period
    planned = np.where((planned >= 0) & (planned + cutoff >= first), planned, due)
    assert (holds["repaid_at"] == planned).all()
    waits = cutoff + (first - planned - cutoff) % period + duration
    assert_delays(run, waits)
    assert (waits[holds["instalment"] > 2] == cutoff + duration).all()
    assert (waits > cutoff + duration).any() == (holds["repaid_at"] + cutoff < first).any() or period < 30


def test_a_share_of_due_cycles_is_planned() -> None:
    """R33: the share is the strength."""
    run = simulate(with_levers(lever("plan", 0.6)))
    due = of_borrower(run, "due_day") + 30 * run.holds["instalment"].to_numpy()
    lag = (due - of_borrower(run, "evaluation_day")) % 30
    later = (run.holds["instalment"] > 0).to_numpy() & (lag > 0)
    assert_share((run.holds["repaid_at"] < due).to_numpy()[later], 0.6)


def test_who_plans_pays_no_more_than_without_a_plan() -> None:
    """R35: the same instalments, of each cycle once, and a loan drawn meanwhile waits for the next cycle."""
    drawing = {"behaviour.draws_per_year": 100.0, "behaviour.draw_share": (0.2, 0.2), "product.min_draw": 1.0}
    run = simulate(with_levers(lever("plan", 1.0), **drawing))
    assert not run.holds.duplicated(["borrower", "instalment"]).any()
    assert (run.holds["repaid_at"] < of_borrower(run, "due_day") + 30 * run.holds["instalment"]).any()


def test_who_plans_does_not_draw_twice_in_thirty_days() -> None:
    """R92: with a wish on every day, 30 days lie between two draws."""
    drawing = {"behaviour.draws_per_year": 365.0, "behaviour.draw_share": (0.2, 0.2), "product.min_draw": 1.0}
    run = simulate(with_levers(lever("plan", 1.0), **drawing))
    draws = run.events[run.events["event"] == "draw"]
    gaps = draws.groupby("borrower")["day"].diff().dropna()
    assert (gaps == 30).all()  # a wish every day
    assert len(gaps) > 1000


# ---- the platform's --------------------------------------------------------------------------------------


NOTHING_RELEASED = {
    "funding.unlimited": False,
    "funding.recycle_share": 0.0,
    "reaction.patience_days": 10,
    "horizon_days": 600,
}


def has_lost_patience(run: sl.Run) -> npt.NDArray[np.bool_]:
    days: npt.NDArray[np.bool_] = (
        run.holds["repaid_at"] + run.scenario.reaction.patience_days < run.scenario.horizon_days
    ).to_numpy()
    return days


@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0])
def test_transparency_spares_appeals_in_vain(strength: float) -> None:
    """R113, R114: holds only wait for funding, which no desk can give."""
    run = simulate(
        with_levers(lever("transparency", strength), **NOTHING_RELEASED, reaction__appeal_share=0.5)
    )
    appeals = int(run.daily["appeals"].sum())
    assert appeals == run.daily["appeals_in_vain"].sum()
    assert_share(np.arange(has_lost_patience(run).sum()) < appeals, 0.5 * (1 - strength))


def test_transparency_spares_looking_elsewhere_because_of_an_evaluation() -> None:
    """R115: half of half of those who look elsewhere."""
    fields = {
        **NO_STRAIGHT_THROUGH,
        "evaluation.period_days": 60,
        "reaction.patience_days": 1,
        "reaction.lender_share": 0.5,
        "reaction.most_lenders": 100,
    }
    run = simulate(with_levers(lever("transparency", 0.5), **fields))
    waits = (of_borrower(run, "evaluation_day") - run.holds["repaid_at"].to_numpy()) % 60
    found = (run.events["event"] == "lender_found").sum()
    reacting = ((waits > 1) & has_lost_patience(run)).sum()
    assert_share(np.arange(reacting) < found, 0.25)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_transparency_spares_early_repayments_into_a_running_evaluation(strength: float) -> None:
    """R39, R50: each payment that leaves a loan is a trial; a run without them shows which do."""
    fields = {"evaluation.duration_days": 10, "evaluation.period_days": 31, "horizon_days": 400}
    early = {"behaviour.prepay_per_year": 3.65}  # 0.3 per payment
    run = simulate(with_levers(lever("transparency", strength), borrowers=2000, **fields, **early))
    last = simulate(clockwork(fields, borrowers=2000)).holds.groupby("borrower")["instalment"].max()
    paid = run.events[run.events["event"] == "repayment"]
    paid = paid[paid["instalment"] < paid["borrower"].map(last)]
    prepaid = pd.MultiIndex.from_frame(run.events[run.events["event"] == "prepayment"][["day", "borrower"]])
    follows = pd.MultiIndex.from_frame(paid[["day", "borrower"]]).isin(prepaid)
    since = paid["day"].to_numpy() - run.borrowers["evaluation_day"].to_numpy()[paid["borrower"]]
    running = (since >= 1) & ((since - 1) % 31 < 10)
    assert_share(follows[running], 0.3 * (1 - strength))
    assert_share(follows[~running], 0.3)


@pytest.mark.parametrize("strength", [pytest.param(0.3, marks=pytest.mark.long), 0.8])
@pytest.mark.parametrize("flag_days", [0.0, 40.0])
def test_a_better_model_flags_fewer_by_mistake(strength: float, flag_days: float) -> None:
    """R56: the closed form of the wait that false flags make, with their share times 1 - strength."""
    period, flag = 30, 0.3 * (1 - strength)
    fields = {
        **NO_STRAIGHT_THROUGH,
        "evaluation.period_days": period,
        "screening.false_flag": 0.3,
        "screening.flag_days": flag_days,
        "horizon_days": 1500,
    }
    stay = flag
    if flag_days > 0:
        stay += (1 - flag) * math.exp(-period / (flag_days * (1 - flag)))
    expected = (period - 1) / 2 + period * flag / (1 - stay)
    scenario = with_levers(lever("better_model", strength), borrowers=200, **fields)
    (means,) = replicated(scenario, lambda run: (run.holds["delay_days"].mean(),))
    assert_mean(means, expected)


@pytest.mark.parametrize("strength", [0.3, 0.8])
def test_a_better_model_detects_more_of_the_risky(strength: float) -> None:
    """R55: the risky who are missed become fewer by the strength."""
    run = simulate(
        with_levers(lever("better_model", strength), screening__risky_share=1.0, screening__detection=0.4)
    )
    assert_share(evaluated_on(run, 2)["cause"] == "behaviour", 0.4 + 0.6 * strength)


def test_timely_scoring_brings_every_hold_back_at_once() -> None:
    """R42, R43: an evaluation follows each repayment."""
    run = simulate(with_levers(lever("timely_scoring", 1.0), **NO_STRAIGHT_THROUGH))
    assert (run.holds["delay_days"] == 0).all()
    assert (run.holds["outcome"] == "released").all()
    paid = run.events[run.events["event"] == "repayment"]
    scored = evaluated_on(run, 1)
    assert scored[["day", "borrower"]].to_numpy().tolist() == paid[["day", "borrower"]].to_numpy().tolist()


def test_timely_scoring_follows_a_share_of_repayments() -> None:
    """R42: the share is the strength."""
    run = simulate(with_levers(lever("timely_scoring", 0.35), **NO_STRAIGHT_THROUGH))
    assert_share(np.arange(len(run.holds)) < len(evaluated_on(run, 1)), 0.35)


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.9, 1.0])
def test_less_manual_drops_reviews(strength: float) -> None:
    """R65: the share of reviews that are left is 1 - strength."""
    desk = {"review.watch_share": 1.0, "review.service_days": 0.0}
    run = simulate(with_levers(lever("less_manual", strength), **desk))
    reviews = int((run.events["event"] == "review").sum())
    assert_share(np.arange(len(run.holds)) < reviews, 1 - strength)
    assert (run.holds["delay_days"] == 0).all()


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_feedback_keeps_a_false_flag_from_coming_back(strength: float) -> None:
    """R76, R77: nearly every evaluation flags everybody, until an approved appeal ends it for good."""
    fields = {
        "screening.false_flag": 0.999,
        "screening.flag_days": 0.0,
        "reaction.appeal_share": 1.0,
        "reaction.patience_days": 2,
        "review.service_days": 0.0,
        "horizon_days": 300,
    }
    run = simulate(with_levers(lever("feedback", strength), borrowers=2000, **fields))
    approved = run.events[run.events["event"] == "review"].groupby("borrower")["day"].min()
    evaluations = evaluated_on(run, 2)
    after = evaluations[evaluations["day"] > evaluations["borrower"].map(approved)]
    following = after.drop_duplicates("borrower")  # the first evaluation after the first appeal
    trusted = following["cause"] == "clear"
    assert_share(trusted, strength + (1 - strength) * 0.001)
    for_good = after[after["borrower"].isin(following["borrower"][trusted])]
    if strength == 1:
        assert (for_good["cause"] == "clear").all()


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_more_funding_adds_to_every_inflow(strength: float) -> None:
    """R81, R82, R123: a pool that is always short releases R (1 + s) a day, to within the next hold."""
    fields = {
        "funding.unlimited": False,
        "funding.recycle_share": 0.0,
        "funding.daily_inflow": 1_000.0,
        "funding.facilities": [{"name": "bank", "daily_inflow": 200.0, "lump": 3_000.0, "start": 120}],
    }
    run = simulate(with_levers(lever("more_funding", strength, start=100), **fields))
    day = run.daily["day"].to_numpy()
    inflow = np.where(day >= 100, 1 + strength, 1.0) * (
        1_000.0 + 200.0 * (day >= 120) + 3_000.0 * (day == 120)
    )
    assert (run.daily["inflow"] == inflow).all()
    short = (run.daily["funding_queue"] > 0).to_numpy()
    assert short[50:400].all()
    left = inflow.cumsum() - run.daily["released"].cumsum().to_numpy()
    assert (left[short] < run.holds["amount"].max()).all()


def test_more_funding_raises_the_ceiling() -> None:
    """R83: even the largest there can be, of which a share is beyond 64 bits before it is divided."""
    fields = {
        "funding.unlimited": False,
        "funding.daily_inflow": 1e10,
        "funding.initial": 1e13,
        "funding.ceiling": 1e13,
        "population.utilisation_mean": 0.0,
        "horizon_days": 30,
    }
    run = simulate(with_levers(lever("more_funding", 0.001, start=10), **fields))
    assert (run.daily["headroom"] == [1e13] * 10 + [1.001e13] * 20).all()
