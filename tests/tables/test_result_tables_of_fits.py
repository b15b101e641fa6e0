"""What a fit says as tables: parameters with units and verdicts, and whether the model can make the log."""

import pandas as pd
import pytest

from simlimit.tables.numbers import rounded_texts
from simlimit.tables.results import fit_tables

PARAMETERS = pd.DataFrame(
    {
        "estimate": [25, 0.0312, True],
        "low": [21, 0.0123, float("nan")],
        "high": [30, 0.0496, float("nan")],
        "prior_low": [9, 0.0061, float("nan")],
        "prior_high": [58, 0.0755, float("nan")],
        "probability": [float("nan"), float("nan"), 0.703],
        "share_removed": [0.91, 0.41, 0.12],
        "verdict": ["determined", "weakly determined", "not determined"],
    },
    index=pd.Index(["period", "flags", "overdue"], name="parameter"),
    dtype=object,
)
PAIRS = pd.DataFrame({"parameter": ["period"], "other": ["flags"], "correlation": [-0.817]})
CHECK = pd.DataFrame(
    {
        "statistic": ["ended on Sunday", "released"],
        "age_days": [float("nan"), 7.0],
        "in_log": [0.001, 0.52],
        "low": [0.12, 0.4],
        "high": [0.18, 0.6],
        "corrected_p": [0.01, 0.5],
        "breaks": [True, False],
    },
    index=pd.Index(["weekday of ending", "release"], name="family"),
)


def test_a_row_has_the_estimate_its_interval_the_unit_and_the_verdict() -> None:
    known, _ = fit_tables(PARAMETERS, {"period": "days"}, PAIRS, CHECK)
    assert [row.cells for row in known.rows] == [
        ("period", "25", "21 to 30", "9 to 58", "days", "91.0 %", "determined"),
        ("flags", "0.0312", "0.0123 to 0.0496", "0.0061 to 0.0755", "", "41.0 %", "weakly determined"),
        ("overdue", "true", "70.3 % likely", "-", "", "12.0 %", "not determined"),
    ]
    assert known.notes[-1] == "The log hardly tells apart period and flags (correlation -0.82)."


def test_the_caption_says_whether_the_model_can_make_the_log() -> None:
    for check, verdict in ((CHECK, "cannot"), (CHECK.iloc[1:], "can")):
        _, told = fit_tables(PARAMETERS, {}, PAIRS, check)
        assert told.caption == f"the model {verdict} make this log"
    _, told = fit_tables(PARAMETERS, {}, PAIRS, CHECK)
    off = ("weekday of ending", "ended on Sunday", "0.10 %", "12.00 to 18.00 %", "0.010", "breaks")
    assert [row.cells for row in told.rows] == [
        off,
        ("release", "released, day 7", "52.00 %", "40.00 to 60.00 %", "0.500", ""),
    ]
    assert [row.strong for row in told.rows] == [True, False]


def test_a_log_that_the_model_cannot_make_warns_of_the_intervals_above() -> None:
    outside, inside = (fit_tables(PARAMETERS, {}, PAIRS, check)[1].notes for check in (CHECK, CHECK.iloc[1:]))
    assert inside == ()
    assert ["read them with care" in note for note in outside] == [True]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.123456, 0.2], ["0.1235", "0.2"]),
        ([12345.678, 20000], ["12,350", "20,000"]),
        ([5, 5], ["5", "5"]),
        (["bullet", None], ["bullet", "not set"]),
        ([], []),
    ],
)
def test_numbers_are_rounded_by_how_far_they_are_apart(values: list[object], texts: list[str]) -> None:
    assert rounded_texts(values) == texts
