"""The site in a browser: nothing is wider than the page, on a phone or a wide screen, light or dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

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


def test_no_element_is_wider_than_its_page(page: Page, site: Path) -> None:
    found = {}
    files = sorted(site.rglob("*.html"))
    for file in files:
        page.goto(file.as_uri())
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                if beyond := page.evaluate(BEYOND_THE_PAGE):
                    found[f"{file.relative_to(site)}, {width} px, {scheme}"] = beyond
    assert len(files) > 80
    assert found == {}


def test_every_picture_has_an_alternative(page: Page, site: Path) -> None:
    alternatives = "[...document.querySelectorAll('article img')].map(one => [one.src, one.alt])"
    pictures = []
    for file in sorted(site.rglob("*.html")):
        page.goto(file.as_uri())
        pictures += page.evaluate(alternatives)
    assert len(pictures) > 20
    assert [source for source, alternative in pictures if " " not in alternative] == []


def test_the_home_page_has_the_question_a_picture_and_three_entries(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto((site / "index.html").as_uri())
    assert "why has the credit limit not come back" in page.inner_text("article")
    assert page.locator("article img").count() == 1
    entries = page.locator("article .sd-card")
    assert entries.count() == 3
    for card in entries.all():
        assert card.locator("a").count() >= 3
