"""A scenario with a book of the user's own."""

import os
from collections.abc import Mapping

import pandas as pd

import simlimit


def with_portfolio(
    self: "simlimit.Scenario",
    book: str | os.PathLike[str] | pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    score_range: tuple[float, float] | None = None,
    encoding: str | None = None,
) -> "simlimit.Scenario":
    """Return the scenario with a book of your own, and desk and pool in proportion to its borrowers.

    Parameters
    ----------
    book : DataFrame or path
        A row per borrower. A file is Parquet, Excel, or CSV (plain or .gz), in which numbers may be
        written as 12,500.00. It must have the columns `limit` and `outstanding` (currency units). It may have
        `score`, `region` (a name), `late_share` (chance of a miss, 0 to 1), `months_late` (0 to 24) and
        `spell_months` (0 to 255). Other columns are ignored. The UCI credit card file is recognised.
    columns : mapping of str to str, optional
        What the book calls some columns, by the names above: ``{"limit": "授信额度", "score": "芝麻分"}``.
    score_range : (low, high), optional
        The scores that become 0 and 1, with those between in proportion: (350, 950) for a Sesame score. If
        not given, scores are from 0 to 1 already.
    encoding : str, optional
        Of a CSV file, such as "gbk"; by its mark if not given: UTF-16, or else UTF-8.

    Returns
    -------
    Scenario
        With the book in it: what becomes of the file later changes nothing. Its provenance has the file, the
        number of borrowers and a digest. Desk and pool keep their size per borrower, as in `scaled`. If the
        lines of your book are larger than those for which the pool was sized, it needs more than that.

    Raises
    ------
    PortfolioError
        In one sentence that names file, row, column, value, and what is allowed.
    SimlimitError
        If another argument is not as above.

    Examples
    --------
    >>> import pandas as pd
    >>> import simlimit as sl
    >>> clients = pd.DataFrame({"line": ["12,500.00", "8,000.00"], "owed": [900, 0], "sesame": [650, 950]})
    >>> names = {"limit": "line", "outstanding": "owed", "score": "sesame"}
    >>> mine = sl.preset("clockwork").with_portfolio(clients, columns=names, score_range=(350, 950))
    >>> sl.simulate(mine.replace({"horizon_days": 1})).borrowers[["limit", "score"]].to_dict("list")
    {'limit': [12500.0, 8000.0], 'score': [0.5, 1.0]}
    >>> mine.source("population.portfolio")[:39]
    'measured: a frame, 2 borrowers, sha256 '
    """
    portfolio, source = simlimit.books.own_book(book, columns, score_range, encoding)
    sized = self.scaled(len(portfolio))
    sources = {**sized.provenance, "population.portfolio": f"measured: {source}"}
    return sized.replace({"population.portfolio": portfolio, "provenance": sources})
