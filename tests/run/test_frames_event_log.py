"""R183: the log of stays has each hold at its gate, each day, and process-mining tools take it unedited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oracle
import pandas as pd
import pytest
from few_and_many import few_and_many
from lender import LENDER
from random_worlds import random_world

import simlimit as sl
from simlimit.model.causes import GATES
from simlimit.processes.platform import Platform

CASE, ACTIVITY, BEGIN, END = "case:concept:name", "concept:name", "start_timestamp", "time:timestamp"
# Holds of it wait at each gate.
EVERYWHERE = LENDER.scaled(300).replace(
    {
        "horizon_days": 300,
        "product.release_unit": "loan",
        "product.instalments": 3,
        "rules.min_score": 0.6,
        "review.watch_share": 0.1,
        "funding.initial": 0.0,
        "shocks": [{"kind": "freeze", "at": 200, "duration_days": 20}],
    }
)


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return sl.simulate(EVERYWHERE, engine="calendar")


class Diary(oracle.Platform):
    """The independent model, which notes each evening where each hold stands."""

    def record(self, today: list[oracle.Event]) -> None:
        for borrower in self.borrowers:
            for hold in borrower.holds:
                vars(hold).setdefault("evenings", []).append(hold.cause)
        super().record(today)


def evenings_of(scenario: Any, seed: int) -> list[list[str]]:
    platform = Diary(scenario, seed, 0, 90)
    for day in range(scenario.horizon_days):
        platform.live(day)
    holds = sorted(platform.all_holds, key=lambda hold: (hold.repaid_at, *hold.key))
    return [vars(hold).get("evenings", []) for hold in holds]


def assert_is_the_history(run: sl.Run) -> None:
    """Assert that cases are the holds, whose stays follow each other without gaps, and last as long."""
    log, holds = run.event_log(), run.holds
    state: Any = run._state
    assert state.storage.stays_used <= len(state.stays)
    assert log[CASE].unique().tolist() == holds["hold"].astype("str").tolist()
    first, last = log.groupby(CASE, sort=False).nth(0), log.groupby(CASE, sort=False).nth(-1)
    assert first[ACTIVITY].tolist() == first["case:kind"].tolist() == holds["kind"].tolist()
    assert first[BEGIN].tolist() == first[END].tolist() == holds["repaid_on"].tolist()

    horizon = pd.Timestamp(run.scenario.start_date) + pd.Timedelta(days=run.scenario.horizon_days)
    pending = (holds["outcome"] == "pending").to_numpy()
    assert (last[ACTIVITY].isin(GATES) == pending).all()
    assert (last[ACTIVITY] == last["case:outcome"])[~pending].all()
    assert last[END].tolist() == holds["ended_on"].fillna(horizon).tolist()
    goes_on = log.index.isin(last.index[pending])
    assert (log["lifecycle:transition"] == pd.Series(goes_on).map({True: "start", False: "complete"})).all()

    before, is_first = log.shift(), log.index.isin(first.index)
    assert (log[BEGIN] == before[END])[~is_first].all()
    assert (log[ACTIVITY] != before[ACTIVITY])[~is_first].all()
    is_stay = log[ACTIVITY].isin(GATES)
    assert ((log[END] > log[BEGIN]) == is_stay).all()
    days = (log[END] - log[BEGIN]).dt.days.groupby([log[CASE], log[ACTIVITY]], sort=False).sum()
    charged = holds.set_index(holds["hold"].astype("str"))[[f"days_{gate}" for gate in GATES]]
    charged = charged.set_axis(pd.Index(GATES), axis="columns").stack()
    stayed = days.reindex(charged.index, fill_value=0)
    assert stayed.tolist() == charged.tolist()


def assert_is_told(scenario: Any, seed: int) -> None:
    """Assert that the log has each hold, each evening, at the gate at which the independent model has it."""
    run = sl.simulate(scenario, seed=seed, engine="calendar")
    assert_is_the_history(run)
    log = run.event_log()
    days = (log[END] - log[BEGIN]).dt.days
    evenings = log.loc[log.index.repeat(days)].groupby(CASE)[ACTIVITY].agg(list)
    stood = [evenings.get(str(hold), []) for hold in run.holds["hold"]]
    assert stood == evenings_of(scenario, seed)


@few_and_many(3, 80)
def test_every_evening_of_every_hold_is_that_of_the_independent_model(seed: int, tmp_path: Path) -> None:
    assert_is_told(random_world(seed, tmp_path), seed)


def test_the_log_of_a_lender_is_the_history_of_its_holds(run: sl.Run) -> None:
    assert_is_the_history(run)
    assert set(run.event_log()[ACTIVITY]) == {"repayment", "raise", *GATES, "released", "forfeited"}


def test_a_hold_that_comes_back_to_a_gate_has_a_stay_more_there() -> None:
    freezes = [{"kind": "freeze", "at": day, "duration_days": 3} for day in (200, 220, 240)]
    poor = {"shocks": freezes, "funding.recycle_share": 0.0, "funding.facilities": []}
    log = sl.simulate(EVERYWHERE.replace(poor), engine="calendar").event_log()
    gates = log.groupby(CASE)[ACTIVITY].agg("-".join)
    assert gates.str.contains("funding-policy-funding-policy-funding-policy-funding").any()


def test_a_decision_that_leaves_a_hold_where_it_stands_begins_no_stay(run: sl.Run) -> None:
    """Of a hold that waits for a score, most evaluations say no again."""
    log = run.event_log()
    stays = log[(log[ACTIVITY] == "score") & (log[END] - log[BEGIN] > pd.Timedelta(days=45))]
    assert len(stays) > 0
    evaluated = run.events[run.events["event"] == "evaluation"]
    evaluated = evaluated[evaluated["borrower"] == stays["case:borrower"].iloc[0]]["date"]
    assert evaluated.between(stays[BEGIN].iloc[0], stays[END].iloc[0], inclusive="neither").any()


def test_both_drivers_have_one_log() -> None:
    small = EVERYWHERE.scaled(30)
    logs = [sl.simulate(small, engine=engine).event_log() for engine in ("simpy", "calendar")]
    pd.testing.assert_frame_equal(*logs)


def test_what_a_process_decides_moves_holds() -> None:
    """Each is denied half a day after it came, and approved twelve days later."""

    def decide(platform: Platform) -> Iterator[Any]:
        while True:
            yield platform.at(platform.day + 1, phase=4.5)
            for hold in platform.queue("evaluation"):
                platform.deny(hold, "mood")
            for hold in platform.queue("policy"):
                if platform.day >= platform.hold(hold)["repaid_at"] + 12:
                    platform.approve(hold)

    slow = sl.preset("clockwork").replace({"population.borrowers": 20, "evaluation.straight_through": False})
    run = sl.simulate(slow.replace({"horizon_days": 90}), processes=[decide])
    assert_is_the_history(run)
    assert "policy" in set(run.event_log()[ACTIVITY])


def test_who_is_at_work(run: sl.Run) -> None:
    log = run.event_log().drop_duplicates(ACTIVITY).set_index(ACTIVITY)["org:resource"]
    work = {"repayment": "borrower", "review": "desk", "funding": "pool"}
    assert log.to_dict() == {activity: work.get(activity, "platform") for activity in log.index}


def test_without_holds_the_log_has_its_columns(run: sl.Run) -> None:
    nobody = sl.preset("clockwork").replace({"population.borrowers": 1, "horizon_days": 1})
    log = sl.simulate(nobody, engine="calendar").event_log()
    assert len(log) == 0
    assert list(log) == list(run.event_log())


def test_a_run_that_keeps_less_has_no_log() -> None:
    for keep in ("holds", "counts"):
        run = sl.simulate(EVERYWHERE.scaled(20), engine="calendar", keep=keep)
        with pytest.raises(sl.SimlimitError, match=rf'^keep is "{keep}", but stays at gates are kept only'):
            run.event_log()


def test_pm4py_reads_the_log_unedited(run: sl.Run) -> None:
    """Its times per gate are those of `run.holds`, and so are starts, ends and variants of its cases."""
    import pm4py  # noqa: PLC0415

    log, holds = run.event_log(), run.holds
    seconds = pm4py.get_service_time(log, aggregation_measure="sum", start_timestamp_key=BEGIN)
    charged = {gate: 86_400.0 * holds[f"days_{gate}"].sum() for gate in GATES}
    assert {gate: seconds[gate] for gate in GATES} == charged
    assert pm4py.get_start_activities(log) == holds["kind"].value_counts().to_dict()
    ends = pm4py.get_end_activities(log)
    assert {end: ends.get(end, 0) for end in ("released", "forfeited")} == {
        end: (holds["outcome"] == end).sum() for end in ("released", "forfeited")
    }
    durations = pm4py.get_all_case_durations(log)
    assert sorted(durations) == sorted(86_400.0 * holds["delay_days"])
    variants = run.event_log().groupby(CASE)[ACTIVITY].agg(tuple).value_counts()
    assert pm4py.get_variants(log) == variants.to_dict()
