"""What an executor does wrong is one sentence; and a book travels to its workers, not with every task."""

from __future__ import annotations

import os
import pickle
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from same import assert_same

import simlimit as sl
from simlimit.study import experiment as experiments
from simlimit.study import workers

SMALL = sl.preset("jiebei").replace({"population.borrowers": 40, "horizon_days": 480})


@pytest.fixture(autouse=True)
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every task is one replication; no worker has got a book before."""
    monkeypatch.setattr(experiments, "BORROWER_DAYS_PER_CALL", 1)
    monkeypatch.setattr(experiments, "_books", {})


# ---- executors that fail ----------------------------------------------------------------------------------


def failure(executor: Executor, **options: Any) -> str:
    with pytest.raises(sl.SimlimitError) as error:
        sl.replicate(SMALL, 9, executor=executor, progress=False, **options)
    said = str(error.value)
    assert "\n" not in said
    assert said.endswith(
        ": call again, with a new executor if it is yours, and a store continues with what is done."
    )
    return said


class Failing(ThreadPoolExecutor):
    """Does the first tasks, and fails at the next."""

    def __init__(self, fail: Callable[[], object], good: int = 3) -> None:
        super().__init__(1)
        self.fail, self.good = fail, good

    def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Any:
        self.good -= 1
        return super().submit(work if self.good >= 0 else lambda *_: self.fail(), *arguments, **options)


class KilledWorker(Exception):
    """As Dask has it, which knows no base for it."""


def lose_worker() -> None:
    raise KilledWorker("Attempted to run task on 4 different workers,\nbut all those workers died.")


def test_a_worker_that_was_killed_is_said_and_the_store_has_what_is_done(tmp_path: Path) -> None:
    with Failing(lose_worker) as executor:
        said = failure(executor, store=tmp_path)
    assert said.startswith(
        "The executor failed, since it is closed or a worker died (KilledWorker: Attempted to run task"
    )
    assert len(list(tmp_path.glob("replication-*"))) == 3
    assert_same(
        sl.replicate(SMALL, 9, store=tmp_path, progress=False), sl.replicate(SMALL, 9, progress=False)
    )


def test_a_pool_that_was_shut_down_is_said() -> None:
    executor = ThreadPoolExecutor(2)
    executor.shutdown()
    assert "RuntimeError: cannot schedule new futures after shutdown" in failure(executor)


def test_a_task_that_was_cancelled_is_said() -> None:
    class Cancelling(ThreadPoolExecutor):
        """Somebody else cancels what it is asked for."""

        def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            return future

    with Cancelling(1) as executor:
        assert "CancelledError" in failure(executor)


def suicide() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL.")
def test_a_process_that_was_killed_is_said() -> None:
    with ProcessPoolExecutor(1) as executor:
        executor.submit(suicide).exception()
        assert "BrokenProcessPool" in failure(executor)


def test_what_goes_wrong_in_our_own_threads_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a fault of ours, of which a sentence would hide the place."""

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(workers, "run_chunk", fails)
    with pytest.raises(ZeroDivisionError):
        sl.replicate(SMALL, 2, progress=False)


def test_a_lack_of_memory_in_a_worker_is_said_as_one() -> None:
    def without_memory() -> None:
        raise MemoryError

    with Failing(without_memory) as executor, pytest.raises(sl.SimlimitError, match=r"^There is not enough"):
        sl.replicate(SMALL, 9, executor=executor, progress=False)


# ---- how much travels -------------------------------------------------------------------------------------


class Cluster(Executor):
    """Workers in turn, each with a memory of its own; what it is sent is counted in bytes."""

    def __init__(self, number: int, **known: int) -> None:
        vars(self).update(known)
        self.memories: list[dict[str, Any]] = [{} for _ in range(number)]
        self.sent = Counter[str]()
        self.tasks = 0

    def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Any:
        sent = pickle.dumps((work, arguments))
        self.tasks += 1
        self.sent["bytes"] += len(sent)
        self.sent["books"] += len(sent) > BOOK_BYTES
        experiments._books = self.memories[self.tasks % len(self.memories)]
        future: Future[Any] = Future()
        work, arguments = pickle.loads(sent)
        future.set_result(work(*arguments))
        return future


BOOK_BYTES = 50_000


@pytest.fixture
def with_portfolio(tmp_path: Path) -> sl.Scenario:
    rng = np.random.default_rng(1)
    columns = {"limit": 5_000 + 1_000 * rng.random(2_000), "outstanding": 4_000 * rng.random(2_000)}
    pd.DataFrame(columns).round(2).to_csv(tmp_path / "book.csv", index=False)
    short = {"horizon_days": 20, "warmup_days": 0, "population.portfolio": str(tmp_path / "book.csv")}
    return SMALL.replace(short)


def test_a_book_travels_with_the_first_tasks_only(with_portfolio: sl.Scenario) -> None:
    cluster = Cluster(2, _max_workers=2)
    study = sl.replicate(with_portfolio, 30, executor=cluster, follow_up_days=5, progress=False)
    assert_same(study, sl.replicate(with_portfolio, 30, follow_up_days=5, progress=False))
    assert cluster.tasks == 30
    assert cluster.sent["books"] == 4, "two for each worker"
    assert cluster.sent["bytes"] < 4 * 250_000 + 26 * 30_000


def test_one_book_of_several_scenarios_travels_as_one(with_portfolio: sl.Scenario) -> None:
    cluster = Cluster(1, _max_workers=1)
    scenarios = {"monthly": with_portfolio, "weekly": with_portfolio.replace({"evaluation.period_days": 7})}
    options: dict[str, Any] = {"follow_up_days": 5, "progress": False}
    comparison = sl.compare(scenarios, 10, executor=cluster, **options)
    for name, study in sl.compare(scenarios, 10, **options).studies.items():
        assert_same(comparison.studies[name], study)
    assert cluster.sent["books"] == 2


def test_a_worker_that_has_not_got_the_book_is_sent_it(with_portfolio: sl.Scenario) -> None:
    """Nine workers where one was thought of: some come late."""
    cluster = Cluster(9, _max_workers=1)
    study = sl.replicate(with_portfolio, 30, executor=cluster, follow_up_days=5, progress=False)
    assert_same(study, sl.replicate(with_portfolio, 30, follow_up_days=5, progress=False))
    assert cluster.tasks > 30


def test_workers_forget_old_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "MOST_BOOKS", 2)
    cluster = Cluster(1, _max_workers=1)
    fields = {"population.score_mean": [0.6, 0.7, 0.8, 0.9]}
    options: dict[str, Any] = {"n": 6, "progress": False}
    grid = sl.sweep(SMALL, fields, executor=cluster, **options)
    for point, study in sl.sweep(SMALL, fields, **options).studies.items():
        assert_same(grid.studies[point], study)
    assert len(cluster.memories[0]) <= 2
