"""Copies of the processes of one's own: each replication begins with a fresh one, wherever it runs."""

import io
import types
from collections import ChainMap
from collections.abc import Sequence
from typing import ClassVar

import cloudpickle

from simlimit.arguments import shown
from simlimit.drivers.simpy_driver import UserProcess
from simlimit.errors import SimlimitError


def pickled(processes: Sequence[UserProcess]) -> bytes:
    """Return processes by value, with all that they use but modules, as `pickle.loads` reads them.

    Examples
    --------
    >>> import pickle
    >>> from simlimit.study.process_copies import pickled
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
        raise SimlimitError(
            f"processes is {shown(processes)}, but must be what can be copied for each replication: make "
            f"within it what cannot ({type(error).__name__}: {error})."
        ) from None
    return content.getvalue()


def _reduced(code: types.CodeType) -> tuple[object, ...]:
    """Return how to make a piece of compiled Python again, with its file."""
    make, arguments = cloudpickle.Pickler.dispatch_table[types.CodeType](code)
    return make, tuple(code.co_filename if one == "<dynamic-code>" else one for one in arguments)


class _Pickler(cloudpickle.Pickler):
    """Left alone, cloudpickle forgets the file of code, which tracebacks name."""

    dispatch_table: ClassVar = ChainMap({types.CodeType: _reduced}, cloudpickle.Pickler.dispatch_table)
