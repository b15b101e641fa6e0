"""A study that does not fit into memory is refused before it begins, with what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lender import LENDER

import simlimit as sl
from simlimit.drivers.tallies import empty_tallies
from simlimit.run import memory as run_memory
from simlimit.study import workers as study_memory
from simlimit.study.experiment import prepare_experiment
from simlimit.study.options import CheckedOptions
from simlimit.study.workers import tally_bytes

SMALL = LENDER.replace({"population.borrowers": 10, "horizon_days": 300})
MB = 2**20


@pytest.fixture
def available(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let there be so many bytes."""

    def so_much(number: int) -> None:
        monkeypatch.setattr(run_memory, "available_memory", lambda: number)
        monkeypatch.setattr(study_memory, "available_memory", lambda: number)

    return so_much


def refusal(scenario: sl.Scenario, n: int, **options: Any) -> str:
    with pytest.raises(sl.SimlimitError) as error:
        sl.replicate(scenario, n, progress=False, **options)
    return str(error.value)


def test_a_replication_that_does_not_fit_is_refused_by_its_borrowers(
    available: Callable[[int], None],
) -> None:
    available(700 * MB)
    large = SMALL.replace({"population.borrowers": 3_000_000})
    assert refusal(large, 1) == (
        "population.borrowers is 3,000,000: a replication takes about 1.3 GiB of memory, but this process "
        "may take 0.68 GiB more; fewer borrowers, days or groups take less, and metrics are per hold."
    )
    assert "population.borrowers" in refusal(large, 1, workers=3)


@pytest.mark.parametrize("engine", ["calendar", "simpy"])
def test_more_workers_than_fit_are_refused_and_the_default_is_what_fits(
    available: Callable[[int], None], engine: Any
) -> None:
    available(3 * MB)
    with ThreadPoolExecutor(9) as executor:
        for options in ({"workers": 9}, {"executor": executor}):
            said = refusal(SMALL, 9, engine="simpy", keep="all", **options)
            assert said.startswith("workers is 9: so many replications at a time take about 0.00")
            assert said.endswith("; at most 7 fit.")
    # Fewer replications than workers are never so many at a time.
    assert len(sl.replicate(SMALL, 2, workers=9, engine=engine, progress=False)) == 2
    assert len(sl.replicate(SMALL, 9, engine=engine, progress=False)) == 9


def test_the_memory_of_other_machines_is_not_ours(available: Callable[[int], None]) -> None:
    class Elsewhere(Executor):
        """Its workers have more memory than we."""

        def __init__(self) -> None:
            self.inner = ThreadPoolExecutor(1)

        def submit(self, work: Any, /, *arguments: Any, **options: Any) -> Any:
            return self.inner.submit(work, *arguments, **options)

    available(1 * MB)
    assert "a replication takes" in refusal(SMALL.replace({"population.borrowers": 9_000}), 1)
    executor = Elsewhere()
    study = sl.replicate(SMALL.replace({"population.borrowers": 9_000}), 1, executor=executor, progress=False)
    executor.inner.shutdown()
    assert len(study) == 1


def test_tallies_that_do_not_fit_are_refused_by_their_number(available: Callable[[int], None]) -> None:
    available(50 * MB)
    assert refusal(SMALL, 4_000).startswith(
        "n is 4000: tallies and tables of so many replications take about"
    )
    by_score: dict[str, Any] = {"by": "score", "bands": [0.01 * k for k in range(1, 100)]}
    assert refusal(SMALL, 100, **by_score).startswith("n is 100: ")
    assert len(sl.replicate(SMALL, 100, progress=False)) == 100


def test_tables_that_do_not_fit_can_be_in_a_store(available: Callable[[int], None], tmp_path: Path) -> None:
    available(5 * MB)
    assert refusal(SMALL, 20, keep="all").endswith("and a store can keep the tables.")
    assert len(sl.replicate(SMALL, 20, keep="all", store=tmp_path, progress=False)) == 20


def test_precision_asks_for_what_the_next_replications_take(available: Callable[[int], None]) -> None:
    available(20 * MB)
    with pytest.raises(sl.SimlimitError, match=r"^n is (80|160|320): tallies"):
        sl.replicate(SMALL, 100_000, precision=1e-9, progress=False)


def test_the_tallies_of_a_replication_are_counted_exactly() -> None:
    experiment = prepare_experiment(SMALL, 1, CheckedOptions())
    one, three = (empty_tallies(experiment.prepared, number) for number in (1, 3))
    assert tally_bytes(experiment) == sum(array.nbytes for array in one)
    assert 3 * tally_bytes(experiment) == sum(array.nbytes for array in three)


@pytest.mark.parametrize("spread", [None, 1])
def test_a_lack_of_memory_is_said_in_a_sentence(spread: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("simlimit.drivers.replications.empty_state", without_memory)
    for make in (
        lambda: sl.replicate(SMALL, 2, workers=spread, progress=False),
        lambda: sl.compare({"a": SMALL, "b": SMALL}, 2, workers=spread, progress=False),
        lambda: sl.sweep(SMALL, {"product.instalments": [6, 12]}, 2, workers=spread, progress=False),
    ):
        with pytest.raises(sl.SimlimitError, match=r"^There is not enough memory: fewer borrowers, .*\.$"):
            make()
