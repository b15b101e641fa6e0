"""What is free: bounds, choices, distributions, factors."""

import numpy as np
import pytest
from fitted_logs import PERIOD, platform
from scipy import stats

import simlimit as sl
from simlimit.inference.bank import Task
from simlimit.inference.parameters import Parameter, draw, read_free
from simlimit.inference.statistics import Layout

INFLOWS = ["funding.initial", "funding.daily_inflow"]


def scenario_at(scenario: sl.Scenario, free: tuple[Parameter, ...], quantile: float) -> sl.Scenario:
    return Task(scenario, free, Layout(90, None, ("all",)), seed=1).at(np.array([quantile]))


def values(prior: object, name: str = PERIOD) -> list[object]:
    (parameter,) = read_free({name: prior}, platform())
    return [parameter.value(quantile) for quantile in np.arange(0.5, 1000) / 1000]


def test_whole_numbers_of_a_whole_field_come_equally_often_with_both_bounds() -> None:
    counts = np.unique(values((7, 11)), return_counts=True)
    assert list(counts[0]) == [7, 8, 9, 10, 11]
    assert list(counts[1]) == [200] * 5


def test_bounds_of_a_number_that_is_not_whole_are_those_of_a_uniform_distribution() -> None:
    found = np.array(values((0, 1), "screening.false_flag"))
    assert found.mean() == pytest.approx(0.5)
    assert found.var() == pytest.approx(1 / 12, rel=1e-4)


def test_choices_come_equally_often() -> None:
    found = values(["staggered", "batch"], "evaluation.schedule")
    assert found == ["staggered"] * 500 + ["batch"] * 500


def test_choices_that_are_all_numbers_are_on_a_scale_in_whatever_order_they_are_given() -> None:
    assert values([30, 7, 14]) == values([7, 14, 30])
    free = {PERIOD: [30, 7, 14], "evaluation.schedule": ["staggered", "batch"]}
    period, schedule = read_free(free, platform())
    assert (period.choices, period.steps) == (0, 3)
    assert (schedule.choices, schedule.steps) == (2, np.inf)


def test_a_distribution_of_scipy_is_that_of_the_values() -> None:
    prior = stats.beta(2, 50)
    found = np.array(values(prior, "screening.false_flag"), float)
    assert found.mean() == pytest.approx(prior.mean(), rel=0.01)
    assert {type(one) for one in values(stats.randint(7, 20))} == {int}


def test_a_factor_multiplies_each_of_its_fields() -> None:
    rich = platform().replace(dict.fromkeys(INFLOWS, 100.0) | {"funding.daily_inflow": 10.0})
    free = read_free({"inflows": {"fields": INFLOWS, "factor": (0.5, 1.5)}}, rich)
    found = scenario_at(rich, free, 0.75)
    assert (found.funding.initial, found.funding.daily_inflow) == (125.0, 12.5)


def test_a_factor_on_a_whole_number_gives_whole_numbers() -> None:
    name = "review.reviewers"
    free = read_free({"desk": {"fields": [name], "factor": (0.5, 3.5)}}, platform().replace({name: 10}))
    assert [one.changes(0.51)[name] for one in free] == [20]


def test_bounds_of_a_whole_field_may_be_written_as_other_numbers() -> None:
    for bounds in ((7.0, 11.0), (np.int64(7), np.int64(11))):
        assert set(values(bounds)) == {7, 8, 9, 10, 11}


def test_a_field_of_a_region_is_free_too() -> None:
    name = "population.regions.south.late_onset"
    found = scenario_at(platform(), read_free({name: (0.0, 0.1)}, platform()), 0.5)
    assert found.population.regions["south"].late_onset == pytest.approx(0.05)


def test_quantiles_are_uniform_and_a_function_of_seed_log_and_parameter() -> None:
    drawn = np.array([draw(1, log, 3) for log in range(2000)])
    for column in drawn.T:
        assert stats.kstest(column, "uniform").pvalue > 0.001
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 4 / np.sqrt(2000)
    assert np.array_equal(draw(1, 7, 2), draw(1, 7, 3)[:2])
    assert not np.isin(draw(2, 7, 3), drawn).any()


@pytest.mark.parametrize(
    ("free", "sentence"),
    [
        ({}, "free is {}, but must give each field bounds in a tuple"),
        ({PERIOD: 7}, f"free of '{PERIOD}' is 7, but must be bounds in a tuple"),
        ({PERIOD: (60, 7)}, f"free of '{PERIOD}' is (60, 7), but must be two bounds, the smaller first"),
        ({PERIOD: [7]}, f"free of '{PERIOD}' is [7], but must be bounds in a tuple"),
        ({PERIOD: [7, 14, 0, 21]}, "evaluation.period_days is 0, but must be a whole number"),
        ({PERIOD: stats.beta}, f"free of '{PERIOD}' is <scipy.stats"),
        ({PERIOD: stats.norm(20, -1)}, f"free of '{PERIOD}' is <scipy.stats"),
        ({PERIOD: stats.norm([0.1, 0.2], 1)}, f"free of '{PERIOD}' is <scipy.stats"),
        ({"x": {"fields": [PERIOD], "factor": ["a", "b"]}}, "free of 'x' is ['a', 'b'], but must be bounds"),
        ({PERIOD: (0, 7)}, "evaluation.period_days is 0, but must be a whole number from 1 to 3650 (days)."),
        ({"evaluation.period": (1, 7)}, "evaluation.period is not a field"),
        (
            {"x": {"fields": [], "factor": (1, 2)}},
            "free of 'x' is {'factor': (1, 2), 'fields': []}, but must be",
        ),
        (
            {"x": {"fields": ["evaluation.schedule"], "factor": (1, 2)}},
            "a field with a factor is 'evaluation.schedule', but must be a field that has a number",
        ),
        (
            {PERIOD: (7, 60), "x": {"fields": [PERIOD], "factor": (1, 2)}},
            f"free changes {PERIOD} twice, but must change each field once.",
        ),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_sentence(free: dict[str, object], sentence: str) -> None:
    with pytest.raises(sl.SimlimitError) as refusal:
        read_free(free, platform())
    assert str(refusal.value).startswith(sentence)
