"""Which field decides a metric: indices that are known are met, and what does nothing is called so."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from varied import FOLLOWED, cleared, daily, even, lent, of_a_product, whole

import simlimit as sl
from simlimit.deciding import points, sensitivity
from simlimit.deciding.ranges import read_ranges
from simlimit.study import workers

CUTOFF = {"evaluation.cutoff_days": (0, 6)}
BOTH = {**CUTOFF, "screening.risky_share": (0.0, 0.1)}


def found(scenario: sl.Scenario, fields: object, n: int = 64, replications: int = 3, **options: object):
    return sl.sensitivity(scenario, fields, n=n, replications=replications, **FOLLOWED | options)


def same(one: sl.Sensitivity, other: sl.Sensitivity) -> bool:
    pd.testing.assert_frame_equal(one.table(), other.table(), check_exact=True)
    return np.array_equal(one.values, other.values)


def assert_met(table: pd.DataFrame, known: Mapping[str, tuple[float, float]]) -> None:
    """Assert that indices are within their intervals, which say something."""
    for field, values in known.items():
        for name, value in zip(("first", "total"), values, strict=True):
            low, high = table.loc[field, [f"{name}_low", f"{name}_high"]]
            assert low <= value <= high
            assert high - low < 0.7


def test_waits_that_add_up_have_the_shares_of_their_variances() -> None:
    fields = {**CUTOFF, "product.clearing_days": [(k, k) for k in range(10)]}
    table = found(cleared(), fields).table()
    evaluated, settled = whole(0, 6)[1], whole(0, 9)[1]
    own = evaluated / (evaluated + settled)
    known = {"evaluation.cutoff_days": (own, own), "product.clearing_days": (1 - own, 1 - own)}
    assert_met(table, known)
    # The effect of a field over its whole range is what it adds, whatever the others are.
    assert table["mu"].to_list() == pytest.approx([9, 6])
    assert table["sigma"].to_list() == pytest.approx([0, 0])
    assert set(table["verdict"]) == {"matters"}


def test_an_effect_that_no_two_replications_have_is_undecided() -> None:
    small = sl.preset("clockwork").replace({"population.borrowers": 20})
    few = sl.sensitivity(small, {"review.watch_share": (0.002, 0.06)}, n=16, replications=3, progress=False)
    assert (few.kept, few.table()["mu"].iloc[0] > 0) == ((), True)
    assert few.table()["verdict"].to_list() == ["undecided"]


def test_interest_is_a_product_of_limit_utilisation_and_rate() -> None:
    fields = {
        "population.limit_median": (5_000.0, 15_000.0),
        "population.utilisation_mean": (0.1, 0.9),
        "product.daily_rate": (0.0001, 0.0005),
    }
    table = found(lent(), fields, metric="interest_income").table()
    known = of_a_product(even(5, 15), even(0.1, 0.9), even(1, 5))
    assert_met(table, dict(zip(fields, known, strict=True)))


def test_a_share_of_payments_that_takes_some_days_is_a_product_under_noise() -> None:
    fields = {"product.clearing_share": (0.0, 1.0), "product.clearing_days": [(k, k) for k in range(11)]}
    sensitivity = found(daily(), fields, replications=5)
    known = of_a_product(even(0, 1), whole(0, 10))
    assert_met(sensitivity.table(), dict(zip(fields, known, strict=True)))


def test_a_field_of_a_mechanism_that_is_off_is_called_irrelevant() -> None:
    fields = {**CUTOFF, "reaction.patience_days": (7, 60), "screening.risky_share": (0.0, 0.1)}
    sensitivity = found(daily(), fields, n=16)
    table = sensitivity.table()
    assert table["verdict"].to_list() == ["matters", "does not matter", "does not matter"]
    assert not table["mu_star"].iloc[1:].any()
    assert "days_away depends on evaluation.cutoff_days. It hardly depends on " in sensitivity.conclusion()


def test_where_nothing_changes_anything_nothing_matters() -> None:
    sensitivity = found(daily(), {"reaction.patience_days": (7, 60)}, n=16)
    assert sensitivity.table()["verdict"].to_list() == ["does not matter"]
    assert "depends on no field for certain" in sensitivity.conclusion()
    assert repr(sensitivity).endswith("days_away by 1 field, 0 kept by the screening)")
    assert str(sensitivity)
    assert "no field passed the screening" in {text.get_text() for text in sensitivity.plot.bars().texts}


def test_no_index_is_outside_of_its_own_interval() -> None:
    """The first index of the second field is estimated as -0.05 at these points."""
    small = {"population.borrowers": 40, "horizon_days": 240, "warmup_days": 60}
    waiting = sl.preset("clockwork").replace(small | {"evaluation.straight_through": False})
    fields = {"evaluation.period_days": (7, 30), "behaviour.late_onset": (0.0, 0.05)}
    table = sl.sensitivity(waiting, fields, n=64, workers=1, progress=False).table()
    for name in ("first", "total"):
        assert table[name].between(table[f"{name}_low"], table[f"{name}_high"]).all()


def test_a_factor_on_several_fields_is_one_thing() -> None:
    fields = {"waits": {"fields": ["evaluation.cutoff_days"], "factor": (1.0, 3.0)}}
    table = found(daily().replace({"evaluation.cutoff_days": 2}), fields, n=16).table()
    assert table.loc["waits", ["low", "high"]].to_list() == pytest.approx([1, 3])


def test_changes_are_a_choice_of_equal_probability() -> None:
    """Three waits of equal probability, one of them today's, beside a wait that is a number."""
    longer = sl.Change({"evaluation.cutoff_days": 4, "reaction.patience_days": 9}, "longer")
    fields = {
        "waits": [None, {"evaluation.cutoff_days": 2}, longer],
        "product.clearing_days": [(0, 0), (3, 3)],
    }
    sensitivity = found(cleared().replace({"evaluation.cutoff_days": 0}), fields, n=128)
    table, own = sensitivity.table(), 8 / 3 / (8 / 3 + 9 / 4)
    assert_met(table, {"waits": (own, own), "product.clearing_days": (1 - own, 1 - own)})
    assert table.loc["waits", ["low", "high", "origin"]].to_list() == ["today", "longer", "given"]
    row = next(row.cells for row in sensitivity._tables()[0].rows if row.cells[0] == "waits")
    assert row[1:3] == ("today to longer", "")


def test_levers_of_several_choices_are_there_together() -> None:
    appeal, on_time = sl.Lever(kind="appeal"), {"kind": "pay_on_time", "uptake": 0.5}
    ranges = read_ranges({"appeal": [None, appeal], "teach": [None, on_time]}, daily())
    kinds = [
        [one.kind for one in ranges.at(daily(), np.array(row)).levers]
        for row in ((0, 0), (1, 0), (0, 1), (1, 1))
    ]
    assert kinds == [[], ["appeal"], ["pay_on_time"], ["appeal", "pay_on_time"]]


def test_a_choice_is_not_screened_out_by_the_places_that_paths_have() -> None:
    """Of four choices a path takes each step over two: here nothing changes then."""
    waits = [
        {"evaluation.cutoff_days": days, "name": name}
        for days, name in ((0, "a"), (6, "b"), (0, "c"), (6, "d"))
    ]
    table = found(daily(), {"waits": waits}, n=16).table()
    assert table.loc["waits", "mu_star"] == 0
    assert table.loc["waits", "verdict"] == "matters"


def test_a_function_of_the_scenario_is_a_value_that_a_store_knows_again(tmp_path: Path) -> None:
    for _ in range(2):
        twice = sl.Change({"evaluation.cutoff_days": lambda one: 2 * one.evaluation.cutoff_days}, "twice")
        fields = {"waits": [None, twice]}
        waiting = daily().replace({"evaluation.cutoff_days": 1})
        table = found(waiting, fields, n=16, store=tmp_path / "store").table()
        assert table.loc["waits", "mu"] == pytest.approx(1.5)


def test_one_worker_and_two_give_equal_results() -> None:
    assert same(found(daily(), BOTH, n=16, workers=1), found(daily(), BOTH, n=16, workers=2))


def test_the_progress_bar_counts_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = []

    class Noted(workers.tqdm):  # type: ignore[type-arg]
        def __init__(self, **settings: object) -> None:
            super().__init__(**settings)
            bars.append(self)

    monkeypatch.setattr(workers, "tqdm", Noted)
    for _ in range(2):  # the second time all is in the store
        found(daily(), BOTH, n=16, store=tmp_path / "store", progress=True)
    assert [(bar.n, bar.total) for bar in bars] == [(60, 60), (48, 48)] * 2


def test_a_store_continues_what_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_points, store = points.run_points, tmp_path / "store"

    def interrupted(task: points.Points, first: int) -> object:
        if task.kind == "indices" and first == 20:
            raise KeyboardInterrupt
        return run_points(task, first)

    monkeypatch.setattr(sensitivity, "run_points", interrupted)
    # It has folders of its own below: what is to be named again is the store.
    said = r"^interrupted; 20 of 48 simulated points are in the store; the same call continues from them\.$"
    with pytest.raises(sl.StudyInterrupted, match=said):
        found(daily(), BOTH, n=16, store=store, workers=1)
    monkeypatch.undo()
    assert {path.name for path in store.iterdir()} == {"screening", "indices"}
    assert same(found(daily(), BOTH, n=16, store=store), found(daily(), BOTH, n=16))
    for other, what in (({"seed": 2}, "seed 1, not 2"), ({"metric": "pending_share"}, "metric 'days_away'")):
        with pytest.raises(sl.SimlimitError, match=f"holds a sensitivity of {what}"):
            found(daily(), BOTH, n=16, store=store, **other)


@pytest.mark.parametrize(
    ("fields", "options", "sentence"),
    [
        ("all", {}, "fields is 'all', but must be \"assumed\", a list of fields, or a mapping"),
        (["name"], {}, "a name in fields is 'name', but must be one of: "),
        (["screening.risky_share"], {}, "screening.risky_share is 0.0, but must be given a range, as "),
        ([], {}, r"fields is \[\], but must be about at least one number with a range"),
        ({}, {}, "fields is {}, but must give each field bounds in a tuple"),
        ({"desk": [None, {"evaluation.cutoff_day": 3}]}, {}, "evaluation.cutoff_day is not a field"),
        ({"desk": [None, sl.Change({"evaluation.cutoff_days": -3})]}, {}, "cutoff_days is -3, but"),
        ({"desk": [sl.Lever(kind="appeal"), 3]}, {}, "fields of 'desk' is 3, but must be a Change, a Lever"),
        ({"desk": [None, *2 * [sl.Lever(kind="plan")]]}, {}, "fields of 'desk' has 'plan' twice"),
        ({"desk": [sl.Lever(kind="appeal")]}, {}, "fields of 'desk' is .*, but must be two or more changes"),
        ({**CUTOFF, "desk": [None, {"evaluation.cutoff_days": 3}]}, {}, "is changed twice, but what is"),
        ({"rules.min_score": (0.5, 2)}, {}, "rules.min_score is 1.25, but must be a number from 0 to 1"),
        (CUTOFF, {"n": 100}, "n is 100, but must be a power of 2, such as 512"),
        (CUTOFF, {"replications": 2}, "replications is 2, but must be a whole number from 3 to 10000"),
        (CUTOFF, {"metric": "calls.total"}, "metric is 'calls.total', but must be one of: "),
        (CUTOFF, {"follow_up_days": 300}, "metric is 'days_away', but must be known in each history"),
        (
            {"evaluation.duration_days": (0, 29), "evaluation.period_days": (10, 30)},
            {},
            "fields has ranges that do not go together: evaluation.duration_days is .*, but must be less",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(fields: object, options: dict[str, object], sentence: str) -> None:
    monthly = daily().replace({"evaluation.period_days": 30})
    with pytest.raises(sl.SimlimitError, match=sentence):
        found(monthly, fields, **{"n": 16, **options})


def test_without_salib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.sample.sobol", None)
    with pytest.raises(sl.SimlimitError, match=re.escape("pip install 'simlimit[decide]'")):
        found(daily(), CUTOFF)


@pytest.mark.long
def test_all_that_jiebei_assumes_is_told_apart() -> None:
    """The pool decides, and what is asked of it: from one that never binds to one that is always empty."""
    workers = os.cpu_count()
    sensitivity = sl.sensitivity(sl.preset("jiebei"), "assumed", n=64, workers=workers, progress=False)
    table = sensitivity.table()
    assert len(table) == 45
    assert table.loc["funding.ceiling", "verdict"] == "matters"
    assert table.loc["reaction.most_lenders", "verdict"] == "does not matter"
    assert "screening.weights.lenders" in sensitivity.ranges.left_out
