"""What processes of one's own are known by: their source, their arguments, and all that these use.

A store is continued by the same processes only. A function of the user's own is its compiled source, its
defaults, and what it takes from around it; what is installed is its name and version. Any other value is what
pickle would make it of.
"""

import dis
import functools
import hashlib
import itertools
import sys
import types
from collections.abc import Iterator, Sequence

from simlimit.arguments import shown
from simlimit.drivers.simpy_driver import UserProcess
from simlimit.errors import SimlimitError

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_KEPT = (types.FunctionType, type)
"""What is the same one wherever it is met; equal values may be one or several."""
_DESCRIPTORS = types.GetSetDescriptorType | types.MemberDescriptorType


def process_digest(processes: Sequence[UserProcess]) -> str:
    """Return a digest of what processes do, empty of none; refuse those that a later call could not know."""
    if not processes:
        return ""
    # Compiled source differs between versions of Python.
    written = sys.version_info[:2], _Scribe().written([*processes])
    return hashlib.sha256(repr(written).encode()).hexdigest()


def _unknown(reason: str) -> SimlimitError:
    return SimlimitError(
        f"store is set, but a later call could not tell whether processes are the same, since {reason}: set "
        "no store, or make within the process what cannot be told."
    )


class _Scribe:
    """Writes values down, each as what it is made of; what refers to itself is written once."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        self._numbers = itertools.count()

    def written(self, value: object) -> object:
        """Return a value as texts in lists."""
        if type(value) in _PLAIN:
            return repr(value)
        if id(value) in self._met:
            return self._met[id(value)]
        self._met[id(value)] = next(self._numbers)
        try:
            return type(value).__qualname__, self._content(value)
        except SimlimitError:
            raise
        except Exception as error:  # of whatever kind: it comes from the value's own class
            raise _unknown(f"{shown(value)} cannot be written down ({error})") from None
        finally:
            if not isinstance(value, _KEPT):
                del self._met[id(value)]

    def _content(self, value: object) -> object:
        kind, name = type(value), getattr(value, "__qualname__", "")
        is_installed = _is_installed(getattr(value, "__module__", None))
        match value:
            case types.ModuleType() if _is_installed(value.__name__):
                return _version(value.__name__)
            case types.ModuleType():
                raise _unknown(f"the module {value.__name__} is used as a whole")
            case types.FunctionType() | type() if is_installed and "<" not in name:
                return _version(value.__module__), name
            case types.FunctionType():
                around = [cell.cell_contents for cell in value.__closure__ or ()]
                given = value.__code__, value.__defaults__, value.__kwdefaults__, vars(value), around
                return self._all([*given, *_used(value.__code__, value.__globals__).items()])
            case types.CodeType():
                names = value.co_argcount, value.co_flags, value.co_names, value.co_varnames
                return self._all([value.co_code, value.co_exceptiontable, *names, *value.co_consts])
            case type():
                return name, self._all([value.__bases__, _defined(value)])
            case (
                types.MethodType() | staticmethod() | classmethod() | property() | functools.cached_property()
            ):
                parts = ("__func__", "__self__", "fget", "fset", "fdel", "func")
                return self._all([getattr(value, part, None) for part in parts])
            case list() | tuple() if kind in (list, tuple):
                return self._all(value)
            case set() | frozenset():
                return sorted(repr(self.written(one)) for one in value)
            case dict() if kind is dict:
                return self._all([*value.items()])
        if _is_installed(kind.__module__) and hasattr(value, "__wrapped__"):  # by a cache, or a compiler
            return self.written(value.__wrapped__)
        reduced = value.__reduce_ex__(4)
        if not isinstance(reduced, str):
            return self._all([list(one) if isinstance(one, Iterator) else one for one in reduced])
        if not is_installed:
            raise _unknown(f"{shown(value)} has no source")
        return _version(getattr(value, "__module__", None) or "builtins"), reduced

    def _all(self, values: Sequence[object]) -> list[object]:
        return [self.written(one) for one in values]


def _is_installed(module: str | None) -> bool:
    top = (module or "builtins").partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    is_package = "site-packages" in file or "dist-packages" in file
    return top != "__main__" and (is_package or top in (*sys.stdlib_module_names, "simlimit"))


def _version(module: str) -> tuple[str, str]:
    return module, str(getattr(sys.modules.get(module.partition(".")[0]), "__version__", ""))


def _defined(own: type) -> dict[str, object]:
    """Return what is defined in a class."""
    return {
        name: one
        for name, one in vars(own).items()
        if isinstance(one, types.FunctionType)
        or not (isinstance(one, _DESCRIPTORS) or name.startswith(("__", "_abc_")))
    }


def _used(code: types.CodeType, space: dict[str, object]) -> dict[str, object]:
    """Return what code uses of its module, and of other modules of the user's own."""
    used: dict[str, object] = {}
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            used |= _used(one, space)
    for step, after in itertools.pairwise(dis.get_instructions(code)):
        if step.opname == "IMPORT_NAME" and not _is_installed(step.argval):
            raise _unknown(f"the module {step.argval} is imported within")
        if step.opname == "IMPORT_NAME":
            used[step.argval] = _version(step.argval)
        elif step.opname == "LOAD_GLOBAL" and step.argval in space:
            name, value = step.argval, space[step.argval]
            if after.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, types.ModuleType):
                name, value = f"{name}.{after.argval}", getattr(value, after.argval)
            used[name] = value
    return used
