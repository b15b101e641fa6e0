"""The standard streams of a process: that one is closed or full, or has no reader any more, ends no work."""

import io
import os
import sys
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Sink(io.RawIOBase):
    """What stands below a stream: what cannot be written is dropped, and the first reason is kept."""

    def __init__(self, stream: TextIO) -> None:
        # A stream that nothing refers to is closed.
        self._stream = stream
        self._below: BinaryIO = getattr(stream.buffer, "raw", stream.buffer)
        self.failure: OSError | None = None

    def writable(self) -> bool:
        """Return True."""
        return True

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the number of the file."""
        return self._stream.fileno()

    def write(self, content: "ReadableBuffer", /) -> int:
        """Return how much has gone, or, from the first failure on, that all has."""
        if self.failure is None:
            try:
                # A pipe that does not wait for its reader is tried again.
                return self._below.write(content) or 0
            except OSError as failure:
                self.failure = failure
        return memoryview(content).nbytes


def mend(name: str) -> Sink:
    """Put a stream that raises no error in place of `stdout` or `stderr`; return what stands below it."""
    # A stream that was closed is None, and nothing is wanted on it.
    stream: TextIO = getattr(sys, name) or io.TextIOWrapper(io.FileIO(os.devnull, "w"))
    sink = Sink(stream)
    # A letter that the terminal has not is shown by its number.
    writer = io.TextIOWrapper(
        io.BufferedWriter(sink), stream.encoding, "backslashreplace", line_buffering=True
    )
    setattr(sys, name, writer)
    return sink
