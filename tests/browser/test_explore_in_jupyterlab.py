"""`explore` in a real JupyterLab: who lets go of a slider sees another picture and another sentence."""

from __future__ import annotations

import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import simlimit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SOURCES = Path(simlimit.__file__).parent.parent
CELL = """import simlimit as sl

sl.explore(sl.preset("jiebei"), {"evaluation.period_days": (7, 60), "screening.false_flag": (0.0, 0.1)})"""
# On any free port of this machine; nobody is asked for news.
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
# The model may have to be compiled first, on a busy machine.
PATIENCE = 300
MOVES = 5
ANSWER = ".jp-OutputArea .widget-html-content"
IS_ANOTHER = f"before => document.querySelector('{ANSWER} img').src !== before"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Start a JupyterLab that has one notebook, and give its address and its token."""
    nbformat = import_module("nbformat")  # only here: it takes seconds, in each run of any tests
    cell = nbformat.v4.new_code_cell(CELL)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python"}}  # or JupyterLab would ask
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), tmp_path / "explore.ipynb")
    token, log = secrets.token_hex(), tmp_path / "log.txt"
    own = [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={tmp_path}"]
    folders = {name: str(tmp_path / name) for name in FOLDERS}
    with log.open("w") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *OPTIONS, *own],
            env=os.environ | folders | {"PYTHONPATH": str(SOURCES)},
            stdout=written,
            stderr=written,
        )
        try:
            said, end = tmp_path / FOLDERS[2] / f"jpserver-{server.pid}.json", time.monotonic() + PATIENCE
            while not (said.exists() and said.read_text()):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            yield json.loads(said.read_text())["url"], token
        finally:
            server.terminate()  # which ends its kernels, too
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.fixture
def notebook(browser: Browser, lab: tuple[str, str]) -> Iterator[Page]:
    """Open the notebook in a page that reaches nothing but this JupyterLab, and run its cell."""
    address, token = lab
    context = browser.new_context(viewport={"width": 1366, "height": 1500})
    context.route(lambda url: not url.startswith(address), lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(f"{address}lab/tree/explore.ipynb?token={token}")
    page.get_by_text("(ipykernel) | Idle").wait_for()
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    yield page
    context.close()


def test_who_lets_go_of_a_slider_sees_another_picture_and_another_sentence(notebook: Page) -> None:
    slider, answer = notebook.locator(".jp-OutputArea .widget-slider").first, notebook.locator(ANSWER)
    handle, picture = slider.locator(".noUi-handle"), answer.locator("img")
    assert picture.get_attribute("alt") == "start"

    def seconds(let_go: Callable[[], None]) -> float:
        """Return how long it takes until another picture is there; what is said is of the same change."""
        before, since = picture.get_attribute("src"), time.perf_counter()
        let_go()
        notebook.wait_for_function(IS_ANOTHER, arg=before)
        taken = time.perf_counter() - since
        changed, effect = answer.locator("> div > p").all_inner_texts()
        assert changed == f"evaluation.period_days = {slider.locator('.widget-readout').inner_text()}"
        assert re.search(r"days from the start; (differs from 0|may be 0)", effect)
        assert picture.get_attribute("alt").split() == [*changed.split(), *effect.split()]
        return taken

    found = []
    for move in range(MOVES):
        before, at, along = picture.get_attribute("src"), handle.bounding_box(), slider.bounding_box()
        track = slider.locator(".noUi-base").bounding_box()
        notebook.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
        notebook.mouse.down()
        notebook.mouse.move(track["x"] + track["width"] * (0.1 + 0.2 * move), along["y"], steps=5)
        assert picture.get_attribute("src") == before
        found.append(seconds(notebook.mouse.up))
    told = ", ".join(f"{one:.2f}" for one in found)
    print(f"from letting go to another picture: {told} s, median {statistics.median(found):.2f} s")
    seconds(lambda: handle.press("ArrowLeft"))
