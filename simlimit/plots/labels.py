"""The words in pictures, in English and in Chinese, which `labels.toml` has."""

import tomllib
from importlib import resources
from typing import Literal

from simlimit.arguments import check_choice
from simlimit.plots.fonts import cjk_font

Language = Literal["en", "zh"]

_WORDS = tomllib.loads(resources.files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))
METRICS: dict[str, list[str]] = _WORDS["metrics"]
"""What each metric of a study is called, and its unit."""
SERIES: dict[str, list[str]] = _WORDS["series"]
"""What each column of `run.daily` that can be drawn is called, and its unit."""
CHINESE: dict[str, str] = _WORDS["chinese"]


class Labels:
    """The words of one picture, in its language: English if no installed font has Chinese characters.

    Raises
    ------
    SimlimitError
        If there is no such language.

    Examples
    --------
    >>> from simlimit.plots.labels import Labels
    >>> label = Labels("en")
    >>> label("forfeited: {share}", share="2 %")
    'forfeited: 2 %'
    """

    def __init__(self, language: Language) -> None:
        check_choice("language", language, ("en", "zh"))
        self._translations = CHINESE if language == "zh" and cjk_font() is not None else {}

    def __call__(self, words: str, **values: object) -> str:
        """Return English words, a template of `str.format`, in the language; others stay as they are."""
        return self._translations.get(words, words).format(**values)

    def with_unit(self, what: str, unit: str) -> str:
        """Return what an axis shows, which is in the language already, with its unit, which is not."""
        return self("{what} ({unit})", what=what, unit=self(unit))
