"""The table of closed forms that the site shows says what is so."""

from __future__ import annotations

import math

import pytest
from report import REPLICATIONS, Row, markdown, rows
from scipy.stats import t as student


@pytest.fixture(scope="module")
def table() -> list[Row]:
    return rows()


def test_every_hold_has_the_delay_that_its_form_gives(table: list[Row]) -> None:
    """R47, R51, R53, R72, R80, R84: the rows of the table that are exact."""
    exact = [row for row in table if row.every_hold is not None]
    assert len(exact) >= 8
    for row in exact:
        assert row.every_hold, row
    for row in exact:
        if math.isnan(row.low):
            assert row.simulated == pytest.approx(row.theory, rel=1e-12), row


def test_every_mean_is_within_four_standard_errors(table: list[Row]) -> None:
    """R51, R58, R60, R71: the rows of the table that give a mean."""
    wide = 4 / student.ppf(0.975, REPLICATIONS - 1)
    means = [row for row in table if not math.isnan(row.low)]
    assert len(means) >= 8
    for row in means:
        assert abs(row.simulated - row.theory) <= wide * (row.high - row.low) / 2, row


def test_the_table_has_a_line_for_each_row(table: list[Row]) -> None:
    lines = markdown(table).splitlines()
    assert len(lines) == len(table) + 2
    assert {line.count("|") for line in lines} == {8}
    assert "NOT" not in markdown(table)
