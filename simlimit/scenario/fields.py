"""How a scenario declares a field: its default, its meaning, its unit, and what it may be."""

from collections.abc import Iterable
from typing import Any, Literal, TypeVar, cast, get_args

from pydantic import Field
from pydantic.fields import FieldInfo

T = TypeVar("T")
End = Literal["low", "high"]

# Stands for the default of a field that has none.
REQUIRED: Any = ...

OF_BORROWERS = "share of borrowers"
PER_DUE_DAY = "probability per due day"
_OPENING: dict[End | None, str] = {None: "from", "low": "above", "high": "from"}
_CLOSING: dict[End | None, str] = {None: "to", "low": "and at most", "high": "and below"}


def field(default: T, meaning: str, allowed: str, unit: str = "", **constraints: Any) -> T:  # noqa: ANN401
    """Declare a field: `allowed` completes the sentence "it must be ..."; the constraints are pydantic's.

    The declared default stands for the field's type, as with pydantic's own `Field`.
    """
    about = f"{meaning} ({f'{unit}; ' if unit else ''}{allowed})"
    extra: dict[str, Any] = {"unit": unit, "allowed": f"{allowed} ({unit})" if unit else allowed}
    declared: T = Field(default, description=about, json_schema_extra=extra, **constraints)
    return declared


def switch(default: bool, meaning: str) -> bool:
    """Declare a field that is on or off."""
    return field(default, meaning, "true or false", strict=True)


def choice(words: object, default: T, meaning: str) -> T:
    """Declare a field that is one of the words of a `Literal`."""
    return field(default, meaning, one_of(words))


def several(words: object, meaning: str, but: str = "") -> Any:  # noqa: ANN401
    """Declare a list of some of the words of a `Literal`, at first empty."""
    return field((), meaning, f"a list of {one_of(words)}{but}", strict=True)


def pair(default: T, allowed: str, unit: str, meaning: str) -> T:
    """Declare a list of two numbers."""
    return field(default, meaning, allowed, unit, strict=True)


def one_of(words: object) -> str:
    """Return the words of a `Literal` as a list to read."""
    *others, last = get_args(words)
    return f"{', '.join(others)} or {last}"


def whole(default: T, low: int, high: int, unit: str, meaning: str) -> T:
    """Declare a whole number from `low` to `high`."""
    return field(default, meaning, f"a whole number from {low} to {high}", unit, strict=True, ge=low, le=high)


def days(default: T, low: int, high: int, meaning: str) -> T:
    """Declare a number of whole days."""
    return whole(default, low, high, "days", meaning)


def number(default: T, low: float, high: float, unit: str, meaning: str, *, open_end: End | None = None) -> T:
    """Declare a number from `low` to `high`; `open_end` names the end that is not allowed itself."""
    allowed = f"a number {_OPENING[open_end]} {low:.12g} {_CLOSING[open_end]} {high:.12g}"
    ends = {"gt" if open_end == "low" else "ge": low, "lt" if open_end == "high" else "le": high}
    return field(default, meaning, allowed, unit, strict=True, allow_inf_nan=False, **ends)


def fraction(default: T, of: str, meaning: str, *, open_end: End | None = None) -> T:
    """Declare a number from 0 to 1: a share, a probability or a score."""
    return number(default, 0, 1, of, meaning, open_end=open_end)


def allowed_values(info: FieldInfo) -> str:
    """Return what a field may be, in words."""
    return cast(dict[str, str], info.json_schema_extra)["allowed"]


def unit_of(info: FieldInfo) -> str:
    """Return the unit of a field; empty if it has none."""
    return cast(dict[str, str], info.json_schema_extra)["unit"]


def units_of(walked: Iterable[tuple[str, object, FieldInfo]]) -> dict[str, str]:
    """Return the units of fields by name, as `Part.walk` yields them."""
    return {name: unit_of(info) for name, _, info in walked}
