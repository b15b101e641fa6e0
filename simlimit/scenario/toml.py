"""A scenario as TOML text: written with a comment for each field, read without loss."""

import inspect
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tomlkit
from pydantic.fields import FieldInfo

from simlimit.errors import ScenarioError
from simlimit.portfolio import Portfolio
from simlimit.scenario.base import Part, element_kind

# Says where the value of a dotted name comes from.
Source = Callable[[str], str]

# Longest comment line, in characters.
WIDTH = 100


def parse(text: str, source: str) -> dict[str, Any]:
    """Return the values in TOML text; `source` is what a syntax error is about."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is one, too
        raise ScenarioError(f"{source} is not valid TOML: {error}.") from None
    except RecursionError:
        raise ScenarioError(f"{source} is not valid TOML: it is nested too deeply.") from None


def as_toml(scenario: Part, source: Source, comments: bool = True) -> str:
    """Return a scenario as TOML; without comments, fields that are not set are left out."""
    # Every value stands in one line, so what begins so is a comment.
    lines = [line for line in _table(scenario, "", source) if comments or not line.startswith("#")]
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(part: Part, path: str, source: Source) -> Iterator[str]:
    """Write a part: its own values first, as TOML demands, then the tables below it."""
    tables: list[str] = []
    for name, info in type(part).model_fields.items():
        value, place = getattr(part, name), f"{path}.{name}" if path else name
        if isinstance(value, Part):
            tables += ["", *_comment(_meaning(type(value))), f"[{place}]", *_table(value, place, source)]
        elif isinstance(value, tuple) and value and element_kind(info.annotation):
            tables += ["", *_element_fields(info)]
            for position, element in enumerate(value):
                about = _comment(source(f"{place}[{position}]"))
                said = [f"{below} = {_literal(one)}" for below, one in _said(element).items()]
                tables += ["", *about, f"[[{place}]]", *said]
        elif name == "provenance" and value:
            why = "# Where the numbers come from: measured, reported (with the source) or assumed"
            said = [f"{_literal(about)} = {_literal(text)}" for about, text in value.items()]
            tables += ["", why, "[provenance]", *said]
        elif name != "provenance":
            yield from _comment(info.description, source(place))
            yield from _element_fields(info)
            yield f"# {name} =" if value is None else f"{name} = {_literal(value)}"
    yield from tables


def _meaning(kind: type[Part]) -> str:
    """Return the first paragraph of a docstring: what the part is."""
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0]


def _element_fields(info: FieldInfo) -> list[str]:
    """Write, as comments, what each element may say."""
    kind = element_kind(info.annotation)
    if kind is None:
        return []
    lines = _comment(f"{_meaning(kind)} Its fields:")
    for name, below in kind.model_fields.items():
        lines += [f"#   {line}" for line in textwrap.wrap(f"{name}: {below.description}", WIDTH - 6)]
    return lines


def _said(part: Part) -> dict[str, object]:
    """Return what an element says: only what differs from the default."""
    return {name: value for name, value, info in part.walk() if value != info.default}


def _literal(value: object) -> str:
    """Write one value; a mapping or an element as an inline table, whose keys are written as quoted text."""
    if isinstance(value, Part):
        value = _said(value)
    if isinstance(value, Portfolio):
        value = {"file": value.file_name, "sha256": value.digest}
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)} = {_literal(below)}" for key, below in value.items()) + "}"
    return tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()


def _comment(*texts: str | None) -> list[str]:
    """Write comment lines for texts that are not empty, one after the other."""
    # Text of the user may hold line breaks and control characters, which a comment may not.
    plain = ["".join(c if c.isprintable() else " " for c in text) for text in texts if text]
    return [f"# {line}" for text in plain for line in textwrap.wrap(text, WIDTH - 2)]
