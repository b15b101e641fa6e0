"""The base of every part of a scenario: frozen, strict, and refusing a bad value in one sentence."""

import difflib
import reprlib
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, NoReturn, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator
from pydantic.fields import FieldInfo

from simlimit.errors import ScenarioError

T = TypeVar("T")
V = TypeVar("V")
End = Literal["low", "high"]

_OPENING: dict[End | None, str] = {None: "from", "low": "above", "high": "from"}
_CLOSING: dict[End | None, str] = {None: "to", "low": "and at most", "high": "and below"}

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80
_short.maxtuple = _short.maxlist = _short.maxdict = 12


class FrozenMapping(Mapping[str, V]):
    """An ordered mapping that cannot change, so that a scenario can be hashed and pickled.

    Order counts in comparisons: regions are drawn in the order in which they are written.

    Examples
    --------
    >>> FrozenMapping({"north": 0.4, "south": 0.6})["south"]
    0.6
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and tuple(self.items()) == tuple(other.items())

    def __hash__(self) -> int:
        return hash(tuple(self.items()))

    def __repr__(self) -> str:
        return repr(self._items)


def field(default: T, meaning: str, unit: str, allowed: str, *, strict: bool | None = None) -> T:
    """Declare a field: `allowed` completes the sentence "it must be ...".

    The declared default stands for the field's type, as with pydantic's own `Field`.
    """
    return Field(
        default,
        description=_described(meaning, unit, allowed),
        json_schema_extra={"unit": unit, "allowed": allowed},
        strict=strict,
    )


def whole(default: T, low: int, high: int, unit: str, meaning: str) -> T:
    """Declare a whole number from `low` to `high`."""
    allowed = f"a whole number from {low} to {high}"
    return Field(
        default,
        description=_described(meaning, unit, allowed),
        json_schema_extra=_words(unit, allowed),
        strict=True,
        ge=low,
        le=high,
    )


def number(default: T, low: float, high: float, unit: str, meaning: str, *, open_end: End | None = None) -> T:
    """Declare a number from `low` to `high`; `open_end` names the end that is not allowed itself."""
    allowed = f"a number {_OPENING[open_end]} {low:.12g} {_CLOSING[open_end]} {high:.12g}"
    return Field(
        default,
        description=_described(meaning, unit, allowed),
        json_schema_extra=_words(unit, allowed),
        strict=True,
        allow_inf_nan=False,
        ge=None if open_end == "low" else low,
        gt=low if open_end == "low" else None,
        le=None if open_end == "high" else high,
        lt=high if open_end == "high" else None,
    )


def _described(meaning: str, unit: str, allowed: str) -> str:
    return f"{meaning} ({f'{unit}; ' if unit else ''}{allowed})"


def _words(unit: str, allowed: str) -> dict[str, JsonValue]:
    return {"unit": unit, "allowed": f"{allowed} ({unit})"}


def allowed_values(info: FieldInfo) -> str:
    """Return what a field may be, in words."""
    extra = info.json_schema_extra
    return str(extra["allowed"]) if isinstance(extra, dict) else ""


def dotted(path: tuple[str | int, ...]) -> str:
    """Write a path as users do: `("shocks", 0, "size")` is `shocks[0].size`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def suggestion(name: str, names: list[str]) -> str:
    """Return the end of a sentence about an unknown name: the one that is meant, or all at the top."""
    elsewhere = [known for known in names if known.endswith(f".{name.rsplit('.', maxsplit=1)[-1]}")]
    meant = elsewhere or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if meant:
        return f"did you mean {meant[0]}?"
    return f"the names are {', '.join(known for known in names if '.' not in known)}."


class Part(BaseModel):
    """A frozen group of fields of a scenario.

    Every bad value, whether it comes from a file, `replace` or a constructor, raises a `ScenarioError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    place: ClassVar[tuple[str, ...]] = ()
    """Where the part stands in a scenario: `("evaluation",)`."""

    def __init__(self, /, **values: object) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            path, problem = _first_problem(type(self), error, values)
            raise ScenarioError(f"{dotted((*self.place, *path))} {problem}", path, problem) from None

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        """Take numpy's scalars and lists (as TOML has them) for what they stand for."""
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, list):
            return tuple(value)
        if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
            raise ValueError("names are text")
        return value

    def refuse(self, path: str, rule: str) -> NoReturn:
        """Refuse the value of a field for a rule that involves other fields."""
        value: object = self
        for step in path.split("."):
            value = getattr(value, step)
        refuse_at(tuple(path.split(".")), value, rule)

    @classmethod
    def leaves(cls) -> dict[str, FieldInfo]:
        """Return every field below this part by its dotted name, in the order of the declaration."""
        found: dict[str, FieldInfo] = {}
        for name, info in cls.model_fields.items():
            kind = info.annotation
            if isinstance(kind, type) and issubclass(kind, Part):
                found |= {f"{name}.{below}": leaf for below, leaf in kind.leaves().items()}
            else:
                found[name] = info
        return found


def refuse_at(path: tuple[str | int, ...], value: object, rule: str) -> NoReturn:
    """Raise the `ScenarioError` for the field at `path`, which is relative to the part that checks."""
    problem = f"is {_short.repr(value)}, but must be {rule}."
    raise ScenarioError(f"{dotted(path)} {problem}", path, problem)


def _first_problem(
    cls: type[Part], error: ValidationError, values: Mapping[str, object]
) -> tuple[tuple[str | int, ...], str]:
    """Put pydantic's first complaint into words."""
    first = error.errors(include_url=False)[0]
    path = first["loc"]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ScenarioError):
        return (*path, *cause.field), cause.problem
    name = str(path[0])
    if first["type"] == "extra_forbidden":
        return (
            name,
        ), f"is not a field; {suggestion(name, list(dict.fromkeys([*cls.model_fields, *cls.leaves()])))}"
    allowed = allowed_values(cls.model_fields[name])
    if first["type"] == "missing" and name not in values:
        return (name,), f"is missing, but must be {allowed}."
    return (name,), f"is {_short.repr(values[name])}, but must be {allowed}."
