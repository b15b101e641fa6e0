"""The tables of the site that are read from the package itself, so that no hand has typed them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from IPython.display import Markdown
from pydantic.fields import FieldInfo

import simlimit as sl
from simlimit.scenario import parts
from simlimit.scenario.base import Part
from simlimit.scenario.fields import allowed_values, unit_of
from simlimit.scenario.scenario import LABELS
from simlimit.tables.numbers import value_text

ROOT = Path(__file__).parent.parent
CLOCKWORK = sl.preset("clockwork")
"""Whose values are the defaults."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def provenance(name: str, but: str = "clockwork") -> Markdown:
    """Return the numbers of a preset and where each comes from.

    Parameters
    ----------
    name : str
        The preset.
    but : str
        Another preset: only what differs from it in value or source is shown. Of `clockwork` itself all is.

    Returns
    -------
    IPython.display.Markdown
        A table: field, value, unit, label (measured, reported, fitted or assumed), source.
    """
    known = set() if name == but else set(map(tuple, _sourced(sl.preset(but))))
    rows = [row for row in _sourced(sl.preset(name)) if tuple(row) not in known]
    return Markdown(table(["field", "value", "unit", "label", "source"], rows))


def _sourced(scenario: sl.Scenario) -> Iterator[list[str]]:
    for field, value, unit in _numbers(scenario):
        label, _, source = scenario.source(field).partition(":")
        yield [f"`{field}`", value_text(value), unit, label, source.strip()]


def _numbers(scenario: sl.Scenario) -> Iterator[tuple[str, object, str]]:
    """Yield the name, value and unit of all that is not a name; of each element of a list, what it sets."""
    for field, info in type(scenario).leaves().items():
        value = _at(scenario, field)
        if field in LABELS:
            continue
        if isinstance(value, tuple) and value and isinstance(value[0], Part):
            for position, element in enumerate(value):
                kinds = type(element).model_fields
                said = {name: getattr(element, name) for name in kinds}
                yield (
                    f"{field}[{position}]",
                    {name: one for name, one in said.items() if one != kinds[name].default},
                    "as each says",
                )
        else:
            yield field, value, unit_of(info)


def _at(scenario: sl.Scenario, field: str) -> object:
    value: object = scenario
    for step in field.split("."):
        value = getattr(value, step, None)
    return value


def fields(part: str) -> Markdown:
    """Return every field of a part of a scenario.

    Parameters
    ----------
    part : str
        The part's name; empty for the fields that stand by themselves.

    Returns
    -------
    IPython.display.Markdown
        A table: field, meaning, unit, what it may be, value in `clockwork`.
    """
    leaves = sl.Scenario.leaves().items()
    return _fields({name: leaf for name, leaf in leaves if name.partition(".")[0] * ("." in name) == part})


def element_fields(kind: str) -> Markdown:
    """Return every field of an element of a list in a scenario: of a `Shock`, or a `Facility`."""
    return _fields(getattr(parts, kind).model_fields)


def _fields(infos: Mapping[str, FieldInfo]) -> Markdown:
    rows = []
    for name, info in infos.items():
        unit, allowed = unit_of(info), allowed_values(info)
        plain = allowed.removesuffix(f" ({unit})")
        meaning = str(info.description).removesuffix(f" ({f'{unit}; ' if unit else ''}{plain})")
        default = "must be given" if info.is_required() else value_text(info.default)
        rows.append([f"`{name}`", meaning, unit, plain, default])
    return Markdown(table(["field", "meaning", "unit", "allowed", "default"], rows))


def files(folder: str) -> Markdown:
    """Return what each Python file below a folder of the repository is for: its docstring's first sentence.

    Parameters
    ----------
    folder : str
        Path from the root of the repository.

    Returns
    -------
    IPython.display.Markdown
        A table: file, sentence.
    """
    paths = sorted(
        (ROOT / folder).rglob("*.py"),
        key=lambda path: (str(path.parent), path.name != "__init__.py", path.name),
    )
    rows = []
    for path in paths:
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if words:
            place = path.relative_to(ROOT / folder).as_posix().removesuffix("__init__.py") or "."
            rows.append([f"`{place}`", _first_sentence(words)])
    return Markdown(table(["where", "what it is for"], rows))


def _first_sentence(docstring: str) -> str:
    paragraph = " ".join(docstring.split("\n\n", maxsplit=1)[0].split())
    return re.split(r"(?<=[.?!])\s", paragraph)[0].replace("*", r"\*")


def chinese() -> dict[str, str]:
    """Return the Chinese words of the glossary by the English ones.

    Returns
    -------
    dict of str
        Of every row of a table of `glossary.md` that has both.
    """
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \**`?([^|*`]+?)`?\** \| ([^|]+?) \|", text, re.M)
    return {english: word for english, word in rows if english not in ("word", "---")}
