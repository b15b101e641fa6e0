"""A portfolio: the book of borrowers that a run starts from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.books.table import MAX_AMOUNT, Floats, check_cells, numbers, read_cells, read_columns, source_of
from simlimit.books.uci import is_uci, portfolio_from_uci
from simlimit.errors import PortfolioError
from simlimit.scenario.regions import MOST_REGIONS


@dataclass(frozen=True, eq=False, kw_only=True)
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
        """Return the number of borrowers."""
        return len(self.limit_cents)


def read_portfolio(path: str | Path) -> Portfolio:
    """Read a book of borrowers from a CSV file (plain or .gz), one row per borrower.

    Parameters
    ----------
    path : str or Path
        A file in UTF-8, or in UTF-16 with its mark, whose first line names the columns. It must have `limit`
        and `outstanding` (units, 0 to 1e9). It may have `score` and `late_share` (0 to 1), `region` (a name),
        `months_late` (whole, 0 to 24) and `spell_months` (whole, 0 to 255). Other columns are ignored. The
        UCI credit card file is recognised by its columns, and read as by `portfolio_from_uci`.

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
    cells = read_cells(path)
    table = portfolio_from_uci(path) if is_uci(cells) else _read_own(cells)
    kinds = {"score": "f8", "late_share": "f8", "months_late": "i2", "spell_months": "i2"}
    columns = {name: table[name].to_numpy(kind) if name in table else None for name, kind in kinds.items()}
    region_names, region = _regions(table["region"]) if "region" in table else ((), None)
    limit, outstanding = (_cents(table[name]) for name in ("limit", "outstanding"))
    return Portfolio(
        limit_cents=limit,
        outstanding_cents=outstanding,
        region_names=region_names,
        region=region,
        **columns,
    )


def _read_own(cells: pd.DataFrame) -> pd.DataFrame:
    """Read the columns of a portfolio: numbers within their bounds, and regions as text."""
    amounts = dict.fromkeys(("limit", "outstanding"), MAX_AMOUNT)
    shares = dict.fromkeys(("score", "late_share"), 1.0)
    months = {"months_late": 24.0, "spell_months": 255.0}
    table = read_columns(cells, required=(*amounts,), optional=("region", *shares, *months))
    for column, most in (amounts | shares | months).items():
        if column in table:
            table[column] = numbers(table, column, 0, most, whole=column in months)
    return table


def _regions(names: pd.Series) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    names = names.str.strip()
    check_cells(names, names.str.len().between(1, 1000).to_numpy(bool), "is a name of 1 to 1000 characters")
    codes, found = pd.factorize(names, sort=True)
    if len(found) > MOST_REGIONS:
        raise PortfolioError(
            f"{source_of(names.index)}: column 'region' has {len(found)} names; "
            f"allowed are at most {MOST_REGIONS}"
        )
    return tuple(str(name) for name in found), codes.astype(np.int16)


def _cents(amounts: pd.Series) -> npt.NDArray[np.int64]:
    return np.rint(100.0 * amounts.to_numpy(np.float64)).astype(np.int64)
