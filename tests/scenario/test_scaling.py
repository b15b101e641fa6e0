"""Another number of borrowers: desk and pool follow, and what rounding does is said."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlimit.errors import ScenarioError, SimlimitWarning
from simlimit.scenario import Scenario, dumps, load, preset
from simlimit.scenario.presets import NAMES

JIEBEI = preset("jiebei")
LUMPY = Scenario(
    funding={
        "unlimited": False,
        "daily_inflow": 12.34,
        "facilities": [{"name": "bank"}, {"name": "bond", "lump": 5000.0, "daily_inflow": 0.03}],
    }
)


def capacities(scenario):
    funding = scenario.funding
    amounts = [funding.initial, funding.daily_inflow, funding.ceiling or 0.0]
    return [*amounts, *(x for one in funding.facilities for x in (one.daily_inflow, one.lump))]


@given(scenario=st.sampled_from([JIEBEI, LUMPY, preset("welidai")]), borrowers=st.integers(1, 1_000_000))
def test_capacity_per_borrower_stays_but_for_rounding(scenario, borrowers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SimlimitWarning)
        scaled = scenario.scaled(borrowers)
    factor = borrowers / scenario.population.borrowers
    assert scaled.population.borrowers == borrowers
    assert 0 <= scaled.review.reviewers - factor * scenario.review.reviewers < 1
    for before, after in zip(capacities(scenario), capacities(scaled), strict=True):
        assert after == pytest.approx(factor * before, abs=0.00501)
        assert after == round(after, 2)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_else_changes(name):
    scenario = preset(name)
    changed = scenario.diff(scenario.scaled(90_000)).index
    assert {field.partition("[")[0].rpartition(".")[0] for field in changed} <= {
        "population", "review", "funding",
    }  # fmt: skip
    assert scenario.scaled(scenario.population.borrowers) is scenario


def test_sources_say_what_was_done_and_what_was_there():
    scaled = JIEBEI.scaled(10_000)
    for field in JIEBEI.diff(scaled).index:
        assert scaled.source(field) == (
            f"assumed: scaled from 1000 to 10000 borrowers; {JIEBEI.source(field)}"
        )
    assert scaled.source("limits.cap") == JIEBEI.source("limits.cap")
    assert scaled.source("funding.facilities[1].name") == JIEBEI.source("funding.facilities[1].name")


def test_sources_never_grow_beyond_a_text():
    scenario = JIEBEI
    for borrowers in range(1001, 1060, 3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SimlimitWarning)
            scenario = scenario.scaled(borrowers)
    assert len(scenario.source("review.reviewers")) == 1000


def test_a_scaled_scenario_is_written_and_read(tmp_path):
    scaled = JIEBEI.scaled(4000)
    (tmp_path / "large.toml").write_text(dumps(scaled), encoding="utf-8")
    assert load(tmp_path / "large.toml") == scaled


class TestRounding:
    def test_is_said_with_what_it_does_to_the_load(self):
        with pytest.warns(SimlimitWarning) as caught:
            scaled = JIEBEI.scaled(300)
        words = "review.reviewers is 1, but 0.3 would be in proportion, so the desk has 30 % of the load"
        assert [str(one.message) for one in caught] == [f"{words}."]
        assert caught[0].filename == __file__
        assert words in scaled.source("review.reviewers")

    @pytest.mark.parametrize(
        ("scenario", "borrowers"),
        [
            (JIEBEI, 3000),
            (JIEBEI, 99_100),  # 99.1 reviewers are 100, with 0.9 % less each
            (Scenario(), 50),  # nothing comes to its desk
            (preset("credit-loan"), 50),
        ],
    )
    def test_is_not_said_where_it_changes_nothing_to_speak_of(self, scenario, borrowers):
        with warnings.catch_warnings():
            warnings.simplefilter("error", SimlimitWarning)
            scenario.scaled(borrowers)

    @pytest.mark.parametrize(
        "changes",
        [
            {"review.watch_share": 0.01},
            {"reaction.appeal_share": 0.1},
            {"levers": [{"kind": "appeal"}]},
            {"shocks": [{"kind": "watch_list", "at": 5, "duration_days": 5}]},
        ],
    )
    def test_is_said_of_every_desk_in_use(self, changes):
        with pytest.warns(SimlimitWarning, match=r"5 % of the load\.$"):
            Scenario().replace(changes).scaled(50)


def test_with_a_book_desk_and_pool_are_sized_for_it():
    mine = JIEBEI.replace({"population.portfolio": "book.csv"})
    scaled = mine.scaled(np.int64(30_000))
    assert (scaled.review.reviewers, scaled.funding.initial) == (30, 2_670_000)
    assert scaled.population.portfolio == "book.csv"
    assert mine.scaled(30_000).scaled(30_000) == scaled


@pytest.mark.parametrize("borrowers", [0, -1, 1.5, True, "many", None, 20_000_001])
def test_what_is_no_number_of_borrowers_is_refused(borrowers):
    with pytest.raises(ScenarioError) as refused:
        JIEBEI.scaled(borrowers)
    assert str(refused.value) == (
        f"population.borrowers is {borrowers!r}, but must be a whole number from 1 to 20000000 (borrowers)."
    )


def test_what_leaves_its_range_is_refused():
    desk = JIEBEI.replace({"review.reviewers": 100_000})
    with pytest.raises(ScenarioError, match=r"^review\.reviewers is 200000, but must be a whole number"):
        desk.scaled(2000)
