"""Groups of borrowers that are counted apart: by region, or by what a borrower is at the start."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simlimit.arguments import as_choices, as_numbers, refused, shown
from simlimit.errors import SimlimitError
from simlimit.model.book import Floats, Integers, utilisations
from simlimit.model.records import Records

# Attributes that a borrower has or has not, and the names of the two groups.
FLAGS = {
    "watched": ("not watched", "watched"),
    "risky": ("not risky", "risky"),
    "lenders": ("no other lender", "other lenders"),
}
# Attributes that are numbers, at the start: currency units, shares, a score, the propensity to be late.
NUMBERS = ("limit", "utilisation", "score", "late_share")
ATTRIBUTES = ("region", *FLAGS, *NUMBERS)
MOST_GROUPS = 255


class Grouping(NamedTuple):
    """How borrowers are grouped.

    Attributes
    ----------
    bounds : dict of array
        By attribute, of `ATTRIBUTES`: a borrower has the value whose number is how many of them it reaches.
        Groups are numbered by all values, that of the last attribute changes fastest.
    labels : tuple of str
        Of the groups.
    """

    bounds: dict[str, Floats]
    labels: tuple[str, ...]


def make_grouping(by: str | Sequence[str], bands: Sequence[float], regions: tuple[str, ...]) -> Grouping:
    """Return how borrowers are grouped by attributes, one of which may be a number, with bands."""
    names = as_choices("by", by if isinstance(by, Sequence) else [by], ATTRIBUTES)
    numbers = [name for name in names if name in NUMBERS]
    if len(set(names)) < len(names) or len(numbers) > 1:
        rule = f"attributes that differ, at most one of them among {', '.join(NUMBERS)}"
        raise refused("by", by, rule)
    if not numbers and as_numbers("bands", bands).size > 0:
        raise refused("bands", bands, f"empty: {names[0]} has groups of its own")
    bounds, labels = {}, []
    for name in names:
        if name in NUMBERS:
            bounds[name], own = _banded(name, bands)
        else:
            own = regions if name == "region" else FLAGS[name]
            bounds[name] = np.arange(1, len(own), dtype=np.float64)
        labels.append(own)
    number = math.prod(map(len, labels))
    if len(names) > 1 and number > MOST_GROUPS:
        raise SimlimitError(f"by is {shown(by)}, but {number:,} groups are more than {MOST_GROUPS}.")
    return Grouping(bounds, tuple(map(", ".join, itertools.product(*labels))))


def _banded(by: str, bands: Sequence[float]) -> tuple[Floats, tuple[str, ...]]:
    bounds = as_numbers("bands", bands)
    is_ascending = bounds.ndim == 1 and np.isfinite(bounds).all() and (np.diff(bounds) > 0).all()
    if not is_ascending or not 0 < len(bounds) < MOST_GROUPS:
        rule = f"1 to {MOST_GROUPS - 1} ascending numbers, the bounds between groups by {by}"
        raise refused("bands", bands, rule)
    texts = [f"{bound:.15g}" for bound in bounds]
    between = [f"{low} to {high}" for low, high in itertools.pairwise(texts)]
    return bounds, (f"below {texts[0]}", *between, f"{texts[-1]} and above")


def assign_groups(borrowers: Records, grouping: Grouping) -> None:
    """Put every borrower into its group, by what it is when it joins the book: before its first day."""
    group: Integers = np.zeros(len(borrowers), np.int64)
    for attribute, bounds in grouping.bounds.items():
        value = _values(borrowers, attribute)
        if attribute in NUMBERS:
            value = np.searchsorted(bounds, value, side="right")
        group = group * (len(bounds) + 1) + value
    borrowers["group"] = group


def _values(borrowers: Records, attribute: str) -> Records:
    """Return an attribute of each borrower as a number."""
    if attribute == "limit":
        return borrowers["highest"] / 100
    if attribute == "utilisation":
        return utilisations(borrowers["outstanding"], borrowers["highest"])
    if attribute == "late_share":
        return borrowers["propensity"]
    return borrowers[attribute] > 0 if attribute in FLAGS else borrowers[attribute]
