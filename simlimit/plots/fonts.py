"""A font with Chinese characters, where one is installed."""

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.text import Text

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


def cjk_font() -> str | None:
    """Return the name of an installed font that has Chinese characters, as matplotlib knows it.

    Examples
    --------
    >>> from simlimit.plots.fonts import cjk_font
    >>> name = cjk_font()  # None where there is no such font
    """
    names = sorted({font.name for font in font_manager.fontManager.ttflist})
    return next((name for start in CJK_FONTS for name in names if name.startswith(start)), None)


def use_cjk_font(ax: Axes) -> None:
    """Let every text in some axes that has Chinese characters fall back to a font that has them, too."""
    font = cjk_font()
    if font is None:
        return
    for text in ax.findobj(Text):
        if isinstance(text, Text) and any(letter >= FIRST_CJK_CHARACTER for letter in text.get_text()):
            text.set_fontfamily([*text.get_fontfamily(), font])
            # Few such fonts have a bold face, and matplotlib logs that it looked for one.
            text.set_fontweight("normal")
