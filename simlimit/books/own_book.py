"""A book as its owner has it: own names of columns, own scores; and the book beside a saved scenario."""

from collections.abc import Mapping
from pathlib import Path

from simlimit.arguments import as_list, check_choice, check_number, refused
from simlimit.books.portfolio import COLUMNS, make_portfolio, read_own, read_portfolio
from simlimit.books.table import Source, as_source, read_cells
from simlimit.books.uci import is_uci, portfolio_from_uci
from simlimit.errors import PortfolioError
from simlimit.portfolio import Portfolio


def own_book(
    book: Source,
    columns: Mapping[str, str] | None,
    score_range: tuple[float, float] | None,
    encoding: str | None,
) -> tuple[Portfolio, str]:
    """Return a book and where it is from, as `Scenario.with_portfolio` explains."""
    source, name = as_source("book", book)
    names, scores = _checked_names({} if columns is None else columns), _checked_scores(score_range)
    cells = read_cells(source, encoding, ', or name its encoding, such as encoding="gbk"')
    is_known = is_uci(cells) and not names
    table = portfolio_from_uci(source, encoding=encoding) if is_known else read_own(cells, names, scores)
    if score_range is not None and "score" not in table:
        raise refused("score_range", score_range, "left out: the book has no column 'score'")
    portfolio = make_portfolio(table)
    return portfolio, f"{name}, {len(portfolio)} borrowers, sha256 {portfolio.digest}"


def with_saved_book(population: object, folder: Path) -> object:
    """Return the values of a population, with the book that it refers to by file and digest, if it does."""
    refers = population.get("portfolio") if isinstance(population, dict) else None
    if not isinstance(population, dict) or not isinstance(refers, dict) or {*refers} != {"file", "sha256"}:
        return population
    file = folder / str(refers["file"])
    portfolio = read_portfolio(file)
    if portfolio.digest != refers["sha256"]:
        raise PortfolioError(f"{file} has another sha256 than the scenario says, but must be as it was saved")
    return {**population, "portfolio": portfolio}


def _checked_names(columns: Mapping[str, str]) -> dict[str, str]:
    """Return what the book calls columns, by our names."""
    if not isinstance(columns, Mapping):
        raise refused("columns", columns, "a mapping of our names to those of the book")
    called = [*({name: name for name in COLUMNS} | dict(columns)).values()]
    for name, theirs in columns.items():
        check_choice("a name in columns", name, COLUMNS)
        if not isinstance(theirs, str) or called.count(theirs) > 1:
            raise refused(f"columns[{name!r}]", theirs, "the name of a column, and another one for each")
    return dict(columns)


def _checked_scores(score_range: tuple[float, float] | None) -> tuple[float, float]:
    allowed = "two numbers, the smaller first, such as (350, 950)"
    ends = as_list("score_range", (0, 1) if score_range is None else score_range, allowed)
    scores = [check_number("score_range", end, -1e9, 1e9) for end in ends]
    if len(scores) != 2 or not scores[0] < scores[1]:
        raise refused("score_range", score_range, allowed)
    return scores[0], scores[1]
