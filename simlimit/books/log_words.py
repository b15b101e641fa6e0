"""What a release log says in words: names of columns, outcomes, truth values, and nothing."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import Truths, check_choice, refused, shown
from simlimit.books.table import check_cells, names_in, quoted
from simlimit.errors import SimlimitError
from simlimit.text_files import packaged

Words: TypeAlias = npt.NDArray[np.str_]
# What words of the log mean, if the user says so.
Meanings: TypeAlias = Mapping[str, str] | None
_WORDS = packaged(__package__, "log_words.toml")
OUTCOMES = ("released", "forfeited", "pending")
# A gate or a region that is none.
BLANK = "(blank)"
# The default of the arguments that name a column: it is looked for by its known names.
BY_NAME = "(by its name)"
# A number that is no less as a number: "007" is a name.
_PLAIN = r"-?(0|[1-9]\d{0,14})(\.\d+)?"


def columns_of(cells: pd.DataFrame, given: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """Return what a log calls its columns, by our names, and the names of its further columns.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `read_cells`. The names stand in its first row, or in the second one below a title.
    given : mapping
        What the user calls some of them; None where there is none; `BY_NAME` where a known name may be found.
    """
    for names in (names_in(cells, 1), names_in(cells, 0)):
        free = [name for name in names if name not in given.values()]
        known = {re.sub(r"[\s-]+", "_", name.lower()): name for name in free}
        called = {ours: theirs for ours, theirs in given.items() if theirs is not None and theirs in names}
        for ours, words in _WORDS["columns"].items():
            found = [known[word] for word in words if word in known and given.get(ours, BY_NAME) == BY_NAME]
            called |= {ours: found[0]} if found else {}
        if {"repaid", "ended"} <= called.keys():
            break
    for ours, theirs in given.items():
        is_needed = theirs not in (None, BY_NAME) or ours in ("repaid", "ended")
        if is_needed and [*called.values()].count(called.get(ours, "")) != 1:
            listed = quoted(",".join(names))
            if theirs == BY_NAME:
                unknown = f"{ours} is not found by its name in the first two lines"
                raise SimlimitError(f"{unknown}, so name its column: {listed}.")
            raise refused(ours, theirs, f"the name of a column, a different one for each: {listed}")
    return called, [name for name in names if name and name not in called.values()]


def by_word(cells: "pd.Series[str]", meaning: Callable[[str], Any], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return what the cells of a column mean, each different one looked at once."""
    codes, words = pd.factorize(cells)
    return np.array([meaning(word) for word in words], kind)[codes]


def missing_in(cells: "pd.Series[str]") -> Truths:
    """Return which cells say nothing."""
    return by_word(cells, lambda word: small(word) in _WORDS["nothing"]["words"], np.bool_)


def never_in(cells: "pd.Series[str]") -> Truths:
    """Return which days say nothing, or are one that never comes."""
    never = tuple(_WORDS["nothing"]["never"])
    comes_never: Truths = by_word(cells, lambda word: small(word).startswith(never), np.bool_)
    return missing_in(cells) | comes_never


def outcomes_in(cells: "pd.Series[str] | None", outcomes: Meanings, has_ended: Truths) -> Words:
    """Return the outcome of each row; without a word for it, whoever has an end is released."""
    if cells is None:
        return np.where(has_ended, "released", "pending")
    known = cells.mask(missing_in(cells) & ~has_ended, "pending")
    return _meant(known, "outcomes", outcomes)


def gates_in(cells: "pd.Series[str]", gates: Meanings) -> npt.NDArray[Any]:
    """Return gates or regions of rows: in the words of the log, or the gates of the model that they mean."""
    named = cells.str.strip().mask(missing_in(cells), BLANK)
    return named.to_numpy() if gates is None else _meant(named, "gates", gates)


def truths_in(cells: "pd.Series[str]") -> Truths:
    """Return the truth values of a column."""
    return np.asarray(_meant(cells, "truths", None) == "true")


def check_meanings(table: str, own: object) -> None:
    """Refuse what does not say what words mean."""
    if own is not None and not isinstance(own, Mapping):
        raise refused(table, own, f"a mapping of words of the log to {', '.join(_WORDS[table])}")


def words_of(table: str, own: Meanings) -> dict[str, str]:
    """Return what words mean, in small letters, by a table of ours and one of the user's."""
    check_meanings(table, own)
    words = {word: ours for ours, some in _WORDS[table].items() for word in some}
    for word, ours in (own or {}).items():
        check_choice(f"{table}[{shown(word)}]", ours, _WORDS[table])
        words[small(word)] = ours
    return words


def _meant(cells: "pd.Series[str]", table: str, own: Meanings) -> Words:
    """Return what the words in a column mean by a table of ours and one of the user's, or refuse one."""
    words = words_of(table, own)
    said = by_word(cells, lambda word: words.get(small(word), ""), "U10")
    unknown = cells[said == ""].unique()[:5]
    others = f"; unknown are {', '.join(map(shown, unknown))}" * (len(unknown) > 1)
    check_cells(cells, said != "", f"are {_WORDS['allowed'][table]}{others}")
    return said


def typed(cells: "pd.Series[str]") -> "pd.Series[Any]":
    """Return a column as numbers if it has nothing else; a name such as "007" is none."""
    known = cells.mask(missing_in(cells))
    return pd.to_numeric(known) if known.dropna().str.fullmatch(_PLAIN).all() else known


def small(word: object) -> str:
    """Return a word as it is compared: a number may have become a float where a column has gaps."""
    return str(word).strip().lower().removesuffix(".0")
