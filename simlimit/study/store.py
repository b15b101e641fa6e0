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

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from simlimit.drivers.tallies import Tallies
from simlimit.errors import SimlimitError
from simlimit.scenario import dumps
from simlimit.study.experiment import Experiment
from simlimit.study.options import CheckedOptions, Folder

INDEX = "study.json"
SCENARIO = "scenario.toml"
DRAFT = ".simlimit-draft-"
TALLIES = "replication"
"""The name of the tallies among the tables of a replication."""
NUMBER = re.compile(TALLIES + r"-(\d+)\.parquet")
_UNSAFE = re.compile(r"[^\w.-]+")


def fingerprint(experiment: Experiment, options: CheckedOptions) -> dict[str, object]:
    """Return all that the tables of a replication depend on, except its number."""
    scenario = experiment.prepared.scenario
    portfolio = scenario.population.portfolio
    parameters = dumps(scenario.replace({"provenance": {}}), comments=False)
    return {
        "scenario": hashlib.sha256(parameters.encode()).hexdigest(),
        "portfolio": portfolio and hashlib.sha256(Path(portfolio).read_bytes()).hexdigest(),
        "seed": experiment.seed,
        "version": version("simlimit"),
        "keep": options.keep,
        "follow_up_days": options.follow_up_days,
        "by": options.by,
        "bands": [float(bound) for bound in options.bands],
    }


def folder_of_stores(folder: Folder) -> Path:
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
    return {
        name: Store(target / path_name(position, name), experiment, options)
        for position, (name, experiment) in enumerate(experiments.items())
    }


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
        mark = fingerprint(experiment, options)
        with _writing(self.folder):
            self.folder.mkdir(exist_ok=True)
            names = {path.name for path in self.folder.iterdir() if not path.name.startswith(DRAFT)}
            if INDEX in names:
                self._check(mark)
            elif names:
                raise SimlimitError(
                    f"{self.folder} contains other files, but a store must be a folder that is new, empty, "
                    "or holds this study."
                )
            else:
                self._write_text(INDEX, json.dumps(mark, indent=1))
            if SCENARIO not in names:
                self._write_text(SCENARIO, dumps(experiment.prepared.scenario))
            # Those of a process that was killed.
            for path in self.folder.glob(f"{DRAFT}*"):
                path.unlink(missing_ok=True)

    def replications(self) -> list[int]:
        """Return the numbers of the replications that are stored, in their order."""
        found = (NUMBER.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match is not None)

    def write(self, replication: int, tallies: Tallies, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write a replication: its tables first, so that the file of tallies marks it as complete."""
        arrays = {name: [getattr(tallies, name)[replication].tobytes()] for name in Tallies._fields}
        with _writing(self.folder):
            for name, table in [*tables.items(), (TALLIES, pd.DataFrame(arrays))]:
                # Parquet alone keeps only the categories that occur.
                categories = table.select_dtypes("category")
                table.attrs = {column: list(categories[column].cat.categories) for column in categories}
                path = self._path(name, replication)
                self._write(path.name, partial(table.to_parquet, compression="zstd", index=False))

    def read_tallies(self, replication: int, tallies: Tallies) -> None:
        """Read the tallies of a replication into its row."""
        with self._reading(TALLIES, replication) as path:
            table = pd.read_parquet(path)
            for name in Tallies._fields:
                row = getattr(tallies, name)[replication]
                row[...] = np.frombuffer(table[name].iloc[0], row.dtype).reshape(row.shape)

    def read_table(self, name: str, replication: int) -> pd.DataFrame:
        """Read a table that is kept of a replication."""
        with self._reading(name, replication) as path:
            table = pd.read_parquet(path)
            for column, categories in table.attrs.items():
                table[column] = table[column].astype(pd.CategoricalDtype(pd.Index(categories)))
            table.attrs = {}
            return table

    def _path(self, name: str, replication: int) -> Path:
        return self.folder / f"{name}-{replication:06}.parquet"

    def _check(self, mark: Mapping[str, object]) -> None:
        """Refuse the folder of another study."""
        index = self.folder / INDEX
        try:
            found = json.loads(index.read_text(encoding="utf-8"))
            different = [name for name, value in mark.items() if found.get(name) != value]
        except (ValueError, AttributeError):
            raise SimlimitError(f"{index} is damaged: it does not say what study this is.") from None
        for name in different:
            is_hash = name in ("scenario", "portfolio")
            other = f"another {name}" if is_hash else f"{name} {found.get(name)!r}, not {mark[name]!r}"
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

    @contextmanager
    def _reading(self, name: str, replication: int) -> Iterator[Path]:
        """Give the path of a file; refuse what cannot be read."""
        path = self._path(name, replication)
        try:
            yield path
        except (OSError, ValueError, TypeError, KeyError, ArrowException) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
            raise SimlimitError(
                f"{path} cannot be read ({reason}), but must not be changed: delete "
                f"{self._path(TALLIES, replication).name} to simulate that replication again."
            ) from None


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SimlimitError(f"{folder} cannot be written: {error.strerror or error}.") from None
