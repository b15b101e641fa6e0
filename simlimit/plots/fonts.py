"""A font with Chinese characters, where one is installed."""

from functools import lru_cache

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.text import Text

from simlimit.errors import warn

CJK_FONTS = (
    "Noto Sans CJK",
    "Noto Sans SC",
    "Source Han Sans",
    "WenQuanYi",
    "SimHei",
    "Microsoft YaHei",
    "PingFang",
    "Hiragino Sans GB",
    "Heiti",
)
"""How the names of such fonts begin, the first choice first."""
FIRST_CJK_CHARACTER = "\u2e80"
SAMPLE = "\u91ca"
"""A character that only simplified Chinese writes so."""


def cjk_font() -> str | None:
    """Return the name of an installed font that has Chinese characters; a `SimlimitWarning` says if none has.

    Fonts of a known name come first, and of these the one for simplified Chinese.

    Examples
    --------
    >>> from simlimit.plots.fonts import cjk_font
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
