"""The site in a browser: nothing is wider than the page, on a phone or a wide screen, light or dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from looks import beyond_the_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
# Letters of an alternative, in English or Chinese.
SHORTEST = 15


def test_no_element_is_wider_than_its_page(page: Page, site: Path) -> None:
    found = {}
    files = sorted(site.rglob("*.html"))
    for file in files:
        page.goto(file.as_uri())
        if beyond := beyond_the_page(page):
            found[str(file.relative_to(site))] = beyond
    assert len(files) > 80
    assert found == {}


def test_every_picture_has_an_alternative(page: Page, site: Path) -> None:
    alternatives = "[...document.querySelectorAll('article img')].map(one => [one.src, one.alt])"
    pictures = []
    for file in sorted(site.rglob("*.html")):
        page.goto(file.as_uri())
        pictures += page.evaluate(alternatives)
    assert len(pictures) > 20
    are_words = {
        source: len(words) >= SHORTEST and not words.endswith((".png", ".svg")) for source, words in pictures
    }
    assert [source for source, is_said in are_words.items() if not is_said] == []


def test_the_home_page_has_the_question_a_picture_and_three_entries(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto((site / "index.html").as_uri())
    assert "why has the credit limit not come back" in page.inner_text("article")
    assert page.locator("article img").count() == 1
    entries = page.locator("article .sd-card")
    assert entries.count() == 3
    for card in entries.all():
        assert card.locator("a").count() >= 3
