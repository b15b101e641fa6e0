"""A page for each public function and class, made from the directives of `api.md`, the one list of them.

The page `api` itself then has a line for each: its name, and the first sentence of its docstring.
"""

import inspect
import pydoc
import re
from collections.abc import Iterator
from pathlib import Path

_DIRECTIVE = re.compile(r"^\.\. auto\w+:: ([\w.]+)(?:\(.*\))?\n(?:   .*\n)*", re.M)
_BLOCK = re.compile(r"^```\{eval-rst\}\n((?:\.\. auto\w+::.*\n(?:   .*\n)*)+)```\n", re.M)


def _directives(text: str) -> Iterator[tuple[str, str]]:
    """Yield each public thing with the directive that shows it."""
    for one in _DIRECTIVE.finditer(text):
        yield one[1], one[0]


def _first_sentence(name: str) -> str:
    text = inspect.getdoc(pydoc.locate(name)) or ""
    return " ".join(text.split("\n\n")[0].split())


def _shown(name: str) -> str:
    """Return a name as users write it, after ``import simlimit as sl``."""
    return name.removeprefix("simlimit.")


def write_pages(source: Path, folder: Path) -> None:
    """Write a page for each directive of the source into a folder, which is made anew."""
    folder.mkdir()
    for name, directive in _directives(source.read_text(encoding="utf-8")):
        title = _shown(name).replace("_", r"\_")
        page = f"# {title}\n\n```{{eval-rst}}\n{directive}```\n\n[All functions](../api.md)\n"
        (folder / f"{name}.md").write_text(page, encoding="utf-8")


def listed(text: str) -> str:
    """Return the text of the source with links to the pages in place of its directives."""

    def links(block: re.Match[str]) -> str:
        names = [name for name, _ in _directives(block[1])]
        lines = [f"- [`{_shown(name)}`](api/{name}.md): {_first_sentence(name)}\n" for name in names]
        tree = "\n".join(f"{_shown(name)} <api/{name}>" for name in names)
        return f"{''.join(lines)}\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"

    return _BLOCK.sub(links, text)
