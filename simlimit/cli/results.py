"""What becomes of a result: it is written into a folder, atomically, and printed."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simlimit.errors import SimlimitError


@contextmanager
def atomic_folder(path: str | Path | None) -> Iterator[Path | None]:
    r"""Give a draft folder that takes the place of `path` at the end, and vanishes on any error.

    Parameters
    ----------
    path : str, Path or None
        A folder that does not exist yet, or is empty; the folder around it must exist. Without a path there
        is no folder.

    Yields
    ------
    Path or None
        The draft, beside `path`, so that it is on the same disk.

    Raises
    ------
    SimlimitError
        At once, if `path` cannot become such a folder; at the end, if a write failed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> results = pathlib.Path(tempfile.mkdtemp()) / "results"
    >>> with atomic_folder(results) as draft:
    ...     _ = (draft / "table.csv").write_text("day\n0\n")
    ...     results.exists()
    False
    >>> (results / "table.csv").exists()
    True
    """
    if path is None:
        yield None
        return
    # Not Path.resolve, which raises another error for a loop of links.
    target = Path(os.path.realpath(path))
    try:
        if not os.path.lexists(target):
            # Whether it can be made is better known now than at the end.
            target.mkdir()
            target.rmdir()
        elif not target.is_dir() or any(target.iterdir()):
            raise SimlimitError(
                f"{target} already exists, but the output must be a folder that is new or empty."
            )
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".simlimit-") as workshop:
            # A folder in the workshop, since the workshop itself is for its owner's eyes only.
            draft = Path(workshop) / "draft"
            draft.mkdir()
            yield draft
            if target.exists():
                target.rmdir()
            draft.rename(target)
    except OSError as error:
        raise SimlimitError(f"{target} cannot be written: {error.strerror or error}.") from None


def print_result(options: argparse.Namespace, *texts: object) -> None:
    """Print a result, and where it was written if it was."""
    print(*texts, sep="\n\n")
    if options.out is not None:
        print(f"\nwritten to {options.out}")
