"""Many arrays as one argument: compiled code reaches them through a pointer.

numba passes an array as seven words, so a tuple of fifteen arrays costs a hundred words at every call, and
most of the time of compilation. A `Handle` writes where its arrays lie into one stretch of memory; compiled
code gets the address of that stretch, and reads from it the arrays that it uses. For Python it is an object
with the arrays as attributes.
"""

from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.datamodel import DataModelManager
from numba.core.pythonapi import _UnboxContext
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
Member: TypeAlias = "tuple[np.dtype[Any], int] | type[Handle]"
"""An array of a dtype and a number of dimensions, or another handle."""


class Handle:
    """Arrays that compiled functions take as one argument.

    A subclass says what it holds: ``members`` names each array with its dtype and number of dimensions, or
    another handle with its class; ``records`` is a dtype of nested records, which lie in the handle itself.
    Each is an attribute, in Python and in compiled code; all records together are the attribute ``platform``,
    an array of one.
    """

    members: ClassVar[dict[str, Member]]
    records: ClassVar[np.dtype[Any] | None] = None
    _layout: ClassVar[np.dtype[Any]]
    _type: ClassVar["HandleType"]

    def __init_subclass__(cls) -> None:
        """Lay out the memory: the records, then the address of each member, and its shape."""
        own = [] if cls.records is None else [("platform", cls.records)]
        places = [(name, np.int64, (_words(member),)) for name, member in cls.members.items()]
        cls._layout = np.dtype([*own, *places], align=True)
        cls._type = HandleType(cls)

    def __init__(self, **members: "Array | Handle") -> None:
        self._memory = np.zeros(1, self._layout)
        self.address = self._memory.ctypes.data
        if self.records is not None:
            self.platform = self._memory["platform"]
            for name in self.records.names or ():
                setattr(self, name, self.platform[name][0])
        for name, member in members.items():
            self.attach(name, member)

    def attach(self, name: str, member: "Array | Handle") -> None:
        """Let an array (or a handle) take the place of one that is too small, or of none."""
        setattr(self, name, member)
        if isinstance(member, Handle):
            self._memory[name][0] = member.address
        else:
            dtype, dimensions = self.members[name]
            assert (member.dtype, member.ndim) == (dtype, dimensions), name
            assert member.flags.c_contiguous, name
            self._memory[name][0] = (member.ctypes.data, *member.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as arrays: addresses mean nothing elsewhere."""
        platform = None if self.records is None else self.platform
        return _restored, (type(self), platform, {name: getattr(self, name) for name in self.members})


def _restored(cls: type[Handle], platform: Array | None, members: dict[str, Any]) -> Handle:
    handle = cls(**members)
    if platform is not None:
        handle.platform[:] = platform
    return handle


def _words(member: Member) -> int:
    """Return how many words say where a member lies: its address and, of an array, its shape."""
    return 1 if isinstance(member, type) else 1 + int(member[1])


class HandleType(types.Type):
    """The type of a handle for numba: what it holds, and where in its memory."""

    def __init__(self, cls: type[Handle]) -> None:
        fields = cls._layout.fields or {}
        self.members: dict[str, tuple[int, types.Type]] = {}
        for name, member in cls.members.items():
            self.members[name] = (fields[name][1], _type_of_member(member))
        if cls.records is not None:
            for name, field in (cls.records.fields or {}).items():
                self.members[name] = (field[1], numpy_support.from_dtype(field[0]))
            platform = types.Array(numpy_support.from_dtype(cls.records), 1, "C")
            self.members["platform"] = (0, platform)
        super().__init__(f"{cls.__module__}.{cls.__name__}({cls._layout}, {cls.members})")


def _type_of_member(member: Member) -> types.Type:
    if isinstance(member, type):
        return member._type
    dtype, dimensions = member
    return types.Array(numpy_support.from_dtype(dtype), dimensions, "C")


@typeof_impl.register(Handle)
def _type_of_handle(value: Handle, _: object) -> HandleType:
    return value._type


@register_model(HandleType)
class _HandleModel(models.PrimitiveModel):  # type: ignore[misc]
    """A handle is an address."""

    def __init__(self, manager: DataModelManager, kind: HandleType) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@unbox(HandleType)
def _unbox_handle(kind: HandleType, value: ir.Value, c: _UnboxContext) -> NativeValue:
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
def _lower_attribute(
    context: BaseContext, builder: ir.IRBuilder, kind: HandleType, address: ir.Value, name: str
) -> ir.Value:
    offset, member = kind.members[name]
    place = builder.gep(address, [ir.Constant(ir.IntType(64), offset)])
    if isinstance(member, types.Record):
        return builder.bitcast(place, context.get_value_type(member))
    if isinstance(member, HandleType):
        return builder.inttoptr(_read_word(builder, place, 0), cgutils.voidptr_t)
    if name == "platform":
        integer = ir.IntType(64)
        words = [builder.ptrtoint(place, integer), ir.Constant(integer, 1)]
    else:
        words = [_read_word(builder, place, word) for word in range(1 + member.ndim)]
    array = context.make_array(member)(context, builder)
    itemsize = context.get_abi_sizeof(context.get_data_type(member.dtype))
    strides = [ir.Constant(words[0].type, itemsize)]
    for length in reversed(words[2:]):
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.inttoptr(words[0], array.data.type)
    populate_array(array, data, words[1:], strides, itemsize, meminfo=None)
    return array._getvalue()


def _read_word(builder: ir.IRBuilder, place: ir.Value, word: int) -> ir.Value:
    """Read one word; no array moves during a compiled call, so it need not be read again."""
    integer = ir.IntType(64)
    pointer = builder.gep(builder.bitcast(place, integer.as_pointer()), [ir.Constant(integer, word)])
    value = builder.load(pointer)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value
