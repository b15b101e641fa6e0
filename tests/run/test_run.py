"""A run: its five tables, what it says of itself, and what it refuses."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.processes.platform import Platform

DATE = "datetime64[ms]"
GATES = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
OUTCOMES = ("released", "forfeited", "pending")
WHOLE, AMOUNT, DAY_OR_NAN, LABEL, FLAG = "int64", "float64", "float64", "category", "bool"
COLUMNS = {
    "holds": {
        "hold": WHOLE,
        "borrower": WHOLE,
        "loan": WHOLE,
        "instalment": WHOLE,
        "kind": LABEL,
        "region": LABEL,
        "amount": AMOUNT,
        "repaid_at": WHOLE,
        "repaid_on": DATE,
        "good_at": WHOLE,
        "good_on": DATE,
        "approved_at": DAY_OR_NAN,
        "approved_on": DATE,
        "reviewed_at": DAY_OR_NAN,
        "reviewed_on": DATE,
        "ended_at": DAY_OR_NAN,
        "ended_on": DATE,
        "outcome": LABEL,
        "released_amount": AMOUNT,
        "forfeited_amount": AMOUNT,
        "delay_days": WHOLE,
        **{f"days_{gate}": WHOLE for gate in GATES},
    },
    "daily": {
        "day": WHOLE,
        "date": DATE,
        **dict.fromkeys(("outstanding", "available", "held", "headroom"), AMOUNT),
        **dict.fromkeys(("inflow", "repaid", "released", "forfeited", "drawn", "written_off"), AMOUNT),
        **dict.fromkeys(("interest_accrued", "interest_paid"), AMOUNT),
        **dict.fromkeys(("borrowers", "arrivals", "exits", "refused_draws"), WHOLE),
        **dict.fromkeys(("pending_holds", "review_queue", "funding_queue", "frozen", "flagged"), WHOLE),
        **dict.fromkeys(("lenders", "appeals", "appeals_in_vain"), WHOLE),
        "drawn_elsewhere": AMOUNT,
    },
    "borrowers": {
        "borrower": WHOLE,
        "region": LABEL,
        "watched": FLAG,
        **dict.fromkeys(("limit", "outstanding", "available", "held", "score"), AMOUNT),
        "evaluation_day": WHOLE,
        "due_day": WHOLE,
        "lenders": WHOLE,
        "flagged": FLAG,
        "drawn_elsewhere": AMOUNT,
        "closed": FLAG,
        "written_off": AMOUNT,
        "highest_limit": AMOUNT,
        "arrived_at": WHOLE,
        "left_at": DAY_OR_NAN,
        "refused_draws": WHOLE,
        "present_days": WHOLE,
        "no_limit_days": WHOLE,
        **dict.fromkeys(("lost_amount_days", "interest_accrued", "interest_paid"), AMOUNT),
    },
    "events": {
        "day": WHOLE,
        "date": DATE,
        "phase": WHOLE,
        "event": LABEL,
        "borrower": WHOLE,
        "loan": WHOLE,
        "instalment": WHOLE,
        "amount": AMOUNT,
        "cause": LABEL,
    },
    "counts": {
        "region": LABEL,
        "followed": FLAG,
        "age_days": WHOLE,
        **dict.fromkeys((*GATES, *OUTCOMES), WHOLE),
        **{f"{name}_amount": AMOUNT for name in (*GATES, *OUTCOMES)},
    },
}
LABELS = {
    ("holds", "kind"): ["repayment", "raise"],
    ("holds", "outcome"): ["released", "forfeited", "pending"],
    ("holds", "region"): ["north", "south"],
    ("borrowers", "region"): ["north", "south"],
    ("counts", "region"): ["north", "south"],
}
PHASES = {
    "shock_begin": 0,
    "shock_end": 0,
    "slip": 1,
    "miss": 1,
    "repayment": 1,
    "prepayment": 1,
    "default": 1,
    "evaluation": 2,
    "raise": 2,
    "review": 3,
    "release": 4,
    "draw": 5,
}
LIVELY = sl.preset("clockwork").replace(
    {
        "horizon_days": 300,
        "population.borrowers": 40,
        "population.regions": {"north": 0.5, "south": 0.5},
        "population.initial_score": 0.6,
        "behaviour.late_onset": 0.1,
        "behaviour.slip_share": 0.1,
        "behaviour.prepay_per_year": 1.0,
        "behaviour.draws_per_year": 12.0,
        "behaviour.default_dpd": 60,
        "screening.false_flag": 0.1,
        "review.watch_share": 0.3,
        "review.approve_share": 0.8,
        "funding.unlimited": False,
        "funding.recycle_share": 0.8,
        "funding.reserve_share": 0.9,
        "limits.raise_score": 0.7,
        "limits.raise_share": 0.1,
        "shocks": [{"kind": "limit_cut", "size": 0.2, "at": 200, "regions": ["north"]}],
    }
)


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return sl.simulate(LIVELY, seed=1)


@pytest.mark.parametrize("table", COLUMNS)
def test_each_table_has_its_columns(run: sl.Run, table: str) -> None:
    frame = getattr(run, table)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS[table]
    assert list(frame.columns) == list(COLUMNS[table])
    assert isinstance(frame.index, pd.RangeIndex)
    for (of, column), labels in LABELS.items():
        if of == table:
            assert list(frame[column].cat.categories) == labels


def test_an_empty_table_has_the_same_columns() -> None:
    nobody_owes = {"horizon_days": 1, "population.utilisation_mean": 0.0, "limits.raise_score": None}
    empty = sl.simulate(LIVELY.replace({**nobody_owes, "shocks": []}))
    assert len(empty.holds) == 0
    assert {name: str(kind) for name, kind in empty.holds.dtypes.items()} == COLUMNS["holds"]


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
def test_dates_agree_with_days(engine: Any) -> None:
    day_0 = pd.Timestamp("2023-12-20")
    run = sl.simulate(LIVELY.replace({"start_date": day_0}), seed=1, engine=engine)
    history = sl.borrower_history(run.scenario, 1, 0, 3).reset_index()
    pairs = [(table, "day", "date") for table in (run.daily, run.events, history)]
    pairs += [(run.holds, f"{what}_at", f"{what}_on") for what in ("repaid", "approved", "reviewed", "ended")]
    for table, day, date in pairs:
        pd.testing.assert_series_equal(
            (table[date] - day_0) / pd.Timedelta(days=1), table[day].astype(float), check_names=False
        )
    assert run.holds["ended_on"].isna().any()
    study = sl.replicate(run.scenario, 2, seed=1, keep="all", engine=engine)
    own = study.daily.loc[study.daily["replication"] == 0].drop(columns="replication")
    pd.testing.assert_frame_equal(own, run.daily)
    assert study.events["date"].dtype == study.holds["ended_on"].dtype == DATE


def test_rows_are_in_the_documented_order(run: sl.Run) -> None:
    holds, events = run.holds, run.events
    order = ["repaid_at", "borrower", "loan", "instalment"]
    pd.testing.assert_frame_equal(holds, holds.sort_values(order, ignore_index=True))
    assert holds["hold"].is_unique
    assert (holds["hold"] % 40 == holds["borrower"]).all()
    assert list(run.daily["day"]) == list(range(300))
    assert list(run.borrowers["borrower"]) == list(range(40))
    rows = [(region, followed, age) for region in (0, 1) for followed in (False, True) for age in range(301)]
    counts = run.counts.assign(region=run.counts["region"].cat.codes)
    assert [*counts[["region", "followed", "age_days"]].itertuples(index=False, name=None)] == rows
    keys = events.assign(event=events["event"].cat.codes, cause=events["cause"].astype(str))[
        ["day", "phase", "borrower", "event", "loan", "instalment", "amount", "cause"]
    ]
    assert [*keys.itertuples(index=False)] == sorted(keys.itertuples(index=False))


def test_loans_are_numbered_by_day_of_origin_and_borrower(run: sl.Run) -> None:
    drawn = run.events[run.events["event"] == "draw"]
    before = int(
        (sl.simulate(LIVELY.replace({"horizon_days": 1, "shocks": []})).borrowers["outstanding"] > 0).sum()
    )
    assert list(drawn["loan"]) == list(range(before, before + len(drawn)))


def test_events_name_their_phase_and_cause(run: sl.Run) -> None:
    events = run.events
    assert set(events["event"]) == {*PHASES, "forfeit", "cut", "withdraw"} - {"shock_end"}
    for event, phase in PHASES.items():
        assert (events["phase"][events["event"] == event] == phase).all()
    causes = events.groupby(events["event"].astype(str))["cause"].agg(lambda found: set(found.astype(str)))
    assert causes["evaluation"] <= {"clear", "score", "overdue", "behaviour"}
    assert causes["review"] == {"approved", "refused"}
    assert causes["shock_begin"] == {"limit_cut"}
    assert causes["cut"] == {"limit_cut", "default"}
    for event in ("slip", "miss", "repayment", "prepayment", "release", "raise", "default", "draw"):
        assert causes[event] == {""}


def test_amounts_are_whole_cents(run: sl.Run) -> None:
    """But interest that has accrued and is not yet due."""
    for table, columns in COLUMNS.items():
        for column in columns:
            if (
                column not in ("score", "region", "interest_accrued")
                and columns[column] == AMOUNT
                and not column.endswith("_at")
            ):
                amounts = getattr(run, table)[column]
                assert (amounts == np.rint(100 * amounts) / 100).all(), column


def test_headroom_is_unknown_where_funding_is_unlimited() -> None:
    assert (
        sl.simulate(LIVELY.replace({"funding.unlimited": True, "horizon_days": 5, "shocks": []}))
        .daily["headroom"]
        .isna()
        .all()
    )


def test_it_says_how_many_holds_were_released_forfeited_and_are_pending(run: sl.Run) -> None:
    counts = run.holds["outcome"].value_counts()
    assert repr(run) == (
        f"Run('clockwork', seed=1, replication=0: 40 borrowers, 300 days, {len(run.holds):,} holds: "
        f"{counts['released']:,} released, {counts['forfeited']:,} forfeited, {counts['pending']:,} pending)"
    )
    assert min(counts) > 0


def test_exact_counts_of_what_happened_in_clockwork() -> None:
    """A change of any count is a change of the model or of its random numbers."""
    changes = {"behaviour.slip_share": 0.1, "behaviour.late_onset": 0.02, "behaviour.draws_per_year": 4.0}
    run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 100, **changes}), seed=1)
    counts = run.events["event"].value_counts()
    assert {event: count for event, count in counts.items() if count} == {
        "evaluation": 2360,
        "repayment": 2235,
        "release": 2226,
        "draw": 682,
        "slip": 227,
        "miss": 75,
        "cut": 5,
        "withdraw": 5,
        "default": 5,
    }


def test_tables_are_built_once(run: sl.Run) -> None:
    assert run.holds is run.holds
    assert run.events is run.events


def test_with_holds_kept_only_there_are_no_events() -> None:
    run = sl.simulate(LIVELY, keep="holds")
    assert len(run.holds) > 0
    with pytest.raises(SimlimitError, match=r'^keep is "holds", but events are kept only with keep="all"\.$'):
        _ = run.events


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
@pytest.mark.parametrize(
    ("table", "needed"), [("holds", 'keep="all" or keep="holds"'), ("events", 'keep="all"')]
)
def test_with_counts_kept_only_there_are_neither_holds_nor_events(
    engine: str, table: str, needed: str
) -> None:
    run = sl.simulate(LIVELY, engine=engine, keep="counts")
    assert run.counts["released"].sum() > 0
    with pytest.raises(SimlimitError) as refused:
        getattr(run, table)
    assert str(refused.value) == f'keep is "counts", but {table} are kept only with {needed}.'


def test_processes_of_a_users_own_need_the_simpy_driver() -> None:
    def idle(platform: Platform) -> Iterator[Any]:
        yield platform.at(0, 5)

    with pytest.raises(SimlimitError) as refused:
        sl.simulate(LIVELY, engine="calendar", processes=[idle])
    assert str(refused.value) == 'engine is "calendar", but processes of your own need engine="simpy".'


@pytest.mark.parametrize(
    ("argument", "value", "allowed"),
    [
        ("seed", -1, "0 to 4294967295"),
        ("seed", 2**32, "0 to 4294967295"),
        ("seed", 1.5, "whole number"),
        ("seed", True, "whole number"),
        ("seed", "1", "whole number"),
        ("seed", None, "whole number"),
        ("replication", -3, "0 to 4294967295"),
        ("replication", 2**32, "0 to 4294967295"),
        ("replication", float("nan"), "whole number"),
        ("engine", "quick", "simpy, calendar"),
        ("engine", None, "simpy, calendar"),
        ("keep", "everything", "all, holds, counts"),
        ("keep", 0, "all, holds, counts"),
        ("follow_up_days", -1, "0 to 30000"),
        ("follow_up_days", 1.5, "whole number"),
        ("follow_up_days", True, "whole number"),
        ("follow_up_days", None, "whole number"),
    ],
)
def test_a_bad_argument_is_one_sentence(argument: str, value: object, allowed: str) -> None:
    with pytest.raises(SimlimitError) as refused:
        sl.simulate(LIVELY, **{argument: value})
    message = str(refused.value)
    assert message.startswith(f"{argument} is {value!r}, but must be ")
    assert allowed in message
    assert message.endswith(".")
    assert "\n" not in message


def test_the_largest_seed_and_replication_run() -> None:
    run = sl.simulate(LIVELY, seed=2**32 - 1, replication=2**32 - 1)
    assert "seed=4294967295, replication=4294967295" in repr(run)


def test_a_shock_cannot_name_a_region_that_the_book_does_not_have(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("limit,outstanding,region\n1000,500,east\n2000,0,west\n", encoding="utf-8")
    with pytest.raises(SimlimitError, match=r"regions.*north.*'east', 'west'"):
        sl.simulate(LIVELY.replace({"population.portfolio": str(book)}))


@pytest.mark.parametrize("engine", ["simpy", "calendar"])
def test_progress_counts_days(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    sl.simulate(LIVELY, engine=engine, progress=True)
    assert "300/300" in capsys.readouterr().err
    sl.simulate(LIVELY, engine=engine)
    assert capsys.readouterr().err == ""


def modules() -> list[ModuleType]:
    """Return the modules of the package, but not the one that runs the command line when imported."""
    found = [
        each.name for each in pkgutil.walk_packages(sl.__path__, "simlimit.") if "__main__" not in each.name
    ]
    return [importlib.import_module(name) for name in ["simlimit", *found]]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    """Return the docstrings of a module that have examples, those of public names aside.

    Those run in tests/test_public_names.py, without anything that their module has.
    """
    public = [*(getattr(sl, name) for name in sl.__all__), *(getattr(plots, name) for name in plots.__all__)]
    elsewhere = {inspect.getdoc(thing) for thing in public}
    found = doctest.DocTestFinder(exclude_empty=True).find(module)
    return [one for one in found if one.examples and inspect.cleandoc(one.docstring) not in elsewhere]


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_run(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for found in examples(module):
        assert doctest.DocTestRunner(verbose=False).run(found).failed == 0
    plt.close("all")


def test_there_are_examples_in_the_docstrings() -> None:
    assert sum(len(one.examples) for module in modules() for one in examples(module)) > 20


def looks(platform):
    yield platform.at(30, 5)


def forgets_to_yield(platform):
    return None


@pytest.mark.parametrize(
    ("processes", "said"),
    [
        (looks, "processes is <function looks at .*>, but must be a list of generator functions"),
        (None, "processes is None, but must be a list of generator functions"),
        ("looks", "processes is 'looks', but must be a list of generator functions"),
        ([7], r"processes is \[7\], but must be a list of generator functions"),
        (
            [forgets_to_yield],
            "processes has <function forgets_to_yield at .*>, which gives None",
        ),
    ],
)
def test_what_is_no_list_of_processes_is_refused(processes, said):
    small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 60})
    with pytest.raises(sl.SimlimitError, match=f"^{said}"):
        sl.simulate(small, processes=processes)
