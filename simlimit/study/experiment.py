"""An experiment: a scenario that is ready to be replicated, in chunks of a few successive replications.

A chunk depends only on its experiment and on the numbers of its replications. So results are the same with
any executor, for any number of workers, and whatever was stored before.
"""

import hashlib
import pickle
import uuid
from collections.abc import Sequence
from traceback import format_exception
from typing import NamedTuple

import pandas as pd

from simlimit.books.portfolio import as_portfolio
from simlimit.drivers import calendar_driver, replications, simpy_driver
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.errors import SimlimitError
from simlimit.model.book import Book
from simlimit.model.preparation import PreparedScenario, prepare
from simlimit.model.state import State
from simlimit.portfolio import Portfolio
from simlimit.run import frames
from simlimit.run.options import Engine, Keep, check_scenario
from simlimit.scenario import Population, Scenario
from simlimit.study.draws import PER_DRAW, Source, draws_for, estimate
from simlimit.study.identity import check_code, code_identity
from simlimit.study.options import CheckedOptions
from simlimit.study.own_processes import pickled

Frames = dict[str, pd.DataFrame]


class Experiment(NamedTuple):
    """A prepared scenario, with the seed and the options on which its replications depend.

    Processes of the user's own are pickled by value, also those of a notebook: each replication begins with
    a fresh copy, wherever it runs. For an executor it has the code that its workers must run, a key by which
    their chunks are known, and the digest of its book.

    Where there are draws of the scenario, replications 2k and 2k + 1 are of draw k. It is prepared where it
    runs, so that no more books are in memory than workers.
    """

    prepared: PreparedScenario
    seed: int
    engine: Engine
    keep: Keep
    processes: bytes = b""
    code: dict[str, str] | None = None
    key: str = ""
    book: str = ""
    draws: tuple[Scenario, ...] = ()

    def without_book(self) -> "Experiment":
        """Return the experiment for a worker that has got its book and its processes, without them."""
        prepared = self.prepared._replace(book=Book())
        portfolio = prepared.scenario.population.portfolio
        if isinstance(portfolio, Portfolio):
            scenario = prepared.scenario.replace({"population.portfolio": portfolio.file_name})
            prepared = prepared._replace(scenario=scenario)
        return self._replace(prepared=prepared, processes=b"")

    def part(self, first: int, number: int) -> "Experiment":
        """Return the experiment with no more draws than some replications need."""
        return self._replace(draws=self.draws[first // PER_DRAW : (first + number - 1) // PER_DRAW + 1])

    def own_processes(self) -> Sequence[simpy_driver.UserProcess]:
        """Return a fresh copy of the processes of the user's own."""
        return pickle.loads(self.processes) if self.processes else ()


# Books and processes that a worker has got, by digest: they travel with the first tasks only.
_books: dict[str, tuple[Book, bytes]] = {}
MOST_BOOKS = 8


class Chunk(NamedTuple):
    """The replications from number ``first`` on: their tallies, and the tables kept of each."""

    first: int
    tallies: Tallies
    tables: list[Frames]
    key: str = ""

    def answers(self, experiment: Experiment, first: int, number: int) -> bool:
        """Tell whether this is the chunk that was asked for."""
        lengths = {len(self.tables), len(self.tallies.totals)}
        return (self.key, self.first, lengths) == (experiment.key, first, {number})


def prepare_experiment(
    source: Source,
    seed: int,
    options: CheckedOptions,
    processes: Sequence[simpy_driver.UserProcess] = (),
    n: int = 0,
) -> Experiment:
    """Check a scenario and prepare its replications, or ``n`` of those of draws of it."""
    draws = draws_for(source, n) if n else ()  # which refuses what is no source
    scenario = check_scenario(estimate(source))
    # A process may look at a hold that has ended, so its record must not be used again.
    logging, reusing = options.keep == "all", options.keep == "counts" and not processes
    prepared = prepare(scenario, options.follow_up_days, logging, reusing, options.by, options.bands)
    engine = options.engine or ("simpy" if processes else "calendar")
    if draws and isinstance(scenario.population.portfolio, str):  # a file that is read once
        book_in_memory = {"population.portfolio": as_portfolio(scenario.population.portfolio)}
        draws = tuple(draw.replace(book_in_memory) for draw in draws)
    experiment = Experiment(prepared, seed, engine, options.keep, pickled(processes), draws=draws)
    if options.executor is None and not options.processes:
        return experiment
    book = hashlib.sha256(pickle.dumps((prepared.book, experiment.processes))).hexdigest()
    return experiment._replace(code=code_identity(), key=uuid.uuid4().hex, book=book)


def compile_driver(engine: Engine) -> None:
    """Compile a driver in this thread, where Ctrl-C can end it: one that waits for threads cannot."""
    tiny = Scenario(horizon_days=1, warmup_days=0, population=Population(borrowers=1))
    run_chunk(prepare_experiment(tiny, 0, CheckedOptions(engine=engine)), 0, 1)


def chunk_size(experiment: Experiment) -> int:
    """Return how many replications make a chunk: a fraction of a second of work, but at least one."""
    if experiment.engine == "simpy":
        return 1
    prepared = experiment.prepared
    return max(1, BORROWER_DAYS_PER_CALL // (prepared.borrowers * prepared.scenario.horizon_days))


def run_chunk(experiment: Experiment, first: int, number: int) -> Chunk:
    """Simulate replications ``first`` .. ``first + number - 1``, in this process.

    An experiment with draws is the `part` of it that has these replications.
    """
    if experiment.draws:
        return _run_draws(experiment, first, number)
    if experiment.keep == "counts" and experiment.engine == "calendar":
        tallies = replications.run(experiment.prepared, experiment.seed, first, number)
        return Chunk(first, tallies, [{}] * number, experiment.key)
    tallies = empty_tallies(experiment.prepared, number)
    tables: list[Frames] = []
    for row in range(number):
        state = _simulate(experiment, first + row)
        tally(state, tallies, row)
        tables.append(_kept_tables(experiment, state))
    return Chunk(first, tallies, tables, experiment.key)


def _run_draws(experiment: Experiment, first: int, number: int) -> Chunk:
    """Prepare each draw like its estimate, and simulate its replications."""
    estimate, run = experiment.prepared, experiment.prepared.records[0].run
    follow_up_days = estimate.scenario.horizon_days - int(run.last_followed)
    tallies = empty_tallies(estimate, number)
    tables: list[Frames] = []
    for k, draw in enumerate(experiment.draws, first // PER_DRAW):
        prepared = prepare(draw, follow_up_days, bool(run.logging), bool(run.reusing))
        own = experiment._replace(prepared=prepared._replace(grouping=estimate.grouping), draws=())
        begin, end = max(first, PER_DRAW * k), min(first + number, PER_DRAW * (k + 1))
        chunk = run_chunk(own, begin, end - begin)
        tallies.rows(begin - first, end - first).take(chunk.tallies)
        tables += chunk.tables
    return Chunk(first, tallies, tables, experiment.key)


def run_sent_chunk(experiment: Experiment, first: int, number: int) -> Chunk | str:
    """Run a chunk in a worker of an executor; or ask for its book, by digest, if that has not come yet."""
    check_code(experiment.code or {})
    prepared = experiment.prepared
    if "limits" in vars(prepared.book):  # one that was left out has no arrays
        if len(_books) >= MOST_BOOKS:
            _books.clear()
        _books[experiment.book] = prepared.book, experiment.processes
    if experiment.book not in _books:
        return experiment.book
    book, processes = _books[experiment.book]
    prepared = prepared._replace(book=book)
    try:
        return run_chunk(experiment._replace(prepared=prepared, processes=processes), first, number)
    except SimlimitError as error:
        if error.__cause__ is not None:  # raised by a process of the user's; it does not travel, but notes do
            error.add_note("".join(format_exception(error.__cause__)).rstrip())
        raise


def _simulate(experiment: Experiment, replication: int) -> State:
    if experiment.engine == "simpy":
        own = experiment.own_processes()
        return simpy_driver.run(experiment.prepared, experiment.seed, replication, own, lambda days: None)
    return calendar_driver.run(experiment.prepared, experiment.seed, replication, lambda days: None)


def _kept_tables(experiment: Experiment, state: State) -> Frames:
    regions, day_0 = experiment.prepared.regions.names, experiment.prepared.scenario.start_date
    tables: Frames = {}
    if experiment.keep != "counts":
        tables["holds"] = frames.holds_frame(state, regions, day_0)
        tables["borrowers"] = frames.borrowers_frame(state, regions, experiment.prepared.scenario)
    if experiment.keep == "all":
        tables["events"] = frames.events_frame(state, day_0)
    if experiment.processes:
        tables["records"] = frames.records_frame(state.notes, day_0)
    return tables
