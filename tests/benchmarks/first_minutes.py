"""How long a newcomer waits: ``python tests/benchmarks/first_minutes.py``.

From a clone to the report of a scenario of one's own on the command line; and from a clone to a figure of
one's own in a notebook. Each path has a clone, an environment and a compilation of its own, and prints how
long each step took. What does not work ends it with an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NOT_FRESH = {"PYTHONPATH", "VIRTUAL_ENV", "MPLBACKEND", "NUMBA_CACHE_DIR"}
# What a newcomer types: a scenario, and a notebook.
OWN = """
import json
import simlimit as sl

mine = sl.preset("jiebei").replace({"name": "my platform", "evaluation.period_days": 14})
mine.save("my.toml")
cells = [
    "import simlimit as sl; mine = sl.load('my.toml')",
    "study = sl.replicate(mine, 200, seed=1); study",
    "study.plot.standing().figure.savefig('figure.png')",
]
cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": kernel}
notebook["cells"] = [cell | {"source": one} for one in cells]
with open("mine.ipynb", "w") as file:
    json.dump(notebook, file)
"""
# What is installed, what is typed then, and what it makes. The aims: at most three minutes, and five.
PATHS: dict[str, tuple[list[str], list[str], str]] = {
    "from a clone to a report of one's own scenario": (
        [".[report]"],
        ["simlimit", "study", "my.toml", "--report", "my.html", "--quiet"],
        "my.html",
    ),
    "from a clone to a figure of one's own in a notebook": (
        [".[notebook]", "jupyterlab"],
        ["jupyter", "execute", "mine.ipynb"],
        "figure.png",
    ),
}


def walk(folder: Path, name: str) -> None:
    """Walk one path, and print how long each step takes, and all of them, in seconds."""
    install, command, made = PATHS[name]
    clone = folder / "simlimit"
    programs = clone / ".venv" / "bin"
    steps: list[tuple[str, list[str]]] = [
        ("git clone", ["git", "clone", "-q", str(ROOT), str(clone)]),
        ("python3 -m venv", [sys.executable, "-m", "venv", str(clone / ".venv")]),
        (f"pip install {' '.join(install)}", [str(programs / "pip"), "install", "-q", *install]),
        ("a scenario of one's own", [str(programs / "python"), "-c", OWN]),
        (" ".join(command), [str(programs / command[0]), *command[1:]]),
    ]
    # As in a fresh shell: nothing of this environment is found there.
    environment = {key: value for key, value in os.environ.items() if key not in NOT_FRESH}
    print(name)
    times = []
    for step, words in steps:
        begin = time.perf_counter()
        place = clone if clone.exists() else folder
        subprocess.run(words, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
        print(f"  {step}: {times[-1]:.0f} s", flush=True)
    assert (clone / made).stat().st_size > 10_000, made
    print(f"  together: {sum(times):.0f} s", flush=True)


if __name__ == "__main__":
    for name in PATHS:
        with tempfile.TemporaryDirectory() as folder:
            walk(Path(folder), name)
