"""What is kept of compiled functions is used only if it is whole and ours; without it all runs, too."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core import caching

import simlimit as sl
from simlimit.model import compiling
from simlimit.model.compilation_cache import cache_folder
from simlimit.run import compilation_notice


def cents(yuan: int) -> int:
    return 100 * yuan


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of this process: a new one."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    found, why = cache_folder("digest")
    assert found == tmp_path / "simlimit" / "digest"
    assert why == ""
    monkeypatch.setattr(compiling, "_FOLDER", found)
    return found


def is_kept() -> bool:
    """Whether a function that is new in this process need not be compiled; it is right in any case."""
    function: Any = compiling.transition(cents)
    assert function(7) == 700
    return sum(function.stats.cache_hits.values()) == 1


def is_kept_silently() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return is_kept()


def of_kind(folder: Path, suffix: str) -> Path:
    (file,) = folder.rglob(f"*{suffix}")
    return file


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "zeros at the end": lambda content: content[:-200] + bytes(200),
    "a bit of the code": lambda content: content[:900] + bytes([content[900] ^ 1]) + content[901:],
    "something else": lambda content: b"<html>404</html>",
    "another pickle": lambda content: pickle.dumps("0.61.0") + pickle.dumps(7),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_code_is_said_once_and_compiled_anew(folder: Path, damage: str) -> None:
    assert not is_kept_silently()
    assert is_kept_silently()
    file = of_kind(folder, ".nbc")
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    with pytest.warns(sl.SimlimitWarning) as said:
        assert not is_kept()
    assert [str(one.message) for one in said] == [
        f"A file in {folder} is damaged, so the model is compiled anew (20 seconds)."
    ]
    assert is_kept_silently()


@pytest.mark.parametrize("damage", ["emptied", "cut off", "something else", "another pickle"])
def test_a_damaged_index_is_mended(folder: Path, damage: str) -> None:
    """It only says which file is meant, so that no checksum is needed: the file has one."""
    assert not is_kept_silently()
    file = of_kind(folder, ".nbi")
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert not is_kept()
    assert is_kept_silently()


def test_a_file_that_cannot_be_read_or_mended_is_done_without(folder: Path) -> None:
    is_kept_silently()
    file = of_kind(folder, ".nbi")
    file.unlink()
    file.mkdir()
    with pytest.warns(sl.SimlimitWarning) as said:
        assert not is_kept()
    assert [str(one.message) for one in said] == [
        f"A file in {folder} is damaged, so the model is compiled anew (20 seconds).",
        f"The compiled model cannot be kept in {folder} (Is a directory).",
    ]


def test_a_full_disk_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(caching.os, "replace", full)
    with pytest.warns(sl.SimlimitWarning, match=r"^The compiled model cannot be kept in .*No space left"):
        assert not is_kept()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    monkeypatch.undo()


def test_numba_puts_nothing_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where our folder does not take its files, it would look for a place beside the source."""
    monkeypatch.setattr(caching.UserProvidedCacheLocator, "from_function", lambda *_: None)
    assert not is_kept_silently()
    assert not is_kept_silently()


# ---- folders that are not ours ----------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="Elsewhere, folders have no modes.")
class TestFolder:
    @pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777, 0o702])
    @pytest.mark.parametrize("place", ["simlimit", "simlimit/digest"])
    def test_that_others_can_write_is_not_used(self, folder: Path, place: str, mode: int) -> None:
        open_to_all = folder.parent.parent / place
        open_to_all.chmod(mode)
        assert cache_folder("digest") == (None, f"others can write {open_to_all}, but it must be private")

    def test_of_another_owner_is_not_used(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: other)
        assert cache_folder("digest") == (None, f"others can write {folder.parent}, but it must be private")

    def test_is_private_whatever_the_mask(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "new"))
        mask = os.umask(0)
        try:
            found, _ = cache_folder("digest")
        finally:
            os.umask(mask)
        assert found is not None
        assert {path.stat().st_mode & 0o777 for path in (found, found.parent)} == {0o700}

    def test_that_cannot_be_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
        found, why = cache_folder("digest")
        assert found is None
        assert "Not a directory" in why or "File exists" in why


def test_what_cannot_be_kept_is_said_before_the_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: False)
    monkeypatch.setattr(compilation_notice, "_settled", set())
    monkeypatch.setattr(compilation_notice, "WHY_UNKEPT", "others can write /tmp/simlimit")
    small = sl.preset("clockwork").replace({"population.borrowers": 3, "horizon_days": 10})
    with pytest.warns(sl.SimlimitWarning, match=r"cannot be kept \(others can write /tmp/simlimit\)"):
        sl.simulate(small)


# ---- interrupted ------------------------------------------------------------------------------------------


@pytest.fixture
def _heeds_ctrl_c() -> Iterator[None]:
    """Who runs the tests in the background ignores SIGINT, and what a test starts would, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeds_ctrl_c")
def test_an_interrupted_compilation_is_done_at_the_next_call(folder: Path) -> None:
    def pays(principal: int) -> int:
        return interrupted(principal)

    @compiling.rare
    def interrupted(principal: int) -> int:
        return principal + 1

    compile_exactly = interrupted.compile

    def interrupt(signature: Any) -> Any:
        interrupted.compile = compile_exactly
        os.kill(os.getpid(), signal.SIGINT)
        return compile_exactly(signature)

    interrupted.compile = interrupt
    function: Any = compiling.transition(pays)
    with pytest.raises(KeyboardInterrupt):
        function(1)
    assert function(1) == 2


@pytest.mark.long
@pytest.mark.usefixtures("_heeds_ctrl_c")
@pytest.mark.parametrize("command", ["run", "study"])
@pytest.mark.parametrize("seconds", [3, 6])
def test_ctrl_c_ends_the_first_compilation(command: str, seconds: float, tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    line = [sys.executable, "-m", "simlimit", command, "clockwork"]
    with subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("simlimit compiles the model")
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("simlimit: interrupted; no")
