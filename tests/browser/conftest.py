"""A browser without a network, and the site that it reads.

`SIMLIMIT_SITE` names a site that is built already. Without it the site is built, which takes minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Only these tests need it.
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        path = shutil.which("chromium") or pytest.fail("Chromium is not installed: apt-get install chromium")
        one = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield one
        one.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if built := os.environ.get("SIMLIMIT_SITE"):
        return Path(built)
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "docs", str(folder)], cwd=ROOT, check=True)
    return folder
