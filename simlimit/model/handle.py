"""Many arrays as one argument: compiled code reaches them through a pointer.

numba passes an array as seven words, so a tuple of fifteen arrays costs a hundred words at every call, and
most of the time of compilation. A `Handle` writes where its arrays lie into one stretch of memory; compiled
code gets the address of that stretch, and reads from it the arrays that it uses. For Python it is an object
with the arrays as attributes.
"""

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np import numpy_support
from numba.np.arrayobj import populate_array

Array = npt.NDArray[Any]


class Handle:
    """Arrays that compiled functions take as one argument.

    A subclass says what it holds: ``arrays`` names each array with its dtype and number of dimensions, and
    ``records`` is a dtype of nested records, which lie in the handle itself. Each is an attribute, in Python
    and in compiled code; all records together are the attribute ``platform``, an array of one.
    """

    arrays: ClassVar[dict[str, tuple[Any, int]]]
    records: ClassVar[np.dtype[Any] | None] = None
    _layout: ClassVar[np.dtype[Any]]
    _type: ClassVar["HandleType"]

    def __init_subclass__(cls) -> None:
        """Lay out the memory: the records, then the address and the shape of each array."""
        own = [] if cls.records is None else [("platform", cls.records)]
        places = [(name, np.int64, (1 + dimensions,)) for name, (_, dimensions) in cls.arrays.items()]
        cls._layout = np.dtype([*own, *places], align=True)
        cls._type = HandleType(cls)

    def __init__(self, **arrays: Array) -> None:
        self._memory = np.zeros(1, self._layout)
        self.address = self._memory.ctypes.data
        if self.records is not None:
            self.platform = self._memory["platform"]
            for name in self.records.names or ():
                setattr(self, name, self.platform[name][0])
        for name, array in arrays.items():
            self.attach(name, array)

    def attach(self, name: str, array: Array) -> None:
        """Let an array take the place of one that is too small, or of none."""
        dtype, dimensions = self.arrays[name]
        assert array.dtype == dtype and array.ndim == dimensions and array.flags.c_contiguous, name
        setattr(self, name, array)
        self._memory[name][0] = (array.ctypes.data, *array.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as arrays: addresses mean nothing elsewhere."""
        platform = None if self.records is None else self.platform
        return _restored, (type(self), platform, {name: getattr(self, name) for name in self.arrays})

    @classmethod
    def restored(cls, platform: Array | None, arrays: dict[str, Array]) -> Self:
        """Return a handle of such arrays and records."""
        handle = cls(**arrays)
        if platform is not None:
            handle.platform[:] = platform
        return handle


def _restored(cls: type[Handle], platform: Array | None, arrays: dict[str, Array]) -> Handle:
    return cls.restored(platform, arrays)


class HandleType(types.Type):
    """The type of a handle for numba: what it holds, and where in its memory."""

    def __init__(self, cls: type[Handle]) -> None:
        fields = cls._layout.fields or {}
        self.members: dict[str, tuple[int, types.Type]] = {}
        for name, (dtype, dimensions) in cls.arrays.items():
            kind = types.Array(numpy_support.from_dtype(np.dtype(dtype)), dimensions, "C")
            self.members[name] = (fields[name][1], kind)
        if cls.records is not None:
            for name, field in (cls.records.fields or {}).items():
                self.members[name] = (field[1], numpy_support.from_dtype(field[0]))
            self.platform = numpy_support.from_dtype(cls.records)
        super().__init__(f"{cls.__module__}.{cls.__name__}({cls._layout}, {cls.arrays})")


@typeof_impl.register(Handle)
def _type_of_handle(value: Handle, _: Any) -> HandleType:
    return value._type


@register_model(HandleType)
class _HandleModel(models.PrimitiveModel):  # type: ignore[misc]
    """A handle is an address."""

    def __init__(self, manager: Any, kind: HandleType) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@unbox(HandleType)
def _unbox_handle(kind: HandleType, value: Any, c: Any) -> NativeValue:
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_voidptr(number)
    c.pyapi.decref(number)
    return NativeValue(address, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _HandleAttribute(AttributeTemplate):  # type: ignore[misc]
    key = HandleType

    def generic_resolve(self, kind: HandleType, name: str) -> types.Type | None:
        return kind.members[name][1] if name in kind.members else None


@lower_getattr_generic(HandleType)
def _lower_attribute(context: Any, builder: Any, kind: HandleType, address: Any, name: str) -> Any:
    offset, member = kind.members[name]
    place = builder.gep(address, [ir.Constant(ir.IntType(64), offset)])
    if isinstance(member, types.Record):
        return builder.bitcast(place, context.get_value_type(member))
    words = [_read_word(builder, place, word) for word in range(1 + member.ndim)]
    array = context.make_array(member)(context, builder)
    itemsize = context.get_abi_sizeof(context.get_data_type(member.dtype))
    strides = [ir.Constant(words[0].type, itemsize)]
    for length in reversed(words[2:]):
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.inttoptr(words[0], array.data.type)
    populate_array(array, data, words[1:], strides, itemsize, meminfo=None)
    return array._getvalue()


def _read_word(builder: Any, place: Any, word: int) -> Any:
    """Read one word; no array moves during a compiled call, so a word that was read need not be read again."""
    integer = ir.IntType(64)
    pointer = builder.gep(builder.bitcast(place, integer.as_pointer()), [ir.Constant(integer, word)])
    value = builder.load(pointer)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value
