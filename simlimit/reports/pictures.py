"""Pictures within a page: SVG whose ids are its own, with a name for who does not see it."""

import io
import re
from typing import Any
from xml.etree import ElementTree

import matplotlib.pyplot as plt

from simlimit.plots import canvas
from simlimit.reports.calls import Result

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
# Letters stay letters, and the same result gives the same file.
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "simlimit", "font.sans-serif": ["DejaVu Sans"]}
# What neither XML nor HTML may have.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ElementTree.register_namespace("", _SVG[1:-1])


def picture(
    result: Result, method: str, chosen: dict[str, object], language: str, number: int, about: str
) -> tuple[str, str]:
    """Return a picture of a result as SVG, and its title.

    Parameters
    ----------
    result : Study, Comparison and so on
    method : str
        Of its `plot`.
    chosen : dict
        Arguments of the method.
    language : "en" or "zh"
    number : int
        Of the picture within the page.
    about : str
        What follows the title in its name.
    """
    # For a white page, whatever the style of the user is; and no window is shown.
    with plt.style.context("default"), plt.rc_context(_SETTINGS), plt.ioff():
        ax = getattr(result.plot, method)(**chosen, language=language)
        file = io.StringIO()
        canvas.save_picture(ax, file, format="svg", metadata=_NOTHING)
        title = ax.get_title(loc="left") + about
    return _within_a_page(file.getvalue(), f"p{number}-", title), title


def allowed(text: str) -> str:
    """Return a text without characters that a page may not have, as names of a user's may."""
    return _FORBIDDEN.sub("\ufffd", text)


def _within_a_page(svg: str, prefix: str, title: str) -> str:
    """Return SVG with ids that begin with a prefix, an accessible name, and no styles of the page."""
    root = ElementTree.fromstring(allowed(svg))
    for parent in list(root.iter()):
        for child in list(parent):
            is_empty = child.tag == f"{_SVG}path" and "d" not in child.attrib
            if is_empty or child.tag in (f"{_SVG}style", f"{_SVG}metadata"):
                parent.remove(child)
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.set(name, prefix + value)
            elif name == _LINK:
                element.set("href", value.replace("#", f"#{prefix}"))
                del element.attrib[_LINK]
            elif "url(#" in value:
                element.set(name, value.replace("url(#", f"url(#{prefix}"))
    width, height = (root.attrib.pop(side).removesuffix("pt") for side in ("width", "height"))
    root.attrib |= {"role": "img", "aria-label": title, "style": f"aspect-ratio: {width} / {height}"}
    return ElementTree.tostring(root, encoding="unicode")
