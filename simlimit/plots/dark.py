"""Pictures on dark axes, as some styles of matplotlib make them: what is too dark to see is lightened."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.typing import ColorType

# Relative luminance on dark axes: a contrast of 6 with black, where 3 is legible.
DARKEST = 0.25
# Of areas behind all else, and of bands behind lines, by their `zorder`.
BEHIND = {0: "#383838", 0.5: "#1f3f66"}
# The fill of hollow markers and bars, which on dark axes would look as the filled ones do elsewhere.
HOLLOW = (1.0, 1.0, 1.0)


def lighten_on_dark(ax: Axes) -> None:
    """Lighten lines and texts, and darken areas behind them, if the axes are dark."""
    ground = ax.get_facecolor()
    if luminance(ground) > DARKEST / 2:
        return
    behind = {}
    for artist in ax.findobj():
        box = artist.get_bbox_patch() if isinstance(artist, Text) else None
        if box is not None:
            box.set_facecolor(ground)
        if isinstance(artist, Line2D):
            fill = artist.get_markerfacecolor()
            artist.set_markerfacecolor(ground if to_rgb(fill) == HOLLOW else _light(fill))
            artist.set_markeredgecolor(_light(artist.get_markeredgecolor()))
        if isinstance(artist, Text | Line2D):
            artist.set_color(_light(artist.get_color()))
        elif isinstance(artist, Collection):
            artist.set_edgecolor([_light(colour) for colour in artist.get_edgecolor()])
            if artist.get_alpha() is not None:  # a band
                artist.set_facecolor([_light(colour) for colour in artist.get_facecolor()])
        if isinstance(artist, Collection | Patch) and artist.get_zorder() in BEHIND:
            behind[artist.get_label()] = BEHIND[artist.get_zorder()]
            artist.set_color(BEHIND[artist.get_zorder()])
    for bar in ax.patches:
        if to_rgb(bar.get_facecolor()) == HOLLOW and not bar.get_hatch():
            bar.set(facecolor=ground, edgecolor=_light(bar.get_edgecolor()))
    for legend in [artist for artist in ax.findobj() if isinstance(artist, Legend)]:
        for sample, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            if isinstance(sample, Patch) and text.get_text() in behind:
                sample.set_color(behind[text.get_text()])


def luminance(colour: ColorType) -> float:
    """Return the relative luminance of a colour, 0 to 1."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _light(colour: ColorType | float) -> ColorType:
    named = str(colour) if isinstance(colour, float) else colour  # a shade of grey
    if to_rgba(named)[3] == 0:  # nothing is seen of it
        return named
    mixed = (1 - share + share * np.array(to_rgb(named)) for share in np.linspace(1, 0, 21))
    return next(tuple(one.tolist()) for one in mixed if luminance(tuple(one.tolist())) >= DARKEST)
