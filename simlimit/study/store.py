"""A folder from which a study continues: a Parquet file per replication, each written atomically."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from simlimit.drivers.tallies import Tallies
from simlimit.errors import SimlimitError
from simlimit.scenario import dumps
from simlimit.study.experiment import Experiment

INDEX = "study.json"
SCENARIO = "scenario.toml"
DRAFT = ".simlimit-draft-"
NUMBER = re.compile(r"replication-(\d+)\.parquet")
CATEGORIES = b"simlimit.categories"
UNSAFE = re.compile(r"[^\w.-]+")


def fingerprint(experiment: Experiment, options: Mapping[str, object]) -> dict[str, Any]:
    """Return all that the tables of a replication depend on, except its number."""
    scenario = experiment.prepared.scenario
    portfolio = scenario.population.portfolio
    parameters = dumps(scenario.replace({"provenance": {}}), comments=False)
    return {
        "scenario": hashlib.sha256(parameters.encode()).hexdigest(),
        "portfolio": portfolio and hashlib.sha256(Path(portfolio).read_bytes()).hexdigest(),
        "seed": experiment.seed,
        "version": version("simlimit"),
        **options,
    }


def folder_of_stores(folder: str | os.PathLike[str]) -> Path:
    """Return a folder for the stores of several studies; make it if it does not exist."""
    target = Path(folder)
    with _writing(target):
        target.mkdir(exist_ok=True)
        files = [path for path in target.iterdir() if not path.is_dir()]
    if files:
        raise SimlimitError(
            f"{target} contains files, but the store of several studies must be a folder that is new, empty, "
            "or holds their stores."
        )
    return target


def open_stores(
    folder: str | os.PathLike[str], experiments: Mapping[str, Experiment], options: Mapping[str, object]
) -> dict[str, "Store"]:
    """Return the store of each study: the folder itself for one without a name, else folders in it."""
    if list(experiments) == [""]:
        return {"": Store(folder, experiments[""], options)}
    target = folder_of_stores(folder)
    return {
        name: Store(target / f"{position}-{UNSAFE.sub('-', name)[:60]}", experiment, options)
        for position, (name, experiment) in enumerate(experiments.items())
    }


class Store:
    """The folder of one study.

    Parameters
    ----------
    folder : path
        One that does not exist yet, is empty, or was made for the same study.
    experiment : Experiment
    options : dict
        The options on which its replications depend.

    Raises
    ------
    SimlimitError
        If the folder was made for another study or for something else, or cannot be written.
    """

    def __init__(
        self, folder: str | os.PathLike[str], experiment: Experiment, options: Mapping[str, object]
    ) -> None:
        self.folder = Path(folder)
        mark = fingerprint(experiment, options)
        with _writing(self.folder):
            self.folder.mkdir(exist_ok=True)
            names = {path.name for path in self.folder.iterdir() if not path.name.startswith(DRAFT)}
            if INDEX in names:
                self._check(self._read_index(), mark)
            elif names:
                raise SimlimitError(
                    f"{self.folder} contains other files, but a store must be a folder that is new, empty, "
                    "or holds this study."
                )
            else:
                self._write_text(INDEX, json.dumps(mark, indent=1))
            if SCENARIO not in names:
                self._write_text(SCENARIO, dumps(experiment.prepared.scenario))
            self._remove_drafts()

    def replications(self) -> set[int]:
        """Return the numbers of the replications that are stored."""
        found = (NUMBER.fullmatch(path.name) for path in self.folder.iterdir())
        return {int(match[1]) for match in found if match is not None}

    def write(self, replication: int, tallies: Tallies, row: int, tables: dict[str, pd.DataFrame]) -> None:
        """Write a replication: its tables first, so that the file of tallies marks it as complete."""
        with _writing(self.folder):
            for name, frame in tables.items():
                self._write(f"{name}-{replication:06}.parquet", partial(_write_frame, frame))
            columns = {
                name: pa.array([_flat(getattr(tallies, name)[row])], pa.list_(pa.int64()))
                for name in Tallies._fields
            }
            self._write(
                self._tallies_path(replication).name,
                lambda path: pq.write_table(pa.table(columns), path, compression="zstd"),
            )

    def read_tallies(self, replication: int, tallies: Tallies, row: int) -> None:
        """Read the tallies of a replication into a row."""
        path = self._tallies_path(replication)
        with _reading(path, path.name):
            table = pq.read_table(path)
            for name in Tallies._fields:
                into = getattr(tallies, name)[row]
                flat = table[name].combine_chunks().flatten().to_numpy()
                values = flat.view(into.dtype) if into.dtype.names else flat
                into[...] = values.reshape(into.shape)

    def read_table(self, name: str, replication: int) -> pd.DataFrame:
        """Read a table that is kept of a replication."""
        path = self.folder / f"{name}-{replication:06}.parquet"
        with _reading(path, self._tallies_path(replication).name):
            return _read_frame(path)

    def _tallies_path(self, replication: int) -> Path:
        return self.folder / f"replication-{replication:06}.parquet"

    def _read_index(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SimlimitError(f"{self.folder / INDEX} is damaged: it does not say what study this is.")
        return found

    def _check(self, found: dict[str, Any], mark: dict[str, Any]) -> None:
        for name, value in mark.items():
            if found.get(name) != value:
                is_hash = name in ("scenario", "portfolio")
                other = f"another {name}" if is_hash else f"{name} {found.get(name)!r}, not {value!r}"
                raise SimlimitError(
                    f"{self.folder} holds a study of {other}: name another store, or the same study."
                )

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        """Write a file atomically."""
        draft = self.folder / f"{DRAFT}{uuid.uuid4().hex}"
        write(draft)
        os.replace(draft, self.folder / name)

    def _write_text(self, name: str, text: str) -> None:
        self._write(name, lambda path: path.write_text(text, encoding="utf-8"))

    def _remove_drafts(self) -> None:
        """Remove the drafts of a process that was killed."""
        for path in self.folder.glob(f"{DRAFT}*"):
            path.unlink(missing_ok=True)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SimlimitError(f"{folder} cannot be written: {error.strerror or error}.") from None


@contextmanager
def _reading(path: Path, tallies: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise SimlimitError(
            f"{path} cannot be read ({reason}), but must not be changed: delete {tallies} to simulate that "
            "replication again."
        ) from None


def _write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table with all categories of its columns; Parquet alone keeps only those that occur."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    categories = {
        name: list(column.cat.categories)
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    metadata = {**table.schema.metadata, CATEGORIES: json.dumps(categories).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def _read_frame(path: Path) -> pd.DataFrame:
    table = pq.read_table(path)
    frame: pd.DataFrame = table.to_pandas()
    for name, categories in json.loads(table.schema.metadata[CATEGORIES]).items():
        frame[name] = frame[name].astype(pd.CategoricalDtype(pd.Index(categories)))
    return frame


def _flat(values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return integers, or records of them, as a flat array."""
    if values.dtype.names:
        return np.ascontiguousarray(values).view(np.int64).reshape(-1)
    return values.astype(np.int64).reshape(-1)
