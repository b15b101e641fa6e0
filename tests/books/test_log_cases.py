"""An event log is a release log, a row per case: of a run, or of a platform that exports such."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from few_and_many import few_and_many
from lender import LENDER
from random_worlds import random_world

import simlimit as sl
from simlimit.model.causes import GATES

ROWS = [
    ("k1", "还款", "2026-10-01 09:00", "2026-10-01 09:00", "complete"),
    ("k1", "风控", "2026-10-01 09:00", "2026-10-03 10:00", "complete"),
    ("k1", "排队", "2026-10-03 10:00", "2026-10-04 11:00", "complete"),
    ("k1", "风控", "2026-10-04 11:00", "2026-10-05 08:00", "complete"),
    ("k1", "已恢复", "2026-10-05 08:00", "2026-10-05 08:00", "complete"),
    ("k2", "还款", "2026-10-02", "2026-10-02", "complete"),
    ("k2", "排队", "2026-10-02", "2026-10-11", "start"),
    ("k3", "还款", "2026-10-03", "2026-10-03", "complete"),
    ("k3", "作废", "2026-10-03", "2026-10-03", "complete"),
]
NAMES = ["case:concept:name", "concept:name", "start_timestamp", "time:timestamp", "lifecycle:transition"]
WORDS: dict[str, Any] = {
    "outcomes": {"作废": "forfeited"},
    "gates": {"风控": "review", "排队": "funding"},
}


def events(**changes: object) -> pd.DataFrame:
    """Return the log of a platform, with other values of a column by its place."""
    frame = pd.DataFrame(ROWS, columns=NAMES).assign(**{"case:金额": [100.0] * 5 + [20.5] * 2 + [7.0] * 2})
    for place, value in changes.items():
        row, column = map(int, place.removeprefix("at_").split("_"))
        frame.iloc[row, column] = value
    return frame


def of_holds(run: sl.Run) -> pd.DataFrame:
    """Return what `read_release_log` reads of the holds, with the gate to which most days were charged."""
    days = run.holds[[f"days_{gate}" for gate in GATES]].set_axis(GATES, axis="columns")
    gate = days.idxmax(axis="columns").where(run.holds["delay_days"] > 0)
    last = run.scenario.start_date + datetime.timedelta(run.scenario.horizon_days - 1)
    extracted = last if (run.holds["outcome"] == "pending").any() else None
    return sl.read_release_log(run.holds.assign(gate=gate), extracted=extracted)


@few_and_many(4, 60)
def test_the_log_of_a_run_is_read_as_its_holds_are(seed: int, tmp_path: Path) -> None:
    run = sl.simulate(random_world(seed, tmp_path), seed=seed, engine="calendar")
    if run.holds.empty:
        assert run.event_log().empty
        return
    log, holds = sl.read_release_log(run.event_log()), of_holds(run)
    same = [column for column in log if column not in ("row", "gate")]
    pd.testing.assert_frame_equal(log[same], holds[same])
    assert {"borrower", "repayment", "amount", "region", "kind", "delay_days", "outcome"} <= set(same)
    for name in ("window", "start_date", "extracted_on"):
        assert log.attrs[name] == holds.attrs[name]
    # Of equals, the first in the case is not always the first of the model's gates.
    days = (
        run.holds.assign(**{"days_(blank)": 0}).filter(regex="^days_").rename(columns=lambda name: name[5:])
    )
    for frame in (log, holds):
        longest = [row[gate] for (_, row), gate in zip(days.iterrows(), frame["gate"], strict=True)]
        assert longest == days.max(axis="columns").tolist()


def test_a_file_of_it_is_the_same_log(tmp_path: Path) -> None:
    run = sl.simulate(LENDER.scaled(60).replace({"horizon_days": 300}), engine="calendar")
    log = run.event_log()
    log.to_csv(tmp_path / "events.csv", index=False)
    log.to_parquet(tmp_path / "events.parquet")
    zoned = log.assign(**{name: log[name].dt.tz_localize("UTC") for name in NAMES[2:4]})
    digest = sl.read_release_log(log).attrs["digest"]
    for source in (tmp_path / "events.csv", tmp_path / "events.parquet", zoned):
        assert sl.read_release_log(source).attrs["digest"] == digest


def test_the_log_of_a_platform_with_words_of_its_own() -> None:
    """Rows in any order; what still goes on says how long the log was seen."""
    for frame in (events(), events().iloc[::-1]):
        log = sl.read_release_log(frame, amount="金额", **WORDS).sort_values("repaid_at")
        assert log["repayment"].tolist() == ["k1", "k2", "k3"]
        assert log["outcome"].tolist() == ["released", "pending", "forfeited"]
        assert log["delay_days"].tolist() == [4, 8, 0]
        assert log["gate"].tolist() == ["review", "funding", "(blank)"]
        assert log["amount"].tolist() == [100.0, 20.5, 7.0]
        assert log.attrs["extracted_on"] == "2026-10-10"
    log = sl.read_release_log(events(), outcomes=WORDS["outcomes"], extracted="2026-10-20")
    assert log["gate"].tolist() == ["风控", "排队", "(blank)"]
    assert log["delay_days"].tolist() == [4, 18, 0]


def test_what_the_cases_tell_is_not_taken_from_their_attributes() -> None:
    attributes = {f"case:{name}": "x" for name in ("repayment", "repaid_on", "ended_on", "outcome", "gate")}
    log = sl.read_release_log(events().assign(**attributes, **{"case:客户": "c"}), **WORDS)
    assert log["delay_days"].tolist() == [4, 8, 0]
    assert log["borrower"].tolist() == ["c"] * 3


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%Y/%m/%d", None])
def test_days_are_written_as_elsewhere(form: str | None) -> None:
    """As said, or as numbers."""
    frame, expected = events(), sl.read_release_log(events(), **WORDS)
    for name in NAMES[2:4]:
        days = pd.to_datetime(frame[name].str[:10])
        frame[name] = days.dt.strftime(form) if form else (days - days.min()).dt.days
    log = sl.read_release_log(frame, date_format=form, **WORDS)
    same = ["repaid_at", "ended_at", "delay_days", "outcome", "gate", "amount"]
    pd.testing.assert_frame_equal(log[same], expected[same])
    assert log.attrs["window"] == expected.attrs["window"]


def test_of_equal_waits_the_first_counts() -> None:
    log = sl.read_release_log(
        events(at_3_1="核对", at_1_3="2026-10-02", at_2_2="2026-10-02"), **WORDS | {"gates": None}
    )
    assert log["gate"].iloc[0] == "排队"
    log = sl.read_release_log(events(at_1_3="2026-10-02", at_3_3="2026-10-04", at_2_3="2026-10-04"), **WORDS)
    assert log["gate"].iloc[0] == "review"


REFUSED: dict[str, tuple[pd.DataFrame, dict[str, Any], str]] = {
    "no day": (events(at_2_2="soon"), {}, "frame: row 2, column 'start_timestamp': 'soon' is not allowed"),
    "an end before the start": (
        events(at_2_3="2026-09-30"),
        {},
        "column 'time:timestamp': '2026-09-30' is not allowed; allowed are moments from the start on",
    ),
    "no column of starts": (
        events().drop(columns="start_timestamp"),
        {},
        "frame: row of names has no column 'start_timestamp'; needed are case:concept:name, concept:name, ",
    ),
    "no case": (events(at_2_0=None), {}, "frame: row 2, column 'case:concept:name': '' is not allowed"),
    "two ends": (
        events(at_3_1="作废"),
        {},
        "frame: row 4, column 'concept:name': '已恢复' is not allowed; allowed is one end for each case",
    ),
    "a word without a meaning": (
        events(),
        {"outcomes": {"作废": "forgotten"}},
        "outcomes['作废'] is 'forgotten'",
    ),
    "no words": (events(), {"outcomes": ["作废"]}, "outcomes is ['作废'], but must be a mapping"),
    "nothing goes on, but a case has no end": (
        events(at_6_4="complete"),
        {},
        "frame: row 5, column 'ended_on': '' is not allowed; allowed is an end, unless extracted says",
    ),
    "a gate without a meaning": (
        events(at_2_1="盘点"),
        {"gates": {"排队": "funding"}},
        "'风控' is not allowed",
    ),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(shape: str) -> None:
    frame, reading, sentence = REFUSED[shape]
    with pytest.raises(sl.SimlimitError, match=re.escape(sentence)):
        sl.read_release_log(frame, **WORDS | reading)
