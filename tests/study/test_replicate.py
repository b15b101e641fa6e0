"""A study is its replications, however they are made, and its tables are theirs."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lender import LENDER
from plain import GATES, cents, cohort, of_replication
from random_scenarios import follow_up_of, random_scenario
from same import assert_same
from scipy import stats
from statsmodels.stats.multitest import multipletests

import simlimit as sl
from simlimit.study import experiment as experiments
from simlimit.study import workers
from simlimit.study.experiment import Chunk, Experiment
from simlimit.study.metrics import (
    BORROWER_METRICS,
    LEAST_EVENTS,
    expected_between_groups,
    expected_events,
    group_metrics,
)  # fmt: skip
from simlimit.study.store import Replications

SMALL = LENDER.replace({"population.borrowers": 20, "horizon_days": 300, "warmup_days": 100})
PLATFORM = LENDER.replace({"population.borrowers": 40, "horizon_days": 400})
SMALL = PLATFORM.replace({"population.borrowers": 10, "horizon_days": 300})


@pytest.fixture(scope="module")
def study() -> sl.Study:
    return sl.replicate(PLATFORM, 8, seed=2, keep="holds", progress=False)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chunk is one replication."""
    monkeypatch.setattr(experiments, "BORROWER_DAYS_PER_CALL", 1)


# ---- however it is spread ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_tables_do_not_depend_on_the_number_of_workers(
    workers: int, study: sl.Study, one_by_one: None
) -> None:
    assert_same(sl.replicate(PLATFORM, 8, seed=2, workers=workers, progress=False), study)


@pytest.mark.parametrize("engine", ["calendar", "simpy"])
@pytest.mark.parametrize("keep", ["counts", "holds", "all"])
def test_tables_do_not_depend_on_the_driver_or_on_what_is_kept(
    engine: Any, keep: Any, study: sl.Study, tmp_path: Path
) -> None:
    for store in (None, tmp_path):
        assert_same(
            sl.replicate(PLATFORM, 8, seed=2, engine=engine, keep=keep, store=store, progress=False), study
        )


def test_an_executor_of_ones_own_does_the_work_and_is_left_open(study: sl.Study) -> None:
    with ThreadPoolExecutor(3) as executor:
        for _ in range(2):
            assert_same(sl.replicate(PLATFORM, 8, seed=2, executor=executor, progress=False), study)
        assert executor.submit(int, 7).result() == 7


def test_more_replications_are_more_of_the_same(study: sl.Study) -> None:
    more = sl.replicate(PLATFORM, 11, seed=2, progress=False)
    pd.testing.assert_frame_equal(more.metrics().head(8), study.metrics())
    other = sl.replicate(PLATFORM, 8, seed=3, progress=False)
    assert not other.metrics()["days_away"].isin(study.metrics()["days_away"]).any()


@pytest.mark.parametrize("seed", range(4))
def test_a_portfolio_is_replicated_too(seed: int, tmp_path: Path) -> None:
    scenario = random_scenario(seed, tmp_path)
    study = sl.replicate(scenario, 3, seed, keep="all", follow_up_days=follow_up_of(seed), progress=False)
    for name in ("holds", "borrowers", "events"):
        table = getattr(study, name)
        for replication in range(3):
            run = of_replication(scenario, seed, replication, follow_up_of(seed), "all")
            own = table[table["replication"] == replication].drop(columns="replication")
            pd.testing.assert_frame_equal(own.reset_index(drop=True), getattr(run, name))
    assert study.by == tuple(study.borrowers["region"].cat.categories)


def test_a_study_says_what_it_is(study: sl.Study) -> None:
    assert len(study) == 8
    assert repr(study) == "Study('lender', seed=2: 8 replications of 40 borrowers, 400 days)"
    one = sl.replicate(PLATFORM, 1, seed=2, progress=False)
    assert repr(one) == "Study('lender', seed=2: 1 replication of 40 borrowers, 400 days)"
    assert study.scenario == PLATFORM
    assert study.seed == 2
    assert study.by == ("east", "central", "west", "northeast")
    assert study.is_precise is None


def test_tables_that_were_not_kept_are_refused(study: sl.Study) -> None:
    with pytest.raises(
        sl.SimlimitError, match=r'^keep is "holds", but events are kept only with keep="all"\.$'
    ):
        study.events  # noqa: B018
    counts = sl.replicate(SMALL, 1, progress=False)
    with pytest.raises(sl.SimlimitError, match=r'holds are kept only with keep="holds" or keep="all"\.$'):
        counts.holds  # noqa: B018


def test_daily_is_that_of_the_runs(study: sl.Study) -> None:
    for replication in (0, 7):
        run = of_replication(PLATFORM, 2, replication, 90)
        own = study.daily[study.daily["replication"] == replication].drop(columns="replication")
        pd.testing.assert_frame_equal(own.reset_index(drop=True), run.daily)


# ---- its tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_summary_is_the_mean_over_replications_with_its_t_interval(
    study: sl.Study, confidence: float
) -> None:
    table, values = study.summary(confidence), study.metrics()
    assert list(table.index) == list(values)
    assert list(table) == ["estimate", "low", "high", "replications"]
    assert table["estimate"].to_numpy() == pytest.approx(values.mean().to_numpy(), nan_ok=True)
    events = expected_events(values)
    varies = values.columns[(values.std() > 0) & (events >= LEAST_EVENTS)]
    assert len(varies) > 8
    low, high = stats.t.interval(confidence, 7, values[varies].mean(), stats.sem(values[varies]))
    most = [1 if "share" in metric or "released" in metric else np.inf for metric in varies]
    assert table.loc[varies, "low"].to_numpy() == pytest.approx(np.maximum(low, 0))
    assert table.loc[varies, "high"].to_numpy() == pytest.approx(np.minimum(high, most))
    assert table["low"].dropna().index.equals(varies)
    parts = table.loc[[*(f"days_{gate}" for gate in GATES), "days_forfeited"], "estimate"]
    assert parts.sum() == pytest.approx(table.loc["days_away", "estimate"], rel=1e-12)


@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_another_follow_up_is_that_of_another_study(study: sl.Study, weight: Any) -> None:
    other = sl.replicate(PLATFORM, 8, seed=2, follow_up_days=30, progress=False)
    pd.testing.assert_frame_equal(
        study.summary(0.9, follow_up_days=30, weight=weight), other.summary(0.9, weight=weight)
    )
    pd.testing.assert_frame_equal(study.summary(follow_up_days=90), study.summary())
    for days in (-1, 30.5, "month", True):
        with pytest.raises(
            sl.SimlimitError, match=f"^follow_up_days is {days!r}, but must be a whole number"
        ):
            study.summary(follow_up_days=days)  # type: ignore[arg-type]


def observed(study: sl.Study) -> pd.DataFrame:
    """All repayment holds from the end of the warm-up on."""
    holds = study.holds
    return holds[(holds["kind"] == "repayment") & (holds["repaid_at"] >= study.scenario.warmup_days)]


@pytest.mark.parametrize("confidence", [0.5, 0.95])
@pytest.mark.parametrize("group", [None, "west"])
def test_the_delay_curve_is_that_of_all_holds(study: sl.Study, confidence: float, group: str | None) -> None:
    holds = observed(study)
    if group is not None:
        holds = holds[holds["region"] == group]
    told = sl.cumulative_incidence(
        holds, cluster="replication", confidence=confidence, censored_at_risk=False
    )
    curve = study.delay_curve(confidence, group=group)
    assert curve.index.tolist() == list(range(400 - PLATFORM.warmup_days + 1))
    own = curve.loc[told.index.astype(int)]
    for column in told:
        # With no more than one replication left, there is no interval, or one of no width.
        known = told[column].notna().to_numpy()
        assert own[column].to_numpy()[known] == pytest.approx(told[column].to_numpy()[known], abs=1e-9)
    assert told["released_high"].notna().sum() > 10


def test_quantiles_are_those_of_the_delay_curve(study: sl.Study) -> None:
    told = study.quantiles((0.5, 0.99), group="east", confidence=0.8, weight="amount")
    curve = study.delay_curve(0.8, "amount", "east")
    pd.testing.assert_frame_equal(told, sl.quantiles(curve, "released", (0.5, 0.99)))
    pd.testing.assert_frame_equal(study.quantiles(), sl.quantiles(study.delay_curve()))


def test_what_no_replication_has_seen_may_still_be() -> None:
    # All is released at once, and none is forfeited, in 12 replications of about the same size.
    scenario = sl.preset("clockwork").replace({"population.borrowers": 20})
    study = sl.replicate(scenario, 12, seed=1, progress=False)
    day = sl.share_at(study.delay_curve(), [30]).loc[30]
    stands = study.standing().loc[30]
    assert day["clusters"] == pytest.approx(12, rel=0.02)
    assert day["released"] == stands["released"] == 1
    for row in (day, stands):
        assert row["forfeited_low"] == 0
        assert row["released_high"] == 1
        assert (1 - row["forfeited_high"]) ** 12 == pytest.approx(0.025, rel=0.1)
        assert row["released_low"] ** 12 == pytest.approx(0.025, rel=0.1)
    assert not day["few_at_risk"], "all holds have ended: nobody is left to be at risk"


def test_the_delay_curve_of_amounts_is_that_of_all_holds_where_none_is_forfeited_in_part() -> None:
    scenario = sl.preset("clockwork").replace(
        {
            "evaluation.straight_through": False,
            "population.limit_log_sd": 1.0,
            "population.borrowers": 20,
            "horizon_days": 200,
        }
    )
    study = sl.replicate(scenario, 6, keep="holds", follow_up_days=30, progress=False)
    told = sl.cumulative_incidence(
        observed(study), weight="amount", cluster="replication", censored_at_risk=False
    )
    curve = study.delay_curve(weight="amount").loc[told.index.astype(int)]
    for column in told:
        assert curve[column].to_numpy() == pytest.approx(told[column].to_numpy(), rel=1e-9)


def test_the_delay_curve_of_a_short_history_is_not_biased() -> None:
    # Repaid on days 0 .. 44, a wait uniform on 0 .. 29: by day 14 half is released.
    short = sl.preset("clockwork").replace(
        {
            "evaluation.straight_through": False,
            "evaluation.period_days": 30,
            "product.cycle_days": 10,
            "population.borrowers": 100,
            "warmup_days": 0,
            "horizon_days": 45,
        }
    )
    study = sl.replicate(short, 400, seed=1, keep="holds", follow_up_days=15, progress=False)
    for curve in (
        study.delay_curve(),
        sl.cumulative_incidence(study.holds, cluster="replication", censored_at_risk=False),
    ):
        for day in (14, 20, 28):
            low, share, high = curve.loc[day, ["released_low", "released", "released_high"]]
            assert abs(share - (day + 1) / 30) < 3 * (high - low) / (2 * 1.966)
    usual = sl.cumulative_incidence(study.holds, cluster="replication").loc[14]
    assert usual["released_high"] < 0.5, "where ends come first, the bias is seen by this test"


@pytest.mark.parametrize("weight", ["holds", "amount"])
@pytest.mark.parametrize("group", [None, "east"])
def test_where_a_repaid_yuan_stands_adds_up_and_is_that_of_the_runs(
    study: sl.Study, weight: Any, group: str | None
) -> None:
    table = study.standing(weight=weight, group=group)
    places = [*GATES, "released", "forfeited"]
    assert list(table)[:10] == places
    assert table.index.tolist() == list(range(91))
    assert table[places].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-12)
    unit = "_amount" if weight == "amount" else ""
    at_gates, ended = np.zeros((8, 90)), np.zeros((2, 91))
    for replication in range(8):
        counts = of_replication(PLATFORM, 2, replication, 90).counts
        counts = counts[counts["followed"] & (counts["age_days"] <= 90)]
        if group is not None:
            counts = counts[counts["region"] == group]
        by_age = counts.groupby("age_days")
        at_gates += [by_age[f"{gate}{unit}"].sum().to_numpy()[:90] for gate in GATES]
        ended += [by_age[f"{end}{unit}"].sum().to_numpy().cumsum() for end in ("released", "forfeited")]
    whole = at_gates[:, 0].sum() + ended[:, 0].sum()
    np.testing.assert_allclose(table[list(GATES)].to_numpy()[:90].T, at_gates / whole, atol=1e-12)
    np.testing.assert_allclose(table[["released", "forfeited"]].to_numpy().T, ended / whole, atol=1e-12)
    for place in places:
        low, high = table[f"{place}_low"], table[f"{place}_high"]
        assert ((low <= table[place] + 1e-12) & (table[place] - 1e-12 <= high)).all()
    for end in ("released_low", "released_high", "forfeited_low", "forfeited_high"):
        assert table[end].is_monotonic_increasing
        assert study.delay_curve(weight=weight, group=group)[end].dropna().is_monotonic_increasing


def test_what_stands_somewhere_at_the_end_of_the_follow_up_is_what_is_pending(study: sl.Study) -> None:
    last = study.standing(weight="holds").loc[90]
    holds = pd.concat([cohort(of_replication(PLATFORM, 2, r, 90)) for r in range(8)])
    ended = (holds["outcome"] != "pending") & (holds["delay_days"] <= 90)
    assert (~ended).any()
    assert last[list(GATES)].sum() == pytest.approx((~ended).mean(), rel=1e-12)


@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_groups_are_compared_with_the_whole_book(weight: Any) -> None:
    number = 13
    study = sl.replicate(PLATFORM, number, seed=2, progress=False)
    table = study.groups(0.9, weight)
    assert table.index.names == ["metric", "group"]
    assert list(table.loc["days_review"].index) == list(study.by)
    whole = study.metrics(weight)
    holds = study._tallies.followed_holds[..., 0].sum(axis=(0, 2))
    borrowers = study._tallies.totals["borrowers"].sum(axis=0)
    by_group = group_metrics(study._tallies, 90, weight)
    probabilities, told = [], []
    between = expected_between_groups(study._tallies, study.scenario.warmup_days, whole)
    seen = dict(zip(whole, between, strict=True))
    for metric in table.index.unique("metric"):
        sizes = borrowers if metric in BORROWER_METRICS else holds
        rows = table.loc[metric]
        every_gap = by_group[metric] - whole[[metric]].to_numpy()
        errors = stats.sem(np.where(np.isfinite(every_gap), every_gap, 0.0))
        scale = 1 / sizes - 1 / sizes.sum()
        of_all = np.sqrt(((errors**2 / scale) * sizes).sum() / sizes.sum() * scale)
        for group, error, least in zip(study.by, errors, of_all, strict=True):
            row, share = rows.loc[group], sizes[study.by.index(group)] / sizes.sum()
            expected = seen[metric] * min(share, 1 - share)
            if metric == "days_away":
                values = days_away_of_group(study, group, weight)
                assert row["estimate"] == pytest.approx(values.mean(), rel=1e-9)
                gaps = values - whole[metric].to_numpy()
                half = np.nan if expected < LEAST_EVENTS else stats.t.ppf(0.95, number - 1) * stats.sem(gaps)
                assert row["gap"] == pytest.approx(gaps.mean(), rel=1e-9)
                assert row["gap_low"] == pytest.approx(gaps.mean() - half, rel=1e-9, nan_ok=True)
                assert row["gap_high"] == pytest.approx(gaps.mean() + half, rel=1e-9, nan_ok=True)
            assert (row["significant"] is pd.NA) == (expected < LEAST_EVENTS)
            if expected >= LEAST_EVENTS:
                told.append(row["significant"])
                t_test = (
                    2 * stats.t.sf(abs(row["gap"]) / max(error, least), number - 1) if row["gap"] else 1.0
                )
                probabilities.append(max(t_test, 2 / 2**number))
    assert 10 < len(told) < len(table)
    assert told == multipletests(probabilities, 0.1, "holm")[0].tolist()


def days_away_of_group(study: sl.Study, group: str, weight: str) -> np.ndarray[Any, Any]:
    means = []
    for replication in range(len(study)):
        run = of_replication(study.scenario, study.seed, replication, 90)
        holds = cohort(run)
        holds = holds[holds["region"] == group]
        amount, released = cents(holds["amount"]), cents(holds["released_amount"])
        if weight == "holds":
            amount, released = amount**0, (holds["outcome"] == "released").astype(int)
        days = released * np.minimum(holds["delay_days"], 90) + (amount - released) * 90
        means.append(days.sum() / amount.sum())
    return np.array(means)


def test_the_watched_wait_for_their_review() -> None:
    study = sl.replicate(PLATFORM.replace({"review.watch_share": 0.3}), 20, by="watched", progress=False)
    table = study.groups().loc["days_review"]
    assert list(table.index) == ["not watched", "watched"]
    assert table.loc["not watched", "estimate"] == 0
    assert table["significant"].all()
    assert table.loc["watched", "gap_low"] > 0 > table.loc["not watched", "gap_high"]


def test_bands_are_named_by_their_bounds() -> None:
    study = sl.replicate(SMALL, 2, by="limit", bands=(5_000, 1_234_567.5), progress=False)
    assert study.by == ("below 5000", "5000 to 1234567.5", "1234567.5 and above")
    assert study.groups().loc[("days_away", "1234567.5 and above"), "replications"] == 0
    with pytest.raises(sl.SimlimitError, match=r"^group is 'rich', but must be one of: below 5000, 5000 to"):
        study.delay_curve(group="rich")
    with pytest.raises(sl.SimlimitError, match=r"^group is 'rich', but"):
        study.standing(group="rich")


# ---- Ctrl-C ----------------------------------------------------------------------------------------------


@pytest.fixture
def interrupted_after(monkeypatch: pytest.MonkeyPatch, one_by_one: None) -> Callable[[int], None]:
    """As if Ctrl-C were pressed, once, when so many replications have come in."""
    add, number = Replications.add, count()

    def interrupt_after(most: int) -> None:
        def add_or_stop(self: Replications, chunk: Chunk) -> None:
            if next(number) == most:
                raise KeyboardInterrupt
            add(self, chunk)

        monkeypatch.setattr(Replications, "add", add_or_stop)

    return interrupt_after


@pytest.mark.parametrize("keep", ["counts", "holds"])
def test_an_interrupted_study_carries_what_is_done(
    interrupted_after: Callable[[int], None], keep: Any
) -> None:
    interrupted_after(5)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        sl.replicate(SMALL, 50, seed=4, keep=keep, workers=1, progress=False)
    assert isinstance(interrupt.value, sl.StudyInterrupted)
    done = interrupt.value.studies[""]
    assert len(done) == 5
    assert str(interrupt.value) == (
        "interrupted; 5 of 50 replications are in `studies` of this exception, which "
        "`import sys; sys.last_value.studies` shows."
    )
    told = sl.replicate(SMALL, 5, seed=4, keep=keep, progress=False)
    assert_same(done, told)
    pd.testing.assert_frame_equal(done.summary(follow_up_days=20), told.summary(follow_up_days=20))
    if keep == "holds":
        pd.testing.assert_frame_equal(done.holds, told.holds)


def test_an_interrupted_study_continues_from_its_store(
    tmp_path: Path, interrupted_after: Callable[[int], None]
) -> None:
    interrupted_after(5)
    with pytest.raises(sl.StudyInterrupted) as interrupt:
        sl.replicate(SMALL, 9, store=tmp_path, workers=1, progress=False)
    written = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("replication-*")}
    assert len(written) == len(interrupt.value.studies[""]) == 5
    said = "interrupted; 5 of 9 replications are in the store; the same call continues from them."
    assert str(interrupt.value) == said
    whole = sl.replicate(SMALL, 9, store=tmp_path, progress=False)
    assert_same(whole, sl.replicate(SMALL, 9, progress=False))
    assert written.items() <= {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}.items()


@pytest.mark.parametrize(("most", "pairs"), [(1, 0), (5, 2), (12, 6)])
def test_an_interrupted_comparison_carries_pairs(
    interrupted_after: Callable[[int], None], most: int, pairs: int
) -> None:
    """The scenarios in turn: what has no partner yet is left out."""
    scenarios = {"monthly": SMALL, "weekly": SMALL.replace({"evaluation.period_days": 7})}
    interrupted_after(most)
    with pytest.raises(sl.StudyInterrupted) as interrupt:
        sl.compare(scenarios, 9, workers=1, progress=False)
    done = interrupt.value.studies
    assert list(done) == (list(scenarios) if pairs else [])
    for name, study in done.items():
        assert_same(study, sl.replicate(scenarios[name], pairs, progress=False))


def test_an_interrupt_before_anything_is_done_carries_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "run_chunk", interrupted)
    with pytest.raises(sl.StudyInterrupted) as interrupt:
        sl.replicate(SMALL, 3, progress=False)
    assert interrupt.value.studies == {}
    assert str(interrupt.value) == (
        'interrupted; 0 of 3 replications are done, and none is kept; with store="a-folder" the same call '
        "would continue."
    )


def test_what_is_done_without_a_gap_counts(monkeypatch: pytest.MonkeyPatch, one_by_one: None) -> None:
    run_chunk = workers.run_chunk

    def third_interrupts(experiment: Experiment, first: int, *arguments: Any) -> Chunk:
        if first == 3:
            raise KeyboardInterrupt
        return run_chunk(experiment, first, *arguments)

    monkeypatch.setattr(workers, "run_chunk", third_interrupts)
    with pytest.raises(sl.StudyInterrupted) as interrupt:
        sl.replicate(SMALL, 8, workers=1, progress=False)
    done = interrupt.value.studies[""]
    assert len(done) == 3
    assert_same(done, sl.replicate(SMALL, 3, progress=False))


def test_a_slow_first_chunk_counts_before_those_that_overtake_it(
    monkeypatch: pytest.MonkeyPatch, interrupted_after: Callable[[int], None]
) -> None:
    run_chunk = workers.run_chunk

    def slow_at_first(experiment: Experiment, first: int, number: int) -> Chunk:
        if first == 0:
            time.sleep(0.3)
        return run_chunk(experiment, first, number)

    monkeypatch.setattr(workers, "run_chunk", slow_at_first)
    interrupted_after(1)
    with pytest.raises(sl.StudyInterrupted) as interrupt:
        sl.replicate(SMALL, 8, workers=2, progress=False)
    assert len(interrupt.value.studies[""]) == 1


# ---- what cannot be ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"scenario": "jiebei"}, "scenario is 'jiebei', but must be a Scenario, such as preset('jiebei')."),
        ({"n": 0}, "n is 0, but must be a whole number from 1 to 1000000."),
        ({"n": 2_000_000}, "n is 2000000, but"),
        ({"n": 3.0}, "n is 3.0, but"),
        ({"seed": -1}, "seed is -1, but must be a whole number from 0 to 4294967295."),
        ({"workers": 0}, "workers is 0, but must be a whole number from 1 to 10000."),
        ({"workers": "all"}, "workers is 'all', but"),
        ({"executor": "dask"}, "executor is of type str, but must be an Executor."),
        (
            {"workers": 2, "executor": Executor()},
            "workers is 2, but an executor has its own workers: set one of the two.",
        ),
        ({"engine": "fast"}, "engine is 'fast', but must be one of: simpy, calendar."),
        ({"keep": "everything"}, "keep is 'everything', but must be one of: all, holds, counts."),
        ({"follow_up_days": -1}, "follow_up_days is -1, but must be a whole number from 0 to 30000."),
        ({"follow_up_days": 30_001}, "follow_up_days is 30001, but"),
        ({"by": "age"}, "by is 'age', but must be one of: region, watched, risky, lenders, limit,"),
        ({"bands": (1, 2)}, "bands is (1, 2), but must be empty: region has groups of its own."),
        ({"bands": None}, "bands is None, but must be empty"),
        (
            {"by": "score"},
            "bands is (), but must be 1 to 254 ascending numbers, the bounds between groups by",
        ),
        ({"by": "score", "bands": (0.7, 0.6)}, "bands is (0.7, 0.6), but must be 1 to 254 ascending"),
        ({"by": "score", "bands": 0.7}, "bands is 0.7, but must be 1 to 254 ascending numbers"),
        ({"by": "score", "bands": "low"}, "bands is 'low', but must be an array of numbers"),
        ({"by": "score", "bands": (0.1, float("nan"))}, "bands is (0.1, nan), but"),
        ({"store": 7}, "store is 7, but must be the path of a file or folder."),
    ],
)
def test_an_argument_that_cannot_be_is_refused_in_a_sentence(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(sl.SimlimitError) as error:
        sl.replicate(**{"scenario": SMALL, "n": 2} | arguments)
    assert str(error.value).startswith(sentence)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("ask", ["metrics", "summary", "groups", "standing", "delay_curve"])
def test_a_weight_or_confidence_that_cannot_be_is_refused_in_a_sentence(study: sl.Study, ask: str) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^weight is 'yuan', but must be one of: holds, amount\.$"):
        getattr(study, ask)(weight="yuan")
    if ask != "metrics":
        with pytest.raises(sl.SimlimitError, match=r"^confidence is 95, but"):
            getattr(study, ask)(confidence=95)


def test_a_short_study_shows_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    sl.replicate(SMALL, 2)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def kept(thing: Any) -> Any:
    """What comes back from a file in which something was kept."""
    return pickle.loads(pickle.dumps(thing))


def test_a_study_can_be_kept_in_a_file_and_goes_on() -> None:
    with ThreadPoolExecutor(1) as executor:
        study = sl.replicate(SMALL, 3, executor=executor)
    again = kept(study)
    pd.testing.assert_frame_equal(again.summary(), study.summary())
    pd.testing.assert_frame_equal(again.delay_curve(), study.delay_curve())
    pd.testing.assert_frame_equal(again.summary(follow_up_days=7), study.summary(follow_up_days=7))
    pd.testing.assert_frame_equal(again.daily, study.daily)


def test_what_is_made_of_studies_can_be_kept_in_a_file() -> None:
    lever = sl.Lever(kind="pay_on_time")
    results = (
        sl.simulate(SMALL),
        sl.compare({"a": SMALL, "b": SMALL}, 2),
        sl.sweep(SMALL, {"product.instalments": [6, 12]}, 2),
        sl.rank_levers(SMALL, [lever], 2),
        sl.attribute(SMALL, 2),
    )
    for result in results:
        assert str(kept(result)) == str(result)
    stop = kept(sl.StudyInterrupted({"": sl.replicate(SMALL, 2)}, "5 of 9 are done."))
    assert str(stop) == "5 of 9 are done."
    assert repr(stop.studies[""]) == repr(sl.replicate(SMALL, 2))
