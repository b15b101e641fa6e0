"""The files in which compiled functions are kept: ours alone, and whole, or as if there were none."""

import hashlib
import os
import pickle
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
        folder = Path(root).expanduser() / "simlimit" / digest
        folder.parent.parent.mkdir(parents=True, exist_ok=True)
        for place in (folder.parent, folder):
            place.mkdir(mode=0o700, exist_ok=True)
            status = place.stat()
            # Code that others plant there would run.
            if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
                return None, f"others can write {place}, but it must be private"
        with tempfile.TemporaryFile(dir=folder):
            return folder, ""
    except (OSError, RuntimeError) as error:
        return None, str(error)


class _SealedFile(IndexDataCacheFile):
    """Compiled code with a checksum at its end, which pickle passes over."""

    def _dump(self, code: object) -> bytes:
        content: bytes = super()._dump(code)
        return content + hashlib.sha256(content).digest()

    def _load_data(self, name: str) -> object:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[:-32]).digest() != content[-32:]:
            raise ValueError("The checksum is wrong.")
        return pickle.loads(content)


class Cache(FunctionCache):
    """The cache of a function in a folder of ours. What is damaged is not there; what cannot be kept is said.

    numba's own setting of that folder is left as it was for other packages.
    """

    def __init__(self, function: Callable[..., object], folder: Path) -> None:
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder)
        try:
            super().__init__(function)
        finally:
            numba.config.CACHE_DIR = before
        if folder not in Path(self._cache_path).parents:
            raise OSError("numba found another place, where stale code may lie.")
        stamp = self._impl.locator.get_source_stamp()
        self._folder = folder
        self._cache_file = _SealedFile(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, signature: object, context: object) -> CompileResult | None:
        """Return the compiled function if it is kept and whole."""
        try:
            return super().load_overload(signature, context)
        except Exception:  # Reading a damaged file may raise anything.
            warn(f"A file in {self._folder} is damaged, so the model is compiled anew (20 seconds).")
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, signature: object, compiled: CompileResult) -> None:
        """Keep a compiled function if there is space."""
        try:
            super().save_overload(signature, compiled)
        except OSError as error:
            warn(f"The compiled model cannot be kept in {self._folder} ({error.strerror}).")
