"""Groups of borrowers that are counted apart: by region, or by what a borrower is at the start."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.errors import SimlimitError
from simlimit.model.compiling import step
from simlimit.model.records import Record
from simlimit.model.state import utilisation

FLAGS = {
    "watched": ("not watched", "watched"),
    "risky": ("not risky", "risky"),
    "lenders": ("no other lender", "other lenders"),
}
"""Attributes that a borrower has or has not, and the names of the two groups."""
NUMBERS = ("limit", "utilisation", "score", "late_share")
"""Attributes that are numbers, at the start: currency units, shares, a score, the propensity to be late."""
ATTRIBUTES = ("region", *FLAGS, *NUMBERS)
_REGION, _WATCHED, _RISKY, _LENDERS, _LIMIT, _UTILISATION, _SCORE = range(7)
MOST_GROUPS = 255


class Grouping(NamedTuple):
    """How borrowers are grouped.

    Attributes
    ----------
    attribute : int
        Its position in `ATTRIBUTES`.
    bounds : array of float, shape (groups - 1,)
        A borrower is in the group whose number is how many of them its attribute reaches.
    labels : tuple of str
        Of the groups.
    """

    attribute: int
    bounds: npt.NDArray[np.float64]
    labels: tuple[str, ...]


def make_grouping(by: str, bands: Sequence[float], regions: tuple[str, ...]) -> Grouping:
    """Return how borrowers are grouped by an attribute, a number of them by bands."""
    if by not in ATTRIBUTES:
        raise SimlimitError(f"by is {by!r}, but must be one of: {', '.join(ATTRIBUTES)}.")
    attribute = ATTRIBUTES.index(by)
    if by in NUMBERS:
        return Grouping(attribute, *_banded(by, bands))
    if np.size(bands) > 0:
        raise SimlimitError(f"bands is {bands!r}, but must be empty: {by} has groups of its own.")
    labels = regions if by == "region" else FLAGS[by]
    return Grouping(attribute, np.arange(1, len(labels), dtype=np.float64), labels)


def _banded(by: str, bands: Sequence[float]) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    try:
        bounds = np.array(bands, np.float64)
    except (TypeError, ValueError):
        bounds = np.empty(0)
    if not (
        bounds.ndim == 1
        and 0 < len(bounds) < MOST_GROUPS
        and np.isfinite(bounds).all()
        and (np.diff(bounds) > 0).all()
    ):
        raise SimlimitError(
            f"bands is {bands!r}, but must be 1 to {MOST_GROUPS - 1} ascending numbers, the bounds between "
            f"groups by {by}."
        )
    texts = [f"{bound:.15g}" for bound in bounds]
    between = [f"{low} to {high}" for low, high in itertools.pairwise(texts)]
    return bounds, (f"below {texts[0]}", *between, f"{texts[-1]} and above")


@step
def _value(r: Record, attribute: int) -> float:
    """Return an attribute of a borrower as a number."""
    if attribute == _REGION:
        return float(r.region)
    if attribute == _WATCHED:
        return float(r.watched)
    if attribute == _RISKY:
        return float(r.risky)
    if attribute == _LENDERS:
        return 1.0 if r.lenders > 0 else 0.0
    if attribute == _LIMIT:
        return r.limit / 100
    if attribute == _UTILISATION:
        return utilisation(r)
    if attribute == _SCORE:
        return float(r.score)
    return float(r.propensity)


@step
def group_of(r: Record, attribute: int, bounds: npt.NDArray[np.float64]) -> int:
    """Return the group of a borrower, by what it is before the first day."""
    value = _value(r, attribute)
    group = 0
    for bound in bounds:
        group += value >= bound
    return group
