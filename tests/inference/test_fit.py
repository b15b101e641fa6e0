"""What a fit says: estimates, intervals, verdicts, and what would help."""

import functools
import sys

import numpy as np
import pandas as pd
import pytest
from fitted_logs import FREE, PERIOD, log_of, platform
from scipy import stats

import simlimit as sl
from simlimit.books.release_log import log_digest
from simlimit.inference import regression
from simlimit.inference.fit import verdicts

TRUTH = {PERIOD: 25, "screening.false_flag": 0.04}


@functools.cache
def fitted(n: int = 200) -> sl.Fit:
    return sl.fit(log_of(TRUTH, columns=("gate", "region")), platform(), FREE, n=n, progress=False)


@functools.cache
def with_laws(n: int = 200) -> sl.Fit:
    """Return a fit in which the law of a review is free."""
    desk = {"review.watch_share": 0.3, "review.service_days": 3.0, "review.reviewers": 3}
    free = {"review.service_law": ["lognormal", "constant", "exponential"], **FREE}
    return sl.fit(log_of(desk, columns=("gate",)), platform().replace(desk), free, n=n, progress=False)


def test_the_estimate_is_near_the_truth_and_within_the_bounds() -> None:
    table = fitted().table(0.99)
    for name, truth in TRUTH.items():
        assert table.loc[name, "low"] <= truth <= table.loc[name, "high"]
    assert (table["prior_low"] <= table["low"]).all()
    assert (table["high"] <= table["prior_high"]).all()
    assert table["low"].map(type).tolist()[0] is not float or float(table["low"].iloc[0]).is_integer()


def test_verdicts_follow_from_the_share_of_the_variance_that_is_gone() -> None:
    assert fitted().table().loc[PERIOD, "verdict"] == "determined"
    free = {PERIOD: (7, 60), "limits.raise_share": (0.0, 0.5)}  # no line is ever raised
    table = sl.fit(log_of(TRUTH), platform(), free, n=100, progress=False).table()
    assert table.loc["limits.raise_share", "verdict"] == "not determined"
    assert abs(table.loc["limits.raise_share", "share_removed"]) < 0.35


def test_a_log_is_not_believed_to_say_much_more_than_such_logs_do() -> None:
    own, usual = np.meshgrid([0.1, 0.3, 0.8], [0.1, 0.3, 0.8])
    no, weakly, yes = "not determined", "weakly determined", "determined"
    assert verdicts(own, usual).tolist() == [[no, no, weakly], [no, weakly, weakly], [no, weakly, yes]]


def test_what_logs_usually_say_is_in_the_table_and_in_the_advice() -> None:
    usually = fitted().table()["usually_removed"]
    assert usually.equals(fitted().advice()["share_removed"].rename("usually_removed"))
    assert usually[PERIOD] > 0.8
    share = {"evaluation.straight_through": [True, False]}
    fit = sl.fit(log_of({}), platform(), share, n=100, progress=False)
    assert fit.table()["usually_removed"].iloc[0] > 0.9  # of what there is to know, which is 3/4


def test_the_scenario_is_the_estimate_and_says_from_where_it_is() -> None:
    scenario, table = fitted().scenario, fitted().table()
    assert scenario.evaluation.period_days == table.loc[PERIOD, "estimate"]
    log, rows = log_of(TRUTH), len(log_of(TRUTH))
    last = (log["repaid_on"] + pd.to_timedelta(log["delay_days"], unit="D")).max().date()
    digest = log_digest(log_of(TRUTH, columns=("gate", "region")))[:12]
    assert scenario.source(PERIOD) == f"fitted: {rows:,} rows, digest {digest}, {last}"
    assert scenario.source("behaviour.slip_share") == platform().source("behaviour.slip_share")
    for name in ("horizon_days", "start_date"):
        assert scenario.source(name) == "measured: the days of the log, and the warm-up before them"
    assert scenario.source("population.portfolio") == platform().source("population.portfolio")
    assert sl.simulate(scenario, engine="calendar", keep="counts").scenario == scenario


def test_scenarios_are_draws_from_the_posterior_distribution() -> None:
    drawn = pd.Series([one.evaluation.period_days for one in fitted().scenarios(200)])
    assert drawn.median() == pytest.approx(fitted().table().loc[PERIOD, "estimate"], abs=1)
    low, high = fitted().draws[PERIOD].quantile([0.05, 0.95])
    assert drawn.between(low, high).mean() == pytest.approx(0.9, abs=0.09)
    assert len(fitted().draws) == 1000
    assert fitted().scenarios(30)[:7] == fitted().scenarios(7)


def test_a_change_of_a_fit_is_one_of_its_estimate_and_of_every_draw() -> None:
    flags = "screening.false_flag"
    changed = fitted().replace({PERIOD: 7, flags: lambda draw: draw.screening.false_flag / 2})
    pairs = [(fitted().scenario, changed.scenario)]
    pairs += zip(fitted().scenarios(5), changed.scenarios(5), strict=True)
    for before, after in pairs:
        assert after == before.replace({PERIOD: 7, flags: before.screening.false_flag / 2})
    with pytest.raises(sl.ScenarioError):
        fitted().replace({PERIOD: -1})


def test_a_fit_and_its_changes_are_compared_draw_by_draw() -> None:
    options = {"metrics": ["days_away"]}
    each = {"now": fitted(), "weekly": fitted().replace({PERIOD: 7})}
    row = sl.compare(each, 200, progress=False).differences(0.9, **options).loc[("weekly", "days_away")]
    true = {"now": platform().replace(TRUTH), "weekly": platform().replace({**TRUTH, PERIOD: 7})}
    truth = sl.compare(true, 40, progress=False).differences(0.9, **options)["difference"].iloc[0]
    assert row["low"] < truth < row["high"] < 0
    assert row["significant"]


def test_a_log_of_twice_the_borrowers_is_fitted_by_a_platform_of_twice_the_borrowers() -> None:
    rich = platform().replace({"funding.unlimited": False, "funding.initial": 1e6, "review.reviewers": 2})
    log = log_of({**TRUTH, "population.borrowers": 120})
    fit = sl.fit(log, rich, FREE, n=100, progress=False)
    scenario = fit.scenario
    assert scenario.population.borrowers == pytest.approx(120, rel=0.1)
    assert scenario.funding.initial / 1e6 == pytest.approx(scenario.population.borrowers / 60, rel=1e-6)
    assert scenario.review.reviewers == 4
    assert f"120 borrowers, simulated with {scenario.population.borrowers} borrowers" in fit.read


def test_a_choice_is_fitted_too() -> None:
    name = "evaluation.straight_through"
    table = sl.fit(log_of({}), platform(), {name: [True, False]}, n=100, progress=False).table()
    assert not table.loc[name, "estimate"]
    assert table.loc[name, "verdict"] == "determined"
    assert table.loc[name, "probability"] > 0.9


def test_of_choices_that_are_no_numbers_the_most_likely_is_the_estimate() -> None:
    """Three laws of a review are on no scale: between the first and the last is not the second."""
    fit = with_laws()
    table, law = fit.table(), "review.service_law"
    drawn = fit.draws[law].value_counts(normalize=True)
    assert table.loc[law, "estimate"] == fit.scenario.review.service_law == drawn.index[0]
    assert table.loc[law, "probability"] == pytest.approx(drawn.iloc[0], abs=0.01)
    assert table.loc[law, ["low", "high", "prior_low", "prior_high"]].isna().all()
    assert table.loc[PERIOD].notna().drop("probability").all()
    assert "likely" in str(fit)
    assert law not in fit.pairs(0.0)[["parameter", "other"]].to_numpy()


@pytest.mark.long
def test_choices_are_as_likely_as_they_are_said_to_be() -> None:
    """By Brier's score over simulated logs; and ranks are uniform, with a random place in the step."""
    fit = with_laws(800)
    guesses, choices = fit._guesses.bank, fit._choices
    found = [regression.posterior(guesses[k], guesses, fit._truths, choices, k) for k in range(800)]
    said = np.array([one.chances()[0] for one in found])
    true = regression.chosen(fit._bank.quantiles[:, 0], 3)
    score, promised = ((said - true) ** 2).sum(axis=1), (said * (1 - said)).sum(axis=1)
    assert abs((score - promised).mean()) < 3 * (score - promised).std() / np.sqrt(800)
    assert score.mean() < 0.8 * (1 - 1 / 3)
    for choice in range(3):
        for some in np.array_split(np.argsort(said[:, choice]), 5):
            p = said[some, choice]
            assert abs((true[some, choice] - p).sum()) < 3.5 * np.sqrt((p * (1 - p)).sum()) + 1
    assert (fit.coverage(800)["rank_p_value"] > 0.001).all()


def test_parameters_that_a_log_cannot_tell_apart_are_named() -> None:
    """Only the sum of two times counts: until an evaluation sees a payment, and until it decides."""
    free = {"evaluation.cutoff_days": (0, 6), "evaluation.duration_days": (0, 6)}
    pairs = sl.fit(log_of({}), platform(), free, n=200, progress=False).pairs()
    assert pairs[["parameter", "other"]].to_numpy().tolist() == [[*free]]
    assert pairs.loc[0, "correlation"] < -0.5
    assert fitted().pairs(0.95).empty


def test_intervals_cover_what_they_say() -> None:
    coverage = fitted().coverage(200)
    assert coverage.index.names == ["parameter", "confidence"]
    level = coverage.index.get_level_values("confidence").to_numpy()
    error = coverage["standard_error"]
    assert np.allclose(error, np.sqrt(level * (1 - level) / 200))
    assert (np.abs(coverage["coverage"] - level) < 0.03 + 3 * error).all()
    assert (coverage["rank_p_value"] > 0.001).all()
    ranks = fitted().ranks(50)
    assert ((ranks >= 0) & (ranks <= 1)).all(axis=None)


def test_advice_is_about_columns_that_the_log_lacks() -> None:
    with_all = fitted().advice()
    assert list(with_all) == ["share_removed", "with_late", "more_months"]
    without = sl.fit(log_of(TRUTH).drop(columns="amount"), platform(), FREE, n=200, progress=False).advice()
    assert {"with_gate", "with_region", "with_late", "with_amount"} < {*without}
    flags = without.loc["screening.false_flag"]
    assert flags["with_gate"] > flags["share_removed"] + 0.1
    assert without.loc[PERIOD, "more_months"] == 0
    assert flags["more_months"] > 0
    months = pd.concat([with_all, without])["more_months"].dropna()
    assert months.between(0, 120).all()


def test_what_is_known_by_chance_promises_nothing_of_a_longer_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2 % after nothing by half of the time no length will do. What doubles goes on in proportion."""
    fit = sl.fit(log_of(TRUTH), platform(), FREE, n=100, progress=False)
    whole, half = np.array([0.02, 0.5]), np.array([0.001, 1 / 3])
    monkeypatch.setattr(fit, "_removed", lambda _, values: half if values is fit._bank.half else whole)
    chance, known = fit.advice()["more_months"]
    assert np.isnan(chance)
    assert known == pytest.approx(3 * 240 / (365 / 12), rel=1e-6), "0.8 is four times the odds of 0.5"


def test_one_is_no_plural_in_what_was_read() -> None:
    log = log_of(TRUTH).head(1)
    with pytest.warns(sl.SimlimitWarning, match="log has 1 repayment, but a simulated log has about"):
        fit = sl.fit(log, platform(), FREE, n=100, progress=False)
    assert fit.read.startswith("1 repayment in 240 days, ")
    assert "; 1 borrower, simulated with 1 borrower" in fit.read


def test_a_log_without_dates_or_borrowers_is_fitted_as_well() -> None:
    log = log_of(TRUTH)[["repaid_at", "outcome", "delay_days"]]
    fit = sl.fit(log, platform(), FREE, n=100, progress=False)
    assert fit.table().loc[PERIOD, "verdict"] == "determined"
    assert "repayments, simulated with 60 borrowers" in fit.read
    assert "compared by age; " in fit.read
    assert fit.read.endswith("; weekdays are not compared, since the log has no dates.")
    assert not fit.check().index.str.contains("weekday").any()


def test_repayments_are_counted_and_not_their_parts() -> None:
    log = log_of(TRUTH).assign(repayment=lambda rows: rows.index)
    parts = pd.concat([log, log]).sort_index().reset_index(drop=True)
    fit = sl.fit(parts, platform(), FREE, n=100, progress=False)
    assert fit.read.startswith(f"{len(log):,} repayments in 240 days, ")
    assert f"fitted: {len(parts):,} rows, " in fit.scenario.source(PERIOD)


def test_what_rounding_does_to_the_desk_is_said() -> None:
    desk = platform().replace({"review.reviewers": 2})
    log = log_of(TRUTH)
    fit = sl.fit(log[log["borrower"] < 45], desk, FREE, n=100, progress=False)
    borrowers, reviewers = fit.scenario.population.borrowers, fit.scenario.review.reviewers
    said = (
        f"simulated with {borrowers} borrowers, whose desk of {borrowers / 30:.2g} reviewers was rounded to"
    )
    assert f"{said} {reviewers}" in fit.read
    assert "rounded" not in sl.fit(log, desk, FREE, n=100, progress=False).read


def test_a_platform_of_one_region_is_not_compared_by_it() -> None:
    one = platform().replace({"population.regions": {"all": 1.0}})
    log = log_of(TRUTH).assign(region="all")
    fit = sl.fit(log, one, FREE, n=100, progress=False)
    assert "compared by age, weekday, amount; " in fit.read
    assert "with_region" not in fit.advice()


def test_a_distribution_is_a_prior() -> None:
    prior = stats.beta(2, 30)
    fit = sl.fit(log_of(TRUTH), platform(), {"screening.false_flag": prior}, n=100, progress=False)
    assert fit.prior["screening.false_flag"].mean() == pytest.approx(prior.mean(), rel=0.3)


def test_without_scikit_learn_a_sentence_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(sl.SimlimitError) as refusal:
        sl.fit(log_of({}), platform(), FREE)
    assert str(refusal.value) == "fit needs scikit-learn, which pip install 'simlimit[fit]' installs."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n": 99}, "n is 99, but must be a whole number from 100 to 1000000."),
        ({"seed": -1}, "seed is -1, but must be a whole number from 0 to 4294967295."),
        ({"scenario": "jiebei"}, "scenario is "),
        ({"log": 5}, "log is of type int, but must be a release log"),
        ({"workers": 0}, "workers is 0, but must be a whole number from 1 to 10000."),
    ],
)
def test_what_is_not_allowed_is_refused(change: dict[str, object], sentence: str) -> None:
    given = {"log": log_of({}), "scenario": platform(), "free": FREE}
    with pytest.raises(sl.SimlimitError) as refusal:
        sl.fit(**{**given, **change})
    assert str(refusal.value).startswith(sentence)


def test_round_amounts_do_not_change_the_fit() -> None:
    log = log_of(TRUTH, columns=("gate", "region"))
    sizes = log.assign(amount=np.where(log["amount"] > log["amount"].median(), 1000.0, 500.0))
    fit, without = (
        sl.fit(each, platform(), FREE, n=200, progress=False) for each in (sizes, log.drop(columns="amount"))
    )
    pd.testing.assert_frame_equal(fit.table(), without.table())
    assert not fit.check()["breaks"].any()


def test_a_sample_of_the_repayments_says_the_same_less_surely() -> None:
    """Also where the model makes more repayments than the platform: how many there are is not compared."""
    log = log_of(TRUTH, columns=("gate", "region"))
    fit = sl.fit(log.sample(frac=0.6, random_state=1), platform(), FREE, n=200, progress=False)
    assert not fit.check()["breaks"].any()
    whole = fitted().table()
    assert fit.table()["estimate"].between(whole["low"], whole["high"]).all()


def test_the_part_of_a_log_that_is_of_one_region_is_one_that_the_model_can_make() -> None:
    log = log_of(TRUTH, columns=("gate", "region"))
    fit = sl.fit(log[log["region"] == "north"], platform(), FREE, n=200, progress=False)
    assert "region" not in fit.read
    assert not fit.check()["breaks"].any()
    for name, truth in TRUTH.items():
        assert fit.table(0.99).loc[name, "low"] <= truth <= fit.table(0.99).loc[name, "high"]


def test_what_no_simulated_log_has_does_not_carry_the_estimate_away() -> None:
    """All is as before, but for payments of weekends, which are booked on Mondays, or for where most live."""
    log = log_of(TRUTH, columns=("gate", "region"))
    late = (7 - log["repaid_on"].dt.day_of_week) % 7 * (log["repaid_on"].dt.day_of_week > 4)
    booked = log.assign(
        repaid_at=log["repaid_at"] + late,
        repaid_on=log["repaid_on"] + pd.to_timedelta(late, unit="D"),
        delay_days=(log["delay_days"] - late).clip(lower=0),
    )
    moved = log.assign(region=np.where(log["borrower"] % 10 > 0, "south", "north"))
    for other in (booked[booked["repaid_at"] <= 240], moved):
        fit = sl.fit(other, platform(), FREE, n=200, progress=False)
        assert fit.check()["breaks"].any()
        for name, truth in TRUTH.items():
            assert fit.table(0.99).loc[name, "low"] <= truth <= fit.table(0.99).loc[name, "high"]


def test_an_estimate_stays_within_its_bounds_whatever_the_log_is() -> None:
    scenario = sl.preset("clockwork").replace({"population.borrowers": 20, "horizon_days": 90})
    k = np.arange(60)
    log = pd.DataFrame({"repaid_at": k % 28, "outcome": "released", "delay_days": 31 + 2 * k % 28 - k % 28})
    fit = sl.fit(log, scenario, {PERIOD: (7, 30)}, n=100, progress=False)
    assert fit.draws[PERIOD].between(7, 30).all()
    assert 0 <= fit.table().loc[PERIOD, "share_removed"] <= 1
    assert fit.check()["corrected_p"].between(0, 1, inclusive="right").all()
    shares = fit.statistics()[["in_log", "expected", "low", "high"]]
    assert ((shares >= 0) & (shares <= 1)).all(axis=None), "however far off the log is"
