"""The replications of a study that are done, and the folder from which it continues.

The folder has a Parquet file per replication, each written atomically.

Every file says to which study and replication it belongs, and has a checksum of all its bytes. The checksum
stands before the footer of the Parquet file, where every reader of Parquet passes over it.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException, BufferReader

from simlimit.drafts import DRAFT, remove_leftovers, write_files, writing
from simlimit.drivers.tallies import Tallies, empty_tallies
from simlimit.errors import SimlimitError
from simlimit.parquet_files import read_parquet
from simlimit.portfolio import Portfolio
from simlimit.run import frames
from simlimit.scenario import Scenario, dumps, field_values
from simlimit.study import draws, own_processes
from simlimit.study.experiment import Chunk, Experiment, Frames
from simlimit.study.identity import code_identity, difference
from simlimit.study.options import CheckedOptions, Folder

INDEX = "study.json"
SCENARIO = "scenario.toml"
# The name of the tallies among the tables of a replication.
TALLIES = "replication"
# In the index, of the rest of it.
DIGEST = "sha256"
NUMBER = re.compile(TALLIES + r"-(\d+)\.parquet")
_UNSAFE = re.compile(r"[^\w.-]+")


def fingerprint(experiment: Experiment, options: CheckedOptions) -> dict[str, object]:
    """Return all that the tables of a replication depend on, except its number."""
    scenario = experiment.prepared.scenario
    portfolio = scenario.population.portfolio
    return {
        "scenario": _digest_of_values(scenario),
        "portfolio": portfolio.digest
        if isinstance(portfolio, Portfolio)
        else portfolio and hashlib.sha256(Path(portfolio).read_bytes()).hexdigest(),
        "processes": own_processes.process_digest(experiment.own_processes()),
        "seed": experiment.seed,
        "keep": options.keep,
        "follow_up_days": options.follow_up_days,
        "by": ", ".join(experiment.prepared.grouping.bounds),
        "bands": [float(bound) for bound in options.bands],
        "draws": _digest_of_values(experiment.draws[0]) if experiment.draws else "",
        **code_identity(),
    }


def folder_of_stores(folder: Folder) -> Path:
    """Return a folder for the stores of several studies; make it if it does not exist."""
    target = Path(folder)
    with writing(target):
        target.mkdir(exist_ok=True)
        files = [path for path in target.iterdir() if not path.is_dir()]
    if files:
        allowed = "a folder that is new, empty, or holds their stores"
        raise SimlimitError(f"{target} contains files, but the store of several studies must be {allowed}.")
    return target


def store_below(options: CheckedOptions, name: str) -> CheckedOptions:
    """Return options whose store, if they have one, is a folder of this name in theirs."""
    if options.store is None:
        return options
    return replace(options, store=folder_of_stores(options.store) / name)


def path_name(position: int, name: str) -> str:
    """Return the name of a file or folder for a scenario: no two are the same, whatever the scenarios' names.

    Examples
    --------
    >>> path_name(0, "a freeze")
    '0-a-freeze'
    """
    return f"{position}-{_UNSAFE.sub('-', name)[:60]}"


def open_stores(experiments: Mapping[str, Experiment], options: CheckedOptions) -> dict[str, "Store"]:
    """Return the stores, if any: for a study without a name the folder itself, else folders in it."""
    if options.store is None:
        return {}
    if list(experiments) == [""]:
        return {"": Store(options.store, experiments[""], options)}
    target = folder_of_stores(options.store)
    named = enumerate(experiments.items())
    return {name: Store(target / path_name(k, name), experiment, options) for k, (name, experiment) in named}


def open_folder(folder: Path, index: str, identity: Mapping[str, object], word: str) -> set[str]:
    """Make a folder the store of a study, or of what else a word says; return the names of its files.

    One that is neither new nor empty, nor a store of the same identity, is refused.
    """
    with writing(folder):
        folder.mkdir(exist_ok=True)
        remove_leftovers(folder)
        names = {path.name for path in folder.iterdir() if not path.name.startswith(DRAFT)}
        # Looked for after the others: whoever makes a store makes its index first.
        if names and not (folder / index).exists():
            allowed = f"a folder that is new, empty, or holds this {word}"
            raise SimlimitError(f"{folder} contains other files, but a store must be {allowed}.")
        if not names:
            content = json.dumps({**identity, DIGEST: _digest(identity)}, indent=1).encode()
            write_files(folder, {index: content}, _put_unless_there)
        try:
            found = dict(json.loads((folder / index).read_bytes()))
            if found.pop(DIGEST) != _digest(found):
                raise ValueError
        except (ValueError, TypeError, KeyError):
            said = f"it does not say what {word} this is"
            raise SimlimitError(f"{folder / index} is damaged: {said}.") from None
    if what := difference(found, identity):
        raise SimlimitError(f"{folder} holds a {word} of {what}: name another store, or the same {word}.")
    return names


class Store:
    """The folder of one study.

    Parameters
    ----------
    folder : path
        One that does not exist yet, is empty, or was made for the same study.
    experiment : Experiment
    options : CheckedOptions
        Its options.

    Raises
    ------
    SimlimitError
        If the folder was made for another study or for something else, or cannot be written.
    """

    def __init__(self, folder: Folder, experiment: Experiment, options: CheckedOptions) -> None:
        self.folder = Path(folder)
        self._study = fingerprint(experiment, options)
        # The index has the first draw, so that there can be more of them later; each replication has its own.
        self._draws = [*map(_digest_of_values, experiment.draws)]
        scenario = dumps(experiment.prepared.scenario).encode()
        names = open_folder(self.folder, INDEX, self._study, "study")
        with writing(self.folder):
            if SCENARIO not in names or (self.folder / SCENARIO).read_bytes() != scenario:
                experiment.prepared.scenario.save(self.folder / SCENARIO)

    def replications(self) -> list[int]:
        """Return the numbers of the replications that are stored, in their order."""
        found = (NUMBER.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match is not None)

    def write(self, chunk: Chunk) -> None:
        """Write the replications of a chunk, and have them on the disk before it returns."""
        with writing(self.folder):
            write_files(self.folder, dict(self._files(chunk)), os.replace)

    def read_tallies(self, replication: int, tallies: Tallies) -> None:
        """Read the tallies of a replication into those of one."""
        with self._reading(TALLIES, replication) as table:
            for name in Tallies._fields:
                row = getattr(tallies, name)[0]
                row[...] = np.frombuffer(table[name].iloc[0], row.dtype).reshape(row.shape)

    def read_table(self, name: str, replication: int) -> pd.DataFrame:
        """Read a table that is kept of a replication."""
        with self._reading(name, replication) as table:
            for column, categories in table.attrs["categories"].items():
                table[column] = table[column].astype(pd.CategoricalDtype(pd.Index(categories)))
            table.attrs = {}
            return table

    def _path(self, name: str, replication: int) -> Path:
        return self.folder / f"{name}-{replication:06}.parquet"

    def _identity(self, name: str, replication: int) -> dict[str, object]:
        draw = self._draws[replication // draws.PER_DRAW] if self._draws else ""
        return {**self._study, "table": name, "replication": replication, "draws": draw}

    def _files(self, chunk: Chunk) -> Iterator[tuple[str, bytes]]:
        """Yield the files of a chunk: of each replication its tallies last, which mark it as complete."""
        for row, tables in enumerate(chunk.tables):
            arrays = {name: [getattr(chunk.tallies, name)[row].tobytes()] for name in Tallies._fields}
            for name, table in [*tables.items(), (TALLIES, pd.DataFrame(arrays))]:
                replication = chunk.first + row
                # Parquet alone keeps only the categories that occur.
                listed = table.select_dtypes("category")
                categories = {column: list(listed[column].cat.categories) for column in listed}
                table.attrs = {"identity": self._identity(name, replication), "categories": categories}
                content = table.to_parquet(None, compression="zstd", index=False)
                yield self._path(name, replication).name, _sealed(content)

    @contextmanager
    def _reading(self, name: str, replication: int) -> Iterator[pd.DataFrame]:
        """Give the content of a file; refuse what is damaged or is not that table of that replication."""
        path = self._path(name, replication)
        try:
            table = read_parquet(BufferReader(_unsealed(path.read_bytes())))
            what = difference(table.attrs["identity"], self._identity(name, replication))
            if what is not None:
                raise ValueError(f"it is of {what}")
            yield table
        except (OSError, ValueError, KeyError, ArrowException) as error:
            told = getattr(error, "strerror", None) or str(error) or type(error).__name__
            reason = told.splitlines()[0].rstrip(".")
            remedy = f"delete {self._path(TALLIES, replication).name} to simulate that replication again"
            said = f"{path} cannot be read ({reason}), but must not be changed: {remedy}."
            raise SimlimitError(said) from None


class Replications:
    """The replications of an experiment that are done.

    Parameters
    ----------
    experiment : Experiment
    store : Store, optional
        Where replications are kept, and read from.

    Attributes
    ----------
    keeps_tallies : bool
        Whether tallies stay in memory.
    """

    keeps_tallies = True

    def __init__(self, experiment: Experiment, store: Store | None) -> None:
        self.experiment = experiment
        self.store = store
        self.tallies = empty_tallies(experiment.prepared, 0)
        self.tables: dict[int, Frames] = {}
        self._is_done = np.zeros(0, np.bool_)

    @property
    def done(self) -> int:
        """How many replications are done from number 0 on without a gap."""
        return int(np.append(self._is_done, False).argmin())

    def extend(self, last: int) -> int:
        """Allocate replications below ``last`` and read those that are stored; return how many were read."""
        number = len(self._is_done)
        self._is_done = np.pad(self._is_done, (0, last - number))
        self._allocate(last)
        if self.store is None:
            return 0
        stored = [k for k in self.store.replications() if number <= k < last]
        tallies = empty_tallies(self.experiment.prepared, 1)
        for k in stored:
            self.store.read_tallies(k, tallies)
            self._take(k, tallies)
            self._is_done[k] = True
        return len(stored)

    def _allocate(self, number: int) -> None:
        """Make space for a number of replications."""
        tallies = empty_tallies(self.experiment.prepared, number)
        tallies.rows(0, len(self.tallies.daily)).take(self.tallies)
        self.tallies = tallies

    def _take(self, first: int, tallies: Tallies) -> None:
        """Keep the tallies of replications from number ``first`` on."""
        self.tallies.rows(first, first + len(tallies.daily)).take(tallies)

    def missing(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield ranges (first, number) of at most a size that cover what is missing."""
        missing = np.flatnonzero(~self._is_done)
        for gap in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
            for start in range(0, len(gap), size):
                yield int(gap[start]), min(size, len(gap) - start)

    def add(self, chunk: Chunk) -> None:
        """Take in a chunk, and store it."""
        last = chunk.first + len(chunk.tables)
        self._take(chunk.first, chunk.tallies)
        if self.store is not None:
            self.store.write(chunk)
        else:
            self.tables.update((k, tables) for k, tables in enumerate(chunk.tables, chunk.first) if tables)
        self._is_done[chunk.first : last] = True

    def table(self, name: str, number: int) -> pd.DataFrame:
        """Return a table that is kept of the first replications, after a column `replication`."""
        read = self.store.read_table if self.store is not None else lambda name, k: self.tables[k][name]
        tables = {k: read(name, k) for k in range(number)}
        return pd.concat(tables, names=["replication"]).reset_index("replication").reset_index(drop=True)

    def records(self, number: int) -> pd.DataFrame:
        """Return what processes of the user's own recorded in the first replications."""
        if self.experiment.processes and number:
            return self.table("records", number)
        none = frames.records_frame([], self.experiment.prepared.scenario.start_date)
        return none.assign(replication=0)[["replication", *none]]


def _digest_of_values(scenario: Scenario) -> str:
    """Return by what a scenario is known, whatever the sources of its values are."""
    return hashlib.sha256(repr(field_values(scenario)).encode()).hexdigest()


def _digest(study: Mapping[str, object]) -> str:
    """Return the checksum of what an index says."""
    return hashlib.sha256(json.dumps(study, sort_keys=True).encode()).hexdigest()


def _put_unless_there(draft: Path, target: Path) -> None:
    """Put a file in its place unless there is one: of two studies born together, one comes first."""
    try:
        os.link(draft, target)
    except OSError:
        # There is one, or the disk knows no links.
        with suppress(FileExistsError), target.open("xb") as file:
            file.write(draft.read_bytes())


def _sealed(content: bytes) -> bytes:
    """Return a Parquet file with its checksum before its footer."""
    footer = _footer(content)
    return content[:footer] + hashlib.sha256(content).digest() + content[footer:]


def _unsealed(content: bytes) -> bytes:
    """Return a Parquet file without its checksum, which must be right."""
    footer = _footer(content)
    whole = content[: footer - 32] + content[footer:]
    if _sealed(whole) != content:
        raise ValueError("its checksum is wrong")
    return whole


def _footer(content: bytes) -> int:
    """Return where the footer of a Parquet file begins: its length stands before the last four bytes."""
    return max(0, len(content) - 8 - int.from_bytes(content[-8:-4], "little"))
