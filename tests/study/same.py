"""What it means that two studies say the same: every table, to the last bit."""

from __future__ import annotations

import pandas as pd

import simlimit as sl


def assert_same(one: sl.Study, other: sl.Study) -> None:
    """Assert that the tables of two studies are equal."""
    assert len(one) == len(other)
    assert one.is_precise == other.is_precise
    for left, right in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def tables(study: sl.Study) -> list[pd.DataFrame]:
    return [
        study.metrics(),
        study.metrics("amount"),
        study.summary(),
        study.groups(),
        study.delay_curve(),
        study.standing(),
        study.daily,
    ]
