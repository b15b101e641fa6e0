"""What processes record in a study: totals and means by replication, their intervals, and their verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit.study.intervals import metric_intervals
from simlimit.study.metrics import record_metrics
from simlimit.study.precision import target_half_widths

TINY = sl.preset("clockwork").replace({"population.borrowers": 2, "horizon_days": 40, "warmup_days": 10})
OPTIONS: dict[str, Any] = {"follow_up_days": 5, "progress": False, "workers": 1}


def test_totals_and_means_are_of_each_replication_from_the_end_of_the_warmup_on() -> None:
    rows = [(0, 9, "a", 100.0), (0, 10, "a", 1.5), (0, 11, "a", 2.5), (2, 30, "a", -1.0), (2, 30, "b", 7.0)]
    records = pd.DataFrame(rows, columns=["replication", "day", "name", "value"])
    found = record_metrics(records, 3, 10, ["b", "a", "never"])
    assert [*found] == ["a.total", "a.mean", "b.total", "b.mean", "never.total", "never.mean"]
    values = {name: value.tolist() for name, (value, _) in found.items()}
    assert values["a.total"] == [4.0, 0.0, -1.0]
    np.testing.assert_equal(values["a.mean"], [2.0, math.nan, -1.0])
    assert values["b.total"] == [0.0, 0.0, 7.0]
    assert values["never.total"] == [0.0, 0.0, 0.0]
    assert np.isnan(values["never.mean"]).all()
    assert found["a.mean"][1].tolist() == [2, 0, 1]


def noise(name: str, share: float = 1.0, shift: float = 0.0) -> Any:
    """Return a process that records a number that may be negative, in a share of the replications."""

    def process(platform: sl.Platform) -> Iterator[Any]:
        yield platform.at(12, 5)
        if platform.uniform("whether", 0, 0) < share:
            platform.record(name, platform.generator("what", 0, 0).normal() + shift)

    return process


@pytest.fixture(scope="module")
def many() -> sl.Study:
    processes = [noise("often", shift=-0.1), noise("rarely", 0.05)]
    return sl.replicate(TINY, 60, processes=processes, **OPTIONS)


def test_the_interval_of_a_record_may_lie_below_0(many: sl.Study) -> None:
    values, row = many.metrics()["often.total"], many.summary().loc["often.total"]
    half = 2.0010 * values.std() / 60**0.5  # the 97.5 % quantile of Student's t with 59 degrees of freedom
    assert row["estimate"] == pytest.approx(values.mean())
    assert row["low"] == pytest.approx(values.mean() - half, rel=1e-4)
    assert row["high"] == pytest.approx(values.mean() + half, rel=1e-4)
    assert row["low"] < 0


def test_what_is_recorded_in_few_replications_is_too_rare_for_an_interval(many: sl.Study) -> None:
    rare = many.metrics()["rarely.mean"].count()
    assert 0 < rare < 20
    assert many.metrics().attrs["events"]["rarely.total"] == (rare, math.inf)
    assert many.metrics().attrs["events"]["often.total"] == (math.inf, math.inf)
    summary = many.summary()
    assert summary.loc["rarely.total", "replications"] == 60
    assert summary.loc["rarely.mean", "replications"] == rare
    assert summary.loc[["rarely.total", "rarely.mean"], ["low", "high"]].isna().all(axis=None)


def test_differences_pair_what_two_extensions_record() -> None:
    """They share the numbers of their own streams, so the difference is the shift, in each replication."""
    processes = {"low": [noise("x")], "high": [noise("x", shift=2.0)]}
    compared = sl.compare({**dict.fromkeys(processes, TINY), "no": TINY}, 30, processes=processes, **OPTIONS)
    table = compared.differences(metrics=["x.total", "x.mean"])
    assert table.loc[("high", "x.total"), "difference"] == pytest.approx(2)
    assert table.loc[("high", "x.total"), "variance_reduction"] == pytest.approx(1)
    low = compared.studies["low"].metrics()["x.total"]
    assert table.loc[("no", "x.total"), "difference"] == pytest.approx(-low.mean())
    assert math.isnan(table.loc[("no", "x.mean"), "difference"])
    with pytest.raises(sl.SimlimitError, match=r"a name in metrics is 'y\.total', but must be one of"):
        compared.differences(metrics=["y.total"])


def test_precision_may_be_asked_of_records() -> None:
    one = sl.replicate(TINY, 400, precision={"x.mean": 0.05}, processes=[noise("x", shift=4.0)], **OPTIONS)
    assert one.is_precise
    assert 30 < len(one) < 400
    row = one.summary().loc["x.mean"]
    assert row["high"] - row["estimate"] <= 0.05 * row["estimate"]
    both = sl.compare(
        {"no": TINY, "yes": TINY}, 400, precision={"x.mean": 0.05}, **OPTIONS,
        processes={"yes": [noise("x", shift=4.0)]},
    )  # fmt: skip
    assert [len(study) for study in both.studies.values()] == [len(one)] * 2
    with pytest.warns(sl.SimlimitWarning, match=r"^y\.total is equal in all 40 replications"):
        assert not sl.replicate(
            TINY, 60, precision={"y.total": 0.05}, processes=[noise("x")], **OPTIONS
        ).is_precise


def test_precision_of_records_needs_processes() -> None:
    assert target_half_widths({"x.total": 0.1}) == {"x.total": 0.1}
    with pytest.raises(sl.SimlimitError, match=r"^a name in precision is 'x\.total', but must be one of"):
        sl.replicate(TINY, 40, precision={"x.total": 0.1}, **OPTIONS)
    with pytest.raises(sl.SimlimitError, match=r"^a name in precision is 'x\.sum', but must be one of"):
        sl.replicate(TINY, 40, precision={"x.sum": 0.1}, processes=[noise("x")], **OPTIONS)


def test_a_study_without_processes_has_no_records() -> None:
    study = sl.replicate(TINY, 2, **OPTIONS)
    columns = ["replication", "day", "date", "phase", "borrower", "name", "value"]
    assert study.records.columns.to_list() == columns
    assert study.records.empty
    assert not any("." in name for name in study.metrics())


def test_intervals_end_at_0_only_where_nothing_is_below_it() -> None:
    values = np.array([[-3.0, 0.2, -3.0], [-1.0, 0.0, 1.0], [-2.0, 0.1, -1.0]])
    names = ["net_income", "days_away", "x.total"]
    columns = metric_intervals(values, 0.95, np.full(3, 100.0), names, draws=False)
    assert columns["low"][0] < columns["estimate"][0] < columns["high"][0] < 0.5
    assert columns["low"][1] == 0
    assert columns["low"][2] < -1
