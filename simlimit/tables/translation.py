"""Texts of tables, which are made in English, in another language."""

import re
from collections.abc import Mapping
from string import Formatter

_NUMBER = r"[-+<>.,0-9e]+"
# What may stand in a place of a template; in others there may be any words.
_RULES = dict.fromkeys(("low", "high", "half", "number"), _NUMBER) | {"code": r"\w+_\w+"}


class Translation:
    """What English texts are in a language.

    Parameters
    ----------
    texts : mapping of str to str
        As they stand.
    templates : mapping of str to str
        What stands in braces is translated by itself. The first template that fits counts.

    Examples
    --------
    >>> german = Translation({"east": "Ost"}, {"{number} hold{number:s} in {where}": "{where}: {number}"})
    >>> german("1 hold in east"), german("20 holds in west"), german("east")
    ('Ost: 1', 'west: 20', 'Ost')
    """

    def __init__(self, texts: Mapping[str, str], templates: Mapping[str, str]) -> None:
        self._texts = texts
        with_places = {english: other for english, other in templates.items() if "{" in english}
        self._templates = [(_pattern(english), other) for english, other in with_places.items()]

    def __call__(self, english: str) -> str:
        """Return a text in the language; what has no translation stays as it is."""
        if english in self._texts:
            return self._texts[english]
        for pattern, other in self._templates:
            if found := pattern.fullmatch(english):
                return other.format_map({place: self(words) for place, words in found.groupdict().items()})
        return english


def _pattern(template: str) -> re.Pattern[str]:
    """Return what matches a text that was made from a template, with a group for each place."""
    pattern = ""
    for between, place, spec, _ in Formatter().parse(template):
        pattern += re.escape(between)
        if spec == "s":  # of a plural
            pattern += "s?"
        elif place and f"(?P<{place}>" in pattern:
            pattern += f"(?P={place})"
        elif place:
            pattern += f"(?P<{place}>{_RULES.get(place, '.+?')})"
    return re.compile(pattern, re.DOTALL)
