"""Processes of one's own in a study: copies of them, and what they are known by.

Each replication begins with a fresh copy, wherever it runs. A store is continued by the same processes only:
by their source, their arguments, and all that these use. A function of the user's own is its compiled source,
its defaults, and what it takes from around it; what is installed is its name and version. Any other value is
what pickle would make it of.
"""

import builtins
import copyreg
import dis
import hashlib
import importlib
import io
import os
import sys
import types
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import packages_distributions, version
from importlib.util import resolve_name
from typing import ClassVar

import cloudpickle

from simlimit.arguments import refused, shown
from simlimit.drivers.simpy_driver import UserProcess
from simlimit.errors import SimlimitError

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_DESCRIPTORS = types.GetSetDescriptorType | types.MemberDescriptorType
# What finds things by names that only a run knows.
_BY_NAME = (eval, exec, globals, importlib.import_module, importlib.__import__, __import__)
_STANDARD = os.path.dirname(os.__file__)


def pickled(processes: Sequence[UserProcess]) -> bytes:
    """Return processes by value, with all that they use but modules, as `pickle.loads` reads them.

    Examples
    --------
    >>> import pickle
    >>> from simlimit.study.own_processes import pickled
    >>> pickled([])
    b''
    >>> [copied] = pickle.loads(pickled([lambda platform: platform.at(7, 5)]))
    """
    if not processes:
        return b""
    content = io.BytesIO()
    try:
        _Pickler(content).dump(processes)
    except Exception as error:  # of whatever kind: it comes from the user's own objects
        allowed = "what can be copied for each replication: make within it what cannot"
        raise refused("processes", processes, f"{allowed} ({type(error).__name__}: {error})") from None
    return content.getvalue()


def _reduced(code: types.CodeType) -> tuple[object, ...]:
    """Return how to make a piece of compiled Python again, with its file, where cloudpickle names another."""
    make, arguments = cloudpickle.Pickler.dispatch_table[types.CodeType](code)
    return make, tuple(code.co_filename if one == "<dynamic-code>" else one for one in arguments)


class _Pickler(cloudpickle.Pickler):
    """Left alone, cloudpickle forgets the file of code, which tracebacks name."""

    dispatch_table: ClassVar = ChainMap({types.CodeType: _reduced}, cloudpickle.Pickler.dispatch_table)


def process_digest(processes: Sequence[UserProcess]) -> str:
    """Return a digest of what processes do, empty of none; refuse those that a later call could not know."""
    if not processes:
        return ""
    # Compiled source differs between versions of Python.
    written = sys.version_info[:2], _Scribe({}).written([*processes])
    return hashlib.sha256(repr(written).encode()).hexdigest()


def _unknown(reason: str) -> SimlimitError:
    why = f"a later call could not tell whether processes are the same, since {reason}"
    remedy = "set no store, or make within the process what cannot be told"
    return SimlimitError(f"store is set, but {why}: {remedy}.")


class _Scribe:
    """Writes values down, each as its class and what it is made of; what is met again is its number.

    Parameters
    ----------
    met : mapping
        The values that have been met, by where they are, with their numbers; it keeps them there.
    """

    def __init__(self, met: Mapping[int, tuple[int, object]]) -> None:
        self._met = dict(met)

    def written(self, value: object) -> object:
        """Return a value as texts in lists."""
        if type(value) in _PLAIN:
            return repr(value)
        if id(value) in self._met:
            return self._met[id(value)][0]
        # A value whose equal is another one, such as a list: sharing it means something.
        if type(value).__hash__ in (None, object.__hash__):
            self._met[id(value)] = len(self._met), value
        try:
            return self.written(type(value)), self._content(value)
        except SimlimitError:
            raise
        except Exception as error:  # of whatever kind: it comes from the value's own class
            raise _unknown(f"{shown(value)} cannot be written down ({error})") from None

    def _content(self, value: object) -> object:
        kind, name = type(value), getattr(value, "__qualname__", "")
        module = getattr(value, "__module__", None)
        module = module if isinstance(module, str) else None  # a class in C may have a descriptor there
        if isinstance(value, types.FunctionType):  # one that wraps another bears the other's names
            module, name = value.__globals__.get("__name__", "__main__"), value.__code__.co_qualname
        is_installed = _is_installed(module)
        if any(value is one for one in _BY_NAME):
            raise _unknown(f"{name} finds things by their names")
        match value:
            case types.ModuleType() if _is_installed(value.__name__):
                return _version(value.__name__)
            case types.ModuleType():
                raise _unknown(f"the module {value.__name__} is used as a whole")
            case types.FunctionType() | type() if is_installed and "<" not in name:
                return _version(module), name
            case types.FunctionType():
                around = [cell.cell_contents for cell in value.__closure__ or ()]
                given = value.__code__, value.__defaults__, value.__kwdefaults__, vars(value), around
                return self._all([*given, *_used(value.__code__, value.__globals__).items()])
            case types.CodeType():
                names = value.co_argcount, value.co_flags, value.co_names, value.co_varnames
                return self._all([value.co_code, value.co_exceptiontable, *names, *value.co_consts])
            case type():
                return name, self._all([value.__bases__, _defined(value)])
            case types.MethodType() | staticmethod() | classmethod() | property() | cached_property():
                parts = ("__func__", "__self__", "fget", "fset", "fdel", "func")
                return self._all([getattr(value, part, None) for part in parts])
            case list() | tuple() if kind in (list, tuple):
                return self._all(value)
            case set() | frozenset():  # in no order, so none is written with a number that another has got
                return sorted(repr(_Scribe(self._met).written(one)) for one in value)
        if _is_installed(kind.__module__) and hasattr(value, "__wrapped__"):  # by a cache, or a compiler
            return self.written(value.__wrapped__)
        reduce = copyreg.dispatch_table.get(kind)
        reduced = reduce(value) if reduce else value.__reduce_ex__(4)
        if not isinstance(reduced, str):
            return self._all([list(one) if isinstance(one, Iterator) else one for one in reduced])
        if not is_installed:
            raise _unknown(f"{shown(value)} has no source")
        return _version(module), reduced

    def _all(self, values: Sequence[object]) -> list[object]:
        return [self.written(one) for one in values]


def _is_installed(module: str | None) -> bool:
    top = (module or "builtins").partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    is_package = "site-packages" in file or "dist-packages" in file
    # A file of the user's own may have the name of a standard one.
    is_standard = top in sys.stdlib_module_names and (not file or file.startswith(_STANDARD))
    return top != "__main__" and (is_package or is_standard or top == "simlimit")


def _version(module: str | None) -> tuple[str, str]:
    name = module or "builtins"
    top = name.partition(".")[0]
    said: object = getattr(sys.modules.get(top), "__version__", "")
    if not said and top not in sys.stdlib_module_names:
        said = [version(one) for one in packages_distributions().get(top, ())]
    return name, str(said)


def _defined(own: type) -> dict[str, object]:
    """Return what is defined in a class: of names with two underscores, what can be called."""
    return {
        name: one
        for name, one in vars(own).items()
        if not (isinstance(one, _DESCRIPTORS) or name.startswith("_abc_"))
        and (not name.startswith("__") or callable(one) or isinstance(one, classmethod | property))
    }


def _used(code: types.CodeType, space: dict[str, object]) -> dict[str, object]:
    """Return what code uses of its module, and of other modules of the user's own."""
    used: dict[str, object] = {}
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            used |= _used(one, space)
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    known = {**vars(builtins), **space}
    for i, step in enumerate(steps):
        name = step.argval
        if step.opname == "IMPORT_NAME":  # after its level and a list
            name = resolve_name("." * steps[i - 2].argval + name, str(space.get("__package__")))
            if not _is_installed(name):
                raise _unknown(f"the module {name} is imported within")
            used[name] = _version(name)
        elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") and name in known:
            value, after = known[name], steps[i + 1]
            if after.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, types.ModuleType):
                name, value = f"{name}.{after.argval}", getattr(value, after.argval)
            used[name] = value
    return used
