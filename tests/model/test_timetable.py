"""When shocks happen, facilities pay and levers work: by day or by date, also from before the run on."""

import datetime

import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit.errors import ScenarioError

DAY_0 = datetime.date(2026, 1, 15)
HORIZON = 120
SMALL = sl.preset("jiebei").replace(
    {"population.borrowers": 60, "horizon_days": HORIZON, "warmup_days": 0, "start_date": DAY_0}
)


def on(day):
    return DAY_0 + datetime.timedelta(day)


def run(changes, engine="calendar"):
    return sl.simulate(SMALL.replace(changes), seed=3, engine=engine)


def assert_same(one, other):
    for table in ("holds", "borrowers", "daily", "events"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table))


def freeze(at, days=14):
    return {"kind": "freeze", "at": at, "duration_days": days}


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
def test_a_date_is_its_distance_from_the_start(engine):
    def history(day):
        return run(
            {
                "shocks": [freeze(day(46)), {"kind": "limit_cut", "at": day(70), "size": 0.3}],
                "levers": [{"kind": "campaign", "strength": 0.1, "start": day(20)}],
                "funding.facilities": [
                    {"name": "notes", "lump": 9e4, "every_days": 30, "start": day(9), "end": day(80)}
                ],
            },
            engine,
        )

    by_day, by_date = history(lambda day: day), history(on)
    assert_same(by_day, by_date)
    begun = by_date.events[by_date.events["event"] == "shock_begin"]
    assert [str(date.date()) for date in begun["date"]] == ["2026-03-02", "2026-03-26"]


def test_another_start_moves_what_has_a_date():
    dated = SMALL.replace({"shocks": [freeze(on(46))]})
    later = dated.replace({"start_date": on(6)})
    frozen = sl.simulate(later, seed=3, engine="calendar").daily
    assert frozen.loc[frozen["frozen"] > 0, "day"].to_list() == list(range(40, 54))
    assert frozen.loc[frozen["frozen"] > 0, "date"].min() == pd.Timestamp("2026-03-02")


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
def test_a_shock_that_began_before_the_run_ends_when_it_would_have(engine):
    assert_same(run({"shocks": [freeze(on(-10), 30)]}, engine), run({"shocks": [freeze(0, 20)]}, engine))


@pytest.mark.parametrize(
    ("shock", "is_inside"),
    [
        (freeze(on(-14)), False),
        (freeze(on(-13)), True),
        (freeze(HORIZON - 1), True),
        (freeze(HORIZON), False),
        (freeze(on(HORIZON - 1)), True),
        (freeze(on(HORIZON)), False),
        ({"kind": "cancellation", "at": on(-1)}, False),
        ({"kind": "cancellation", "at": on(0)}, True),
    ],
)
def test_a_shock_of_which_no_day_is_in_the_run_is_refused(shock, is_inside):
    if is_inside:
        assert SMALL.replace({"shocks": [shock]}).shocks[0].at == shock["at"]
        return
    with pytest.raises(ScenarioError) as refused:
        SMALL.replace({"shocks": [{"kind": "freeze", "per_year": 1.0, "duration_days": 1}, shock]})
    assert str(refused.value) == (
        f"shocks[1].at is {shock['at']}, but must be a day of the run, 0 to 119 (2026-01-15 to 2026-05-14), "
        "or a date from which the shock lasts into it."
    )


def test_a_run_too_short_for_a_shock_is_refused():
    inside = SMALL.replace({"shocks": [freeze(100)]})
    with pytest.raises(
        ScenarioError, match=r"^shocks\[0\]\.at is 100, but must be a day of the run, 0 to 99 "
    ):
        inside.replace({"horizon_days": 100})


def test_lumps_that_began_before_the_run_go_on_in_it():
    notes = {"name": "notes", "lump": 100.0, "every_days": 30, "start": on(-40), "end": on(100)}
    once = {"name": "once", "lump": 7.0, "start": on(-1)}
    daily = {"name": "daily", "daily_inflow": 1.0, "start": on(-1), "end": 10}
    funding = {"funding.ceiling": None, "funding.facilities": [notes, once, daily]}
    inflow = run(funding).daily["inflow"].to_numpy()
    expected = np.zeros(HORIZON)
    expected[[20, 50, 80]] = 100.0
    expected[:10] += 1.0
    assert inflow.tolist() == expected.tolist()


def test_campaigns_that_began_before_the_run_go_on_in_it():
    """Every 90 days: from 80 days before the run on, the next are on days 10 and 100."""
    everybody = {
        "levers": [{"kind": "campaign", "strength": 0.1, "start": on(-80)}],
        "evaluation.schedule": "batch",
        "evaluation.period_days": 10,
        "limits.raise_score": None,
        "limits.cap": None,
        "funding.unlimited": True,
        "screening.false_flag": 0.0,
    }
    raised = run(everybody).events.query("event == 'raise'")
    assert set(raised["day"]) == {12, 102}, "decided 3 days after the evaluation of day 9, and of day 99"


def test_a_lever_from_before_the_run_is_one_from_its_first_day():
    lever = {"kind": "pay_on_time", "strength": 0.5}
    before, first = (run({"levers": [lever | {"start": start}]}) for start in (on(-9), 0))
    assert_same(before, first)
