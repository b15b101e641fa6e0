"""The bank: the same however it is spread, stored, interrupted or killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fitted_logs import FREE, log_of, platform

import simlimit as sl
from simlimit.inference import bank

RUN = """
import sys
from fitted_logs import FREE, log_of, platform
import simlimit as sl
sl.fit(log_of({}), platform(), FREE, n=3000, store=sys.argv[1], progress=False)
"""


def fitted(n: int = 100, **options: object) -> sl.Fit:
    return sl.fit(log_of({}), platform(), FREE, n=n, progress=False, **options)


def same(one: sl.Fit, other: sl.Fit) -> bool:
    pd.testing.assert_frame_equal(one.table(), other.table(), check_exact=True)
    return one.prior.equals(other.prior) and one.scenario == other.scenario


def test_one_worker_and_two_give_equal_fits() -> None:
    assert same(fitted(workers=1), fitted(workers=2))


def test_another_seed_gives_another_fit() -> None:
    assert not fitted().prior.equals(fitted(seed=2).prior)


@pytest.mark.long
def test_an_executor_gives_an_equal_fit() -> None:
    with ProcessPoolExecutor(2) as pool:
        assert same(fitted(), fitted(executor=pool))


def test_a_store_is_continued_and_extended(tmp_path: Path) -> None:
    first = fitted(store=tmp_path / "store")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").iterdir()}
    assert same(fitted(n=130, store=tmp_path / "store"), fitted(n=130))
    assert same(first, fitted(store=tmp_path / "store"))
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL.")
def test_a_killed_fit_continues_from_its_store(tmp_path: Path) -> None:
    store, paths = tmp_path / "store", os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    child = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-c", RUN, str(store)], env=os.environ | {"PYTHONPATH": paths}
    )
    ends = time.monotonic() + 120
    while child.poll() is None and time.monotonic() < ends and len([*store.glob("logs-*")]) < 3:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert len([*store.glob("logs-*")]) >= 3
    assert same(fitted(store=store), fitted())


def test_an_interrupt_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_logs = bank.run_logs

    def interrupted(task: bank.Task, first: int) -> object:
        if first == 50:
            raise KeyboardInterrupt
        return run_logs(task, first)

    monkeypatch.setattr(bank, "run_logs", interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"interrupted; 50 of 100 simulated logs are in the store; "):
        fitted(store=tmp_path / "store", workers=1)
    monkeypatch.undo()
    assert len([*(tmp_path / "store").glob("logs-*")]) == 5
    assert same(fitted(store=tmp_path / "store"), fitted())


def test_the_store_of_another_fit_is_refused(tmp_path: Path) -> None:
    fitted(store=tmp_path)
    with pytest.raises(sl.SimlimitError, match="holds a fit of seed 1, not 2: name another store"):
        fitted(store=tmp_path, seed=2)
    with pytest.raises(sl.SimlimitError, match="holds a fit of other parameters"):
        sl.fit(log_of({}), platform(), {"evaluation.period_days": (7, 61)}, n=100, store=tmp_path)
    with pytest.raises(sl.SimlimitError, match="holds a fit of another scenario"):
        sl.fit(log_of({}), platform().replace({"behaviour.slip_days": 4}), FREE, n=100, store=tmp_path)


def test_the_store_of_a_fit_of_another_book_is_refused(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    own = platform().replace({"population.portfolio": str(book), "population.regions": {"all": 1.0}})
    for more in (0, 1):
        rows = {"limit": np.arange(2_000, 2_060), "outstanding": np.arange(60) + more}
        pd.DataFrame(rows).to_csv(book, index=False)
        if not more:
            fit = sl.fit(log_of({}), own, FREE, n=100, store=tmp_path / "store", progress=False)
            assert len(fit.scenario.population.portfolio) == 60
        else:
            with pytest.raises(sl.SimlimitError, match="holds a fit of another scenario"):
                sl.fit(log_of({}), own, FREE, n=100, store=tmp_path / "store", progress=False)


@pytest.mark.parametrize("of", ["a part of the borrowers of a portfolio", "some repayments of each borrower"])
def test_a_log_of_few_repayments_beside_those_that_are_simulated_is_said(of: str) -> None:
    own, log = platform(), log_of({})
    if of.startswith("some"):
        part = log.groupby("borrower").head(2)
    else:
        borrowers = own.population.borrowers
        own = own.with_portfolio(
            pd.DataFrame({"limit": [10_000] * borrowers, "outstanding": [5_000] * borrowers})
        )
        part = log[log["borrower"].astype(int) < borrowers / 4]
    with pytest.warns(
        sl.SimlimitWarning, match=rf"^log has {len(part):,} repayments, but a simulated log has ab"
    ):
        sl.fit(part, own, FREE, n=100, progress=False)


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear borrower")
    with pytest.raises(sl.SimlimitError, match="must be a folder that is new, empty, or holds this fit"):
        fitted(store=tmp_path)


def test_a_damaged_file_of_a_store_is_named(tmp_path: Path) -> None:
    fitted(store=tmp_path)
    path = tmp_path / "logs-0000030.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(sl.SimlimitError, match=r"logs-0000030.npz is damaged: delete it to simulate"):
        fitted(store=tmp_path)


def test_the_bank_has_the_statistics_of_each_log_after_half_of_its_time() -> None:
    made = fitted()._bank
    assert made.statistics.shape == made.half.shape
    assert np.isfinite(made.statistics).all()
    assert not np.array_equal(made.statistics, made.half)
