"""Effects in words: with a sign and an interval, and whether they are significant."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from simlimit.plots.labels import VERDICTS, Labels
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES
from simlimit.tables import numbers, units


def lost_text(effect: Iterable[float], label: Labels, sign: str = "+") -> str:
    """Return `limit_days_lost` with its interval, to stand beside losses from default.

    These can fall because credit is taken away, so no picture has them alone.

    Examples
    --------
    >>> from simlimit.plots.effects import lost_text
    >>> from simlimit.plots.labels import Labels
    >>> lost_text((1200.0, 1100.0, 1300.0), Labels("en"))
    'limit days lost +1,200  (+1,100, +1,300)'
    """
    value, low, high = effect
    return label("limit days lost {effect}", effect=with_interval(value, low, high, decimals(value), sign))


def lost_note(label: Labels, *metrics: str) -> str:
    """Return what `lost_text` is in, as a further line, if one of some metrics must have it beside it."""
    if not any(metric in LOSSES for metric in metrics):
        return ""
    return "\n" + label("limit days lost: {unit}", unit=label(units.unit_of(BESIDE_LOSSES).in_pictures))


def verdicts(label: Labels, number: int, marks: str) -> str:
    """Return which verdict each of three marks stands for, corrected for a number of comparisons."""
    said = (label(words, number=number) for words in VERDICTS.values())
    return "    ".join(f"{mark} {words}" for mark, words in zip(marks, said, strict=True))


def decimals(effects: npt.ArrayLike) -> int:
    """Return how many decimals show the largest effect in three digits."""
    sizes = np.abs(np.asarray(effects, np.float64))
    largest = sizes.max(initial=0.0, where=np.isfinite(sizes))
    return int(np.clip(2 - np.floor(np.log10(largest)), 0, 9)) if largest > 0 else 0


def with_interval(value: float, low: float, high: float, places: int, sign: str = "+") -> str:
    """Return an effect and its interval, with digits that tell its ends apart; not known: a dash.

    Examples
    --------
    >>> from simlimit.plots.effects import with_interval
    >>> with_interval(0.5, -0.0001, 1, 2), with_interval(0.0012, 0.0011, 0.0013, 1)
    ('+0.50  (+0.00, +1.00)', '+0.0012  (+0.0011, +0.0013)')
    """
    unit = numbers.finer(units.Unit(1, places, ""), high - low)
    middle, lower, upper = (numbers.number_text(one, unit, sign) for one in (value, low, high))
    return f"{middle}  ({lower}, {upper})"
