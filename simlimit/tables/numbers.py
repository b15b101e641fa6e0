"""Numbers, intervals and other values as text."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simlimit.arguments import is_number
from simlimit.scenario.base import Part
from simlimit.tables.units import Unit

UNKNOWN = "-"
MOST_DECIMALS = 4
# A sum that should be 0 or 1 is as near to it as this.
ROUNDING = 1e-12


def number_text(value: float, unit: Unit, sign: str = "") -> str:
    """Return a number in its unit; ``sign="+"`` shows the sign of positive numbers, too.

    Examples
    --------
    >>> from simlimit.tables.units import unit_of
    >>> [number_text(share, unit_of("released_within_7d")) for share in (0.9312, 0.99999, 1.0)]
    ['93.12', '>99.99', '100.00']
    """
    if not np.isfinite(value):
        return UNKNOWN
    if unit.factor == 100 and not sign:
        return per_cent(value, unit.decimals)
    # Added to 0, so that no zero is negative.
    return f"{round(unit.factor * value, unit.decimals) + 0.0:{sign},.{unit.decimals}f}"


def per_cent(share: float, decimals: int = 1) -> str:
    """Return the per cent of a share; they read neither as 0 nor as 100 unless it is 0 or 1.

    Examples
    --------
    >>> per_cent(0.1234), per_cent(0.0004), per_cent(-0.0004), per_cent(0.99999, 2), per_cent(1.0)
    ('12.3', '<0.1', '>-0.1', '>99.99', '100.0')
    """
    shown, step = round(100 * share, decimals), 10.0**-decimals
    if shown == 0 and abs(share) > ROUNDING:
        return f"{'<' if share > 0 else '>-'}{step:.{decimals}f}"
    if shown == 100 and share < 1 - ROUNDING:
        return f">{100 - step:.{decimals}f}"
    return f"{shown + 0.0:,.{decimals}f}"


def interval_text(low: float, high: float, unit: Unit, sign: str = "") -> str:
    """Return an interval, such as ``1.20 to 1.34``."""
    if not np.isfinite(low):
        return UNKNOWN
    return f"{number_text(low, unit, sign)} to {number_text(high, unit, sign)}"


def difference_texts(value: float, low: float, high: float, unit: Unit) -> tuple[str, str]:
    """Return a difference in a unit and its interval, both with signs."""
    fine = finer(unit, high - low)
    return number_text(value, fine, "+"), interval_text(low, high, fine, "+")


def finer(unit: Unit, width: float) -> Unit:
    """Return a unit with enough decimals to tell apart the ends of an interval of this width."""
    if not 0 < width < np.inf:
        return unit
    needed = math.ceil(-math.log10(unit.factor * width))
    return unit._replace(decimals=max(unit.decimals, min(MOST_DECIMALS, needed)))


def rounded_texts(values: Sequence[object]) -> list[str]:
    """Return values as texts; numbers in three digits of how far they are apart.

    Examples
    --------
    >>> rounded_texts([0.0528153, 0.02617, 0.08653]), rounded_texts([False, True])
    (['0.0528', '0.0262', '0.0865'], ['false', 'true'])
    """
    numbers = [value for value in values if is_number(value)]
    apart = max(numbers, default=0) - min(numbers, default=0)
    if len(numbers) < len(values) or not apart:
        return [*map(value_text, values)]
    return [value_text(round(one, 2 - math.floor(math.log10(apart)))) for one in numbers]


def share_text(share: float) -> str:
    """Return a share in per cent, such as ``12.5 %``."""
    return UNKNOWN if np.isnan(share) else f"{per_cent(share)} %"


def p_value_text(p_value: float) -> str:
    """Return a p-value, such as ``0.012``; none is 0."""
    return "<0.001" if p_value < 0.0005 else f"{p_value:.3f}"


def value_text(value: object) -> str:
    """Return the value of a field of a scenario as one reads it.

    Examples
    --------
    >>> value_text((0.2, 1.0)), value_text(None), value_text(20_000)
    ('0.2, 1', 'not set', '20,000')
    """
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:,.10g}"
    if isinstance(value, Part):
        given = {name: one for name, one in value if one is not None}
        return f"({value_text(given)})"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {value_text(one)}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(value_text(one) for one in value) or "none"
    return str(value)
