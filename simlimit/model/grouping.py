"""Groups of borrowers that are counted apart: by region, or by what a borrower is at the start."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.arguments import as_numbers, check_choice, shown
from simlimit.errors import SimlimitError
from simlimit.model.book import utilisations
from simlimit.model.records import Records

FLAGS = {
    "watched": ("not watched", "watched"),
    "risky": ("not risky", "risky"),
    "lenders": ("no other lender", "other lenders"),
}
"""Attributes that a borrower has or has not, and the names of the two groups."""
NUMBERS = ("limit", "utilisation", "score", "late_share")
"""Attributes that are numbers, at the start: currency units, shares, a score, the propensity to be late."""
ATTRIBUTES = ("region", *FLAGS, *NUMBERS)
MOST_GROUPS = 255


class Grouping(NamedTuple):
    """How borrowers are grouped.

    Attributes
    ----------
    attribute : str
        One of `ATTRIBUTES`.
    bounds : array of float, shape (groups - 1,)
        A borrower is in the group whose number is how many of them its attribute reaches.
    labels : tuple of str
        Of the groups.
    """

    attribute: str
    bounds: npt.NDArray[np.float64]
    labels: tuple[str, ...]


def make_grouping(by: str, bands: Sequence[float], regions: tuple[str, ...]) -> Grouping:
    """Return how borrowers are grouped by an attribute, a number of them by bands."""
    check_choice("by", by, ATTRIBUTES)
    if by in NUMBERS:
        return Grouping(by, *_banded(by, bands))
    if as_numbers("bands", bands).size > 0:
        raise SimlimitError(f"bands is {shown(bands)}, but must be empty: {by} has groups of its own.")
    labels = regions if by == "region" else FLAGS[by]
    return Grouping(by, np.arange(1, len(labels), dtype=np.float64), labels)


def _banded(by: str, bands: Sequence[float]) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    bounds = as_numbers("bands", bands)
    if not (
        bounds.ndim == 1
        and 0 < len(bounds) < MOST_GROUPS
        and np.isfinite(bounds).all()
        and (np.diff(bounds) > 0).all()
    ):
        raise SimlimitError(
            f"bands is {shown(bands)}, but must be 1 to {MOST_GROUPS - 1} ascending numbers, the bounds "
            f"between groups by {by}."
        )
    texts = [f"{bound:.15g}" for bound in bounds]
    between = [f"{low} to {high}" for low, high in itertools.pairwise(texts)]
    return bounds, (f"below {texts[0]}", *between, f"{texts[-1]} and above")


def assign_groups(borrowers: Records, grouping: Grouping) -> None:
    """Put every borrower into its group, by what it is when it joins the book: before its first day."""
    values = _values(borrowers, grouping.attribute)
    borrowers["group"] = np.searchsorted(grouping.bounds, values, side="right")


def _values(borrowers: Records, attribute: str) -> npt.NDArray[np.float64]:
    """Return an attribute of each borrower as a number."""
    if attribute == "limit":
        return borrowers["highest"] / 100
    if attribute == "utilisation":
        return utilisations(borrowers["outstanding"], borrowers["highest"])
    if attribute == "late_share":
        return borrowers["propensity"]
    return (borrowers[attribute] > 0).astype(np.float64) if attribute in FLAGS else borrowers[attribute]
