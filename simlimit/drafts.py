"""Drafts: what is being written carries the name of its process, so that nobody else clears it away."""

import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from simlimit.errors import SimlimitError

DRAFT = ".simlimit-draft-"
# After this time a draft of another machine is left over: each lives for seconds.
OLD_SECONDS = 24 * 3600
_OWN = f"{DRAFT}{re.sub(r'[^A-Za-z0-9]+', '_', platform.node())}-"


def draft_name() -> str:
    """Return a new name, with machine and process in it, for a file or folder that will be renamed."""
    return f"{_OWN}{os.getpid()}-{uuid.uuid4().hex}"


def remove_leftovers(folder: Path) -> None:
    """Remove the drafts of processes of this machine that have ended, and of others if they are old."""
    for path in folder.glob(f"{DRAFT}*"):
        # What cannot be looked at or removed is left: perhaps another process sweeps, too.
        with suppress(OSError):
            if _is_left_over(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_left_over(draft: Path) -> bool:
    process = draft.name.removeprefix(_OWN).partition("-")[0]
    # On other systems this question would end the process.
    if os.name == "posix" and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
    return time.time() - draft.lstat().st_mtime > OLD_SECONDS


def write_files(folder: Path, files: Mapping[str, bytes], put: Callable[[Path, Path], object]) -> None:
    """Write files atomically: all to the disk, then each into its place, in their order.

    A file takes the mode of the one whose place it takes: what only its owner may read stays so.
    """
    drafts = {name: folder / draft_name() for name in files}
    try:
        for name, content in files.items():
            with drafts[name].open("xb") as file:
                # Before there is anything to read; where there is such a file, on a disk that has modes.
                with suppress(OSError):
                    shutil.copymode(folder / name, drafts[name])
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for name, draft in drafts.items():
            put(draft, folder / name)
        _sync(folder)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    # Neither every system nor every disk can do this.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def writing(path: object, refusal: type[SimlimitError] = SimlimitError) -> Iterator[None]:
    """Say in a sentence that a file or folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise refusal(f"{path} cannot be written: {error.strerror or error}.") from None
