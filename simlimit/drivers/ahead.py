"""Ask for memory ahead of its use, so that it is there when its turn comes."""

from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from simlimit.model.state import Records

READ, KEEP, DATA = 0, 3, 1


@intrinsic
def _prefetch(_typing: Any, records: types.Array, index: types.Integer) -> Any:
    """Emit the processor's instruction for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(records)(context, builder, arguments[0])
        place = builder.mul(arguments[1], array.itemsize)
        byte = ir.IntType(8)
        address = builder.gep(builder.bitcast(array.data, byte.as_pointer()), [place])
        prefetch = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte.as_pointer(), *[ir.IntType(32)] * 3]),
            "llvm.prefetch.p0",
        )
        builder.call(prefetch, [address, *(ir.Constant(ir.IntType(32), x) for x in (READ, KEEP, DATA))])
        return context.get_dummy_value()

    return types.void(records, types.int64), generate


def _nothing(records: Records, index: int) -> None:
    """Plain Python has nothing to ask for."""


prefetch = _nothing if numba.config.DISABLE_JIT else _prefetch
