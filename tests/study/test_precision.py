"""A study with a precision stops at the first number of replications at which it has it, and keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

import simlimit as sl
from simlimit.study.intervals import never_vary
from simlimit.study.precision import LEAST_REPLICATIONS, LEAST_SEEN, replications_needed

WEEKLY = sl.preset("clockwork").replace(
    {
        "evaluation.straight_through": False,
        "evaluation.period_days": 7,
        "population.borrowers": 10,
        "horizon_days": 150,
    }
)


def needed(values: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]) -> int | None:
    """Of a metric that every replication sees."""
    return replications_needed(values, np.ones((*values.shape, 2)), targets)


def by_the_rule(values: npt.NDArray[np.float64], relative: list[float]) -> int | None:
    """The rule as Hoad, Robinson and Davies say it, by trying every number."""

    def is_narrow(number: int) -> bool:
        for metric, wanted in enumerate(relative):
            known = values[:number, metric][~np.isnan(values[:number, metric])]
            half = stats.t.ppf(0.975, len(known) - 1) * stats.sem(known)
            if not half <= wanted * abs(known.mean()):
                return False
        return True

    for number in range(LEAST_REPLICATIONS, len(values) + 1):
        ahead = max(5, math.ceil(0.05 * number))
        if number + ahead <= len(values) and all(map(is_narrow, range(number, number + ahead + 1))):
            return number + ahead
    return None


@pytest.mark.parametrize("seed", range(20))
def test_the_rule_is_that_of_its_authors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(10.0, [3.0, 1.0], (300, 2))
    if seed % 4 == 1:
        values[rng.random((300, 2)) < 0.2] = np.nan
    relative = [float(rng.uniform(0.04, 0.15)), 0.02]
    assert needed(values, np.array(relative)) == by_the_rule(values, relative)


def alternating(number: int, width: float) -> npt.NDArray[np.float64]:
    return (10 + width * (-1.0) ** np.arange(number))[:, np.newaxis]


def test_replications_that_agree_stop_after_the_least_number_and_five_more() -> None:
    assert needed(alternating(100, 0.01), np.array([0.01])) == LEAST_REPLICATIONS + 5


@pytest.mark.parametrize("value", [0.0, 10.0, 1 / 3])
def test_an_interval_of_no_width_is_not_narrow(value: float) -> None:
    """What has never happened, or not yet differed, is not known precisely."""
    assert needed(np.full((1000, 1), value), np.array([0.01])) is None


def test_what_few_replications_have_seen_is_waited_for() -> None:
    """Half the interval of a rare event may be less than nine tenths of its mean when six have seen it."""
    values = np.zeros((600, 1))
    values[::20] = 1.0
    number = replications_needed(values, np.stack([values, values], axis=2), np.array([0.9]))
    assert by_the_rule(values, [0.9]) is not None
    assert by_the_rule(values, [0.9]) < 200  # type: ignore[operator]
    twentieth = 20 * (LEAST_SEEN - 1) + 1
    assert number == twentieth + math.ceil(0.05 * twentieth)


def test_thirty_five_are_needed_to_see_that_thirty_are_enough() -> None:
    assert needed(alternating(34, 0.01), np.array([0.01])) is None
    assert needed(alternating(35, 0.01), np.array([0.01])) == 35


def test_a_jolt_in_sight_is_waited_for() -> None:
    """Half the interval of +-1 about 10 falls below 5 % of it early; an outlier at 33 widens it beyond."""
    values = alternating(300, 1.0)
    assert needed(values, np.array([0.05])) == LEAST_REPLICATIONS + 5
    values[33] = 40.0
    number = needed(values, np.array([0.05]))
    assert number == by_the_rule(values, [0.05])
    assert number is not None
    assert number > 100
    values = alternating(300, 1.0)
    values[36] = 40.0  # just out of sight
    assert needed(values, np.array([0.05])) == LEAST_REPLICATIONS + 5


def test_the_longer_the_study_the_further_it_looks_ahead() -> None:
    values = alternating(1000, 4.5)
    number = needed(values, np.array([0.05]))
    assert number is not None
    first = next(
        n
        for n in range(LEAST_REPLICATIONS, 1000)
        if stats.t.ppf(0.975, n - 1) * stats.sem(values[:n, 0]) <= 0.05 * values[:n].mean()
    )
    assert first > 100
    assert number >= first + math.ceil(first * 0.05) > first + 5


def test_all_metrics_must_be_precise() -> None:
    values = np.hstack([alternating(500, 1.0), alternating(500, 3.0)])
    alone = [needed(values[:, [i]], np.array([0.05])) for i in range(2)]
    assert alone[0] is not None
    assert alone[1] is not None
    assert alone[0] < alone[1]
    assert needed(values, np.array([0.05, 0.05])) == alone[1]


def test_a_metric_that_is_not_reached_is_never_precise() -> None:
    values = np.full((100, 1), 5.0)
    values[40] = np.inf
    assert needed(np.full((100, 1), np.inf), np.array([0.5])) is None
    assert needed(values[10:], np.array([0.5])) is None


def test_a_study_stops_where_the_rule_says() -> None:
    wide = sl.replicate(WEEKLY, 400, seed=3, progress=False).metrics()
    for precision in (0.06, {"days_away": 0.05, "released_within_0d": 0.15}):
        study = sl.replicate(WEEKLY, 400, seed=3, precision=precision, progress=False)
        chosen: Mapping[str, float] = precision if isinstance(precision, dict) else {"days_away": precision}
        assert len(study) == by_the_rule(wide[list(chosen)].to_numpy(), list(chosen.values()))
        assert study.is_precise
        assert study.metrics().equals(wide.head(len(study)))
        summary = study.summary().loc[list(chosen)]
        half = (summary["high"] - summary["low"]) / 2
        assert (half <= np.array(list(chosen.values())) * summary["estimate"]).all()


def test_the_number_of_replications_does_not_depend_on_who_makes_them() -> None:
    numbers = {
        workers: len(sl.replicate(WEEKLY, 500, seed=4, precision=0.03, workers=workers, progress=False))
        for workers in (1, 2, 5)
    }
    assert len(set(numbers.values())) == 1
    assert numbers[1] > 40


@pytest.mark.parametrize("most", [1, 10, 37])
def test_there_is_a_maximum(most: int) -> None:
    study = sl.replicate(WEEKLY, most, precision=0.0001, progress=False)
    assert len(study) == most
    assert study.is_precise is False
    assert sl.replicate(WEEKLY, most, progress=False).is_precise is None


@pytest.mark.parametrize("metric", ["days_away", "released_within_7d", "median_days"])
def test_a_metric_that_never_varies_is_given_up_with_a_warning(metric: str) -> None:
    """Nobody waits at all, so ten thousand replications would say no more than forty."""
    still = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 150})
    said = f"^{metric} is equal in all 40 replications of a scenario, so no number of them makes it precise:"
    with pytest.warns(sl.SimlimitWarning, match=said):
        study = sl.replicate(still, 10_000, precision={metric: 0.1}, progress=False)
    assert len(study) == 40
    assert study.is_precise is False
    with pytest.warns(sl.SimlimitWarning, match=said):
        both = sl.compare({"weekly": WEEKLY, "still": still}, 9999, precision={metric: 0.01}, progress=False)
    assert {len(one) for one in both.studies.values()} == {40}


def test_a_metric_that_varies_late_is_not_given_up() -> None:
    assert never_vary(np.array([[0, 1, np.nan], [0, 1, np.nan], [1, 1, np.nan]])).tolist() == [
        False,
        True,
        True,
    ]
    assert never_vary(np.array([[np.nan, np.inf], [3.0, np.inf]])).tolist() == [True, True]


def test_of_several_scenarios_all_must_be_precise_and_get_as_many_replications() -> None:
    daily = WEEKLY.replace({"evaluation.period_days": 2})
    alone = [len(sl.replicate(scenario, 500, precision=0.05, progress=False)) for scenario in (WEEKLY, daily)]
    assert alone[0] != alone[1]
    comparison = sl.compare({"weekly": WEEKLY, "daily": daily}, 500, precision=0.05, progress=False)
    assert {len(study) for study in comparison.studies.values()} == {max(alone)}
    assert all(study.is_precise for study in comparison.studies.values())


@pytest.mark.parametrize(
    ("precision", "sentence"),
    [
        (0, "precision of days_away is 0, but must be a number between 0 and 1"),
        (1.0, "precision of days_away is 1.0, but"),
        (True, "precision of days_away is True, but"),
        ("tight", "precision of days_away is 'tight', but"),
        ({}, "precision is empty, but must have at least one of: "),
        ({"mean": 0.1}, "a name in precision is 'mean', but must be one of: "),
        ({"days_review": -0.1}, "precision of days_review is -0.1, but"),
    ],
)
def test_a_precision_that_cannot_be_is_refused_in_a_sentence(precision: object, sentence: str) -> None:
    with pytest.raises(sl.SimlimitError) as error:
        sl.replicate(WEEKLY, 10, precision=precision)  # type: ignore[arg-type]
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)
