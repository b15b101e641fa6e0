"""Make the figures of docs/pictures.md: ``python docs/figures/make.py``.

The page is the recipe: its Python block makes what is drawn, and each line in a block of its own draws the
figure that follows it.
"""

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl

FIGURES = Path(__file__).parent
PAGE = FIGURES.parent / "pictures.md"
DPI = 100


def recipe() -> tuple[str, dict[str, str]]:
    """Return the code that makes what is drawn, and the line that draws each figure, by its name."""
    text = PAGE.read_text(encoding="utf-8")
    (setup,) = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    lines = re.findall(r"^```py\n(.*?)\n```\n\n!\[[^\]]*\]\(figures/([\w-]+)\.png\)", text, re.S | re.M)
    return setup, {name: line for line, name in lines}


def draw(line: str, names: dict[str, Any], path: Path) -> None:
    """Draw what a line says into a file."""
    ax = eval(line, names)
    ax.figure.savefig(path, dpi=DPI)


if __name__ == "__main__":
    mpl.use("Agg")
    setup, lines = recipe()
    names: dict[str, Any] = {}
    exec(setup, names)
    for name, line in lines.items():
        draw(line, names, FIGURES / f"{name}.png")
        print(f"{name}.png: {line}")
