"""`jiebei` starts close enough to its steady state: a longer warm-up gives the same metrics."""

import numpy as np
import pytest

import simlimit as sl

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


@pytest.mark.long
def test_the_metrics_do_not_depend_on_the_warmup(studies):
    """Within 5 %, or two standard errors of the difference."""
    first, *others = (study.metrics() for study in studies.values())
    for other in others:
        for metric in first:
            one, two = first[metric].dropna(), other[metric].dropna()
            error = np.hypot(one.sem(), two.sem())
            assert abs(one.mean() - two.mean()) <= max(0.05 * abs(two.mean()), 2 * error), metric


@pytest.mark.long
def test_no_series_asks_for_a_longer_warmup(studies):
    longest = studies[1_440]
    suggested = longest.suggested_warmup()["warmup_days"]
    assert (suggested <= sl.preset("jiebei").warmup_days).all(), suggested
