"""The code that decides a history or a table: what a store and the workers of a study must agree on."""

import ast
import functools
import hashlib
from collections.abc import Mapping
from importlib.metadata import version

from simlimit.errors import SimlimitError
from simlimit.model.compiling import sources
from simlimit.text_files import packaged

_TOLD = packaged(__package__, "identity.toml")
# As they are when they are imported: an edit later is no edit of what runs.
_SOURCES = sources(_TOLD["deciding"])


@functools.cache
def code_identity() -> dict[str, str]:
    """Return a digest of the code, without comments and docstrings, and the versions of what it runs on."""
    digest = hashlib.sha256()
    for name, content in _SOURCES.items():
        digest.update(repr((name, essence(ast.parse(content)))).encode())
    versions = {name: version(name) for name in ("numba", "numpy", "scipy")}
    return {"version": version("simlimit"), **versions, "code": digest.hexdigest()}


def difference(found: Mapping[str, object], wanted: Mapping[str, object]) -> str | None:
    """Say in what an identity differs from the one that is wanted, if it does."""
    for name, value in wanted.items():
        if found.get(name) != value:
            return _TOLD["words"].get(name) or f"{name} {found.get(name)!r}, not {value!r}"
    return None


def check_code(code: Mapping[str, str]) -> None:
    """Refuse to run in a worker that has other code."""
    if other := difference(code_identity(), code):
        raise SimlimitError(f"A worker of the executor runs {other}, but must run what its user runs.")


def essence(node: object) -> object:
    """Return a piece of syntax without docstrings, places, and what only some versions of Python have."""
    if isinstance(node, list):
        # A constant that is a statement does nothing: a docstring, of whatever it stands under.
        is_text = [isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node]
        return [essence(one) for one, skipped in zip(node, is_text, strict=True) if not skipped]
    if not isinstance(node, ast.AST):
        return node
    fields = ast.iter_fields(node)
    return type(node).__name__, [(name, essence(value)) for name, value in fields if value not in (None, [])]
