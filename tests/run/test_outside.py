"""What lies outside a run is said before it, once; what lies within is not."""

import datetime
import warnings

import pandas as pd
import pytest

import simlimit as sl
from simlimit.run.outside import outside_sentence

SMALL = sl.preset("jiebei").replace({"population.borrowers": 20, "horizon_days": 300, "warmup_days": 180})
LAST = "but the last day of the run is 299 (2020-10-26), so nothing comes of it."
OBSERVED = "but no repayment is followed for more than 120 days."


LATE = {"kind": "better_model", "start": 300}


def with_lever(day):
    return SMALL.replace({"levers": [LATE | {"start": day}]})


def said(make):
    """Return the sentences that are said before a simulation."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    assert {one.filename for one in caught} <= {__file__}
    return [str(one.message) for one in caught]


class TestSentence:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"levers": [{"kind": "better_model", "start": 300}]}, "levers[0].start"),
            (
                {"funding.facilities": [{"name": "a"}, {"name": "b", "start": 300, "lump": 1.0}]},
                "funding.facilities[1].start",
            ),
        ],
    )
    def test_names_the_first_field_of_which_nothing_comes(self, changes, name):
        assert outside_sentence(SMALL.replace(changes)) == f"{name} is 300, {LAST}"
        assert outside_sentence(SMALL.replace(changes | {"horizon_days": 301})) == ""

    def test_is_about_the_follow_up_where_nothing_is_followed(self):
        assert outside_sentence(SMALL, 121) == f"follow_up_days is 121, {OBSERVED}"
        assert outside_sentence(SMALL, 120) == ""
        last_day = SMALL.replace({"warmup_days": SMALL.horizon_days - 1})
        assert outside_sentence(last_day, 2).endswith("followed for more than 1 day.")

    def test_says_a_date_as_it_is_written(self):
        late = datetime.date(2020, 10, 27)  # day 300
        said = outside_sentence(SMALL.replace({"levers": [LATE | {"start": late}]}))
        assert said == f"levers[0].start is 2020-10-27, {LAST}"

    def test_names_holidays_that_are_all_before_the_run_or_after_it(self):
        moved = SMALL.replace({"start_date": datetime.date(2026, 1, 1)})
        assert outside_sentence(moved) == (
            "calendar.holidays has dates from 2020-01-01 to 2022-10-07, but the run is from 2026-01-01 to "
            "2026-10-27, so nothing rests on them."
        )
        assert "nothing rests" in outside_sentence(moved.replace({"start_date": datetime.date(2019, 1, 1)}))
        for fine in ({"calendar.rests": []}, {"calendar.holidays": "CN"}, {"calendar.holidays": []}):
            assert outside_sentence(moved.replace(fine)) == ""
        between = {"start_date": datetime.date(2020, 2, 10), "horizon_days": 30, "warmup_days": 0}
        assert outside_sentence(SMALL.replace(between)) == ""

    def test_does_not_ask_random_shocks_for_their_day(self):
        assert outside_sentence(SMALL.replace({"shocks": [{"kind": "cancellation", "per_year": 0.1}]})) == ""

    @pytest.mark.parametrize("name", sl.presets().index)
    def test_says_nothing_of_a_preset(self, name):
        assert outside_sentence(sl.preset(name), 90) == ""


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
def test_what_never_happens_changes_nothing(engine):
    run, other = (sl.simulate(one, seed=1, engine=engine) for one in (SMALL, with_lever(300)))
    pd.testing.assert_frame_equal(run.holds, other.holds)


def test_nothing_is_followed_where_it_is_said():
    metrics = sl.replicate(SMALL, 2, follow_up_days=121, progress=False).metrics()
    assert metrics["days_away"].isna().all()
    assert sl.replicate(SMALL, 2, follow_up_days=120, progress=False).metrics()["days_away"].notna().any()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: sl.simulate(with_lever(300)), f"jiebei: levers[0].start is 300, {LAST}"),
        (lambda: sl.simulate(SMALL, follow_up_days=121), f"jiebei: follow_up_days is 121, {OBSERVED}"),
        (lambda: sl.replicate(SMALL, 1, follow_up_days=121), f"jiebei: follow_up_days is 121, {OBSERVED}"),
        (
            lambda: sl.compare({"a": SMALL, "b": with_lever(400), "c": with_lever(500)}, 1),
            f"b (and 1 more of the scenarios): levers[0].start is 400, {LAST}",
        ),
        (
            lambda: sl.rank_levers(SMALL, [LATE], 2, progress=False),
            f"all (and 1 more of the scenarios): levers[0].start is 300, {LAST}",
        ),
    ],
)
def test_it_is_said_once(make, sentence):
    assert said(make) == [sentence]


def test_a_short_run_is_not_told_of_a_follow_up_that_nobody_asked_for():
    assert said(lambda: sl.simulate(sl.Scenario().replace({"horizon_days": 30}))) == []
    assert said(lambda: sl.simulate(with_lever(299))) == []


def test_a_log_is_not_known_beyond_what_was_observed():
    log = pd.DataFrame(
        {"delay_days": [0, 1, 7, 9], "outcome": ["released", "released", "released", "pending"]}
    )
    curve = sl.cumulative_incidence(log)
    assert said(lambda: sl.share_at(curve, (0, 30))) == [
        "days has the value 30, but some are pending when the curve ends on day 9: "
        "shares beyond it are unknown."
    ]
    assert said(lambda: sl.share_at(curve, (0, 9))) == []
    ended = sl.cumulative_incidence(log.iloc[:3], censored=None)
    assert said(lambda: sl.share_at(ended, (0, 30))) == []
