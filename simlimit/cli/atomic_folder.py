"""A folder of results that is written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simlimit.errors import SimlimitError


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    r"""Give a draft folder that takes the place of `path` at the end, and vanishes on any error.

    Parameters
    ----------
    path : str or Path
        A folder that does not exist yet, or is empty; the folder around it must exist.

    Yields
    ------
    Path
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
    # Not Path.resolve, which raises another error for a loop of links.
    target = Path(os.path.realpath(path))
    try:
        if not os.path.lexists(target):
            # Whether it can be made is better known now than at the end.
            target.mkdir()
            target.rmdir()
        elif not target.is_dir() or any(target.iterdir()):
            raise SimlimitError(
                f"{target} is there already, but the output must be a folder that is new or empty."
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
