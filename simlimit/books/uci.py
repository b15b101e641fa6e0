"""The UCI "Default of Credit Card Clients" file, read as a portfolio and as payment histories."""

import numpy as np
import pandas as pd

from simlimit.arguments import Floats
from simlimit.books.histories import Histories
from simlimit.books.table import MAX_AMOUNT, Source, names_in, numbers, read_cells, read_columns

# Oldest month first. The file numbers its months backwards from September, and its statuses have no PAY_1.
_NUMBERS = (6, 5, 4, 3, 2)
_STATUS = tuple(f"PAY_{number}" for number in _NUMBERS)
_BILL = tuple(f"BILL_AMT{number}" for number in _NUMBERS)
_PAID = tuple(f"PAY_AMT{number}" for number in _NUMBERS)

_X = ("LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", "PAY_0", *_STATUS[::-1])
_X += tuple(f"{kind}{number}" for kind in ("BILL_AMT", "PAY_AMT") for number in range(1, 7))
# The names of the columns by the other names that the file gives them, in a line above these.
_NAMES = {f"X{number}": name for number, name in enumerate(_X, 1)}


def is_uci(cells: pd.DataFrame) -> bool:
    """Return whether the first or second line of a table has the names of the UCI file."""
    needed = {"LIMIT_BAL", _STATUS[0], _BILL[0]}
    return any(needed <= set(names_in(cells, row, _our_name)) for row in (0, 1))


def _our_name(name: str) -> str:
    return _NAMES.get(name.upper(), name.upper())


def _read(source: Source, encoding: str | None, *columns: str) -> pd.DataFrame:
    hint = ', or name its encoding, such as encoding="gb18030"'
    return read_columns(read_cells(source, encoding, hint), required=columns, named=_our_name)


def portfolio_from_uci(path: Source, *, encoding: str | None = None) -> pd.DataFrame:
    """Turn the UCI "Default of Credit Card Clients" file into a portfolio: its state in April 2005.

    A status of 2 or more is lateness; 2 is the first month late. A status of 1 is all but absent until
    August, and counts as 2. The onset of these spells is unknown, so each gets a length past the first three
    months.

    Parameters
    ----------
    path : path or DataFrame
        The file as CSV, plain or .gz, or a frame: `pandas.read_excel(path, header=1)` reads the workbook that
        UCI gives. Names may be in small letters, or X1 .. X23; a line of these above the others is left out.
        (Yeh & Lien 2009, Expert Systems with Applications 36(2), 2473-2480; UCI Machine Learning Repository,
        CC BY 4.0).
    encoding : str, optional
        Of the file: UTF-8, or UTF-16 with its mark, if not given.

    Returns
    -------
    pandas.DataFrame
        Columns `limit`, `outstanding` (NT$), `months_late`, `spell_months`. Save it with
        `to_csv(path, index=False)`, and set `population.portfolio` to that path.

    Raises
    ------
    PortfolioError
        If the file is not that file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import simlimit as sl
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "uci.csv"
    >>> pd.DataFrame({"LIMIT_BAL": [20000], "PAY_6": [2], "BILL_AMT6": [3913]}).to_csv(file)
    >>> sl.portfolio_from_uci(file).to_dict("records")
    [{'limit': 20000.0, 'outstanding': 3913.0, 'months_late': 1, 'spell_months': 4}]
    """
    text = _read(path, encoding, "LIMIT_BAL", _STATUS[0], _BILL[0])
    outstanding = np.maximum(0.0, numbers(text, _BILL[0], -MAX_AMOUNT, MAX_AMOUNT))
    status = numbers(text, _STATUS[0], -2, 25, whole=True)
    late = (status >= 1) & (outstanding > 0)
    book = pd.DataFrame({"limit": numbers(text, "LIMIT_BAL", 0.01, MAX_AMOUNT), "outstanding": outstanding})
    book["months_late"] = np.where(late, np.maximum(status, 2) - 1, 0).astype(np.int16)
    # The onset of a spell is before the file begins: past the three months whose hazards such a file shows.
    book["spell_months"] = np.where(late, 4, 0).astype(np.int16)
    return book


def histories_from_uci(path: Source, *, encoding: str | None = None) -> Histories:
    """Read the payment histories, April to August 2005, of the UCI "Default of Credit Card Clients" file.

    September is left out: code 1 appears 3,688 times there and hardly ever before, so its statuses mean
    something else. There is one blind month: statuses go from 0 straight to 2, so a client who has just
    cured is hardly ever recorded as late in the next month.

    Parameters
    ----------
    path, encoding
        As in `portfolio_from_uci`.

    Returns
    -------
    Histories
        Five months; amounts in NT$.

    Raises
    ------
    PortfolioError
        If a column is missing, or a cell is not what it has in that file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import simlimit as sl
    >>> months = [f"{name}{month}" for name in ("PAY_", "BILL_AMT", "PAY_AMT") for month in (6, 5, 4, 3, 2)]
    >>> client = {"LIMIT_BAL": 20000, **dict.fromkeys(months, 0), "PAY_3": 2}
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "uci.csv"
    >>> pd.DataFrame([client]).to_csv(file)
    >>> sl.histories_from_uci(file).late.tolist()
    [[False, False, False, True, False]]
    """
    text = _read(path, encoding, "LIMIT_BAL", *_STATUS, *_BILL, *_PAID)

    def columns(names: tuple[str, ...], low: float, high: float, *, whole: bool = False) -> Floats:
        return np.column_stack([numbers(text, name, low, high, whole=whole) for name in names])

    limit = numbers(text, "LIMIT_BAL", 0.01, MAX_AMOUNT)
    balance, payments = columns(_BILL, -MAX_AMOUNT, MAX_AMOUNT), columns(_PAID[1:], 0, MAX_AMOUNT)
    return Histories(limit, balance, payments, columns(_STATUS, -2, 25, whole=True) >= 1, blind_months=1)
