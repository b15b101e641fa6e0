"""Studies of draws of the parameters: each draw has two replications, and intervals are of the draws."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_draws import FOLLOW_UP, LAWS, KnownFit, coverage_of_draws, coverage_of_studies
from lender import LENDER
from same import assert_same
from scipy import stats

import simlimit as sl
from simlimit.portfolio import Portfolio
from simlimit.study import experiment as experiments
from simlimit.study.draws import PER_DRAW, Draws
from simlimit.study.experiment import Chunk, prepare_experiment
from simlimit.study.intervals import (
    mean_intervals,
    order_statistics,
    raw_p_values,
    variance_components,
    without_simulation_error,
)
from simlimit.study.options import CheckedOptions
from simlimit.study.store import Replications

PLATFORM = LENDER.replace({"population.borrowers": 30, "horizon_days": 300})
QUIET: dict[str, Any] = {"progress": False}


def flags(seed: int = 5, scenario: sl.Scenario = PLATFORM) -> Draws:
    """Draws of a share of false flags, of how often is evaluated, and of how many are on the watch-list."""

    def draws(n: int) -> list[sl.Scenario]:
        rng = np.random.default_rng(seed)
        return [
            scenario.replace(
                {
                    "screening.false_flag": float(rng.uniform(0, 0.2)),
                    "evaluation.period_days": int(rng.integers(5, 40)),
                    "review.watch_share": float(rng.uniform(0, 0.3)),
                }
            )
            for _ in range(n)
        ]

    return Draws(scenario, draws)


# ---- which replication is of which draw --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "keep"), [("calendar", "counts"), ("calendar", "holds"), ("simpy", "holds")]
)
def test_replications_are_those_of_each_draw_two_by_two(engine: Any, keep: Any) -> None:
    study = sl.replicate(flags(), 6, seed=3, engine=engine, keep=keep, **QUIET)
    assert study.scenario == PLATFORM
    assert list(study.draws) == flags().scenarios(3)
    for k, draw in enumerate(study.draws):
        alone = sl.replicate(draw, 6, seed=3, keep=keep, **QUIET)
        rows = slice(PER_DRAW * k, PER_DRAW * (k + 1))
        pd.testing.assert_frame_equal(
            study.metrics().iloc[rows], alone.metrics().iloc[rows], check_exact=True
        )
        ours = study.daily[study.daily["replication"].between(2 * k, 2 * k + 1)]
        assert ours.equals(alone.daily.loc[ours.index])
        if keep == "holds":
            held = [one.holds[one.holds["replication"] == 2 * k + 1] for one in (study, alone)]
            pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in held))


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chunk is one replication, so that the two of a draw may be made apart."""
    monkeypatch.setattr(experiments, "BORROWER_DAYS_PER_CALL", 1)


def test_chunks_may_part_the_replications_of_a_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sl.replicate(flags(), 12, **QUIET)
    for size in (1, 3):
        monkeypatch.setattr(experiments, "BORROWER_DAYS_PER_CALL", size * 30 * 300)
        for workers in (1, 2):
            assert_same(sl.replicate(flags(), 12, workers=workers, **QUIET), whole)


def watches(platform: sl.Platform) -> Iterator[Any]:
    """Record each week how many wait."""
    for day in range(180, platform.horizon, 7):
        yield platform.at(day, 5)
        platform.record("waiting", platform.today()["pending_holds"])


@pytest.mark.long
def test_processes_of_the_system_say_the_same(tmp_path: Path, one_by_one: None) -> None:
    alone = sl.replicate(flags(), 6, **QUIET)
    own = sl.replicate(flags(), 6, processes=[watches], workers=1, **QUIET)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert_same(sl.replicate(flags(), 6, executor=executor, store=tmp_path, **QUIET), alone)
        sent = sl.replicate(flags(), 6, processes=[watches], executor=executor, **QUIET)
    pd.testing.assert_frame_equal(sent.records, own.records)
    assert sent.summary().loc["waiting.mean", "estimate"] > 0


def test_a_task_takes_its_own_draws_and_no_book_is_copied_for_one(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    rows = {"limit": np.arange(1_000, 4_000), "outstanding": np.arange(3_000)}
    pd.DataFrame(rows).to_csv(file, index=False)
    scenario = PLATFORM.replace({"population.portfolio": str(file), "population.regions": {"one": 1.0}})
    fit = flags(scenario=scenario)
    draws = tuple(fit.scenarios(8))
    experiment = prepare_experiment(fit, 1, CheckedOptions(), n=16)
    assert [len(experiment.part(first, 3).draws) for first in (0, 1, 4, 5)] == [2, 2, 2, 2]
    assert experiment.part(3, 1).draws == experiment.draws[1:2]
    books = [draw.population.portfolio for draw in experiment.draws]
    assert isinstance(books[0], Portfolio)
    assert all(book is books[0] for book in books)
    one, all_draws = (len(pickle.dumps(experiment._replace(draws=some))) for some in (draws[:1], draws))
    assert all_draws - one < len(pickle.dumps(draws))


def test_draws_of_a_portfolio_are_those_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("limit,outstanding\n" + "".join(f"{5_000 + 10 * i},{40 * i}\n" for i in range(40)))
    fit = flags(scenario=PLATFORM.replace({"population.portfolio": str(file)}))
    study = sl.replicate(fit, 4, **QUIET)
    for k, draw in enumerate(fit.scenarios(2)):
        rows = slice(PER_DRAW * k, PER_DRAW * (k + 1))
        alone = sl.replicate(draw, 4, **QUIET).metrics()
        pd.testing.assert_frame_equal(study.metrics().iloc[rows], alone.iloc[rows])


def test_another_follow_up_is_of_the_same_draws() -> None:
    study = sl.replicate(flags(), 80, **QUIET)
    again = sl.replicate(flags(), 80, follow_up_days=30, **QUIET)
    pd.testing.assert_frame_equal(study.summary(follow_up_days=30), again.summary())


# ---- stores and interrupts ---------------------------------------------------------------------------------


def test_a_store_of_draws_goes_on_and_can_be_extended(tmp_path: Path) -> None:
    sl.replicate(flags(), 4, store=tmp_path, **QUIET)
    (tmp_path / "replication-000001.parquet").unlink()
    written = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("replication-*")}
    assert_same(sl.replicate(flags(), 8, store=tmp_path, **QUIET), sl.replicate(flags(), 8, **QUIET))
    assert written.items() <= {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}.items()


def test_a_store_refuses_other_draws(tmp_path: Path) -> None:
    sl.replicate(flags(), 4, store=tmp_path, **QUIET)
    for other in (flags(seed=6), PLATFORM, flags().replace({"review.reviewers": 9})):
        with pytest.raises(sl.SimlimitError, match=f"{tmp_path} holds a study of (other draws|another scen)"):
            sl.replicate(other, 4, store=tmp_path, **QUIET)
    first, last = flags().scenarios(2)
    changed = [first, last.replace({"screening.false_flag": 0.01})]
    with pytest.raises(sl.SimlimitError, match=r"000002\.parquet cannot be read \(it is of other draws"):
        sl.replicate(Draws(PLATFORM, lambda n: changed[:n]), 4, store=tmp_path, **QUIET)


@pytest.mark.parametrize(("most", "done"), [(5, 4), (1, 0)])
def test_an_interrupt_keeps_whole_draws(
    most: int, done: int, monkeypatch: pytest.MonkeyPatch, one_by_one: None
) -> None:
    number, add = count(), Replications.add

    def add_or_stop(self: Replications, chunk: Chunk) -> None:
        if next(number) == most:
            raise KeyboardInterrupt
        add(self, chunk)

    monkeypatch.setattr(Replications, "add", add_or_stop)
    with pytest.raises(sl.StudyInterrupted) as stop:
        sl.replicate(flags(), 8, workers=1, **QUIET)
    monkeypatch.setattr(Replications, "add", add)
    assert [len(study) for study in stop.value.studies.values()] == [done] * (done > 0)
    for study in stop.value.studies.values():
        assert_same(study, sl.replicate(flags(), done, **QUIET))


# ---- what is refused ---------------------------------------------------------------------------------------


def drawn(change: Callable[[list[sl.Scenario]], Sequence[Any]]) -> Draws:
    return Draws(PLATFORM, lambda n: change(flags().scenarios(n)))


@pytest.mark.parametrize(
    ("fit", "options", "sentence"),
    [
        (flags(), {"n": 5}, "n is 5, but must be even: of each draw of a fit there are two replications."),
        (flags(), {"n": "many"}, "n is 'many', but must be a whole number"),
        (flags(), {"precision": 0.1}, "precision is set, but replications do not make a fit precise"),
        (drawn(lambda draws: draws[1:]), {}, "but must be 2 with the days and regions"),
        (drawn(lambda draws: [*draws[1:], 7]), {}, "a draw of the fit is 7, but must be a Scenario"),
        (Draws(7, flags().scenarios), {}, "scenario is 7, but must be a Scenario"),
        (drawn(lambda draws: [d.replace({"horizon_days": 301}) for d in draws]), {}, "the days and regions"),
        (flags, {}, "but must be a Scenario, such as preset('jiebei')."),
    ],
)
def test_draws_that_cannot_be_are_refused_in_a_sentence(
    fit: Any, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(sl.SimlimitError) as error:
        sl.replicate(fit, **{"n": 4, **QUIET} | options)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_change_of_draws_is_refused_as_one_of_a_scenario() -> None:
    for changes in ({"evaluation.period": 7}, {"evaluation.period_days": lambda draw: -1}, 7):
        with pytest.raises(sl.ScenarioError):
            flags().replace(changes)  # type: ignore[arg-type]


def test_a_fit_is_not_compared_with_a_scenario_and_a_scenario_has_no_components() -> None:
    with pytest.raises(sl.SimlimitError, match="scenarios has a fit beside a scenario"):
        sl.compare({"fit": flags(), "scenario": PLATFORM}, 4, **QUIET)
    with pytest.raises(sl.SimlimitError, match="only the parameters of a fit vary"):
        sl.replicate(PLATFORM, 4, **QUIET).variance_components()


# ---- the variance of the parameters, and of simulation -----------------------------------------------------


def test_what_varies_by_the_parameters_is_known_where_they_are() -> None:
    """With a period of p days, the days away are (p - 1) / 2."""
    fit = KnownFit()
    study = sl.replicate(fit, 200, follow_up_days=FOLLOW_UP, **QUIET)
    found = study.variance_components().loc["days_away"]
    means = (fit.periods(100) - 1) / 2
    simulation = np.mean(
        [
            sl.replicate(draw, 60, 2, follow_up_days=FOLLOW_UP, **QUIET).metrics()["days_away"].var()
            for draw in fit.scenarios(12)
        ]
    )
    assert found["simulation"] == pytest.approx(simulation, rel=0.4)
    # The error of the mean of two replications, and what it has in common with the means behind.
    error = np.sqrt(4 * means.var() * found["simulation"] / 2 / 100) + found["simulation"] / 10
    assert found["parameters"] == pytest.approx(means.var(ddof=1), abs=3 * error)
    assert found["share"] == pytest.approx(found["parameters"] / found[["parameters", "simulation"]].sum())
    certain = Draws(fit.scenario, lambda n: [fit.scenario] * n)
    same = sl.replicate(certain, 200, follow_up_days=FOLLOW_UP, **QUIET).variance_components()
    assert same.loc["days_away", "share"] < 0.2
    assert np.isnan(same.loc["days_policy", "share"])


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_variance_components_are_unbiased(noise: float) -> None:
    rng = np.random.default_rng(8)
    expected = rng.exponential(1.0, (20, 20_000))
    values = np.repeat(expected, 2, axis=0) + rng.normal(0, noise, (40, 20_000))
    _, parameters, simulation, error = variance_components(values)
    for found, true in ((parameters, 1.0), (simulation, noise**2)):
        assert found.mean() == pytest.approx(true, abs=4 * found.std() / 20_000**0.5)
    pairs = values.reshape(20, 2, -1)
    told = [stats.f_oneway(*pairs[:, :, study]).statistic for study in range(50)]
    assert (1 + 2 * parameters / simulation)[:50] == pytest.approx(told)
    assert (error > 0).all()


def test_a_draw_without_a_value_of_both_replications_is_left_out() -> None:
    values = np.array([1.0, 3.0, np.nan, 9.0, 4.0, 8.0, 5.0, 5.0])[:, np.newaxis]
    without = np.delete(values, [2, 3], axis=0)
    for one, other in zip(variance_components(values)[1:], variance_components(without)[1:], strict=True):
        assert one == other
    assert mean_intervals(values, 0.2, draws=True).replications == 6
    infinite = np.append(values, [[np.inf], [np.inf]], axis=0)
    assert np.isnan(mean_intervals(infinite, 0.2, draws=True)[:3]).all()


# ---- intervals ---------------------------------------------------------------------------------------------


def test_draws_without_simulation_error_stay_as_they_are() -> None:
    means = np.random.default_rng(2).gamma(2.0, 1.0, (40, 3))
    found = without_simulation_error(np.repeat(means, 2, axis=0))
    assert found == pytest.approx(means, rel=1e-9)


@given(st.integers(2, 60), st.floats(0.01, 100.0), st.integers(0, 2**32 - 1))
def test_simulation_error_only_moves_draws_towards_their_mean(draws: int, noise: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.repeat(rng.normal(size=(draws, 2)), 2, axis=0) + noise * rng.normal(size=(2 * draws, 2))
    means, moved = values.reshape(draws, 2, 2).mean(axis=1), without_simulation_error(values)
    share = (moved - means.mean(axis=0)) / (means - means.mean(axis=0))
    assert (share > 0).all()
    assert (share <= 1 + 1e-9).all()


def test_what_is_moved_varies_as_the_parameters_do() -> None:
    rng = np.random.default_rng(3)
    values = np.repeat(rng.exponential(1.0, (4_000, 1)), 2, axis=0) + rng.normal(0, 2.0, (8_000, 1))
    assert without_simulation_error(values).std() == pytest.approx(1.0, abs=0.05)


def test_one_more_draw_is_between_order_statistics_as_often_as_they_say() -> None:
    """Of 39 values, one more is below the least with a chance of 1 in 40, whatever their law."""
    values = np.random.default_rng(4).permutation(39)[:, np.newaxis]
    number = np.array([39])
    assert order_statistics(values, number, 0.95)[:, 0] == pytest.approx([0, 38], abs=1e-12)
    assert order_statistics(values, number, 0.9)[:, 0] == pytest.approx([1, 37])
    assert np.isnan(order_statistics(values, number, 0.951)).all()
    assert np.isnan(order_statistics(values[:38], number - 1, 0.95)).all()


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_intervals_cover_one_more_draw(law: str, noise: float) -> None:
    """Where simulation error hides what the parameters do, they are too wide: that is the safe side."""
    covered = coverage_of_draws(law, 100, noise, 2_000)
    error = (0.9 * 0.1 / 2_000) ** 0.5
    assert covered > 0.885 - 3 * error
    assert covered < 0.95 + 3 * error or noise > 3


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_where_simulation_error_grows_with_the_effect_draws_without_one_stay_where_they_are(
    noise: float,
) -> None:
    """So the truth may be that there is nearly none. To move all in proportion would cover it in 78 %."""
    covered = coverage_of_draws("exponential", 100, noise, 2_000, in_proportion=True)
    assert covered > 0.85 - 3 * (0.9 * 0.1 / 2_000) ** 0.5


def test_the_estimate_is_the_mean_of_the_replications() -> None:
    effects = np.random.default_rng(5).exponential(1.0, (40, 3))
    values = np.repeat(effects, 2, axis=0) * np.random.default_rng(6).normal(1.0, 1.0, (80, 3))
    assert mean_intervals(values, 0.9, draws=True).estimate == pytest.approx(values.mean(axis=0))


@pytest.mark.long
def test_studies_of_a_fit_cover_the_days_away_and_the_effect_of_a_change() -> None:
    for name, covered in coverage_of_studies(100).items():
        assert 0.81 < covered < 0.99, name


def test_curves_are_between_those_of_the_draws() -> None:
    study = sl.replicate(KnownFit(), 100, follow_up_days=FOLLOW_UP, keep="counts", **QUIET)
    known = sl.replicate(KnownFit().scenario, 100, follow_up_days=FOLLOW_UP, **QUIET)
    curve, other = study.delay_curve().loc[7], known.delay_curve().loc[7]
    released = np.minimum(1, 8 / KnownFit().periods(50))
    low, high = np.quantile(released, [0.025, 0.975])
    assert curve["released_low"] == pytest.approx(low, abs=0.06)
    assert curve["released_high"] == pytest.approx(high, abs=0.06)
    assert other["released_high"] - other["released_low"] < 0.1
    assert "50 draws" in study.delay_curve().attrs["interval"]
    standing = study.standing().loc[7]
    assert standing["released_high"] == pytest.approx(high, abs=0.06)
    assert standing["policy_high"] > 0  # never seen: exact, and not of width 0
    assert "middle of 50 draws" in str(study)


# ---- comparisons -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weekly() -> sl.Comparison:
    fit = KnownFit()
    each = {"now": fit, "weekly": fit.replace({"evaluation.period_days": 7})}
    return sl.compare(each, 100, follow_up_days=FOLLOW_UP, **QUIET)


def test_the_effect_of_a_change_is_paired_by_draw(weekly: sl.Comparison) -> None:
    effects = 3 - (KnownFit().periods(50) - 1) / 2
    row = weekly.differences(0.9).loc[("weekly", "days_away")]
    assert row["difference"] == pytest.approx(effects.mean(), abs=0.5)
    low, high = np.quantile(effects, [0.05, 0.95], method="weibull")
    assert row["low"] == pytest.approx(low, abs=1.5)
    assert row["high"] == pytest.approx(high, abs=1.5)
    assert row["replications"] == 100
    plain = mean_intervals(
        np.subtract(*(study.metrics()["days_away"] for study in reversed(weekly.studies.values()))), 0.9
    )
    assert row["high"] - row["low"] > 4 * (plain.high - plain.low)  # of the draws, not of their mean


def test_an_effect_is_significant_if_its_sign_is_certain() -> None:
    """Doubled, every period is longer: the sign is certain, and the size is not."""
    fit = KnownFit()
    double = fit.replace({"evaluation.period_days": lambda draw: 2 * draw.evaluation.period_days})
    weekly = fit.replace({"evaluation.period_days": 7})
    each = {"now": fit, "double": double, "weekly": weekly}
    comparison = sl.compare(each, 200, follow_up_days=FOLLOW_UP, **QUIET)
    table = comparison.differences(metrics=["days_away"])["significant"].droplevel("metric")
    assert table["double"]
    assert not table["weekly"]  # who is evaluated each day now would wait longer


def test_p_values_of_draws_are_of_one_more_draw() -> None:
    rng = np.random.default_rng(6)
    normal = rng.normal(5.0, 1.0, (60, 1))
    told = 2 * stats.t.sf(normal.mean() / normal.std(ddof=1) / (1 + 1 / 60) ** 0.5, 59)
    assert raw_p_values(normal, draws=True) == pytest.approx(told, rel=1e-6)
    skewed = rng.exponential(1.0, (60, 1))  # all on one side, so that their rank says more than Student's t
    assert raw_p_values(skewed, draws=True) == pytest.approx(2 / 61)
    assert raw_p_values(np.zeros((60, 1)), draws=True) == 1


@pytest.mark.parametrize("noise", ["normal", "exponential"])
def test_where_nothing_has_an_effect_verdicts_are_rarely_wrong(noise: str) -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(size=(60, 2_000))
    if noise == "exponential":
        values = rng.exponential(size=values.shape) - rng.exponential(size=values.shape)
    assert (raw_p_values(without_simulation_error(values), draws=True) < 0.05).mean() < 0.05


@pytest.mark.parametrize("replications", [76, 78])
def test_too_few_draws_say_how_many_replications_an_interval_needs(replications: int) -> None:
    study = sl.replicate(flags(), replications, **QUIET)
    said = "95 % needs 78 replications" in repr(study) + str(study)
    assert said == np.isnan(study.summary().loc["days_away", "low"]) == (replications < 78)


def test_levers_are_ranked_by_draw() -> None:
    levers = [{"kind": "better_model", "strength": 0.5}, {"kind": "pay_on_time", "strength": 1.0}]
    ranking = sl.rank_levers(flags(), levers, 40, by="watched", **QUIET)
    told = sl.compare(
        {"none": flags(), "better": flags().replace({"levers": levers[:1]})}, 40, by="watched", **QUIET
    ).differences(0.9, metrics=["days_away"])
    row = ranking.table(0.9).loc[("days_away", "better_model")]
    assert row[["alone", "alone_low", "alone_high"]].tolist() == pytest.approx(
        told.iloc[0][["difference", "low", "high"]].tolist()
    )
    assert ranking.of_fit
    assert np.isfinite(row["alone_low"])
    assert np.isnan(ranking.table(0.95)["alone_low"]).all()  # 20 draws are too few
