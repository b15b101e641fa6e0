"""The base of every part of a scenario: it cannot be changed, and refuses a bad value in one sentence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from operator import attrgetter
from typing import Any, ClassVar, NoReturn, Self, TypeVar, get_args

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic.fields import FieldInfo

from simlimit.arguments import as_date, as_list, check_flag, nearest, shown
from simlimit.errors import ScenarioError
from simlimit.scenario.fields import allowed_values
from simlimit.scenario.paths import REGIONS, Path, dotted, step_text
from simlimit.templates import filled

V = TypeVar("V")


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


def element_kind(annotation: object) -> "type[Part] | None":
    """Return the kind of part of which a field has several, in a list or by name; None if of none."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next(filter(None, map(element_kind, get_args(annotation))), None)


# What a user may write a list as.
_LISTS = (list, tuple, range, Iterator, np.ndarray, pd.Index, pd.Series, ExtensionArray)


def _as_plain(value: object) -> object:
    value = as_date(value)
    return value.item() if isinstance(value, np.generic) else value


class Part(BaseModel):
    """A frozen group of fields of a scenario.

    Every bad value, whether it comes from a file, `replace` or a constructor, raises a `ScenarioError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    place: ClassVar[tuple[str, ...]] = ()
    """Where the part stands in a scenario: `("evaluation",)`, unless a class says otherwise."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Set the place of the part in a scenario, and a signature without pydantic's annotations."""
        if "place" not in vars(cls):
            cls.place = (cls.__name__.lower(),)
        cls.__signature__ = Signature([_parameter(name, info) for name, info in cls.model_fields.items()])

    def __init__(self, /, *unnamed: object, **values: object) -> None:
        """Set the fields, by name; a `ScenarioError` refuses a value or a name that is not allowed."""
        if unnamed:
            raise ScenarioError(f"{shown(unnamed[0])} has no name, but fields are given by name.")
        try:
            super().__init__(**values)
        except ValidationError as error:
            path, problem = _first_problem(type(self), error, values)
            raise ScenarioError(f"{dotted((*self.place, *path))} {problem}", path, problem) from None

    # What pydantic's own methods would let in unseen, or refuse in its own words.

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse."""
        instead = "cannot be set, but scenario.replace returns a scenario with another value."
        raise ScenarioError(f"{dotted((*self.place, name))} {instead}")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse."""
        self.__setattr__(name, None)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return the part with other values, which are checked."""
        check_flag("deep", deep)
        if not isinstance(update, Mapping | None):
            raise ScenarioError(f"update is {shown(update)}, but must be a mapping of fields to values.")
        return self._with(update or {})

    def copy(self, *, update: Mapping[str, Any] | None = None, **_: object) -> Self:
        """Return the part with other values, which are checked."""
        return self.model_copy(update=update)

    def _with(self, changes: Mapping[str, object]) -> Self:
        return self.model_validate({**dict(self), **changes})

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: object) -> Self:
        """Return a part, checked as any."""
        return cls.model_validate(values)

    @classmethod
    def model_validate(cls, obj: object, **_: object) -> Self:
        """Return the part that a mapping describes, or one as it is."""
        if isinstance(obj, cls):
            return obj
        if not isinstance(obj, Mapping) or not all(isinstance(name, str) for name in obj):
            raise ScenarioError(f"obj is {shown(obj)}, but must be a mapping of names of fields to values.")
        return cls(**obj)

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        """Turn midnights and numpy's scalars into Python's, and lists into tuples; refuse what has no end."""
        if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
            raise ValueError("names are text")
        if isinstance(value, _LISTS):
            return tuple(map(_as_plain, as_list("it", value, "a list")))
        return _as_plain(value)

    def model_post_init(self, _: object) -> None:
        """Check the values together."""
        self._check()

    def _check(self) -> None:
        """Refuse values that do not go together."""

    def refuse(self, path: str, rule: str) -> NoReturn:
        """Refuse the value of a field that breaks a rule about several fields."""
        refuse_at(tuple(path.split(".")), attrgetter(path)(self), rule)

    def __dir__(self) -> list[str]:
        """List fields and methods for completion, without those of pydantic."""
        own = {name for name in super().__dir__() if not name.startswith("__")}
        return sorted(own - {*dir(Part)} | {*dir(object)})

    def walk(self, path: str = "") -> Iterator[tuple[str, object, FieldInfo]]:
        """Yield dotted name, value and declaration of every field, also of elements; the names of regions."""
        for name, info in type(self).model_fields.items():
            value, place = getattr(self, name), f"{path}.{name}" if path else name
            if isinstance(value, Part):
                yield from value.walk(place)
            elif kind := element_kind(info.annotation):
                if isinstance(value, Mapping):  # whose order counts
                    yield place, tuple(value), info
                for step, element in value.items() if isinstance(value, Mapping) else enumerate(value):
                    yield from kind.model_validate(element).walk(place + step_text(step))
            else:
                yield place, value, info

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


def _closed(cls: type[Part], /, *_: object, **__: object) -> NoReturn:
    """Refuse."""
    raise ScenarioError(f"{cls.__name__} takes its fields by name, and simlimit.load reads them from TOML.")


for _door in ("from_orm", "model_validate_json", "model_validate_strings", "parse_file", "parse_raw"):
    setattr(Part, _door, classmethod(_closed))


class Unquoted(str):
    """Python within what is shown as Python, such as `Population()` as a default in a signature."""

    __slots__ = ()
    __repr__ = str.__str__


def _parameter(name: str, info: FieldInfo) -> Parameter:
    default = Parameter.empty if info.is_required() else info.default
    shown_as = Unquoted(f"{type(default).__name__}()") if isinstance(default, Part) else default
    return Parameter(name, Parameter.KEYWORD_ONLY, default=shown_as)


def changed(old: object, path: Path, steps: Sequence[str | int], value: object) -> object:
    """Return what holds the field at a path, with another value for that at these steps below it."""
    if not steps:
        return value
    first, *below = steps
    if isinstance(first, int):
        elements = old if isinstance(old, tuple | list) else ()
        if first >= len(elements):
            there = filled("has {number} element{number:s}, counted from 0.", number=len(elements))
            raise ScenarioError(f"{dotted(path)} is not there: {dotted(path[: path.index(first)])} {there}")
        return (*elements[:first], changed(elements[first], path, below, value), *elements[first + 1 :])
    if path[:2] == REGIONS and isinstance(old, int | float):
        old = {"share": old}
    if not isinstance(old, Part | Mapping):
        return old  # what was itself replaced by something else, which validation will refuse
    fields = dict(old)
    return fields | {first: changed(fields.get(first, {}), path, below, value)}


def refuse_at(path: Path, value: object, rule: str) -> NoReturn:
    """Raise the `ScenarioError` for the field at `path`, which is relative to the part that checks."""
    problem = f"is {shown(value)}, but must be {rule}."
    raise ScenarioError(f"{dotted(path)} {problem}", path, problem)


def no_field(name: str, known: Iterable[str]) -> str:
    """Return the problem of a name that is no field."""
    if str(name).rpartition(".")[2] == "cost":  # which levers had
        return 'is not a field, but belongs to a change: simlimit.Change({"kind": "appeal"}, cost=10).'
    return f"is not a field, but must be one of: {nearest(name, known, '`simlimit scenario clockwork`')}."


def _first_problem(cls: type[Part], error: ValidationError, values: Mapping[str, object]) -> tuple[Path, str]:
    """Return the path and the problem of pydantic's first error, in our words."""
    first = error.errors(include_url=False)[0]
    path = first["loc"]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ScenarioError):
        return (*path, *cause.field), cause.problem
    name = str(path[0])
    if first["type"] == "extra_forbidden":
        return (name,), no_field(name, dict.fromkeys([*cls.model_fields, *cls.leaves()]))
    value, allowed = values.get(name), allowed_values(cls.model_fields[name])
    if isinstance(value, Mapping) and path[1:] and path[1] in value and path[-1] != "[key]":
        return (name, path[1]), f"is {shown(value[path[1]])}, but must be {allowed}."
    found = shown(value) if name in values else "missing"
    return (name,), f"is {found}, but must be {allowed}."
