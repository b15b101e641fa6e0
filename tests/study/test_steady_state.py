"""`jiebei` starts close enough to its steady state: a longer warm-up gives the same metrics."""

import numpy as np
import pytest

import simlimit as sl
from simlimit.study.study import LEVELS

OBSERVED_DAYS = 720
REPLICATIONS = 150


@pytest.fixture(scope="module")
def studies():
    """Of several warm-ups with the same observed length."""
    jiebei = sl.preset("jiebei")
    found = {}
    for seed, warmup in enumerate((jiebei.warmup_days, 720, 1_440)):
        days = {"warmup_days": warmup, "horizon_days": warmup + OBSERVED_DAYS}
        # Other seeds: what chance does to one is not what it does to the next.
        found[warmup] = sl.replicate(jiebei.replace(days), REPLICATIONS, seed=seed, progress=False)
    return found


def differ(first, other):
    """The columns whose means differ by more than 5 % and by more than two standard errors."""
    error = np.hypot(first.sem(), other.sem())
    far = (first.mean() - other.mean()).abs() > np.maximum(0.05 * other.mean().abs(), 2 * error)
    return list(first.columns[far])


def levels(study):
    """The mean of each level of the platform after the warm-up, in each replication."""
    daily = study.daily[study.daily["day"] >= study.scenario.warmup_days]
    return daily.groupby("replication")[list(LEVELS)].mean()


@pytest.mark.long
@pytest.mark.parametrize("measured", [sl.Study.metrics, levels])
def test_what_is_measured_does_not_depend_on_the_warmup(studies, measured):
    first, *others = map(measured, studies.values())
    assert [differ(first, other) for other in others] == [[], []]


@pytest.mark.long
def test_another_turnover_would_be_seen(studies):
    """Half as many exits and arrivals change what is lost, which the test above would say."""
    jiebei = sl.preset("jiebei")
    rarer = jiebei.replace({"population.exits_per_year": 0.1, "population.arrivals_per_year": 0.1})
    study = sl.replicate(rarer, REPLICATIONS, seed=9, progress=False)
    assert {"limit_days_lost", "no_limit_share"} <= set(differ(study.metrics(), studies[720].metrics()))
