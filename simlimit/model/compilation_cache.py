"""The files in which compiled functions are kept: ours alone, whole, or as if there were none."""

import hashlib
import os
import pickle
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler import CompileResult

from simlimit.errors import warn


def cache_folder(digest: str) -> tuple[Path | None, str]:
    """Return a folder for this state of the sources; or None, and why there is none.

    It lies under ``NUMBA_CACHE_DIR`` if that is set, else in the user's cache folder.
    """
    root = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        parent = Path(root).expanduser()
        parent.mkdir(parents=True, exist_ok=True)
        folder = parent / "simlimit" / digest
        for place in (parent, folder.parent, folder):
            if place is not parent:
                place.mkdir(mode=0o700, exist_ok=True)
            if _is_open(place, is_ours=place is not parent):
                return None, f"{place} can be written by others"
        with tempfile.TemporaryFile(dir=folder):
            return folder, ""
    except (OSError, RuntimeError) as error:
        return None, f"{getattr(error, 'filename', None) or root}: {getattr(error, 'strerror', error)}"


def _is_open(folder: Path, is_ours: bool) -> bool:
    """Return whether others can write a folder, so that what lies there may not be run.

    A folder that is not made by us may be one for all, such as ``/tmp``: what they plant there is theirs.
    """
    if os.name != "posix":
        return False
    status = folder.stat()
    if not is_ours:
        return status.st_uid not in (0, os.geteuid())
    return status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) > 0


def cache_of(function: Callable[..., object], folder: Path) -> "Cache | None":
    """Return the cache of a function, or None if there cannot be one.

    numba's own setting of its folder is left as it was for other packages.
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        cache = Cache(function)
    except (OSError, RuntimeError):
        return None
    finally:
        numba.config.CACHE_DIR = before
    # numba goes elsewhere where it finds no place, but there stale code could run.
    return cache if folder in Path(cache.cache_path).parents else None


class _SealedFile(IndexDataCacheFile):
    """Compiled code with a checksum at its end, which pickle passes over."""

    def _dump(self, code: object) -> bytes:
        content: bytes = super()._dump(code)
        return content + hashlib.sha256(content).digest()

    def _load_data(self, name: str) -> object:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[:-32]).digest() != content[-32:]:
            raise ValueError("its checksum is wrong")
        return pickle.loads(content)


class Cache(FunctionCache):
    """numba's cache of a function, but a damaged file is as none, and a full disk is said."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        base, stamp = self._impl.filename_base, self._impl.locator.get_source_stamp()
        self._cache_file = _SealedFile(self._cache_path, base, stamp)

    def load_overload(self, signature: object, context: object) -> CompileResult | None:
        """Return the compiled function if it is kept and whole."""
        try:
            return super().load_overload(signature, context)
        except Exception:  # whatever reading such a file may bring
            folder = Path(self._cache_path).parent
            warn(
                f"A file of the compiled model in {folder} was damaged, so it is compiled anew (20 seconds)."
            )
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, signature: object, compiled: CompileResult) -> None:
        """Keep a compiled function if that is possible."""
        try:
            super().save_overload(signature, compiled)
        except OSError as error:
            folder = Path(self._cache_path).parent
            warn(
                f"The compiled model cannot be kept in {folder} ({error.strerror}), so each process "
                "compiles it anew (20 seconds)."
            )
