"""Check arguments: what is allowed, and the sentence that refuses the rest."""

from collections.abc import Iterable
from typing import TypeGuard

import numpy as np
import pandas as pd

from simlimit.errors import SimlimitError


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; a truth value is not."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def check_whole(name: str, value: object, largest: int, least: int = 0) -> int:
    """Return a whole number within bounds, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= largest:
        raise SimlimitError(f"{name} is {value!r}, but must be a whole number from {least} to {largest}.")
    return int(value)


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse what is not among the choices."""
    if value not in allowed:
        raise SimlimitError(f"{name} is {value!r}, but must be one of: {', '.join(allowed)}.")


def check_confidence(confidence: object) -> None:
    """Refuse a confidence that is not between 0 and 1."""
    if not is_number(confidence) or not 0 < confidence < 1:
        raise SimlimitError(f"confidence is {confidence!r}, but must be a number between 0 and 1.")


def as_list(name: str, values: Iterable[float], allowed: str) -> list[float]:
    """Return the values of an argument that must be a sequence, or refuse it."""
    try:
        if isinstance(values, str):
            raise TypeError
        return list(values)
    except TypeError:
        raise SimlimitError(f"{name} is {values!r}, but must be {allowed}.") from None


def as_days(days: Iterable[float]) -> list[float]:
    """Return ages in days, or refuse them."""
    asked = as_list("days", days, "a sequence of numbers from 0 up, such as (0, 7, 30)")
    for day in asked:
        if not is_number(day) or not 0 <= day < np.inf:
            raise SimlimitError(f"days has the value {day!r}, but must be numbers from 0 up.")
    return asked


def check_table(name: str, table: object, allowed: str) -> None:
    """Refuse what is not a table."""
    if not isinstance(table, pd.DataFrame):
        shown = " ".join(repr(table).split())
        raise SimlimitError(f"{name} is {shown}, but must be {allowed}.")


def check_type(name: str, value: object, *types: type) -> None:
    """Refuse what is not of one of these types."""
    if not isinstance(value, types):
        wanted = " or ".join(f"a{'n' * (one.__name__[0] in 'AEIOU')} {one.__name__}" for one in types)
        raise SimlimitError(f"{name} is of type {type(value).__name__}, but must be {wanted}.")
