"""How replications are spread over workers and gathered again, in order, whoever did them.

A piece is a few replications of one case. What a piece gives depends only on its case and its numbers,
so results are the same on any executor, with any number of workers, and whatever was stored before.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from simlimit.drivers import calendar_driver, replications, simpy_driver
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.errors import SimlimitError
from simlimit.model.start import Setting
from simlimit.model.state import HOLD, LOAN, State
from simlimit.progress import tqdm
from simlimit.run import frames
from simlimit.study.store import Store

Frames = dict[str, pd.DataFrame]
Bar: TypeAlias = "tqdm[Any]"
BAR_AFTER_SECONDS = 1.0
"""A study that takes less shows no bar."""


class Case(NamedTuple):
    """A scenario whose replications are wanted, ready to run."""

    setting: Setting
    seed: int
    engine: Literal["calendar", "simpy"]
    keep: Literal["counts", "holds", "all"]


class Piece(NamedTuple):
    """Replications ``first`` .. of a case: tallies, and the tables that are kept in full of each."""

    first: int
    tallies: Tallies
    tables: list[Frames]


def run_piece(
    case: Case,
    first: int,
    number: int,
    tallies: Tallies | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Piece:
    """Simulate replications ``first`` .. ``first + number - 1`` of a case, in this process."""
    if case.keep == "counts" and case.engine == "calendar":
        done = replications.run(case.setting, case.seed, first, number, tallies, stopped)
        return Piece(first, done, [{}] * number)
    if tallies is None:
        tallies = empty_tallies(case.setting, number)
    tables: list[Frames] = []
    for row in range(number):
        if stopped():
            break
        state = _simulated(case, first + row)
        t = tallies.rows(row, row + 1)
        tally(
            state.borrowers, state.holds, state.counts, state.platform, t.ended_holds[0], t.ended_cents[0],
            t.followed_holds[0], t.followed_cents[0], t.totals[0],
        )  # fmt: skip
        t.daily[0] = state.daily
        tables.append(_kept(case, state))
    return Piece(first, tallies, tables)


def _simulated(case: Case, replication: int) -> State:
    if case.engine == "simpy":
        return simpy_driver.run(case.setting, case.seed, replication, (), lambda days: None)
    return calendar_driver.run(case.setting, case.seed, replication, lambda days: None)


def _kept(case: Case, state: State) -> Frames:
    regions = case.setting.regions
    tables: Frames = {}
    if case.keep != "counts":
        tables["holds"] = frames.holds_frame(state, regions)
        tables["borrowers"] = frames.borrowers_frame(state, regions)
    if case.keep == "all":
        tables["events"] = frames.events_frame(state)
    return tables


class Gathering:
    """The replications of a case that are there.

    Parameters
    ----------
    case : Case
    store : Store, optional
        Where replications are kept, and found again.
    """

    def __init__(self, case: Case, store: Store | None) -> None:
        self.case = case
        self.store = store
        self.tallies = empty_tallies(case.setting, 0)
        self.tables: dict[int, Frames] = {}
        self._stored = store.done() if store is not None else set()
        self._there = np.zeros(0, np.bool_)

    @property
    def done(self) -> int:
        """How many replications are there from number 0 on without a gap."""
        return len(self._there) if self._there.all() else int(self._there.argmin())

    def make_room(self, last: int) -> None:
        """Make room for replications below ``last``; nobody may be writing into the room that there is."""
        number = len(self._there)
        if last <= number:
            return
        try:
            tallies = empty_tallies(self.case.setting, last)
        except MemoryError:
            raise SimlimitError(
                f"n is {last}, but the tallies of so many replications must fit into memory: fewer "
                "replications, groups or days of follow-up need less."
            ) from None
        tallies.rows(0, number).take(self.tallies)
        self.tallies = tallies
        self._there = np.concatenate([self._there, np.zeros(last - number, np.bool_)])

    def fetch(self, last: int) -> int:
        """Read what is stored of replications below ``last``; return how many that were."""
        wanted = [k for k in range(last) if not self._there[k] and k in self._stored]
        for k in wanted:
            assert self.store is not None
            self.store.get(k, self.tallies, k)
            self._there[k] = True
        return len(wanted)

    def missing(self, last: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield pieces (first, number) of at most a size that cover what is missing below ``last``."""
        k = 0
        while k < last:
            number = 0
            while number < size and k + number < last and not self._there[k + number]:
                number += 1
            if number > 0:
                yield k, number
            k += max(1, number)

    def table(self, name: str, replication: int) -> pd.DataFrame:
        """Return a table that a replication has kept in full."""
        if self.store is not None:
            return self.store.frame(name, replication)
        return self.tables[replication][name]

    def put(self, piece: Piece) -> None:
        """Take in a piece."""
        number = len(piece.tables)
        rows = self.tallies.rows(piece.first, piece.first + number)
        rows.take(piece.tallies.rows(0, number))
        for row, tables in enumerate(piece.tables):
            if self.store is not None:
                self.store.put(piece.first + row, rows, row, tables)
            elif tables:
                self.tables[piece.first + row] = tables
        self._there[piece.first : piece.first + number] = True


class Crew:
    """Who does the work: threads of our own, or an executor of the user's."""

    def __init__(self, executor: Executor, own: bool) -> None:
        self.executor = executor
        self.own = own
        self.stop = threading.Event()

    def submit(self, gathering: Gathering, first: int, number: int) -> "Future[Piece]":
        """Let a piece be done; our threads write it where it belongs."""
        if self.own:
            rows = gathering.tallies.rows(first, first + number)
            return self.executor.submit(run_piece, gathering.case, first, number, rows, self.stop.is_set)
        return self.executor.submit(run_piece, gathering.case, first, number)

    def gather(self, gatherings: Sequence[Gathering], last: int, bar: Bar) -> None:
        """See to it that all replications below ``last`` of every case are there."""
        futures: dict[Future[Piece], Gathering] = {}
        # A queue, for an interrupt inside concurrent.futures.wait would leave the locks of all futures taken.
        finished: SimpleQueue[Future[Piece]] = SimpleQueue()
        try:
            for gathering in gatherings:
                gathering.make_room(last)
                bar.update(gathering.fetch(last))
            for gathering, first, number in in_turn(gatherings, last):
                future = self.submit(gathering, first, number)
                futures[future] = gathering
                future.add_done_callback(finished.put)
            while futures:
                future = finished.get()
                piece = future.result()
                futures.pop(future).put(piece)
                bar.update(len(piece.tables))
        except BrokenExecutor as error:
            raise SimlimitError(
                "A worker of the executor died, perhaps for lack of memory; with a store the same call goes "
                f"on from what is done ({error})."
            ) from None
        finally:
            # Only if something went wrong, or the user has had enough, is anything left.
            self.stop.set()
            for future in futures:
                future.cancel()
            self.stop = threading.Event()


@contextmanager
def crew(cases: Sequence[Case], workers: int | None, executor: Executor | None) -> Iterator[Crew]:
    """Give those who do the work: an executor, or so many threads; if None, one for each processor."""
    if executor is not None:
        yield Crew(executor, own=False)
        return
    fitting = _fitting(cases)
    threads = ThreadPoolExecutor(min(fitting, processors()) if workers is None else workers)
    try:
        yield Crew(threads, own=True)
    finally:
        # Whoever interrupts twice must not lose what the first interrupt keeps.
        while True:
            try:
                threads.shutdown(cancel_futures=True)
                break
            except KeyboardInterrupt:
                continue


def in_turn(gatherings: Sequence[Gathering], last: int) -> Iterator[tuple[Gathering, int, int]]:
    """Yield the missing pieces of all cases, one of each in turn, so that an interrupt finds all as far."""
    missing = [gathering.missing(last, piece_size(gathering.case)) for gathering in gatherings]
    for pieces in itertools.zip_longest(*missing):
        for gathering, piece in zip(gatherings, pieces, strict=True):
            if piece is not None:
                yield gathering, *piece


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def piece_size(case: Case) -> int:
    """Return how many replications are a piece: a fraction of a second, but one at least."""
    if case.engine == "simpy":
        return 1
    return max(1, BORROWER_DAYS_PER_CALL // (case.setting.borrowers * case.setting.scenario.horizon_days))


def bytes_of_a_replication(setting: Setting) -> int:
    """Return about how much memory a replication takes while it runs."""
    p = setting.platform[0]
    loans = int(p.loan_room) * 5 / 4 * LOAN.itemsize
    holds = 2 * HOLD.itemsize if p.reusing else setting.scenario.horizon_days / 20 * HOLD.itemsize
    # Besides its record, a borrower stands in the lists of the driver.
    return round(setting.borrowers * (200 + loans + holds))


def _fitting(cases: Sequence[Case]) -> int:
    """Return how many replications fit into memory side by side, or refuse if none does."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return processors()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    largest = max((case.setting for case in cases), key=bytes_of_a_replication)
    needed = bytes_of_a_replication(largest)
    if needed > memory:
        raise SimlimitError(
            f"population.borrowers is {largest.borrowers}: a replication takes about {needed / 2**30:.0f} "
            f"GiB, but must fit into one process, and this machine has {memory / 2**30:.0f} GiB; metrics are "
            "per hold and per borrower, so fewer borrowers and more replications say the same."
        )
    return max(1, memory // needed)
