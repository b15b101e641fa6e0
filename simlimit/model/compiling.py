"""Compile the transitions, and never run a stale one.

numba notices an edit of the file in which a cached function stands, but not an edit of a file whose
functions it calls. So the name of the cache folder is a digest: of every source file on which compiled
code can depend, of the versions involved, and of the options. Any edit leads to another folder. Where there
is no such folder, each process compiles the functions for itself.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba import types
from numba.core.compiler import CompileResult

from simlimit.model.compilation_cache import Cache, cache_folder
from simlimit.model.interrupts import interrupts_wait

Function = TypeVar("Function", bound=Callable[..., Any])

# Without numba's reference counts: no transition makes an array, and counting took half of the time.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}


# Compiled functions stand in model and drivers. Imports point one way, so they depend on nothing else.
LAYERS = (
    "errors.py", "templates.py", "arguments.py", "text_files.py", "parquet_files.py", "drafts.py",
    "portfolio.py", "scenario", "books", "model", "processes", "drivers",
)  # fmt: skip


def sources(names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of modules and packages in this package, by the names of their files."""
    package = Path(__file__).parent.parent
    parts = [package / name for name in names]
    files = [path for part in parts for path in (part.rglob("*.py") if part.is_dir() else [part])]
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in sorted(files)}


def source_digest() -> str:
    """Return the digest of all that a compiled function depends on."""
    digest = hashlib.sha256()
    for name, content in sources(LAYERS).items():
        digest.update(name.encode())
        digest.update(content)
    versions = numba.__version__, np.__version__, sys.version
    options = sorted(OPTIONS.items()), numba.config.BOUNDSCHECK
    digest.update(repr((versions, options)).encode())
    return digest.hexdigest()[:20]


_FOLDER, WHY_UNKEPT = cache_folder(source_digest())


def is_compiled(transition: str) -> bool:
    """Return whether a transition, by its name, can run without being compiled first."""
    if numba.config.DISABLE_JIT:
        return True
    return _FOLDER is not None and any(_FOLDER.rglob(f"*.{transition}-*.nbc"))


def transition(function: Function) -> Function:
    """Compile a function that a driver calls, with the cache in our folder."""
    dispatcher = numba.njit(**OPTIONS)(function)
    if numba.config.DISABLE_JIT:
        return function
    if _FOLDER is not None:
        with suppress(OSError, RuntimeError):
            dispatcher._cache = Cache(function, _FOLDER)
    # A handle knows its type. numba would look for it anew at each call, which takes a microsecond.
    find_type = dispatcher.typeof_pyval
    dispatcher.typeof_pyval = lambda value: getattr(value, "numba_type", None) or find_type(value)
    dispatcher.compile = _for_widest_integers(dispatcher.compile)
    return dispatcher


def step(function: Function) -> Function:
    """Compile a part of a transition, inlined where it is called."""
    return _for_compiled_callers(function, forceinline=True)


def rare(function: Function) -> Function:
    """Compile a part of a transition as a function of its own: what is seldom needed, or a phase of a day."""
    return _for_compiled_callers(function, forceinline=False)


def _for_compiled_callers(function: Function, forceinline: bool) -> Function:
    """Compile a function that Python cannot call: what would make it callable costs an eighth of the time."""
    callers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher = numba.njit(forceinline=forceinline, **callers, **OPTIONS)(function)
    if numba.config.DISABLE_JIT:
        return function

    def refuse(*_arguments: object) -> None:
        raise TypeError(f"{function.__name__} is a part of a transition: only compiled code can call it.")

    def add_overload(compiled: CompileResult) -> None:
        dispatcher.overloads[tuple(compiled.signature.args)] = compiled

    dispatcher._compile_for_args = refuse
    dispatcher.add_overload = add_overload
    dispatcher.compile = _for_widest_integers(dispatcher.compile)
    return dispatcher


def _for_widest_integers(compile_exactly: Callable[..., object]) -> Callable[[Iterable[types.Type]], object]:
    """Let a function be compiled once for all widths of integers.

    numba would compile it anew for each width, and each constant, that it is called with; that trebles the
    compilation.
    """

    def compile_widest(signature: Iterable[types.Type]) -> object:
        with interrupts_wait():
            return compile_exactly(tuple(map(_widest, signature)))

    return compile_widest


def _widest(kind: types.Type) -> types.Type:
    kind = types.unliteral(kind)
    return types.int64 if isinstance(kind, types.Integer) else kind
