"""Processes of one's own in studies: spread, paired, stored, resumed, and what goes wrong in one sentence."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import own_processes
import pandas as pd
import pytest
from own_processes import FOLLOW_UP, SMALL, Calls, nothing, study
from random_scenarios import follow_up_of, random_scenario
from same import assert_same
from test_spread import cluster  # noqa: F401

import simlimit as sl

HERE: dict[str, Any] = {"workers": 1}
"""In this process: others begin slowly."""


@pytest.fixture(scope="module")
def told() -> sl.Study:
    return study(None, **HERE)


def assert_same_records(one: sl.Study, other: sl.Study) -> None:
    pd.testing.assert_frame_equal(one.records, other.records, check_exact=True)
    assert_same(one, other)


# ---- the same, however it is spread -----------------------------------------------------------------------


def closure(share: float) -> Callable[[sl.Platform], Iterator[Any]]:
    """Return what could not be found by its name elsewhere."""
    return lambda platform: (yield from Calls(share)(platform))


def test_two_processes_say_the_same_as_one_thread(tmp_path: Path, told: sl.Study) -> None:
    spread = study(str(tmp_path), processes=[closure(0.5)], workers=2)
    assert_same_records(spread, told)
    assert_same_records(study(str(tmp_path), processes=[closure(0.5)], **HERE), told)


def test_each_replication_begins_with_a_fresh_copy(told: sl.Study) -> None:
    """A process that counts for itself counts from 0; and the user's own object stays as it is."""
    calls = Calls()
    assert_same_records(study(None, processes=[calls], **HERE), told)
    assert calls.made == 0
    totals = told.metrics()
    assert totals["made.total"].equals(totals["calls.total"])


def test_threads_of_the_users_say_the_same(told: sl.Study) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert_same_records(study(None, executor=executor), told)


@pytest.mark.long
def test_processes_of_the_users_say_the_same(told: sl.Study) -> None:
    with ProcessPoolExecutor(2) as executor:
        assert_same_records(study(None, executor=executor), told)


@pytest.mark.long
def test_a_dask_cluster_says_the_same(cluster: Executor, told: sl.Study) -> None:  # noqa: F811
    assert_same_records(study(None, executor=cluster), told)


def test_large_processes_travel_with_the_first_tasks_only() -> None:
    sent: list[int] = []

    class Counting(ThreadPoolExecutor):
        """Says how many bytes each task would travel with."""

        def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Any:
            sent.append(len(pickle.dumps(arguments)))
            return super().submit(work, *arguments, **options)

    large = b"x" * 1_000_000

    def process(platform: sl.Platform) -> Iterator[Any]:
        yield platform.at(1, 5)
        platform.record("bytes", len(large))

    tiny = SMALL.replace({"horizon_days": 3, "warmup_days": 0})
    with Counting(1) as executor:
        made = sl.replicate(tiny, 6, processes=[process], executor=executor, follow_up_days=0, progress=False)
    assert made.metrics()["bytes.total"].to_list() == [1e6] * 6
    assert [number > 1_000_000 for number in sent] == [True, True, False, False, False, False]


# ---- what nothing changes, changes nothing ----------------------------------------------------------------


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(8, 50))]
)
def test_a_process_that_does_nothing_leaves_a_study_as_the_calendar_driver_makes_it(
    seed: int, tmp_path: Path
) -> None:
    scenario = random_scenario(seed, tmp_path if seed % 4 == 3 else None)
    options: dict[str, Any] = {"follow_up_days": follow_up_of(seed), "keep": "all", "progress": False}
    plain = sl.replicate(scenario, 2, seed, **options)
    with_nothing = sl.replicate(scenario, 2, seed, processes=[nothing], **HERE, **options)
    assert_same(with_nothing, plain)
    for table in ("holds", "borrowers", "events"):
        pd.testing.assert_frame_equal(getattr(with_nothing, table), getattr(plain, table), check_exact=True)
    assert with_nothing.records.empty


def test_extensions_that_do_the_same_until_a_day_have_the_same_histories_until_then() -> None:
    day = 230
    extensions = {
        "some": [Calls(0.2)],
        "more": [Calls(0.2), Calls(0.5, day)],
        "none": [Calls(0.2), Calls(0, day)],
    }
    options: dict[str, Any] = {"follow_up_days": FOLLOW_UP, "progress": False, **HERE}
    compared = sl.compare(dict.fromkeys(extensions, SMALL), 4, processes=extensions, **options)
    some, more, none = (one.daily for one in compared.studies.values())
    before = some["day"] < day
    pd.testing.assert_frame_equal(some[before], more[before], check_exact=True)
    assert not some[~before].equals(more[~before])
    pd.testing.assert_frame_equal(some, none, check_exact=True)
    early = [
        one.records[one.records["day"] < day].reset_index(drop=True) for one in compared.studies.values()
    ]
    pd.testing.assert_frame_equal(early[0], early[1], check_exact=True)


# ---- in every function that makes studies -----------------------------------------------------------------


def test_a_comparison_has_processes_by_scenario_or_for_all(told: sl.Study) -> None:
    scenarios = {"without": SMALL, "with": SMALL}
    options: dict[str, Any] = {"follow_up_days": FOLLOW_UP, "progress": False, **HERE}
    some = sl.compare(scenarios, 6, 3, processes={"with": [Calls()]}, **options)
    assert_same_records(some.studies["with"], told)
    assert_same(some.studies["without"], sl.replicate(SMALL, 6, 3, follow_up_days=FOLLOW_UP, progress=False))
    every = sl.compare(scenarios, 6, 3, processes=[Calls()], **options)
    for one in every.studies.values():
        assert_same_records(one, told)
    differences = some.differences(metrics=["paid.total"]).loc["with"]
    paid = told.metrics()["paid.total"]
    assert differences.loc["paid.total", "difference"] == pytest.approx(paid.mean())
    assert str(some).count("calls.total") == 1
    assert str(some.studies["without"]).count("calls.total") == 0
    assert "calls.total" in some._repr_html_()


def test_sweeps_rankings_attributions_and_recoveries_have_processes() -> None:
    tiny = SMALL.replace({"population.borrowers": 6, "horizon_days": 120, "warmup_days": 0})
    calls = Calls(1.0, 40)
    options: dict[str, Any] = {"follow_up_days": 30, "progress": False, "processes": [calls], **HERE}
    swept = sl.sweep(tiny, {"evaluation.period_days": [7, 30]}, 1, **options)
    assert swept.summary().loc[(7, "calls.total"), "estimate"] > 0
    ranked = sl.rank_levers(tiny, [{"kind": "pay_on_time"}], 1, **options)
    plain = sl.rank_levers(tiny, [{"kind": "pay_on_time"}], 1, follow_up_days=30, progress=False)
    assert not ranked.metrics["none"].equals(plain.metrics["none"])
    assert ranked.metrics["none"].equals(
        sl.replicate(tiny, 1, **options).metrics()[list(ranked.metrics["none"])]
    )
    explained = sl.attribute(tiny, 1, **options)
    gates = "+".join(["evaluation", "score", "overdue", "behaviour", "review", "policy", "funding"])
    assert explained.metrics[gates].equals(
        sl.replicate(tiny, 1, **options).metrics()["days_away"].rename(gates)
    )
    frozen = tiny.replace({"shocks": [{"kind": "freeze", "at": 60, "duration_days": 10}]})
    back = sl.recovery(frozen, 2, series="held", **options)
    assert all((one.records["name"] == "calls").any() for one in back.comparison.studies.values())


def test_another_follow_up_simulates_the_processes_again(told: sl.Study) -> None:
    again = study(None, follow_up_days=30, **HERE).summary()
    made = pickle.loads(pickle.dumps(told))
    pd.testing.assert_frame_equal(made.summary(follow_up_days=30), again, check_exact=True)


# ---- stores -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "processes",
    [[Calls(0.4)], [Calls(), nothing], [], [lambda platform: (yield from Calls()(platform))]],
    ids=["another argument", "one more", "none", "another source"],
)
def test_a_store_of_other_processes_is_refused(processes: list[Any], tmp_path: Path, told: sl.Study) -> None:
    study(str(tmp_path), 1, **HERE)
    with pytest.raises(
        sl.SimlimitError, match=r"holds a study of other processes: name another store, or the"
    ):
        study(str(tmp_path), 1, processes=processes, **HERE)
    assert_same_records(study(str(tmp_path), **HERE), told)


def test_a_store_is_refused_if_the_process_could_not_be_known_again(tmp_path: Path) -> None:
    made = sl.preset("clockwork")

    def process(platform: sl.Platform, of: Any = (number for number in ())) -> Iterator[Any]:
        yield platform.at(1, 5)

    with pytest.raises(
        sl.SimlimitError, match=r"^processes is .*, but must be what can be copied for each rep"
    ):
        sl.replicate(made, 2, processes=[process], progress=False, **HERE)
    with pytest.raises(
        sl.SimlimitError, match=r"^store is set, but .* the module own_processes is used as a whole"
    ):
        sl.replicate(made, 2, processes=[uses_module], progress=False, store=tmp_path / "s", **HERE)
    assert not (tmp_path / "s").exists()


def uses_module(platform: sl.Platform) -> Iterator[Any]:
    yield platform.at(own_processes and 1, 5)


@pytest.mark.parametrize("keep", ["counts", "holds"])
def test_a_store_keeps_records_whatever_else_it_keeps(keep: Any, tmp_path: Path, told: sl.Study) -> None:
    study(str(tmp_path), 2, keep=keep, **HERE)
    read = study(str(tmp_path), 2, keep=keep, **HERE)
    pd.testing.assert_frame_equal(read.records, told.records.query("replication < 2"), check_exact=True)
    assert len(list(tmp_path.glob("records-*.parquet"))) == 2


def start(folder: Path, number: int, workers: int) -> subprocess.Popen[bytes]:
    """Make the study in a process whose `__main__` has the processes."""
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    command = [sys.executable, "-W", "error", own_processes.__file__, str(folder), str(number), str(workers)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}, stderr=subprocess.PIPE)


def wait_for(folder: Path, files: int) -> None:
    end = time.monotonic() + 120
    while not (folder.exists() and len(list(folder.glob("replication-*"))) >= files):
        assert time.monotonic() < end
        time.sleep(0.001)


def workers_of(process: int) -> list[int]:
    """Return the processes that a process has begun."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, check=False)
    return [int(one) for one in told.stdout.split()]


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL.")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_study_that_is_killed_or_interrupted_leaves_nobody_and_resumes(
    how: signal.Signals, workers: int, tmp_path: Path
) -> None:
    """Who resumes it is killed as well; in the third, `Calls` is of a module, not of `__main__`."""
    folder, number = tmp_path / "study", 100
    for _ in range(2):
        files = len(list(folder.glob("replication-*"))) + 2
        with start(folder, number, workers) as child:
            wait_for(folder, files)
            below = workers_of(child.pid)
            child.send_signal(how)
            told = child.communicate()[1]
        assert child.returncode in (-how, 130, 1), told
        assert how != signal.SIGINT or b"replications are in the store" in told
        end = time.monotonic() + 20
        while any(map(is_alive, below)):
            assert time.monotonic() < end, "workers go on without their parent"
            time.sleep(0.05)
    assert files <= len(list(folder.glob("replication-*"))) < number
    assert_same_records(study(str(folder), number, **HERE), study(None, number, **HERE))
