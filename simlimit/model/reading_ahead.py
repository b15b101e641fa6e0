"""Tell the processor what comes next, so that it is in its cache by then."""

from collections.abc import Callable

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.typing.templates import Signature

from simlimit.model.memory import CACHE_LINE
from simlimit.model.records import Record, Records

WORD = ir.IntType(32)
# To be read, and into the nearest cache; data, not instructions.
READ, NEAREST, DATA = WORD(0), WORD(3), WORD(1)


def read_ahead(record: Record) -> None:
    """Ask for a record that will be needed soon; nothing waits for it, and plain Python does nothing.

    The records of more than 1,000 borrowers do not fit into the nearest caches. The processor fetches those
    of many at the same time.
    """


def read_whole(table: Records, reads: int) -> None:
    """Bring a table into the cache, if about so many reads follow, anywhere in it, that most of it is needed.

    In order it comes ten times as fast as here and there.
    """
    if table.nbytes <= reads * CACHE_LINE:
        table.sum()


@extending.type_callable(read_ahead)
def _type_read_ahead(_: object) -> Callable[[types.Type], types.Type | None]:
    return lambda record: types.none if isinstance(record, types.Record) else None


@extending.lower_builtin(read_ahead, types.Record)
def _lower_read_ahead(
    context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: list[ir.Value]
) -> ir.Value:
    address = builder.bitcast(arguments[0], cgutils.voidptr_t)
    kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, WORD, WORD, WORD])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
    for line in range(0, signature.args[0].size, CACHE_LINE):
        builder.call(prefetch, [builder.gep(address, [WORD(line)]), READ, NEAREST, DATA])
    return context.get_dummy_value()
