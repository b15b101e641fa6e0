"""R167, R168, R170, R171: the calendar driver gives the history of the SimPy driver, in every table."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from few_and_many import few_and_many
from histories import TABLES, digest
from lender import LENDER
from random_scenarios import follow_up_of, random_scenario, scenario_of

import simlimit as sl
from simlimit.drivers import agenda, calendar_driver
from simlimit.model.causes import GATES
from simlimit.model.preparation import LARGE
from simlimit.model.records import NONE
from simlimit.model.stages import FORFEITED, RELEASED
from simlimit.processes.platform import Platform

PACKAGE = Path(sl.__file__).parent
ENGINES = ("simpy", "calendar")
OUTCOMES = ("released", "forfeited", "pending")


def assert_same(one: sl.Run, other: sl.Run, tables: tuple[str, ...]) -> None:
    """Assert that tables of two runs are equal: every row and column, with no tolerance."""
    for name in tables:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True, obj=name)
        assert getattr(one, name).equals(getattr(other, name)), name


# ---- the same history ------------------------------------------------------------------------------------


@few_and_many(30, 350)
def test_both_drivers_give_the_same_history_whatever_is_kept(seed: int, tmp_path: Path) -> None:
    scenario = scenario_of(seed, tmp_path)

    def run(engine: str, keep: str) -> sl.Run:
        follow_up = follow_up_of(seed)
        return sl.simulate(scenario, seed, seed % 3, engine=engine, keep=keep, follow_up_days=follow_up)

    full = run("simpy", "all")
    for engine, keep in product(ENGINES, TABLES):
        if (engine, keep) != ("simpy", "all"):
            assert_same(full, run(engine, keep), TABLES[keep])


PRESETS = {name: sl.preset(name).replace({"population.borrowers": 150}) for name in sl.presets().index}
"""Of few borrowers, so that the SimPy driver is quick."""


@pytest.mark.parametrize("name", PRESETS)
@few_and_many(2, 10)
def test_both_drivers_give_the_same_history_of_a_preset(name: str, seed: int) -> None:
    runs = [sl.simulate(PRESETS[name], seed=seed, engine=engine) for engine in ENGINES]
    assert len(runs[0].holds) > 0
    assert_same(*runs, TABLES["all"])


@pytest.mark.parametrize("borrowers", [agenda.MOST_BY_DUE_DAY + 500, LARGE])
def test_both_drivers_give_the_same_history_wherever_borrowers_lie_in_memory(borrowers: int) -> None:
    """Many lie by cohort, and from LARGE on are read ahead. The few of the tests above lie by due day."""
    assert agenda.MOST_BY_DUE_DAY + 500 < LARGE
    scenario = sl.preset("jiebei").scaled(borrowers).replace(
        {
            "horizon_days": 60,
            "warmup_days": 0,
            "calendar.closed_weekdays": ("saturday", "sunday"),
            "calendar.rests": ("review", "funding", "evaluation", "clearing"),
            "product.clearing_share": 0.3,
            "product.clearing_days": (1, 3),
            "funding.initial": 0.0,
            "funding.refuse_draws": True,
        }
    )  # fmt: skip
    runs = [sl.simulate(scenario, seed=1, engine=engine, follow_up_days=10) for engine in ENGINES]
    assert (runs[0].daily["funding_queue"] > 0).any()
    assert_same(*runs, TABLES["all"])


def test_the_history_does_not_depend_on_how_many_days_are_simulated_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = random_scenario(1)
    whole = sl.simulate(scenario, engine="calendar")
    monkeypatch.setattr(calendar_driver, "BORROWER_DAYS_PER_CALL", 1)
    assert_same(whole, sl.simulate(scenario, engine="calendar"), TABLES["all"])


def test_a_run_of_the_calendar_driver_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = random_scenario(1)
    monkeypatch.setattr(calendar_driver, "BORROWER_DAYS_PER_CALL", 2_000 * scenario.population.borrowers)
    monkeypatch.setattr(calendar_driver, "SECONDS_PER_CALL", 0.0)
    told = []

    def interrupt(_bar: object, days: int) -> None:
        told.append(days)
        if sum(told) >= 30:
            raise KeyboardInterrupt

    monkeypatch.setattr("simlimit.run.simulate.tqdm.update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sl.simulate(scenario, engine="calendar", keep="counts")
    assert max(told) == 10
    assert 30 <= sum(told) < scenario.horizon_days


# ---- the counts ------------------------------------------------------------------------------------------


def by_age(run: sl.Run, column: str) -> npt.NDArray[np.int64]:
    """Return a column of the counts, in holds or cents, by region, followed and age."""
    values = run.counts[column].to_numpy()
    if column.endswith("_amount"):
        values = np.rint(100 * values)
    ages = run.scenario.horizon_days - run.scenario.warmup_days + 1
    return values.astype(np.int64).reshape(-1, 2, ages)


def cents(amounts: pd.Series[float]) -> pd.Series[int]:
    return (100 * amounts).round().astype("int64")


class Counting:
    """Counts of the rows of a table of holds, by region, followed and age."""

    def __init__(self, run: sl.Run, follow_up_days: int) -> None:
        scenario, holds = run.scenario, run.holds
        self.horizon, self.follow_up_days = scenario.horizon_days, follow_up_days
        self.holds = holds[(holds["kind"] == "repayment") & (holds["repaid_at"] >= scenario.warmup_days)]
        regions = len(holds["region"].cat.categories)
        self.shape = regions, 2, scenario.horizon_days - scenario.warmup_days + 1

    def sums(self, holds: pd.DataFrame, values: Any) -> npt.NDArray[np.int64]:
        sums = np.zeros(self.shape, np.int64)
        followed = (holds["repaid_at"] <= self.horizon - self.follow_up_days).astype(int)
        np.add.at(sums, (holds["region"].cat.codes, followed, holds["delay_days"]), values)
        return sums


@pytest.mark.parametrize("engine", ENGINES)
@few_and_many(12, 100)
def test_counts_are_those_of_the_holds(seed: int, engine: str, tmp_path: Path) -> None:
    follow_up = follow_up_of(seed)
    run = sl.simulate(scenario_of(seed, tmp_path), seed=seed, engine=engine, follow_up_days=follow_up)
    counting = Counting(run, follow_up)
    holds = counting.holds
    for outcome in OUTCOMES:
        assert (by_age(run, outcome) == counting.sums(holds[holds["outcome"] == outcome], 1)).all()
    released = cents(holds["released_amount"])
    assert (by_age(run, "released_amount") == counting.sums(holds, released)).all()
    left = (cents(holds["amount"]) - cents(holds["forfeited_amount"])).where(holds["outcome"] == "pending", 0)
    assert (by_age(run, "pending_amount") == counting.sums(holds, left)).all()
    # At which age a part was forfeited, and at which a hold stood at a gate, holds do not tell.
    forfeited = counting.sums(holds, cents(holds["forfeited_amount"]))
    assert (by_age(run, "forfeited_amount").sum(axis=2) == forfeited.sum(axis=2)).all()
    for gate in GATES:
        charged = counting.sums(holds, holds[f"days_{gate}"])
        assert (by_age(run, gate).sum(axis=2) == charged.sum(axis=2)).all()
    ends = sum(by_age(run, f"{outcome}_amount").sum() for outcome in OUTCOMES)
    assert ends == cents(holds["amount"]).sum()


class Census:
    """Goes through all open holds at the end of each day, and through the borrowers."""

    def __init__(self, scenario: sl.Scenario, regions: int, follow_up_days: int) -> None:
        self.warmup, self.min_draw = scenario.warmup_days, round(100 * scenario.product.min_draw)
        self.last_followed = scenario.horizon_days - follow_up_days
        shape = len(GATES), regions, 2, scenario.horizon_days - scenario.warmup_days + 1
        self.holds, self.cents = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.no_limit_days: Any = 0
        self.lost_days: Any = 0

    def __call__(self, platform: Platform) -> Iterator[Any]:
        for day in range(self.warmup, platform.horizon):
            yield platform.at(day, 5.9)
            self.count(day, platform)

    def count(self, day: int, platform: Platform) -> None:
        b = platform.borrowers
        room = b["highest"] - b["outstanding"]
        present = (b["present_from"] <= day) & (day < b["present_until"])
        self.no_limit_days += present & (b["available"] < self.min_draw) & (room >= self.min_draw)
        self.lost_days += present * np.maximum(0, room - b["available"])
        holds = platform.state.holds[: platform.state.storage.holds_used]
        for hold in holds[~np.isin(holds["stage"], (RELEASED, FORFEITED))]:
            if hold["instalment"] != NONE and hold.repaid_at >= self.warmup:
                followed = int(hold.repaid_at <= self.last_followed)
                row = hold.cause, b[hold.owner].region, followed, day - hold.repaid_at
                self.holds[row] += 1
                self.cents[row] += hold.amount - hold.forfeited


@few_and_many(12, 100)
def test_counts_are_those_of_a_census_at_the_end_of_each_day(seed: int, tmp_path: Path) -> None:
    scenario, follow_up = scenario_of(seed, tmp_path), follow_up_of(seed)
    calendar = sl.simulate(scenario, seed=seed, engine="calendar", keep="counts", follow_up_days=follow_up)
    census = Census(scenario, len(calendar.counts["region"].cat.categories), follow_up)
    watched = sl.simulate(scenario, seed=seed, follow_up_days=follow_up, processes=[census])
    for run in (watched, calendar):
        for k, gate in enumerate(GATES):
            assert (by_age(run, gate) == census.holds[k]).all()
            assert (by_age(run, f"{gate}_amount") == census.cents[k]).all()
        assert (run.borrowers["no_limit_days"] == census.no_limit_days).all()
        assert (run.borrowers["lost_amount_days"] == census.lost_days / 100).all()


def test_the_random_scenarios_have_something_to_count() -> None:
    """Not each of them: in some, nobody owes anything by the end of the warm-up."""
    runs = [sl.simulate(random_scenario(seed), seed=seed, keep="counts") for seed in range(12)]
    assert sum(by_age(run, gate).any() for run in runs for gate in GATES) >= 12


# ---- memory ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_memory_does_not_grow_with_the_horizon_where_only_counts_are_kept(engine: str) -> None:
    def records(keep: str, horizon: int) -> npt.NDArray[np.int64]:
        """Return how many records of holds, loans and keys of loans there are, of a book that is closed."""
        scenario = LENDER.replace({"population.borrowers": 150, "horizon_days": horizon})
        s = sl.simulate(scenario, engine=engine, keep=keep)._state
        return np.array([s.storage.holds_used, len(s.holds), len(s.loans), len(s.loan_keys)])

    assert (records("counts", 2160) <= 1.5 * records("counts", 720)).all()
    holds_used, *_, loan_keys = records("holds", 2160) / records("holds", 720)
    assert holds_used > 2.5
    assert loan_keys > 2


# ---- bounds, and plain Python ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seeds", "prepared"),
    [
        pytest.param(range(12), {"NUMBA_BOUNDSCHECK": "1"}, marks=pytest.mark.long),
        pytest.param(range(2, 5), {"NUMBA_DISABLE_JIT": "1"}, marks=pytest.mark.long),
        (range(2), {"NUMBA_DISABLE_JIT": "1"}),
    ],
    ids=["bounds checked", "more not compiled", "not compiled"],
)
def test_histories_are_the_same_with_bounds_checked_and_in_plain_python(
    seeds: range, prepared: dict[str, str], fresh_process: Callable[..., str], tmp_path: Path
) -> None:
    """There is a test that bounds are checked indeed, where the SimPy driver is run so."""
    script = str(Path(__file__).parent.parent / "histories.py")
    prepared = {**prepared, "NUMBA_CACHE_DIR": str(tmp_path)}
    digests = fresh_process(script, "calendar", "all,counts", *map(str, seeds), **prepared).split()
    runs = [sl.simulate(random_scenario(seed), seed=seed) for seed in seeds]
    assert digests == [digest(run, keep) for run in runs for keep in ("all", "counts")]


# ---- deliberate mistakes ---------------------------------------------------------------------------------


def function_in(source: str, name: str) -> ast.FunctionDef:
    """Return a function of a source file."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return next(function for function in functions if function.name == name)


def calls(statement: ast.stmt, name: str) -> bool:
    """Return whether a statement calls a function by its name, alone or behind that of its module."""
    nodes = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(ast.unparse(function).rpartition(".")[2] == name for function in nodes)


def swapped(source: str, function: str, first: str, second: str) -> str:
    """Swap two statements of a function: the one that calls ``first``, and the one that calls ``second``."""
    for block in ast.walk(function_in(source, function)):
        body = [line for line in getattr(block, "body", []) if isinstance(line, ast.stmt)]
        one = next((line for line in body if calls(line, first) and not calls(line, second)), None)
        other = next((line for line in body if calls(line, second) and not calls(line, first)), None)
        if one is not None and other is not None:
            lines = source.splitlines(keepends=True)
            a, b = sorted([one, other], key=lambda line: line.lineno)
            parts = lines[a.lineno - 1 : a.end_lineno], lines[b.lineno - 1 : b.end_lineno]
            between = lines[a.end_lineno : b.lineno - 1]
            return "".join([*lines[: a.lineno - 1], *parts[1], *between, *parts[0], *lines[b.end_lineno :]])
    raise AssertionError(f"{function} does not call {first} and {second} side by side")


def denying(source: str, function: str) -> str:
    """Let a function return False, whatever it is asked."""
    statement = function_in(source, function).body[1]  # after what it says of itself
    lines = source.splitlines(keepends=True)
    lines.insert(statement.lineno - 1, "    return False\n")
    return "".join(lines)


DRIVER = "drivers/calendar_driver.py"
MISTAKES: dict[str, tuple[str, Callable[[str], str]]] = {
    "evaluations before payments": (
        DRIVER,
        lambda source: swapped(source, "run_days", "run_payments", "run_evaluations"),
    ),
    "funding before the desk": (DRIVER, lambda source: swapped(source, "run_days", "work_desk", "fund")),
    "draws before funding": (DRIVER, lambda source: swapped(source, "run_days", "fund", "run_wishes")),
    "holds join the queue in the order in which they come": (
        "model/pool.py",
        lambda source: denying(source, "order_matters"),
    ),
}
COMPARE = """
import sys
import warnings
from histories import TABLES
from random_scenarios import random_scenario
import simlimit as sl
assert sl.__file__.startswith(sys.argv[1])
warnings.simplefilter("ignore", sl.SimlimitWarning)  # of scenarios that overload a desk or a pool
for seed in map(int, sys.argv[2:]):
    runs = [sl.simulate(random_scenario(seed), seed=seed, engine=engine) for engine in ("simpy", "calendar")]
    same = all(getattr(runs[0], name).equals(getattr(runs[1], name)) for name in TABLES["all"])
    print("same" if same else "different")
    if not same:
        break
"""


@pytest.fixture
def compare_in_copy(tmp_path: Path, fresh_process: Callable[..., str]) -> Callable[..., list[str]]:
    """Return a function that compares the drivers of a copy of the package, with a file edited or as it is.

    Its transitions run as plain Python: for a few scenarios that is sooner done than compiling them anew.
    """

    def compare(file: str = DRIVER, edit: Callable[[str], str] | None = None) -> list[str]:
        shutil.copytree(PACKAGE, tmp_path / "simlimit", ignore=shutil.ignore_patterns("__pycache__"))
        if edit is not None:
            source = (tmp_path / "simlimit" / file).read_text(encoding="utf-8")
            assert edit(source) != source
            (tmp_path / "simlimit" / file).write_text(edit(source), encoding="utf-8")
        environment = {"NUMBA_DISABLE_JIT": "1", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        return fresh_process(
            "-c", COMPARE, str(tmp_path), "0", "1", "2", "4", sources=tmp_path, **environment
        ).split()

    return compare


@pytest.mark.parametrize(
    ("file", "edit"),
    [
        pytest.param(*mistake, id=name, marks=[] if name.startswith("funding") else pytest.mark.long)
        for name, mistake in MISTAKES.items()
    ],
)
def test_comparing_the_drivers_catches_a_mistake(
    compare_in_copy: Callable[..., list[str]], file: str, edit: Callable[[str], str]
) -> None:
    assert compare_in_copy(file, edit)[-1] == "different"


@pytest.mark.long
def test_comparing_the_drivers_finds_no_mistake_in_an_unedited_copy(
    compare_in_copy: Callable[..., list[str]],
) -> None:
    assert compare_in_copy() == ["same"] * 4
