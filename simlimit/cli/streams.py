"""The standard streams of a process: that one is closed or full, or has no reader any more, ends no work."""

import io
import os
import sys


class Stream(io.TextIOWrapper):
    """A stream that drops what cannot be written, from the first time on, and keeps the reason."""

    failure: OSError | None = None

    def write(self, text: str, /) -> int:
        """Write a text, or drop it."""
        try:
            return super().write(text)
        except OSError as failure:
            self._drop(failure)
            return len(text)

    def flush(self) -> None:
        """Write what is left, or drop it."""
        try:
            super().flush()
        except OSError as failure:
            self._drop(failure)

    def _drop(self, failure: OSError) -> None:
        self.failure = failure
        # What is still in the buffers must go somewhere, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def say(sentence: str) -> None:
    """Say on stderr what the program has to say beside its result."""
    print(f"simlimit: {sentence}", file=sys.stderr)


def mend(name: str) -> Stream:
    """Put such a stream in the place of `stdout` or `stderr`, and return it."""
    old = getattr(sys, name)
    # What was closed is None: nothing is wanted there.
    buffer, encoding = (old.buffer, old.encoding) if old else (io.FileIO(os.devnull, "w"), "utf-8")
    # A letter that the terminal has not is shown by its number.
    stream = Stream(buffer, encoding, "backslashreplace", line_buffering=True)
    setattr(sys, name, stream)
    return stream
