"""The notebooks: stored without outputs, and all of them pages of the docs.

The build of the docs runs them; an error, a word of warning or a file that is left ends it (docs/conf.py).
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    """Return a notebook with its parts as attributes, and the lines of each cell as one text."""
    notebook = json.loads(path.read_text(encoding="utf-8"), object_hook=lambda part: SimpleNamespace(**part))
    for cell in notebook.cells:
        cell.source = "".join(cell.source)
    return notebook


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == kind]


def test_they_are_numbered_in_order() -> None:
    assert [int(path.name.split("-")[0]) for path in NOTEBOOKS] == list(range(1, len(NOTEBOOKS) + 1))


@each
def test_they_are_stored_clean(path: Path) -> None:
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    number = path.name.split("-")[0]
    assert [cell.id for cell in notebook.cells] == [
        f"n{number}-{i:02d}" for i in range(1, len(notebook.cells) + 1)
    ]
    for cell in cells(path, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.long
@each
def test_they_are_notebooks(path: Path) -> None:
    """As Jupyter itself reads them; to import it takes as long as a hundred of these tests."""
    nbformat = import_module("nbformat")
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))


@each
def test_they_begin_with_a_title_and_end_with_words(path: Path) -> None:
    notebook = read(path)
    assert notebook.cells[0].source.startswith("# ")
    assert notebook.cells[-1].cell_type == "markdown"


@each
def test_each_figure_says_how_to_read_it(path: Path) -> None:
    notebook = read(path)
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell.cell_type == "code" and re.search(r"\bplots?\.\w+\(|ax\.\w+\(", cell.source):
            assert "*How to read it.*" in after.source, cell.source


@each
def test_links_lead_somewhere(path: Path) -> None:
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [target for target in targets if not (path.parent / target).exists()] == []


@each
def test_they_are_pages_of_the_docs(path: Path) -> None:
    trees = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    entries = re.findall(r"(?:<|^)/?(notebooks/[^>\s]+)>?\s*$", trees, re.M)
    assert any(fnmatch(f"notebooks/{path.stem}", entry.removesuffix(".ipynb")) for entry in entries)
