"""What a process may look at and not touch: the arrays of a run."""

import numpy as np

from simlimit.model.handle import Handle
from simlimit.model.records import Record


class ReadOnly:
    """A handle of which the arrays and records, as they are now, can be read but not written to."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __getattr__(self, name: str) -> Record:
        if name.startswith("_") or name not in self._handle.members:
            raise AttributeError(f"There is no {name} here.")
        member = getattr(self._handle, name)
        if isinstance(member, Handle):
            return ReadOnly(member)
        view = self._handle.records.view() if isinstance(member, np.record) else member.view()
        view.flags.writeable = False
        return view[name][0] if isinstance(member, np.record) else view
