"""An invented lender: a small book of borrowers and a release log, as CSV files to try the library with.

Nothing in them is about real people. Both are written from a simulation of the preset `jiebei` with two
regions, smaller lines, more lateness, harder cuts, no limit on funding, and a desk that works every day.
Nobody comes or leaves. The south was frozen for a month.
"""

from io import TextIOBase
from pathlib import Path

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import as_path, check_whole
from simlimit.drafts import writing
from simlimit.scenario import preset
from simlimit.text_files import packaged

MOST_BORROWERS = 1_000_000
_DAYS = 540
_WARMUP = 180
_LENDER = packaged(__package__, "example-lender.toml")
_FREEZE = {"kind": "freeze", "at": 360, "duration_days": 30, "regions": ["south"]}


def example_portfolio(path: str | Path | TextIOBase, borrowers: int = 500, seed: int = 1) -> pd.DataFrame:
    """Write the book of an invented lender as a CSV file that `population.portfolio` can name.

    Parameters
    ----------
    path : str, Path or buffer
        The file to write, which must not exist yet; a name that ends in .gz is compressed. A buffer, such as
        `io.StringIO()`, leaves no file.
    borrowers : int
        Rows of the file, 1 .. 1,000,000.
    seed : int
        0 .. 2**32 - 1; the same seed writes the same file.

    Returns
    -------
    pandas.DataFrame
        What was written: a row per borrower, columns `limit`, `outstanding` (currency units), `score` (0 to
        1) and `region`.

    Raises
    ------
    SimlimitError
        If an argument is not as above, or the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import simlimit as sl
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "book.csv"
    >>> list(sl.example_portfolio(file, borrowers=20))
    ['limit', 'outstanding', 'score', 'region']
    >>> scenario = sl.preset("jiebei").replace({"population.portfolio": str(file)})
    >>> run = sl.simulate(scenario, seed=1)
    >>> int((run.borrowers["arrived_at"] == 0).sum())
    20
    """
    run = _history(borrowers, seed, {"horizon_days": 1})
    return _written(run.borrowers[["limit", "outstanding", "score", "region"]].round({"score": 4}), path)


def example_release_log(path: str | Path | TextIOBase, borrowers: int = 500, seed: int = 1) -> pd.DataFrame:
    """Write the release log of an invented lender as a CSV file: what became of a year's repayments.

    It has what a lender's own systems could export: dates, amounts and outcomes, but no causes.
    `read_release_log` reads it, as a file and as a frame.

    Parameters
    ----------
    path, borrowers, seed
        As in `example_portfolio`. Nearly all of the lender's borrowers have repayments in the log.

    Returns
    -------
    pandas.DataFrame
        What was written: a row per repayment in order of its day, columns

        - `borrower`: its number, and `region`: north or south;
        - `amount`: principal repaid, in currency units;
        - `repaid_on`, `ended_on`: dates; NaT if it had not ended when the log was extracted;
        - `extracted_on`: the date of the extract, the last one that was seen, the same in every row;
        - `outcome`: released, forfeited or pending.

    Raises
    ------
    SimlimitError
        As from `example_portfolio`.

    Examples
    --------
    >>> import io
    >>> import simlimit as sl
    >>> log = sl.example_release_log(io.StringIO(), borrowers=50)
    >>> sorted(log["outcome"].unique())
    ['forfeited', 'pending', 'released']
    >>> bool(sl.read_release_log(log)["delay_days"].max() > 30)
    True
    """
    run = _history(borrowers, seed, {"horizon_days": _DAYS, "shocks": [_FREEZE]})
    holds = run.holds[(run.holds["kind"] == "repayment") & (run.holds["repaid_at"] >= _WARMUP)]
    holds = holds.astype({"borrower": np.int64, "region": str, "outcome": str}).reset_index(drop=True)
    holds["extracted_on"] = pd.Timestamp(run.scenario.start_date) + pd.Timedelta(days=_DAYS - 1)
    log = holds[["borrower", "region", "amount", "repaid_on", "ended_on", "extracted_on", "outcome"]]
    return _written(log, path)


def _written(table: pd.DataFrame, path: str | Path | TextIOBase) -> pd.DataFrame:
    with writing(path):
        table.to_csv(path if isinstance(path, TextIOBase) else as_path("path", path), index=False, mode="x")
    return table


def _history(borrowers: int, seed: int, changes: dict[str, object]) -> "simlimit.Run":
    borrowers = check_whole("borrowers", borrowers, MOST_BORROWERS, least=1)
    size = {"population.borrowers": borrowers, "review.reviewers": -(-borrowers // 1000)}
    lender = preset("jiebei").replace(_LENDER | size | changes)
    return simlimit.simulate(lender, seed, engine="calendar", keep="holds")
