"""Regions of a scenario: the share of each, and numbers that it may have of its own."""

import copy
from collections.abc import Mapping
from typing import Annotated, Self, cast

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, TypeAdapter

from simlimit.scenario.base import FrozenMapping, Part
from simlimit.scenario.fields import OF_BORROWERS, PER_DUE_DAY, fraction, number

Text = Annotated[str, Field(strict=True, min_length=1, max_length=1000)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
_SHARE = TypeAdapter[float](Share)
# As many as codes of 16 bits; there are fewer districts or postcodes in most countries.
MOST_REGIONS = 32_767
_Own = float | None


class Region(Part):
    """A region: its share, and what it has of its own; for the rest the numbers of the scenario hold.

    Examples
    --------
    >>> import simlimit as sl
    >>> regions = {"east": {"share": 0.3, "late_onset": 0.05}, "west": 0.7}
    >>> later = sl.Scenario().replace({"population.regions": regions})
    >>> later.replace({"population.regions.west.late_onset": 0.01}).population.regions["west"].late_onset
    0.01
    """

    share: _Own = fraction(None, OF_BORROWERS, "Its part of the book; must be given unless a file says it")
    late_onset: _Own = fraction(None, PER_DUE_DAY, "Mean chance that a payment is missed", open_end="high")
    slip_share: _Own = fraction(None, PER_DUE_DAY, "Payments that slip by a few days")
    limit_median: _Own = number(None, 0.01, 1e9, "currency units", "Median of the log-normal credit limits")
    score_mean: _Own = fraction(None, "score", "Mean of the credit scores at the start")
    utilisation_mean: _Own = number(None, 0, 1.5, "share of the limit", "Mean outstanding at the start")
    false_flag: _Own = fraction(None, OF_BORROWERS, "Long-run share flagged by mistake", open_end="high")
    watch_share: _Own = fraction(None, OF_BORROWERS, "Borrowers on the watch-list")
    draws_per_year: _Own = number(None, 0, 365, "per year", "Wishes to draw, per borrower")

    def __repr__(self) -> str:
        return f"Region({', '.join(f'{name}={value}' for name, value in self if value is not None)})"

    @classmethod
    def model_validate(cls, obj: object, **_: object) -> Self:
        """Return the region that a mapping describes, or a share alone, or a region as it is."""
        return super().model_validate({"share": obj} if isinstance(obj, int | float) else obj)


def _region(value: object) -> float | Region:
    """Return a region, or its share if it has nothing else, so that there is one way to write it."""
    if not isinstance(value, Mapping | Region):
        return _SHARE.validate_python(value)
    region = Region.model_validate(value)
    given = [one for one in dict(region).values() if one is not None]
    return region.share if region.share is not None and len(given) == 1 else region


Regions = Annotated[
    Mapping[Text, Annotated[float | Region, PlainValidator(_region)]],
    AfterValidator(FrozenMapping),
    PlainSerializer(dict, return_type=dict[str, float | Region]),
]


def shares_of(regions: Regions) -> tuple[float, ...]:
    """Return the share of each region; NaN where none is given."""
    shares = (one.share if isinstance(one, Region) else one for one in regions.values())
    return tuple(float("nan") if share is None else share for share in shares)


def regional(name: str, default: float) -> float:
    """Declare a number that a region may have of its own: as there, but with a default."""
    declared = copy.copy(Region.model_fields[name])
    declared.default = default
    return cast(float, declared)
