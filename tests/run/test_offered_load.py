"""What desk and pool are asked for: the estimate against simulations, and the warning with its remedy."""

import re
import warnings

import numpy as np
import pytest
from lender import LENDER

import simlimit as sl
from simlimit.model.calendar import open_days
from simlimit.model.preparation import prepare
from simlimit.run.offered_load import desk_load, overload_sentence, pool_load, repayments
from simlimit.scenario.presets import NAMES

JIEBEI = LENDER.replace({"name": "jiebei"})
"""It has the remedies of a preset, by its name, whatever the numbers of that become."""
CROWDED = JIEBEI.replace({"population.borrowers": 3000, "horizon_days": 300})


def open_share(scenario):
    """The share of days on which the desk works."""
    days = np.arange(scenario.horizon_days)
    return (open_days(scenario)[0][days] == days).mean() if "review" in scenario.calendar.rests else 1.0


def prepared(scenario):
    return prepare(scenario, 90, logging=False, reusing=True)


def sentence(scenario):
    return overload_sentence(prepared(scenario))


def said(action, category=sl.SimlimitWarning):
    """The warnings of an action, each time that it warns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category)
        action()
    return [one for one in caught if one.category is category]


class TestEstimate:
    @pytest.mark.parametrize("name", sorted(set(NAMES) - {"clockwork", "rectification"}))
    def test_is_near_what_a_simulation_shows_after_its_first_year(self, name):
        """0.85 to 1.45, as docs/scenario.md says; within 10 % for jiebei. Clockwork has no draws.

        Ten times as many are watched, by ten times the reviewers, so that chance does not decide.
        """
        scenario = sl.preset(name)
        review = scenario.review
        more = {"review.watch_share": 10 * review.watch_share, "review.reviewers": 10 * review.reviewers}
        scenario = scenario.replace(more if review.watch_share <= 0.1 else {})
        if name == "taiwan-2005":
            scenario = scenario.replace({"population.borrowers": 3000})
        runs = [sl.simulate(scenario, 1, k, engine="calendar") for k in range(3)]
        days = 3 * (scenario.horizon_days - 360)
        events = [run.events.query("day >= 360 and amount > 0")["event"].value_counts() for run in runs]
        counts = sum(one.reindex(["repayment", "prepayment", "review"], fill_value=0) for one in events)
        principal = sum(run.daily["repaid"][360:].sum() for run in runs) / days
        least, most = (0.9, 1.1) if name == "jiebei" else (0.85, 1.45)
        estimate = repayments(prepared(scenario))
        assert least <= estimate.principal.sum() / principal <= most
        assert least <= estimate.holds.sum() * days / (counts["repayment"] + counts["prepayment"]) <= most
        work = desk_load(prepared(scenario)).offered
        assert (work > 0) == (counts["review"] > 0)
        if work > 0:
            # What is offered is work of open days; a review takes so many of them.
            reviews = work * open_share(scenario) / review.service_days
            assert least <= reviews * days / counts["review"] <= most

    def test_of_what_leaves_the_pool_is_near_what_leaves_it(self):
        """Within a fifth: raises, which are left out, take some too."""
        daily = sl.simulate(JIEBEI, seed=1, engine="calendar").daily[360:]
        left = (daily["released"] - JIEBEI.funding.recycle_share * daily["repaid"]).mean()
        assert pool_load(prepared(JIEBEI)).offered == pytest.approx(left, rel=0.2)

    def test_a_desk_that_is_asked_for_too_much_falls_behind_by_as_much(self):
        """240 are watched, give or take 6.5 % in a run and 2.3 % over eight.

        Reviews that refuse send holds back: what is not done brings none of these.
        """
        crowded = {"population.borrowers": 12_000, "review.reviewers": 4, "funding.unlimited": True}
        scenario = JIEBEI.replace(crowded)
        daily = sl.replicate(scenario, 8, seed=1, progress=False).daily.set_index(["replication", "day"])
        queue = daily["review_queue"].unstack("day")
        load = desk_load(prepared(scenario))
        too_much = (load.offered - load.capacity) * open_share(scenario) / scenario.review.service_days
        assert ((queue[719] - queue[180]) / (719 - 180)).mean() == pytest.approx(0.9 * too_much, rel=0.26)

    def test_is_of_each_region_by_itself(self):
        """The desk of two regions is asked for what those of each alone are: only who owes has holds."""
        fields = {"review.watch_share": 0.0, "population.regions": {"a": 0.25, "b": 0.75}}
        whole = JIEBEI.replace(fields)
        alone = desk_load(prepared(whole.replace({"review.watch_share": 0.4}))).offered
        only = desk_load(prepared(whole.replace({"population.regions.a.watch_share": 0.4}))).offered
        assert only == pytest.approx(0.25 * alone)
        nothing = {"population.regions.a.watch_share": 0.4, "population.regions.a.utilisation_mean": 0.0}
        assert desk_load(prepared(whole.replace(nothing))).offered == 0
        twice = {"population.regions.a.limit_median": 2 * JIEBEI.population.limit_median}
        wide = {"population.limit_high": 1e9, "population.limit_low": 0.0}
        one, other = (repayments(prepared(whole.replace(wide | more))).principal for more in ({}, twice))
        assert other == pytest.approx(one * [2, 1], rel=1e-6)

    def test_with_a_portfolio_is_of_its_rows(self, tmp_path):
        book = sl.example_portfolio(tmp_path / "book.csv", borrowers=400)
        scenario = JIEBEI.replace({"population.portfolio": str(tmp_path / "book.csv")})
        drawn = repayments(prepared(JIEBEI))
        owned = repayments(prepared(scenario))
        per_debtor = drawn.holds.sum() / (1000 * np.mean(prepared(JIEBEI).book.utilisations > 0))
        assert owned.holds.sum() == pytest.approx(per_debtor * (book["outstanding"] > 0).sum())
        assert owned.principal.sum() < drawn.principal.sum()
        region = book["region"].iloc[0]
        shock = {"kind": "watch_list", "at": 0, "duration_days": 720, "regions": [region]}
        watched = scenario.replace({"review.watch_share": 0.0, "shocks": [shock]})
        every = desk_load(prepared(scenario.replace({"review.watch_share": 1.0}))).offered
        share = (book.loc[book["outstanding"] > 0, "region"] == region).mean()
        assert desk_load(prepared(watched)).offered == pytest.approx(every * share)

    @pytest.mark.parametrize("instalments", [1, 2, 12, 60])
    @pytest.mark.parametrize(
        ("method", "cycles"),
        [
            ("equal_principal", lambda n: n / 2),
            ("equal_instalment", lambda n: n / 2),  # without interest they are the same
            ("interest_only", lambda n: n - 0.5),
        ],
    )
    def test_has_the_life_of_a_yuan(self, instalments, method, cycles):
        changes = {"product.instalments": instalments, "product.method": method, "product.daily_rate": 0.0}
        scenario = sl.Scenario().replace(changes)  # 1,000 lines of 10,000, half of them drawn
        expected = 5e6 / (cycles(instalments) * 30)
        assert repayments(prepared(scenario)).principal.sum() == pytest.approx(expected)

    def test_of_the_desk_counts_refused_holds_again_and_what_the_lever_takes_away(self):
        once = JIEBEI.replace({"review.approve_share": 1.0})
        offered = desk_load(prepared(once)).offered
        assert desk_load(prepared(JIEBEI)).offered == pytest.approx(offered / 0.9)
        lever = {"kind": "less_manual", "strength": 0.5, "uptake": 0.5}
        eased = once.replace({"levers": [lever]})
        assert desk_load(prepared(eased)).offered == pytest.approx(0.75 * offered)
        later = once.replace({"levers": [lever | {"start": 1}]})
        assert desk_load(prepared(later)).offered == offered

    def test_of_the_desk_counts_those_whom_a_shock_watches_from_the_start(self):
        """A fifth is watched anyway; of the rest, a shock of all the run watches those of the east, 40 %."""
        still = JIEBEI.replace({"review.watch_share": 0.2})
        offered = desk_load(prepared(still)).offered
        east = {"kind": "watch_list", "at": 0, "duration_days": 720, "regions": ["east"]}
        share = JIEBEI.population.regions["east"]
        for shock, watched in [
            (east, 1 - 0.8 * (1 - share)),
            (east | {"duration_days": 360}, 1 - 0.8 * (1 - share / 2)),
            (east | {"score_below": 0.1}, 1 - 0.8 * (1 - share)),
            (east | {"regions": []}, 1.0),
            (east | {"at": 1}, 0.2),
            (east | {"kind": "freeze"}, 0.2),
        ]:
            load = desk_load(prepared(still.replace({"shocks": [shock]})))
            assert load.offered == pytest.approx(offered * watched / 0.2)

    @pytest.mark.parametrize(
        ("funding", "a_day"),
        [
            ({"daily_inflow": 5.0}, 5.0),
            ({"initial": 720.0}, 1.0),
            ({"daily_inflow": 5.0, "ceiling": 4.0}, 4.0),
            ({"facilities": [{"name": "a", "daily_inflow": 4.0, "start": 360}]}, 2.0),
            ({"facilities": [{"name": "a", "daily_inflow": 4.0, "end": 180}]}, 1.0),
            ({"facilities": [{"name": "a", "lump": 72.0}]}, 0.1),
            ({"facilities": [{"name": "a", "lump": 72.0, "every_days": 90}]}, 0.8),
            ({"facilities": [{"name": "a", "lump": 72.0, "every_days": 90}], "ceiling": 36.0}, 0.4),
            ({"facilities": [{"name": "a", "lump": 72.0, "start": 720}]}, 0.0),
        ],
    )
    def test_of_the_inflows_is_their_mean_over_the_run(self, funding, a_day):
        scenario = sl.Scenario(funding={"unlimited": False, **funding})
        assert pool_load(prepared(scenario)).capacity == pytest.approx(a_day)
        more = scenario.replace({"levers": [{"kind": "more_funding", "strength": 0.5}]})
        initial = scenario.funding.initial / 720
        assert pool_load(prepared(more)).capacity == pytest.approx(initial + 1.5 * (a_day - initial))

    def test_a_pool_from_which_releases_take_nothing_is_asked_for_nothing(self):
        assert pool_load(prepared(JIEBEI.replace({"funding.reserve_share": 0.0}))).offered == 0

    def test_without_draws_a_release_takes_its_reserve_only(self):
        changes = {"funding.unlimited": False, "funding.recycle_share": 0.2, "funding.reserve_share": 0.5}
        still = sl.Scenario().replace(changes)
        repaid = repayments(prepared(still)).principal.sum()
        assert pool_load(prepared(still)).offered == pytest.approx(0.3 * repaid)
        drawing = still.replace({"behaviour.draws_per_year": 1e-9 * 365, "behaviour.draw_share": (1.0, 1.0)})
        load = pool_load(prepared(drawing))
        assert load.offered == pytest.approx(0.8 * repayments(prepared(drawing)).principal.sum())


class TestSentence:
    @pytest.mark.parametrize("name", NAMES)
    def test_no_preset_is_overloaded_whatever_its_scale(self, name):
        assert sentence(sl.preset(name)) == ""
        assert sentence(sl.preset(name).scaled(30_000)) == ""

    def test_of_three_times_the_borrowers_names_desk_and_pool(self):
        assert re.fullmatch(
            r"the desk is estimated to be offered 2\.3 times what its 1 reviewer can do, "
            r"and the pool is estimated to be asked for [\d,]+ a day and gets [\d,]+, so waits grow without "
            r"bound: "
            r"use preset\('jiebei'\)\.scaled\(3000\), on the command line --borrowers 3000, "
            r"or set review\.reviewers to 3 or more and add [\d,]+ a day or more to funding\.daily_inflow\.",
            sentence(CROWDED),
        )

    @pytest.mark.parametrize("borrowers", [1700, 3000, 50_000])
    def test_has_remedies_that_help_and_no_more_than_needed(self, borrowers):
        crowded = JIEBEI.replace({"population.borrowers": borrowers, "funding.ceiling": None})
        words = sentence(crowded)
        reviewers = int(re.search(r"review.reviewers to (\d+)", words)[1])
        changes = {"review.reviewers": reviewers}
        if found := re.search(r"add ([\d,]+) a day", words):
            changes["funding.daily_inflow"] = float(found[1].replace(",", ""))
        assert sentence(crowded.replace(changes)) == ""
        assert "the desk" in sentence(crowded.replace(changes | {"review.reviewers": reviewers - 1}))
        if found:
            fewer = changes["funding.daily_inflow"] - 2
            assert "the pool" in sentence(crowded.replace(changes | {"funding.daily_inflow": fewer}))

    def test_of_one_capacity_names_only_that(self):
        slow = JIEBEI.replace({"review.service_days": 2.0})
        assert re.match(r"the desk is estimated to be offered 1\.5 times [^,]*, so waits", sentence(slow))
        assert "scaled" not in sentence(slow)  # the number of borrowers is not why
        poor = JIEBEI.replace({"funding.facilities": [], "name": "poor"})
        assert re.match(
            r"the pool is estimated to be asked for [\d,]+ a day and gets 124, so waits", sentence(poor)
        )

    def test_of_a_book_sizes_desk_and_pool_for_its_rows(self, tmp_path):
        sl.example_portfolio(tmp_path / "book.csv", borrowers=4000)
        mine = JIEBEI.replace({"population.portfolio": str(tmp_path / "book.csv"), "name": "mine"})
        assert "use scaled(4000), on the command line" in sentence(mine)
        assert sentence(mine.scaled(4000)) == ""

    def test_where_nothing_is_ever_approved_no_capacity_helps(self):
        assert sentence(JIEBEI.replace({"review.approve_share": 0.0})) == ""


class TestWarning:
    @pytest.mark.parametrize("engine", ["simpy", "calendar"])
    def test_of_a_run_is_about_the_line_that_called(self, engine):
        small = CROWDED.replace({"horizon_days": 2, "warmup_days": 0})
        with pytest.warns(
            sl.SimlimitWarning, match=r"^jiebei: the desk is estimated to be offered 2\.3"
        ) as caught:
            sl.simulate(small, seed=1, engine=engine)
        assert [one.filename for one in caught] == [__file__]

    @pytest.mark.parametrize(
        ("make", "first"),
        [
            (lambda: sl.replicate(CROWDED, 4, workers=2, progress=False), "jiebei: "),
            (lambda: sl.compare({"a": JIEBEI, "b": CROWDED}, 2, progress=False), "b: "),
            (
                lambda: sl.sweep(CROWDED, {"review.reviewers": [1, 2, 3]}, 2, progress=False),
                "review.reviewers=1 (and 2 more of the scenarios): ",
            ),
            (lambda: sl.rank_levers(CROWDED, [{"kind": "less_manual"}], 2, progress=False), "jiebei: "),
            (lambda: sl.attribute(CROWDED, 1, progress=False), "jiebei: "),
        ],
        ids=["replicate", "compare", "sweep", "rank_levers", "attribute"],
    )
    def test_of_many_histories_comes_once(self, make, first):
        [only] = said(make)
        assert str(only.message).startswith(f"{first}the desk is estimated to be offered")
        assert only.filename == __file__

    def test_is_not_given_where_capacities_fit(self):
        assert said(lambda: sl.replicate(JIEBEI.scaled(3000), 2, progress=False)) == []


def test_an_overload_is_said_once_for_a_line_that_runs_again_and_again():
    crowded = sl.preset("jiebei").replace({"population.borrowers": 3000, "horizon_days": 480})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for seed in range(3):
            sl.replicate(crowded, 1, seed, progress=False)
    assert len(caught) == 1
