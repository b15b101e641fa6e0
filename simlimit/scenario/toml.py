"""A scenario as TOML text: written with a comment for each field, read without loss."""

import os
import textwrap
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import tomlkit
from pydantic.fields import FieldInfo

from simlimit.errors import ScenarioError
from simlimit.scenario.base import Part

if TYPE_CHECKING:
    from simlimit.scenario.scenario import Scenario

Source = Callable[[str], str]
"""Says where the value of a dotted name comes from."""

WIDTH = 100
"""Longest comment line, in characters."""


def read(path: str | os.PathLike[str]) -> str:
    """Return the text of a file, or refuse in one sentence."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path} is not UTF-8 text: byte {error.start} cannot be read.") from None
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}.") from None


def parse(text: str, source: str) -> dict[str, Any]:
    """Return the values in TOML text; `source` is what a syntax error is about."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is one, too
        raise ScenarioError(f"{source} is not valid TOML: {error}.") from None
    except RecursionError:
        raise ScenarioError(f"{source} is not valid TOML: it is nested too deeply.") from None


def dumps(scenario: "Scenario", comments: bool = True) -> str:
    """Return a scenario as TOML.

    Parameters
    ----------
    scenario : Scenario
        What to write.
    comments : bool
        Whether each field is preceded by its meaning, its unit, what it may be, and its source.

    Returns
    -------
    str
        The text; `load` makes an equal scenario of it. Fields that are not set are shown as comments.

    Examples
    --------
    >>> from simlimit.scenario import Scenario, dumps
    >>> dumps(Scenario(), comments=False).splitlines()[0]
    'name = "clockwork"'
    """
    lines = _table(scenario, "", scenario.source if comments else None)
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(part: Part, path: str, source: Source | None) -> list[str]:
    """Write a part: its own values first, as TOML wants, then the tables below it."""
    values: list[str] = []
    tables: list[str] = []
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        place = f"{path}.{name}" if path else name
        if isinstance(value, Part):
            tables += ["", *_comment(type(value).__doc__, source and ""), f"[{place}]"]
            tables += _table(value, place, source)
        elif isinstance(value, tuple) and value and isinstance(value[0], Part):
            tables += ["", *_element_fields(info, source is not None)]
            for position, element in enumerate(value):
                here = f"{place}[{position}]"
                tables += ["", *_comment(None, source and source(here)), f"[[{place}]]"]
                tables += _element(element)
        elif name == "provenance":
            tables += _provenance(value, source is not None)
        else:
            values += _comment(info.description, source and source(place))
            values += _element_fields(info, source is not None)
            values += _assignment(name, value, shown=source is not None)
    return values + tables


def _element_fields(info: FieldInfo, wanted: bool) -> list[str]:
    """Write, as comments, what each element of a list of parts may say."""
    kinds = [kind for kind in get_args(info.annotation) if isinstance(kind, type) and issubclass(kind, Part)]
    if not wanted or not kinds:
        return []
    kind = kinds[0]
    lines = _comment(f"{kind.__doc__} Its fields:", "")
    for name, below in kind.model_fields.items():
        lines += [f"#   {line}" for line in textwrap.wrap(f"{name}: {below.description}", WIDTH - 6)]
    return lines


def _element(part: Part) -> list[str]:
    """Write an element of a list: only what differs from the default, without explanations."""
    fields = type(part).model_fields
    pairs = [(name, getattr(part, name)) for name in fields]
    return [
        line for name, value in pairs if value != fields[name].default for line in _assignment(name, value)
    ]


def _provenance(sources: Mapping[str, str], explained: bool) -> list[str]:
    if not sources:
        return []
    why = (
        ["# Where the numbers come from: measured, reported (with the source) or assumed"]
        if explained
        else []
    )
    return [
        "",
        *why,
        "[provenance]",
        *(f"{_literal(name)} = {_literal(text)}" for name, text in sources.items()),
    ]


def _assignment(name: str, value: object, shown: bool = False) -> list[str]:
    if value is None:
        return [f"# {name} ="] if shown else []
    return [f"{name} = {_literal(value)}"]


def _literal(value: object) -> str:
    """Write one value; a mapping as an inline table, whose keys are written as quoted text."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)} = {_literal(below)}" for key, below in value.items()) + "}"
    return tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()


def _comment(meaning: str | None, source: str | None) -> list[str]:
    """Write comment lines; `source` is None where comments are not wanted, empty where there is none."""
    if source is None:
        return []
    texts = [text for text in (meaning, source) if text]
    # Text of the user may hold line breaks and control characters, which a comment may not.
    plain = ["".join(c if c.isprintable() else " " for c in text) for text in texts]
    return [f"# {line}" for text in plain for line in textwrap.wrap(text, WIDTH - 2)]
