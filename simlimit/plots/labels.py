"""The words in pictures, in English and in Chinese, which `labels.toml` has, and a font for Chinese."""

from functools import lru_cache
from typing import Literal

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.text import Text

from simlimit.arguments import check_choice, check_type
from simlimit.errors import warn
from simlimit.tables.numbers import share_text
from simlimit.tables.translation import Translation
from simlimit.templates import filled
from simlimit.text_files import packaged

Language = Literal["en", "zh"]

_WORDS = packaged(__package__, "labels.toml")
# What each column of `run.daily` that can be drawn is called, and its unit.
SERIES: dict[str, list[str]] = _WORDS["series"]
# What the picture of `standing` and its vertical axis are called, by weight.
STANDING: dict[str, list[str]] = _WORDS["standing"]
# How pictures say what tables say of an effect: whether it is significant.
VERDICTS: dict[str, str] = _WORDS["verdicts"]
CHINESE: dict[str, str] = _WORDS["chinese"]
# Texts of tables in Chinese, in which there may be numbers.
TABLES: dict[str, str] = _WORDS["tables"]
# How the names of fonts with Chinese characters begin, the first choice first.
CJK_FONTS: tuple[str, ...] = tuple(_WORDS["fonts"]["chinese"])
FIRST_CJK_CHARACTER = "\u2e80"
# A character that only simplified Chinese writes so.
SAMPLE = "\u91ca"


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
        is_chinese = language == "zh" and cjk_font() is not None
        self._translations = CHINESE if is_chinese else {}
        # Of texts of tables, as `Words.text` of a report.
        self.told = Translation(CHINESE, TABLES) if is_chinese else Translation({}, {})

    def __call__(self, words: str, **values: object) -> str:
        """Return English words, a template of `str.format`, in the language; others stay as they are."""
        translated = self._translations.get(words, words)
        return filled(translated, **values) if values else translated

    def share(self, share: float) -> str:
        """Return a share in per cent, before which Chinese has no blank."""
        return self.told(share_text(share))

    def with_unit(self, what: str, unit: str) -> str:
        """Return what an axis shows, which is in the language already, with its unit, if it has one."""
        return self("{what} ({unit})", what=what, unit=self(unit)) if unit else what


def checked_labels(language: Language, name: str, of: object, *types: type) -> Labels:
    """Return the labels of a picture; refuse an argument that it cannot be of."""
    check_type(name, of, *types)
    return Labels(language)


def cjk_font() -> str | None:
    """Return the name of an installed font that has Chinese characters; a `SimlimitWarning` says if none has.

    Fonts of a known name come first, and of these the one for simplified Chinese.

    Examples
    --------
    >>> from simlimit.plots.labels import cjk_font
    >>> name = cjk_font()  # None where there is no such font
    """
    manager = font_manager.fontManager
    found = _first({font.name for font in manager.ttflist}, CJK_FONTS)
    if found is None:
        paths = _files_with_sample(tuple(sorted({font.fname for font in manager.ttflist})))
        found = _first({font.name for font in manager.ttflist if font.fname in paths}, (*CJK_FONTS, ""))
    if found is None:
        warn("No installed font has Chinese characters; install one, such as Noto Sans CJK SC, to see them.")
    return found


def _first(names: set[str], starts: tuple[str, ...]) -> str | None:
    ordered = sorted(names, key=lambda name: (" SC" not in name, name))
    return next((name for start in starts for name in ordered if name.startswith(start)), None)


@lru_cache(maxsize=1)
def _files_with_sample(listed: tuple[str, ...]) -> set[str]:
    """Return the fonts that have the sample, and add those that are newer than matplotlib's list to it."""
    found = set()
    for path in {*font_manager.findSystemFonts(), *listed}:
        try:
            font = font_manager.get_font(path)
        except (OSError, RuntimeError):  # no file, or none of a font
            continue
        # The last resort, which comes with matplotlib, has a box for every character.
        if font.get_char_index(ord(SAMPLE)) and not font.family_name.startswith("Last Resort"):
            found.add(path)
            if path not in listed:
                font_manager.fontManager.addfont(path)
    return found


def use_cjk_font(ax: Axes) -> None:
    """Let every text in some axes that has Chinese characters fall back to a font that has them, too."""
    texts = [text for text in ax.findobj(Text) if isinstance(text, Text)]
    chinese = [text for text in texts if any(letter >= FIRST_CJK_CHARACTER for letter in text.get_text())]
    font = cjk_font() if chinese else None
    if font is None:
        return
    for text in chinese:
        text.set_fontfamily([*text.get_fontfamily(), font])
        # Few such fonts have a bold face, and matplotlib logs that it looked for one.
        text.set_fontweight("normal")
