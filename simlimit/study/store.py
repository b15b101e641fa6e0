"""A folder from which a study continues: a Parquet file per replication, each written whole or not at all."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Mapping
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
from simlimit.model.preparation import PreparedScenario
from simlimit.scenario import dumps

INDEX = "study.json"
SCENARIO = "scenario.toml"
DRAFT = ".simlimit-draft-"
NUMBER = re.compile(r"replication-(\d+)\.parquet")
CATEGORIES = b"simlimit.categories"
SAFE = re.compile(r"[^\w.-]+")


def fingerprint(prepared: PreparedScenario, seed: int, options: Mapping[str, object]) -> dict[str, Any]:
    """Return all that the tables of a replication depend on, besides its number."""
    scenario = prepared.scenario
    portfolio = scenario.population.portfolio
    parameters = dumps(scenario.replace({"provenance": {}}), comments=False)
    return {
        "scenario": hashlib.sha256(parameters.encode()).hexdigest(),
        "portfolio": portfolio and hashlib.sha256(Path(portfolio).read_bytes()).hexdigest(),
        "seed": seed,
        "version": version("simlimit"),
        **options,
    }


def folder_of_stores(folder: str | os.PathLike[str]) -> Path:
    """Return a folder that may hold the stores of several studies, made if it was not there."""
    target = Path(folder)
    try:
        target.mkdir(exist_ok=True)
        files = [path for path in target.iterdir() if not path.is_dir()]
    except OSError as error:
        raise SimlimitError(f"{target} cannot be written: {error.strerror or error}.") from None
    if files:
        raise SimlimitError(
            f"{target} is there already and holds files, but the store of several studies must be a folder "
            "that is new, empty, or holds theirs."
        )
    return target


def open_stores(
    folder: str | os.PathLike[str],
    prepared: Mapping[str, PreparedScenario],
    marks: Mapping[str, dict[str, Any]],
) -> dict[str, "Store"]:
    """Return the store of a study, whose name is empty: the folder; or a folder in it for each of several."""
    if list(prepared) == [""]:
        return {"": Store(folder, prepared[""], marks[""])}
    target = folder_of_stores(folder)
    return {
        name: Store(target / f"{position}-{SAFE.sub('-', name)[:60]}", prepared, marks[name])
        for position, (name, prepared) in enumerate(prepared.items())
    }


class Store:
    """The folder of one study.

    Parameters
    ----------
    folder : path
        One that does not exist yet, is empty, or was made for the same study.
    prepared : PreparedScenario
    mark : dict
        The `fingerprint` of the study.

    Raises
    ------
    SimlimitError
        If the folder was made for another study or for something else, or cannot be written.
    """

    def __init__(
        self, folder: str | os.PathLike[str], prepared: PreparedScenario, mark: dict[str, Any]
    ) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(exist_ok=True)
            names = {path.name for path in self.folder.iterdir() if not path.name.startswith(DRAFT)}
            if INDEX in names:
                self._compare(self._read_index(), mark)
            elif names:
                raise SimlimitError(
                    f"{self.folder} is there already and holds no study, but a store must be a folder that "
                    "is new, empty, or holds this study."
                )
            else:
                self._write(INDEX, lambda path: path.write_text(json.dumps(mark, indent=1), encoding="utf-8"))
            if SCENARIO not in names:
                self._write(
                    SCENARIO, lambda path: path.write_text(dumps(prepared.scenario), encoding="utf-8")
                )
            self._sweep_drafts()
        except OSError as error:
            raise self._refusal(error) from None

    def done(self) -> set[int]:
        """Return the numbers of the replications that are there."""
        found = (NUMBER.fullmatch(path.name) for path in self.folder.iterdir())
        return {int(match[1]) for match in found if match is not None}

    def put(self, replication: int, tallies: Tallies, row: int, frames: dict[str, pd.DataFrame]) -> None:
        """Write a replication: what it keeps in full first, so that its tallies say that it is all there."""
        try:
            for name, frame in frames.items():
                self._write(f"{name}-{replication:06}.parquet", partial(_write_frame, frame))
            columns = {
                name: pa.array([_flat(getattr(tallies, name)[row])], pa.list_(pa.int64()))
                for name in Tallies._fields
            }
            self._write(
                f"replication-{replication:06}.parquet",
                lambda path: pq.write_table(pa.table(columns), path, compression="zstd"),
            )
        except OSError as error:
            raise self._refusal(error) from None

    def get(self, replication: int, tallies: Tallies, row: int) -> None:
        """Read the tallies of a replication into a row."""
        path = self.folder / f"replication-{replication:06}.parquet"
        try:
            table = pq.read_table(path)
            for name in Tallies._fields:
                into = getattr(tallies, name)[row]
                flat = table[name].combine_chunks().flatten().to_numpy()
                if into.dtype.names:
                    into[...] = flat.view(into.dtype).reshape(into.shape)
                else:
                    into[...] = flat.reshape(into.shape)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise _damage(path, path, error) from None

    def frame(self, name: str, replication: int) -> pd.DataFrame:
        """Read a table that a replication has kept in full."""
        path = self.folder / f"{name}-{replication:06}.parquet"
        try:
            return _read_frame(path)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise _damage(path, self.folder / f"replication-{replication:06}.parquet", error) from None

    def _read_index(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SimlimitError(f"{self.folder / INDEX} is damaged: it does not say what study this is.")
        return found

    def _compare(self, found: dict[str, Any], mark: dict[str, Any]) -> None:
        for name, value in mark.items():
            if found.get(name) != value:
                what = (
                    f"another {name}" if name in ("scenario", "portfolio") else f"{name} {found.get(name)!r}"
                )
                here = "" if name in ("scenario", "portfolio") else f", not {value!r}"
                raise SimlimitError(
                    f"{self.folder} holds a study of {what}{here}: name another store, or the same study."
                )

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        """Write a file whole or not at all, whatever happens in between."""
        draft = self.folder / f"{DRAFT}{uuid.uuid4().hex}"
        write(draft)
        os.replace(draft, self.folder / name)

    def _sweep_drafts(self) -> None:
        """Remove what a process that was killed has left."""
        for path in self.folder.glob(f"{DRAFT}*"):
            path.unlink(missing_ok=True)

    def _refusal(self, error: OSError) -> SimlimitError:
        return SimlimitError(f"{self.folder} cannot be written: {error.strerror or error}.")


def _damage(path: Path, mark: Path, error: Exception) -> SimlimitError:
    """Return what to say of a file that cannot be read, if without another its replication is made anew."""
    reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
    return SimlimitError(
        f"{path} cannot be read ({reason}), but must be as it was written: delete {mark.name}, and that "
        "replication is simulated again."
    )


def _write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table with all categories of its columns: Parquet keeps those that occur, in any order."""
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
    """Return whole numbers, or records of them, as a flat array."""
    if values.dtype.names:
        return np.ascontiguousarray(values).view(np.int64).reshape(-1)
    return values.astype(np.int64).reshape(-1)
