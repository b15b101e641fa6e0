"""The book of borrowers that a run starts from: read strictly, or as its owner has it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import as_list, check_choice, check_number, refused
from simlimit.books import table, uci
from simlimit.errors import PortfolioError
from simlimit.portfolio import Portfolio
from simlimit.scenario.regions import MOST_REGIONS
from simlimit.templates import filled

Names = Mapping[str, str]
Ends = tuple[float, float]
REQUIRED = ("limit", "outstanding")
MONTHS = ("months_late", "spell_months")
COLUMNS = (*REQUIRED, "score", "late_share", *MONTHS, "region")
# The largest number of each column that has numbers; the smallest is 0.
_MOST = dict(zip(COLUMNS, (table.MAX_AMOUNT, table.MAX_AMOUNT, 1.0, 1.0, 24.0, 255.0), strict=False))


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
    cells = table.read_cells(path)
    return make_portfolio(uci.portfolio_from_uci(path) if uci.is_uci(cells) else read_own(cells))


def as_portfolio(book: str | Portfolio | None) -> Portfolio | None:
    """Return the book of a scenario, from its file if it names one; None if its borrowers are drawn."""
    return read_portfolio(book) if isinstance(book, str) else book


def own_book(
    book: table.Source, columns: Names | None, score_range: Ends | None, encoding: str | None
) -> tuple[Portfolio, str]:
    """Return a book and where it is from, as `Scenario.with_portfolio` explains."""
    source, name = table.as_source("book", book)
    names, scores = _checked_names({} if columns is None else columns), _checked_scores(score_range)
    cells = table.read_cells(source, encoding, ', or name its encoding, such as encoding="gbk"')
    is_known = uci.is_uci(cells) and not names
    read = uci.portfolio_from_uci(source, encoding=encoding) if is_known else read_own(cells, names, scores)
    if score_range is not None and "score" not in read:
        raise refused("score_range", score_range, "left out: the book has no column 'score'")
    portfolio = make_portfolio(read)
    size = filled("{number} borrower{number:s}", number=len(portfolio))
    return portfolio, f"{name}, {size}, sha256 {portfolio.digest}"


def with_saved_book(population: object, folder: Path) -> object:
    """Return the values of a population, with the book that it refers to by file and digest, if it does."""
    match population:
        case {"portfolio": {"file": name, "sha256": digest, **more}, **others} if not more:
            file = folder / str(name)
            portfolio = read_portfolio(file)
            if portfolio.digest != digest:
                said = "has another sha256 than the scenario says, but must be as it was saved"
                raise PortfolioError(f"{file} {said}")
            return {**others, "portfolio": portfolio}
    return population


def make_portfolio(read: pd.DataFrame) -> Portfolio:
    """Return columns that have been checked as a portfolio."""
    kinds = {"score": "f8", "late_share": "f8", "months_late": "i2", "spell_months": "i2"}
    columns = {name: read[name].to_numpy(kind) if name in read else None for name, kind in kinds.items()}
    names, region = _regions(read["region"]) if "region" in read else ((), None)
    limit, owed = (np.rint(100.0 * read[name].to_numpy(np.float64)).astype(np.int64) for name in REQUIRED)
    return Portfolio(limit_cents=limit, outstanding_cents=owed, region_names=names, region=region, **columns)


def read_own(cells: pd.DataFrame, names: Names | None = None, scores: Ends = (0.0, 1.0)) -> pd.DataFrame:
    """Read the columns of a portfolio: numbers within their bounds, and regions as text.

    Parameters
    ----------
    cells : pandas.DataFrame
    names : mapping of str to str, optional
        What the book calls some columns, by our names; then numbers may have commas between thousands.
    scores : (float, float)
        The scores that become 0 and 1.
    """
    called = dict(zip(COLUMNS, COLUMNS, strict=True)) | dict(names or {})
    needed = tuple(called[name] for name in COLUMNS if name in {*REQUIRED, *(names or {})})
    text = table.read_columns(cells, required=needed, optional=tuple(set(called.values()) - {*needed}))
    read = pd.DataFrame(index=text.index)
    for name in [name for name in _MOST if called[name] in text]:
        theirs, (low, high) = called[name], scores if name == "score" else (0.0, _MOST[name])
        is_money = names is not None and name in REQUIRED
        if name in REQUIRED:
            table.check_points(text[theirs])
        values = table.numbers(text, theirs, low, high, whole=name in MONTHS, money=is_money)
        read[name] = (values - low) / (high - low) if name == "score" else values
    return read.assign(region=text[called["region"]]) if called["region"] in text else read


def _checked_names(columns: Names) -> dict[str, str]:
    """Return what the book calls columns, by our names."""
    if not isinstance(columns, Mapping):
        raise refused("columns", columns, "a mapping of our names to those of the book")
    called = [*({name: name for name in COLUMNS} | dict(columns)).values()]
    for name, theirs in columns.items():
        check_choice("a name in columns", name, COLUMNS)
        if not isinstance(theirs, str) or called.count(theirs) > 1:
            raise refused(f"columns[{name!r}]", theirs, "the name of a column, and another one for each")
    return dict(columns)


def _checked_scores(score_range: Ends | None) -> Ends:
    allowed = "two numbers, the smaller first, such as (350, 950)"
    ends = as_list("score_range", (0, 1) if score_range is None else score_range, allowed)
    scores = [check_number("score_range", end, -1e9, 1e9) for end in ends]
    if len(scores) != 2 or not scores[0] < scores[1]:
        raise refused("score_range", score_range, allowed)
    return scores[0], scores[1]


def _regions(names: pd.Series) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    names = names.str.strip()
    good = names.str.len().between(1, 1000).to_numpy(bool)
    table.check_cells(names, good, "is a name of 1 to 1000 characters")
    codes, found = pd.factorize(names, sort=True)
    if len(found) > MOST_REGIONS:
        many = f"column 'region' has {len(found)} names; allowed are at most {MOST_REGIONS}"
        raise PortfolioError(f"{table.source_of(names.index)}: {many}")
    return tuple(str(name) for name in found), codes.astype(np.int16)
