"""An edited transition never runs stale: every edit of the package is seen by the next process."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import simlimit
from simlimit.model.compiling import LAYERS

PACKAGE = Path(simlimit.__file__).parent
NUMBER_OF_A_SHOCK = """
import numpy as np
import simlimit
from simlimit.model.records import SHOCK
from simlimit.model.state import State
from simlimit.model.timetable import shock_number
number = shock_number(State(shocks=np.zeros(1, SHOCK)), 0, 0)
print(simlimit.__file__, number, shock_number.stats.cache_hits[shock_number.signatures[0]])
"""
"""The transition that compiles soonest of those that use a step, `uniforms`, which stands in another file."""


class Copy:
    """A copy of the package that processes import in place of the original."""

    def __init__(self, place: Path, writable: bool, run: Callable[..., str]) -> None:
        self.place = place
        self.writable = writable
        self.run = run
        self.package = place / "simlimit"
        self.cache = place.parent / "cache"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.protect()

    def protect(self, writable: bool = False) -> None:
        """Make it read-only, if it is to be; as a superuser could write still, contents are compared too."""
        for path in [self.package, *self.package.rglob("*")]:
            mode = 0o755 if path.is_dir() else 0o644
            path.chmod(mode if writable or self.writable else mode & 0o555)

    def edit(self, file: str, old: str, new: str) -> None:
        self.protect(writable=True)
        path = self.package / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        self.protect()

    def number(self, **environment: str) -> tuple[float, bool]:
        """Return, from a fresh process, a random number and whether what draws it was compiled before."""
        environment = {"NUMBA_CACHE_DIR": str(self.cache)} | environment
        if not self.writable:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        file, number, hits = self.run("-c", NUMBER_OF_A_SHOCK, sources=self.place, **environment).split()
        assert Path(file).parent == self.package
        return float(number), bool(int(hits))

    def contents(self) -> dict[str, tuple[int, int]]:
        """Return the size and time of every file of the package."""
        files = [path for path in self.package.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(params=["source tree", pytest.param("installed read-only", marks=pytest.mark.long)])
def copy(request: pytest.FixtureRequest, tmp_path: Path, fresh_process: Callable[..., str]) -> Iterator[Copy]:
    if request.param == "source tree":
        place, writable = tmp_path / "repository", True
    else:
        place, writable = tmp_path / "lib" / "site-packages", False
    one = Copy(place, writable, fresh_process)
    yield one
    one.protect(writable=True)


def test_an_edit_of_a_step_in_another_file_is_seen_by_a_fresh_process(copy: Copy) -> None:
    before = copy.contents()
    number, was_compiled = copy.number()
    assert not was_compiled
    assert copy.number() == (number, True)  # the second process starts from the cache
    if not copy.writable:
        assert copy.contents() == before
    copy.edit("model/randomness.py", "return (w0 + 0.5) * _SCALE,", "return 2 * (w0 + 0.5) * _SCALE,")
    assert copy.number() == (2 * number, False)
    copy.edit("model/randomness.py", "return 2 * (w0 + 0.5) * _SCALE,", "return (w0 + 0.5) * _SCALE,")
    assert copy.number() == (number, True)


def test_where_no_folder_can_be_written_it_compiles_uncached(
    tmp_path: Path, fresh_process: Callable[..., str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    copy = Copy(tmp_path / "repository", writable=True, run=fresh_process)
    number, was_compiled = copy.number(NUMBA_CACHE_DIR=str(file / "below"))
    assert 0 < number < 1
    assert not was_compiled
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".nbi", ".nbc")]


def test_other_settings_of_numba_have_a_folder_of_their_own(
    tmp_path: Path, fresh_process: Callable[..., str]
) -> None:
    script = "from simlimit.model.compiling import source_digest; print(source_digest())"
    plain = fresh_process("-c", script, NUMBA_CACHE_DIR=str(tmp_path))
    assert fresh_process("-c", script, NUMBA_CACHE_DIR=str(tmp_path)) == plain
    assert fresh_process("-c", script, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_BOUNDSCHECK="1") != plain


def imported(path: Path) -> set[str]:
    """Return the names of what a file of the package imports from the package, one level deep."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[1] for module in modules if module.startswith("simlimit.")}


def test_compiled_functions_depend_on_nothing_that_the_digest_leaves_out() -> None:
    layers = {name.removesuffix(".py") for name in LAYERS}
    for path in PACKAGE.rglob("*.py"):
        layer = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if layer in layers:
            assert imported(path) <= layers, path
        else:
            text = path.read_text(encoding="utf-8")
            assert "import numba" not in text, path
            assert "import transition" not in text, path
            assert "import step" not in text, path
