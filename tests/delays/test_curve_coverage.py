"""The intervals of curves cover, however few or uneven the clusters: fewer logs than docs/statistics.md."""

from __future__ import annotations

import math

import pytest
from curve_coverage import CLUSTERS, SIZES, coverage


@pytest.mark.long
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("clusters", CLUSTERS)
def test_intervals_cover_at_least_93_and_at_most_99_in_100(clusters: int, sizes: str) -> None:
    for row in coverage(clusters, sizes, logs=300):
        assert row.logs >= 200
        assert row.coverage >= 0.93 - 2 * row.error
        assert row.coverage <= 0.99 + 2 * math.sqrt(0.99 * 0.01 / row.logs)


def test_intervals_of_ten_uneven_clusters_cover() -> None:
    rows = coverage(10, "Pareto", logs=40)
    together = sum(row.coverage * row.logs for row in rows) / sum(row.logs for row in rows)
    # The shares of one log depend on each other: the error is at most that of 40.
    assert together >= 0.93 - 2 * math.sqrt(0.93 * 0.07 / 40)
    assert all(row.effective < 9 for row in rows)
    assert all(row.width > 0.1 for row in rows)
