"""The suggested warm-up: after how many days a daily level, as seen over replications, no longer drifts."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import lfilter
from scipy.special import betainc
from scipy.stats import t as student

import simlimit as sl
from simlimit.study.study import LEVELS
from simlimit.study.warmup import settled

Floats = npt.NDArray[np.float64]
DAYS = 720
DAY = np.arange(float(DAYS))

# Each is on top of a level of 1.
TRANSIENTS = {
    "none": np.zeros(DAYS),
    "decays by e in 20 days": np.exp(-DAY / 20),
    "decays by e in 60 days": -np.exp(-DAY / 60),
    "grows for 120 days": -np.maximum(0, 1 - DAY / 120),
    "falls for 240 days": np.maximum(0, 1 - DAY / 240),
    "a step after 100 days": np.where(DAY < 100, 3.0, 0.0),
    "a small step after 100 days": np.where(DAY < 100, 0.3, 0.0),
    "swings": np.exp(-DAY / 60) * np.cos(DAY / 15),
}


def noise(seed: int, replications: int, days: int = DAYS) -> Floats:
    """AR(1) with a correlation of 0.9 from day to day and a standard deviation of 1."""
    shocks = np.random.default_rng(seed).normal(0, np.sqrt(1 - 0.9**2), (replications, days + 100))
    return np.asarray(lfilter([1], [1, -0.9], shocks, axis=1)[:, 100:])


def rare_peaks(seed: int, replications: int) -> Floats:
    """Zero but for a week now and then, in one replication of five: the mean is 1, and very skewed."""
    rng = np.random.default_rng(seed)
    begins = rng.random((replications, DAYS + 6)) < 0.2 / 7 / 5
    sizes = begins * rng.exponential(7 * 5 / 0.2 / 7, begins.shape)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(sizes, 7, axis=1).sum(axis=2))


def windows(series: Floats) -> Floats:
    """The mean of each four weeks, from each seventh day on."""
    return np.array([series[..., k : k + 28].mean(axis=-1) for k in range(0, series.shape[-1] - 27, 7)]).T


def days_off(mean: Floats, share: float) -> int:
    """The days after which all means of four weeks stay within this share of the mean of the second half."""
    level = mean[len(mean) // 14 * 7 :].mean()
    return 7 * max(
        (k + 1 for k, one in enumerate(windows(mean)) if abs(one - level) > share * level), default=0
    )


def by_the_rule(values: Floats) -> float:
    """The docstring of `settled`, window by window."""
    replications, days = values.shape
    weeks = days // 7
    values = values[:, : 7 * weeks]
    late = values[:, weeks // 2 * 7 :]
    level, middle = late.mean(), weeks // 2 * 7 + (weeks - weeks // 2 + 1) // 2 * 7
    factor = student.ppf(1 - 0.01 / 2 / (weeks / 4), replications - 1) / replications**0.5
    means, errors = [], []
    for window in windows(values).T:
        difference = window - late.mean(axis=1)
        means.append(abs(difference.mean()))
        errors.append(difference.std(ddof=1))
    usual = np.mean(np.square(errors[weeks // 2 :])) ** 0.5
    drift = [mean - factor * max(error, usual) for mean, error in zip(means, errors, strict=True)]
    returning = max(drift[weeks // 2 :])
    most = max(0.1 * level, returning)
    first = 0
    while any(one > most for one in drift[first:]):
        first += 1
    change = values[:, middle:].mean(axis=1) - values[:, weeks // 2 * 7 : middle].mean(axis=1)
    drifts_on = abs(change.mean()) - factor * change.std(ddof=1) > 0.05 * level
    is_unseen = factor * usual > level
    is_late = first > 0.9 * (weeks // 2) or returning > 0.2 * level
    return np.nan if drifts_on or is_unseen or is_late else 7.0 * first


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_first_day_after_which_no_four_weeks_are_certainly_off(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = int(rng.integers(112, 600))
    start_up = rng.normal(0, 2) * np.exp(-np.arange(days) / rng.uniform(1, days / 4))
    # Replications begin alike: they vary less at first.
    spread = rng.uniform(0, 0.6) * np.minimum(1, np.arange(days) / rng.uniform(1, days / 2))
    values = 1 + start_up + spread * noise(seed, int(rng.integers(5, 60)), days)
    assert settled(values)[0] == pytest.approx(by_the_rule(values), nan_ok=True)


@pytest.mark.parametrize(("shape", "spread"), list(product(TRANSIENTS, [0.1, 0.5])))
@pytest.mark.parametrize("replications", [30, 200])
def test_of_a_known_transient_it_leaves_no_more_than_what_can_be_seen(
    shape: str, spread: float, replications: int
) -> None:
    """It is not longer than the drift beyond 10 %, and not shorter than that beyond what shows for sure."""
    mean = 1 + TRANSIENTS[shape]
    for seed in range(2):
        days, detectable = settled(mean + spread * noise(seed, replications))
        # An interval is off by less than its own half width.
        assert days_off(mean, 2 * detectable - 0.1) <= days <= days_off(mean, 0.1)


@pytest.mark.parametrize(
    ("shape", "least", "most"),
    [
        ("none", 0, 0),
        ("decays by e in 20 days", 28, 50),
        ("decays by e in 60 days", 105, 140),
        ("grows for 120 days", 98, 120),
        ("falls for 240 days", 190, 240),
        ("a step after 100 days", 98, 105),
        ("a small step after 100 days", 84, 100),
        ("swings", 84, 140),
    ],
)
def test_with_a_hundred_replications_it_is_about_the_length_of_the_transient(
    shape: str, least: int, most: int
) -> None:
    for seed in range(2):
        assert least <= settled(1 + TRANSIENTS[shape] + 0.1 * noise(seed, 100))[0] <= most


@pytest.mark.parametrize("replications", [30, 100, 200])
def test_what_does_not_drift_needs_no_warm_up(replications: int) -> None:
    assert {settled(1 + noise(seed, replications))[0] for seed in range(10)} == {0.0}


def test_of_rare_peaks_it_cannot_be_told_with_few_replications() -> None:
    """An empty start would not be seen with 30. With 400 it would, and there is none."""
    for seed in range(5):
        days, detectable = settled(rare_peaks(seed, 30))
        assert np.isnan(days)
        assert detectable > 1.1
        days, detectable = settled(rare_peaks(seed, 400))
        assert days == 0
        assert detectable < 1


def waiting_times(load: float, replications: int, seed: int) -> Floats:
    """Of the customers of a queue M/M/1 that starts empty, one a day: Lindley's recursion."""
    rng = np.random.default_rng(seed)
    steps = rng.exponential(1, (replications, DAYS)) - rng.exponential(1 / load, (replications, DAYS))
    sums = np.pad(steps.cumsum(axis=1), ((0, 0), (1, 0)))
    return np.asarray(sums - np.minimum.accumulate(sums, axis=1))[:, 1:]


def expected_waiting_times(load: float) -> Floats:
    """Spitzer's formula: the n-th mean is the sum over k <= n of E[max(0, S_k)] / k, S_k a sum of k steps."""
    k, threshold = np.arange(1.0, DAYS + 1), load / (1 + load)
    served = betainc(k, k + 1, threshold)  # the chance that k + 1 services take longer than k arrivals
    arrived = betainc(k + 1, k, threshold)  # that k services take longer than k + 1 arrivals
    return np.asarray((served - arrived / load).cumsum())


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_of_a_queue_that_starts_empty(load: float) -> None:
    mean = expected_waiting_times(load)
    assert mean[-1] == pytest.approx(load / (1 - load), rel=0.02)
    for seed in range(4):
        days, detectable = settled(waiting_times(load, 200, seed))
        assert days_off(mean, 2 * detectable - 0.1) <= days <= days_off(mean, 0.1)
    # With many more replications, it is about the true one.
    days = settled(waiting_times(load, 4_000, 9))[0]
    assert days_off(mean, 0.18) <= days <= days_off(mean, 0.1)


@pytest.mark.parametrize("replications", [30, 100])
@pytest.mark.parametrize(
    "mean",
    [
        1 + DAY / DAYS,
        2 - DAY / DAYS,
        1 + np.exp(-DAY / 300),
        np.where(DAY < DAYS / 2, 1.0, 1.5),
        np.where(DAY < 0.47 * DAYS, 1.0, 1.5),
        1 + np.where((DAY > 500) & (DAY < 560), 1.0, np.exp(-DAY / 20)),
    ],
    ids=["grows", "falls", "decays slowly", "a step in the middle", "a step close to it", "a late shock"],
)
def test_what_drifts_until_late_is_too_short_to_tell(mean: Floats, replications: int) -> None:
    for seed in range(2):
        assert np.isnan(settled(mean + 0.1 * noise(seed, replications))[0])


def test_a_longer_run_tells_more_and_the_same() -> None:
    """What takes 240 days is not told in 400 days, and told alike in 720 and 2,880."""
    values = np.minimum(np.arange(2880) / 240, 1) + 0.2 * noise(1, 100, 2880)
    assert np.isnan(settled(values[:, :400])[0])
    assert settled(values)[0] == pytest.approx(settled(values[:, :720])[0], abs=14)


def test_holidays_that_come_back_are_no_drift() -> None:
    holidays = np.where(DAY // 7 % 12 == 3, 1.0, 0.0)
    rush = np.where(DAY < 100, 0.5, 0.0)
    for seed in range(3):
        values = 1 + holidays + 0.1 * noise(seed, 100)
        assert settled(values)[0] == 0
        assert 84 <= settled(values + rush)[0] <= 105


@pytest.mark.parametrize(("replications", "days"), [(1, 720), (100, 111), (100, 6)])
def test_one_replication_or_fewer_than_sixteen_weeks_are_too_few(replications: int, days: int) -> None:
    assert np.isnan(settled(np.zeros((replications, days)))).all()


def test_what_never_varies_has_settled_at_once() -> None:
    for level in (0.0, 1 / 3, 1e9):
        assert settled(np.full((2, 112), level)) == (0, 0.1)


def test_a_level_of_nothing_is_reached_when_nothing_is_left() -> None:
    values = np.random.default_rng(1).uniform(1, 2, (20, 720))
    values[:, 150:] = 0
    assert settled(values) == (154, 0.1)


def test_neither_unit_nor_what_does_not_fill_a_week_matters() -> None:
    values = 1 + TRANSIENTS["swings"] + 0.1 * noise(3, 50)
    assert settled(values) == settled(values[:, :714]) == pytest.approx(settled(1e6 * values))


def test_a_study_suggests_a_warm_up_for_each_level_per_borrower_and_applies_none() -> None:
    scenario = sl.preset("jiebei").replace(
        {"population.borrowers": 50, "horizon_days": 403, "warmup_days": 0}
    )
    study = sl.replicate(scenario, 12, progress=False)
    table = study.suggested_warmup()
    assert tuple(table.index) == LEVELS
    for series in LEVELS:
        per_borrower = (study.daily[series] / study.daily["borrowers"]).to_numpy().reshape(12, 403)
        assert table.loc[series].to_list() == pytest.approx(settled(per_borrower), nan_ok=True)
    assert study.scenario.warmup_days == 0


def test_a_pool_without_end_has_no_level_to_warm_up_to() -> None:
    scenario = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 120})
    table = sl.replicate(scenario, 2, progress=False).suggested_warmup()
    assert table.loc["headroom"].isna().all()
    assert table.loc["held", "warmup_days"] == 0


def test_holds_of_a_freeze_from_the_first_day_on_drift_until_it_ends() -> None:
    freeze = {"kind": "freeze", "at": 0, "duration_days": 100}
    scenario = sl.preset("clockwork").replace(
        {"population.borrowers": 100, "horizon_days": 400, "shocks": [freeze]}
    )
    table = sl.replicate(scenario, 30, progress=False).suggested_warmup()
    assert table.loc[["held", "pending_holds"], "warmup_days"].between(98, 112).all()


def test_a_book_that_grows_settles_per_borrower() -> None:
    growing = {
        "population.borrowers": 200,
        "population.arrivals_per_year": 0.5,
        "population.exits_per_year": 0.0,
        "population.seasoned": False,
    }
    study = sl.replicate(sl.preset("credit-loan").replace(growing), 30, progress=False)
    for series in ("outstanding", "available", "held", "pending_holds"):
        total = study.daily[series].to_numpy(np.float64).reshape(30, -1)
        assert np.isnan(settled(total)[0])
        assert 0 <= study.suggested_warmup().loc[series, "warmup_days"] <= 180


def test_the_mean_of_the_days_that_are_left_is_close_to_the_level() -> None:
    """Within 5 %, and half of what stays unseen: at least half of the days are those of the level."""
    for shape in TRANSIENTS.values():
        mean = 1 + shape
        days, detectable = settled(mean + 0.5 * noise(5, 50))
        level = mean[len(mean) // 2 :].mean()
        assert abs(mean[int(days) :].mean() - level) <= (0.05 + (detectable - 0.1)) * level


@pytest.mark.long
@pytest.mark.parametrize(
    ("preset", "borrowers", "slowest", "least"),
    [
        # Each least is far from nothing.
        ("us-card", 1000, "pending_holds", 14),
        ("credit-loan", 1000, "held", 49),
        ("supply-chain", 1000, "outstanding", 35),
        ("small-business", 1000, "pending_holds", 300),
        ("welidai", 200, "pending_holds", 540),
        ("jiebei", 1000, "headroom", 140),
    ],
)
def test_presets_have_settled_by_the_end_of_their_warm_up(
    preset: str, borrowers: int, slowest: str, least: int
) -> None:
    scenario = sl.preset(preset).scaled(borrowers)
    told = sl.replicate(scenario, 100, seed=2, progress=False).suggested_warmup()["warmup_days"]
    assert told.max() <= scenario.warmup_days
    assert told[slowest] >= least
    assert told[["outstanding", "available", "held", "pending_holds"]].notna().all()
