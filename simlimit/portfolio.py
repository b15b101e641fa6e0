"""Real books of borrowers: a portfolio in the library's own columns, and the UCI file turned into one."""

import csv
import gzip
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.errors import PortfolioError

Floats = npt.NDArray[np.float64]

MAX_BORROWERS = 20_000_000
MAX_REGIONS = 32_767
MAX_AMOUNT = 1e9
UNKNOWN_ONSET_SPELL = 4
"""Months of a spell whose onset is before the file begins: past the three whose hazards such a file shows."""

# Oldest month first. The file numbers its months backwards from September, and its statuses have no PAY_1.
_UCI_NUMBERS = (6, 5, 4, 3, 2)
_UCI_STATUS = tuple(f"PAY_{number}" for number in _UCI_NUMBERS)
_UCI_BILL = tuple(f"BILL_AMT{number}" for number in _UCI_NUMBERS)
_UCI_PAID = tuple(f"PAY_AMT{number}" for number in _UCI_NUMBERS)


@dataclass(frozen=True, eq=False)
class Portfolio:
    """A book of borrowers at the start of a run; entry i of each array is borrower i.

    Attributes
    ----------
    limit_cents, outstanding_cents : int64 array
        Approved line and principal not yet repaid, in cents.
    score : float64 array or None
        Credit score, 0 to 1.
    region_names : tuple of str
        Names of the regions in alphabetical order; empty if the file has no such column.
    region : int16 array or None
        Position of each borrower's region in `region_names`.
    late_share : float64 array or None
        Propensity to miss a payment, 0 to 1.
    months_late : int16 array or None
        Months in arrears at the start, 0 to 24. It has no effect where nothing is outstanding.
    spell_months : int16 array or None
        Length in months of the spell of lateness so far, 0 to 255; used only where `months_late` > 0.
    """

    limit_cents: npt.NDArray[np.int64]
    outstanding_cents: npt.NDArray[np.int64]
    score: Floats | None
    region_names: tuple[str, ...]
    region: npt.NDArray[np.int16] | None
    late_share: Floats | None
    months_late: npt.NDArray[np.int16] | None
    spell_months: npt.NDArray[np.int16] | None

    def __len__(self) -> int:
        """Give the number of borrowers."""
        return len(self.limit_cents)


@dataclass(frozen=True, eq=False)
class Histories:
    """What a lender's books show of its clients over consecutive months, oldest first.

    Attributes
    ----------
    limit : float array, one per client
        Credit line, in currency units, above 0.
    balance : float array, clients x months
        Statement balance at the end of each month, in currency units; negative if overpaid.
    payments : float array, clients x (months - 1)
        What was paid in each month but the first, in currency units.
    late : bool array, clients x months
        Whether the client was past due at the end of the month.
    blind_months : int
        Months after a cure in which a new onset cannot be recorded.

    Examples
    --------
    >>> import numpy as np
    >>> one = Histories(
    ...     limit=np.array([1000.0]),
    ...     balance=np.array([[300.0, 250.0]]),
    ...     payments=np.array([[100.0]]),
    ...     late=np.array([[False, False]]),
    ... )
    >>> one.purchases.tolist(), one.utilisation.tolist()
    ([[50.0]], [[0.3, 0.25]])
    """

    limit: Floats
    balance: Floats
    payments: Floats
    late: npt.NDArray[np.bool_]
    blind_months: int = 0

    def __post_init__(self) -> None:
        clients, months = self.late.shape if self.late.ndim == 2 else (0, 0)
        if clients < 1 or months < 2:
            raise PortfolioError(
                f"late has the shape {self.late.shape}; allowed is clients x months, at least 1 x 2"
            )
        shapes = {"limit": (clients,), "balance": (clients, months), "payments": (clients, months - 1)}
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise PortfolioError(f"{name} has the shape {values.shape}; allowed here is {shape}")
            if not np.isfinite(values).all():
                raise PortfolioError(f"{name} has a value that is not a finite number")
        if self.limit.min() <= 0:
            raise PortfolioError(f"limit has the value {self.limit.min():g}; allowed are numbers above 0")
        if self.payments.min() < 0:
            raise PortfolioError(
                f"payments has the value {self.payments.min():g}; allowed are numbers from 0"
            )
        if self.blind_months < 0:
            raise PortfolioError(f"blind_months is {self.blind_months}; allowed are whole numbers from 0")

    @property
    def utilisation(self) -> Floats:
        """Statement balance over limit at the end of each month, 0 to 1."""
        return np.clip(self.balance / self.limit[:, None], 0.0, 1.0)

    @property
    def purchases(self) -> Floats:
        """What was newly borrowed in each month but the first: growth of the balance plus what was paid."""
        return self.balance[:, 1:] - self.balance[:, :-1] + self.payments

    @property
    def available(self) -> Floats:
        """What could be borrowed in each month but the first, had the payment come before any purchase."""
        return np.maximum(0.0, self.limit[:, None] - self.balance[:, :-1] + self.payments)

    def until(self, months: int) -> "Histories":
        """Give the histories of the first so many months only."""
        return Histories(
            self.limit,
            self.balance[:, :months],
            self.payments[:, : months - 1],
            self.late[:, :months],
            self.blind_months,
        )


def read_portfolio(path: str | Path) -> Portfolio:
    """Read a book of borrowers from a CSV file (plain or .gz), one row per borrower.

    Parameters
    ----------
    path : str or Path
        A UTF-8 file whose first line names the columns: `limit` and `outstanding` (currency units, 0 to 1e9),
        and optionally `score` and `late_share` (0 to 1), `region` (a name), `months_late` (whole, 0 to 24)
        and `spell_months` (whole, 0 to 255). Other columns are ignored.

    Returns
    -------
    Portfolio
        Amounts rounded to whole cents.

    Raises
    ------
    PortfolioError
        One sentence that names the file, the line (the header is line 1), the column, the value and what is
        allowed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "book.csv"
    >>> rows = {"limit": [5000, 8000], "outstanding": [1250.5, 0], "region": ["south", "north"]}
    >>> pd.DataFrame(rows).to_csv(file, index=False)
    >>> book = read_portfolio(file)
    >>> len(book), book.outstanding_cents.tolist(), book.region_names
    (2, [125050, 0], ('north', 'south'))
    """
    text = _read_text(
        path,
        required=("limit", "outstanding"),
        optional=("score", "region", "late_share", "months_late", "spell_months"),
    )

    def share(column: str) -> Floats | None:
        return _numbers(path, text, column, 0, 1) if column in text else None

    def months(column: str, most: int) -> npt.NDArray[np.int16] | None:
        if column not in text:
            return None
        return _numbers(path, text, column, 0, most, whole=True).astype(np.int16)

    region_names, region = _regions(path, text["region"]) if "region" in text else ((), None)
    return Portfolio(
        limit_cents=_cents(_numbers(path, text, "limit", 0, MAX_AMOUNT)),
        outstanding_cents=_cents(_numbers(path, text, "outstanding", 0, MAX_AMOUNT)),
        score=share("score"),
        region_names=region_names,
        region=region,
        late_share=share("late_share"),
        months_late=months("months_late", 24),
        spell_months=months("spell_months", 255),
    )


def portfolio_from_uci(path: str | Path) -> pd.DataFrame:
    """Turn the UCI "Default of Credit Card Clients" file into a portfolio: its state in April 2005.

    A status of 2 or more is lateness: 2 is the first month late, and 1, all but absent until August, counts
    as 2. The onset of these spells is unknown, so each gets a length past the first three months.

    Parameters
    ----------
    path : str or Path
        The CSV file, plain or .gz (Yeh & Lien 2009, Expert Systems with Applications 36(2), 2473-2480; UCI
        Machine Learning Repository, CC BY 4.0).

    Returns
    -------
    pandas.DataFrame
        Columns `limit`, `outstanding` (NT$), `months_late`, `spell_months`; save it by
        `to_csv(path, index=False)` and give that path to `population.portfolio`.
    """
    text = _read_text(path, required=("LIMIT_BAL", _UCI_STATUS[0], _UCI_BILL[0]))
    outstanding = np.maximum(0.0, _numbers(path, text, _UCI_BILL[0], -MAX_AMOUNT, MAX_AMOUNT))
    status = _numbers(path, text, _UCI_STATUS[0], -2, 25, whole=True)
    late = (status >= 1) & (outstanding > 0)
    return pd.DataFrame(
        {
            "limit": _numbers(path, text, "LIMIT_BAL", 0.01, MAX_AMOUNT),
            "outstanding": outstanding,
            "months_late": np.where(late, np.maximum(status, 2) - 1, 0).astype(np.int16),
            "spell_months": np.where(late, UNKNOWN_ONSET_SPELL, 0).astype(np.int16),
        }
    )


def histories_from_uci(path: str | Path) -> Histories:
    """Read the payment histories, April to August 2005, of the UCI "Default of Credit Card Clients" file.

    September is left out: code 1 appears 3,688 times there and hardly ever before, so its statuses mean
    something else. A client who has just cured can hardly show as late in the next month, because the
    statuses go from 0 straight to 2: hence one blind month.

    Parameters
    ----------
    path : str or Path
        The CSV file, plain or .gz; see `portfolio_from_uci` for its source.

    Returns
    -------
    Histories
        Five months; amounts in NT$.
    """
    text = _read_text(path, required=("LIMIT_BAL", *_UCI_STATUS, *_UCI_BILL, *_UCI_PAID))

    def columns(names: tuple[str, ...], low: float, high: float, *, whole: bool = False) -> Floats:
        return np.column_stack([_numbers(path, text, name, low, high, whole=whole) for name in names])

    return Histories(
        limit=_numbers(path, text, "LIMIT_BAL", 0.01, MAX_AMOUNT),
        balance=columns(_UCI_BILL, -MAX_AMOUNT, MAX_AMOUNT),
        payments=columns(_UCI_PAID[1:], 0, MAX_AMOUNT),
        late=columns(_UCI_STATUS, -2, 25, whole=True) >= 1,
        blind_months=1,
    )


def _read_text(path: str | Path, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read the named columns of a CSV file as text, row i being line i + 2."""
    try:
        header = _read_header(path)
        missing = [name for name in required if name not in header]
        if missing:
            raise PortfolioError(
                f"{path}: line 1 has no column {missing[0]!r}; needed are {', '.join(required)}"
            )
        for name in (*required, *optional):
            if header.count(name) > 1:
                raise PortfolioError(
                    f"{path}: line 1 has {header.count(name)} columns {name!r}; allowed is one"
                )
        # Every column is read, for only so does a row with too many fields (1,000 for 1000) show.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                header=None,
                names=list(range(len(header))),
                index_col=False,
                skiprows=1,
                skip_blank_lines=False,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                encoding="utf-8-sig",
            )
    except pd.errors.ParserWarning:
        raise PortfolioError(
            f"{path}: line 2 has more fields than line 1 has columns; allowed are {len(header)}"
        ) from None
    except (pd.errors.ParserError, csv.Error) as error:
        problem = " ".join(str(error).split())
        raise PortfolioError(f"{path}: not a table of comma-separated values ({problem})") from None
    except UnicodeDecodeError:
        raise PortfolioError(f"{path}: not a text file in UTF-8") from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PortfolioError(f"{path}: cannot be read as a file ({reason})") from None
    kept = [name for name in (*required, *optional) if name in header]
    text = table[[header.index(name) for name in kept]].fillna("").set_axis(kept, axis="columns")
    return _without_blank_end(path, text)


def _read_header(path: str | Path) -> list[str]:
    opened: Any = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        header = [name.strip() for name in next(csv.reader(file), [])]
    if not any(header):
        raise PortfolioError(f"{path}: line 1 is blank; it must name the columns")
    return header


def _without_blank_end(path: str | Path, text: pd.DataFrame) -> pd.DataFrame:
    """Drop blank lines at the end of the file, and refuse a file of too many or too few rows."""
    rows = len(text)
    while rows and not "".join(text.iloc[rows - 1]).strip():
        rows -= 1
    if not 1 <= rows <= MAX_BORROWERS:
        raise PortfolioError(f"{path}: {rows} rows after line 1; allowed are 1 to {MAX_BORROWERS} borrowers")
    return text.iloc[:rows]


def _numbers(
    path: str | Path, text: pd.DataFrame, column: str, low: float, high: float, *, whole: bool = False
) -> Floats:
    """Turn a column of text into numbers, or name the first that is none or out of range."""
    values = pd.to_numeric(text[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    good = (values >= low) & (values <= high)
    if whole:
        good &= values == np.floor(values)
    if not good.all():
        row = int(np.argmin(good))
        kind = "whole numbers" if whole else "numbers"
        raise PortfolioError(
            f"{path}: line {row + 2}, column {column!r}: {text[column].iloc[row]!r} is not allowed; "
            f"allowed are {kind} from {low:.12g} to {high:.12g}"
        )
    return values


def _regions(path: str | Path, names: pd.Series) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    names = names.str.strip()
    blank = (names == "").to_numpy(bool)
    if blank.any():
        raise PortfolioError(
            f"{path}: line {int(np.argmax(blank)) + 2}, column 'region': '' is not allowed; allowed is a name"
        )
    codes, found = pd.factorize(names, sort=True)
    if len(found) > MAX_REGIONS:
        raise PortfolioError(
            f"{path}: column 'region' has {len(found)} names; allowed are at most {MAX_REGIONS}"
        )
    return tuple(str(name) for name in found), codes.astype(np.int16)


def _cents(amounts: Floats) -> npt.NDArray[np.int64]:
    return np.rint(100.0 * amounts).astype(np.int64)
