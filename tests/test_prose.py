"""Prose is short: no sentence of the pages, the notebooks or the public docstrings has over 35 words."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_WORDS = 35
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = [
    path
    for path in sorted((ROOT / "simlimit").rglob("*.py"))
    if path.name == "__init__.py" or not path.name.startswith("_")
]

# What is no prose: front matter, blocks of code and of formulas, pictures.
BLOCKS = re.compile(
    r"\A---\n.*?^---$|^(?P<fence>```+|:::+).*?^(?P=fence)$|^ *\$\$.*?\$\$|!\[[^\]]*\]\([^)]*\)", re.S | re.M
)
MARKER = re.compile(r"(?:[-*+]|\d+[.)]|:)\s+|\.\. \w*")  # of an item of a list
CODE = re.compile(r"(?:\{[\w:]+\}|:[\w:]+:)?(`+).+?\1_?|\$[^$]+\$", re.S)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
END = re.compile(r"(?<=[^\s.][.?!])[\"')*_]*\s+(?=[^a-z\s])|[。？！；]")


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs, headings and items of a text, each in one line.

    A line belongs to the one before it unless it is indented otherwise, begins an item, or follows a heading.
    """
    lines: list[str] = []
    margin = 0
    for line in [*text.splitlines(), ""]:
        content = line.strip()
        indent = len(line) - len(line.lstrip())
        item = MARKER.match(content)
        apart = not content or content[0] in "|#" or re.fullmatch(r"[-=]{3,}", content)
        if lines and (apart or item or indent != margin):
            yield " ".join(lines)
            lines = []
        if not apart:
            lines.append(content[item.end() :] if item else content)
            margin = indent + (item.end() if item else 0)


def sentences(paragraph: str) -> list[str]:
    """Split a paragraph. Code and a formula count as one word each, and ``0 .. 9`` as a range."""
    plain = LINK.sub(r"\1", CODE.sub("X", paragraph)).replace(" .. ", " to ")
    return END.split(plain)


def length(sentence: str) -> int:
    """Count the words of a sentence."""
    return sum(any(letter.isalnum() for letter in word) for word in sentence.split())


def too_long(text: str) -> list[str]:
    """Return the sentences of a text that are too long, each with its number of words."""
    prose = BLOCKS.sub("", text)
    found = [sentence for paragraph in paragraphs(prose) for sentence in sentences(paragraph)]
    return [f"{length(one)} words: {one}" for one in found if length(one) > MOST_WORDS]


def markdown_of(notebook: Path) -> str:
    """Return the words of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def public_docstrings(module: ast.Module) -> Iterator[str]:
    """Yield the docstrings of a module and of what is public in it, without examples and tables."""
    inside: list[ast.AST] = [module]
    while inside:
        node = inside.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name.startswith("_"):
            continue
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            words = ast.get_docstring(node) or ""
            without_examples = re.sub(r"^ *>>>.*?(?=^ *$|\Z)", "", words, flags=re.S | re.M)
            without_tables = re.sub(r"^ *==+ +==.*^ *==+ +==[ =]*$", "", without_examples, flags=re.S | re.M)
            yield re.sub(r"::\n\n(?: +.*\n|\n)*", ".\n\n", without_tables)
        if isinstance(node, ast.Module | ast.ClassDef):
            inside += node.body


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sentences_of_a_page_are_short(page: Path) -> None:
    assert too_long(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_sentences_of_a_notebook_are_short(notebook: Path) -> None:
    assert too_long(markdown_of(notebook)) == []


def test_sentences_of_public_docstrings_are_short() -> None:
    found = {
        str(path.relative_to(ROOT)): [
            sentence
            for words in public_docstrings(ast.parse(path.read_text(encoding="utf-8")))
            for sentence in too_long(words)
        ]
        for path in MODULES
    }
    assert {path: long for path, long in found.items() if long} == {}


def test_a_long_sentence_is_found_and_code_tables_and_formulas_are_not() -> None:
    words = " ".join(["word"] * 40)
    assert len(too_long(f"A. {words}.\n\n- {words}\n  {words}\n")) == 2
    assert too_long(f"```python\n{words}\n```\n\n| {words} |\n\n$$\n{words}\n$$\n\nIt is `{words}`.") == []
    half = " ".join(["word"] * 20)
    assert too_long(f"{half}. Then {half}.\n\n{half}\n\n{half}") == []
    assert len(too_long(f"{half}\n{half}")) == 1
