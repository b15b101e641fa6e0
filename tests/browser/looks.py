"""How pages are looked at: the widths and the schemes, and what is wider than its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

WIDTHS = (360, 820, 1366, 1600)
SCHEMES = ("light", "dark")
# What is left of an element beside what its ancestors show of it, as in a table that scrolls by itself.
BEYOND_THE_PAGE = """() => {
  const width = document.documentElement.clientWidth;
  const beyond = [];
  for (const one of document.body.querySelectorAll("*")) {
    let {left, right} = one.getBoundingClientRect();
    if (right <= left || getComputedStyle(one).visibility === "hidden") continue;
    for (let up = one.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === "visible") continue;
      const box = up.getBoundingClientRect();
      left = Math.max(left, box.left);
      right = Math.min(right, box.right);
    }
    if (right > left && right > width + 1) beyond.push(one.tagName + "." + one.className + ": " + right);
  }
  if (document.documentElement.scrollWidth > width) beyond.push("the page scrolls");
  return beyond.slice(0, 3);
}"""


def at_each_width(page: Page) -> Iterator[str]:
    """Show a page at each width in each scheme, and yield which."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            yield f"{width} px, {scheme}"


def beyond_the_page(page: Page) -> dict[str, list[str]]:
    """Return what is wider than the page, by width and scheme."""
    found = {which: page.evaluate(BEYOND_THE_PAGE) for which in at_each_width(page)}
    return {which: beyond for which, beyond in found.items() if beyond}
