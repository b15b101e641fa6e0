"""A study says the same however it is spread: over threads, processes, a cluster, or lives of its process."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
import stored
from lender import LENDER
from same import assert_same

import simlimit as sl
from simlimit.drafts import DRAFT
from simlimit.study import experiment as experiments
from simlimit.study import identity
from simlimit.study.experiment import Chunk

SCENARIO = LENDER.replace({"population.borrowers": 40, "horizon_days": 300})


def assert_spread_says_the_same(executor: Executor, folder: Path) -> None:
    """A study, one that is stored, one to a precision, and a comparison."""
    alone = sl.replicate(SCENARIO, 9, seed=3, progress=False)
    assert_same(sl.replicate(SCENARIO, 9, seed=3, executor=executor, progress=False), alone)
    for _ in range(2):
        study = sl.replicate(SCENARIO, 9, seed=3, executor=executor, store=folder, progress=False)
        assert_same(study, alone)
    options: dict[str, Any] = {"keep": "all", "by": "score", "bands": (0.6, 0.8), "progress": False}
    kept = sl.replicate(SCENARIO, 3, executor=executor, **options)
    told = sl.replicate(SCENARIO, 3, **options)
    assert_same(kept, told)
    for table in ("holds", "borrowers", "events"):
        pd.testing.assert_frame_equal(getattr(kept, table), getattr(told, table))
    scenarios = {"today": SCENARIO, "weekly": SCENARIO.replace({"evaluation.period_days": 7})}
    precise: dict[str, Any] = {"n": 200, "precision": 0.2, "progress": False}
    comparison = sl.compare(scenarios, executor=executor, **precise)
    for name, study in sl.compare(scenarios, **precise).studies.items():
        assert_same(comparison.studies[name], study)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two replications a chunk, so that there is something to spread."""
    monkeypatch.setattr(experiments, "BORROWER_DAYS_PER_CALL", 2 * 40 * 300)


def test_processes_say_the_same_as_threads(tmp_path: Path, small_chunks: None) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert_spread_says_the_same(executor, tmp_path)


@pytest.fixture
def cluster() -> Iterator[Executor]:
    """A Dask cluster of two processes, on this machine only."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # what Dask and its event loop say of themselves is not ours
        distributed = import_module("distributed")
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                host="127.0.0.1",
                silence_logs=logging.ERROR,
            ) as workers,
            distributed.Client(workers) as client,
        ):
            yield client.get_executor()


@pytest.mark.long
def test_a_dask_cluster_says_the_same_as_threads(
    cluster: Executor, tmp_path: Path, small_chunks: None
) -> None:
    assert_spread_says_the_same(cluster, tmp_path)


# ---- workers that are not what they should be -------------------------------------------------------------


class Swapped(ThreadPoolExecutor):
    """Returns, for some tasks, what another task has asked for."""

    def __init__(self, swap: Callable[[Chunk], object]) -> None:
        super().__init__(1)
        self.swap = swap

    def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Any:
        return super().submit(lambda: self.swap(work(*arguments, **options)))


@pytest.mark.parametrize(
    "swap",
    [
        lambda chunk: None,
        lambda chunk: chunk._replace(first=chunk.first + 2),
        lambda chunk: chunk._replace(key="of another study"),
        lambda chunk: chunk._replace(tables=chunk.tables[:1]),
        lambda chunk: chunk._replace(tallies=chunk.tallies.rows(0, 1)),
    ],
)
def test_a_chunk_that_was_not_asked_for_is_refused(
    swap: Callable[[Chunk], object], tmp_path: Path, small_chunks: None
) -> None:
    with Swapped(swap) as executor, pytest.raises(sl.SimlimitError) as error:
        sl.replicate(SCENARIO, 4, executor=executor, store=tmp_path, progress=False)
    assert str(error.value) == "The executor mixed up replications 0 .. 1."
    assert not list(tmp_path.glob("replication-*"))


def test_a_chunk_of_another_scenario_of_the_comparison_is_refused(small_chunks: None) -> None:
    """It has the same numbers, so that only its key tells it from the right one."""
    made: list[Chunk] = []

    def first_again(chunk: Chunk) -> Chunk:
        made.append(chunk)
        return made[0]

    scenarios = {"today": SCENARIO, "weekly": SCENARIO.replace({"evaluation.period_days": 7})}
    with Swapped(first_again) as executor, pytest.raises(sl.SimlimitError, match="mixed up"):
        sl.compare(scenarios, 2, executor=executor, progress=False)


@pytest.mark.parametrize(
    ("changed", "what"), [({"code": "0"}, "other code"), ({"numba": "0.1"}, "numba '0.1', not '")]
)
def test_workers_that_import_other_code_are_refused(
    changed: dict[str, str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = identity.code_identity() | changed

    class Elsewhere(ThreadPoolExecutor):
        """Its workers find another package."""

        def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Any:
            monkeypatch.setattr(identity, "code_identity", lambda: found)
            return super().submit(work, *arguments, **options)

    with Elsewhere(1) as executor, pytest.raises(sl.SimlimitError) as error:
        sl.replicate(SCENARIO, 4, executor=executor, progress=False)
    assert str(error.value).startswith(f"A worker of the executor runs {what}")


# ---- killed -----------------------------------------------------------------------------------------------


def start(folder: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    command = [sys.executable, "-W", "error", stored.__file__, str(folder)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths})


def kill_at(folder: Path, files: int, seconds: float) -> None:
    """Kill a process so many seconds after its store has got so many files; earlier, if it was too quick."""
    while True:
        child = start(folder)
        while child.poll() is None and not (folder.exists() and len(os.listdir(folder)) >= files):
            time.sleep(0.0005)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        killed = child.wait() == -signal.SIGKILL
        if killed and len(list(folder.glob("replication-*"))) < stored.NUMBER:
            return
        # It had finished, or had only its farewell left.
        assert killed or child.returncode == 0
        shutil.rmtree(folder)
        files //= 2


@pytest.fixture(scope="module")
def uninterrupted() -> sl.Study:
    return stored.stored_study(None)


RANDOM = Random(4)
MOMENTS = [(RANDOM.randint(0, 3 * stored.NUMBER - 5), RANDOM.uniform(0, 0.02)) for _ in range(30)]
"""Counted in files of the store, of which there are three for each replication, and in seconds after that."""


def assert_killed_study_resumes(moments: list[tuple[int, float]], folder: Path, told: sl.Study) -> None:
    for files, seconds in moments:
        kill_at(folder, files, seconds)
    written = {path.name: path.stat().st_mtime_ns for path in folder.glob("replication-*")}
    assert len(written) < stored.NUMBER
    resumed = stored.stored_study(str(folder))
    assert_same(resumed, told)
    pd.testing.assert_frame_equal(resumed.holds, told.holds, check_exact=True)
    files_now = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(files_now) == 3 * stored.NUMBER + 2
    assert not any(name.startswith(DRAFT) for name in files_now)
    assert written.items() <= files_now.items()


@pytest.mark.parametrize("moment", MOMENTS[:1])
def test_a_killed_study_resumes(moment: tuple[int, float], tmp_path: Path, uninterrupted: sl.Study) -> None:
    assert_killed_study_resumes([moment], tmp_path / "study", uninterrupted)


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS[1:])
def test_a_study_that_is_killed_at_any_moment_resumes(
    moment: tuple[int, float], tmp_path: Path, uninterrupted: sl.Study
) -> None:
    assert_killed_study_resumes([moment], tmp_path / "study", uninterrupted)


@pytest.mark.long
def test_a_study_that_is_killed_again_and_again_resumes(tmp_path: Path, uninterrupted: sl.Study) -> None:
    assert_killed_study_resumes(sorted(MOMENTS[:6]), tmp_path / "study", uninterrupted)


def kill_at_operation(folder: Path, operation: int) -> subprocess.CompletedProcess[str]:
    """Make a store of three in a process that is killed at an operation on its files, before that is done."""
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    command = [sys.executable, "-W", "error", stored.__file__, str(folder), "3", str(operation)]
    return subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )


FILES_OF_THREE = 3 * 3 + 2
"""Three of each replication, and two of the study; four operations or more are needed for each."""


@pytest.fixture(scope="module")
def three() -> sl.Study:
    return stored.stored_study(None, 3)


def assert_killed_at_operation_resumes(operation: int, folder: Path, told: sl.Study) -> None:
    assert kill_at_operation(folder, operation).returncode == -signal.SIGKILL
    resumed = stored.stored_study(str(folder), 3)
    assert_same(resumed, told)
    pd.testing.assert_frame_equal(resumed.holds, told.holds, check_exact=True)
    assert len(list(folder.iterdir())) == FILES_OF_THREE


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL.")
@pytest.mark.parametrize("operation", [pytest.param(8, marks=pytest.mark.long), 30])
def test_a_study_that_is_killed_at_an_operation_on_its_files_resumes(
    operation: int, tmp_path: Path, three: sl.Study
) -> None:
    assert_killed_at_operation_resumes(operation, tmp_path / "study", three)


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL.")
def test_a_study_that_is_killed_at_any_operation_on_its_files_resumes(
    tmp_path: Path, three: sl.Study
) -> None:
    """Every second operation, for the sake of time."""
    operations = int(kill_at_operation(tmp_path / "whole", 0).stdout)
    assert operations >= 4 * FILES_OF_THREE
    for operation in range(1, operations + 1, 2):
        assert_killed_at_operation_resumes(operation, tmp_path / f"{operation}", three)
