"""Many arrays as one argument: compiled code reaches them through a pointer.

numba passes an array as seven words, so a tuple of fifteen arrays costs a hundred words at every call, and
much of the time of compilation. A `Handle` writes where its arrays lie into one stretch of memory; compiled
code gets the address of that stretch, and reads from it the arrays that it uses. For Python it is an object
with the arrays as attributes.
"""

import hashlib
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.pythonapi import _UnboxContext
from numba.core.typing.templates import AttributeTemplate
from numba.np import numpy_support
from numba.np.arrayobj import populate_array

from simlimit.model.records import Record, Records

WORD = ir.IntType(64)
# The attribute with all records of a handle together, as an array of one.
ALL_RECORDS = "records"


class Member(NamedTuple):
    """What a handle holds: an array of records or numbers, one record, or another handle."""

    words: int
    """How many words say where it lies: its address, and the shape of an array; 0 of a record."""
    kind: Any

    @property
    def type(self) -> types.Type:
        """As numba knows it."""
        if isinstance(self.kind, type):
            return cast(type[Handle], self.kind).numba_type
        dtype = numpy_support.from_dtype(self.kind)
        return types.Array(dtype, self.words - 1, "C") if self.words > 0 else dtype


OtherHandle = TypeVar("OtherHandle", bound="Handle")


def array_of(dtype: npt.DTypeLike, dimensions: int = 1) -> Records:
    """Declare an array as a member of a handle."""
    return cast(Records, Member(1 + dimensions, np.dtype(dtype)))


def record_of(dtype: np.dtype[Any]) -> Record:
    """Declare a record as a member of a handle, in which it lies."""
    return Member(0, dtype)


def handle_of(kind: type[OtherHandle]) -> OtherHandle:
    """Declare another handle as a member of a handle."""
    return cast(OtherHandle, Member(1, kind))


class Handle:
    """Arrays and records that compiled functions take as one argument; a subclass declares what they are."""

    members: ClassVar[dict[str, Member]]
    layout: ClassVar[np.dtype[Any]]
    first_words: ClassVar[dict[str, int]]
    """The first word of each member that does not lie in the handle."""
    numba_type: ClassVar[types.Type]
    records: Records
    """All records of the handle together, as an array of one."""
    address: int
    _words: memoryview

    def __init_subclass__(cls) -> None:
        """Lay out the memory: the records, then where each other member lies."""
        cls.members = {name: member for name, member in vars(cls).items() if isinstance(member, Member)}
        inside = [(name, member.kind) for name, member in cls.members.items() if member.words == 0]
        records = np.dtype((np.record, np.dtype(inside, align=True)))
        places = [(name, np.int64, (member.words,)) for name, member in cls.members.items() if member.words]
        cls.layout = np.dtype([(ALL_RECORDS, records), *places], align=True)
        fields: Any = cls.layout.fields
        cls.first_words = {name: fields[name][1] // 8 for name, _, _ in places}
        cls.numba_type = HandleType(cls)
        for name in cls.members:
            delattr(cls, name)

    def __init__(self, **members: "npt.NDArray[Any] | Handle") -> None:
        memory = np.zeros(1, self.layout)
        records, words = memory[ALL_RECORDS], memory.view(np.uint8).data.cast("q")
        inside = {name: records[name][0] for name in records.dtype.names or ()}
        inside |= {"_memory": memory, "_words": words, "address": memory.ctypes.data, ALL_RECORDS: records}
        vars(self).update(inside)
        for name, member in members.items():
            self.attach(name, member)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: compiled code would not see it."""
        raise AttributeError(f"{type(self).__name__}.{name} cannot be assigned: attach arrays with attach().")

    def attach(self, name: str, member: "npt.NDArray[Any] | Handle") -> None:
        """Let an array (or a handle) take the place of one that is too small, or of none."""
        declared = self.members[name]
        if isinstance(member, Handle):
            where: tuple[int, ...] = (member.address,)
        else:
            where = (member.ctypes.data, *member.shape)
            if member.dtype != declared.kind or not member.flags.c_contiguous:
                raise TypeError(f"{name} must be a contiguous array of {declared.kind}.")
        if len(where) != declared.words:
            raise TypeError(f"{name} has {len(where) - 1} dimensions, but must have {declared.words - 1}.")
        vars(self)[name] = member
        for word, number in enumerate(where, self.first_words[name]):
            self._words[word] = number

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as arrays: addresses mean nothing elsewhere."""
        places = {name: vars(self)[name] for name in self.first_words if name in vars(self)}
        return _restored, (type(self), self.records, places)


def _restored(kind: type[Handle], records: Records, members: dict[str, Any]) -> Handle:
    handle = kind(**members)
    handle.records[:] = records
    return handle


class HandleType(types.Type):
    """A handle as numba knows it: its members, and where they stand in its memory."""

    def __init__(self, kind: type[Handle]) -> None:
        fields: Any = kind.layout.fields
        # The records come first, so that their places are those in the whole.
        places = fields | (fields[ALL_RECORDS][0].fields or {})
        self.members = {name: (places[name][1], member.type) for name, member in kind.members.items()}
        # A short name, since the names of compiled functions repeat it.
        digest = hashlib.sha256(repr(self.members).encode()).hexdigest()[:16]
        super().__init__(f"{kind.__name__}_{digest}")


@extending.typeof_impl.register(Handle)
def _type_of_handle(value: Handle, _: object) -> types.Type:
    return value.numba_type


# A handle is an address.
extending.register_model(HandleType)(extending.models.OpaqueModel)


@extending.unbox(HandleType)
def _unbox_handle(kind: HandleType, value: ir.Value, c: _UnboxContext) -> extending.NativeValue:
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_voidptr(number)
    c.pyapi.decref(number)
    return extending.NativeValue(address, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@extending.infer_getattr
class _HandleAttribute(AttributeTemplate):
    key = HandleType

    def generic_resolve(self, kind: HandleType, name: str) -> types.Type | None:
        return kind.members[name][1] if name in kind.members else None


@extending.lower_getattr_generic(HandleType)
def _lower_attribute(
    context: BaseContext, builder: ir.IRBuilder, kind: HandleType, address: ir.Value, name: str
) -> ir.Value:
    offset, member = kind.members[name]
    place = builder.gep(address, [WORD(offset)])
    if isinstance(member, types.Record):
        return builder.bitcast(place, context.get_value_type(member))
    if isinstance(member, HandleType):
        return builder.inttoptr(_read_word(builder, place, 0), cgutils.voidptr_t)
    words = [_read_word(builder, place, word) for word in range(1 + member.ndim)]
    array = context.make_array(member)(context, builder)
    itemsize = context.get_abi_sizeof(context.get_data_type(member.dtype))
    strides = [WORD(itemsize)]
    for length in reversed(words[2:]):
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.inttoptr(words[0], array.data.type)
    populate_array(array, data, words[1:], strides, itemsize, meminfo=None)
    return array._getvalue()


def _read_word(builder: ir.IRBuilder, place: ir.Value, word: int) -> ir.Value:
    """Read one word; no array moves during a compiled call, so it need not be read again."""
    pointer = builder.gep(builder.bitcast(place, WORD.as_pointer()), [WORD(word)])
    value = builder.load(pointer)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value
