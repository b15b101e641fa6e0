"""What becomes of a result: it is printed, and written into a folder, atomically."""

import argparse
import csv
import io
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

import simlimit
from simlimit.arguments import as_path
from simlimit.cli.stopping import ignore_signals
from simlimit.drafts import DRAFT, draft_name, remove_leftovers, writing
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario
from simlimit.study.store import path_name

_QUOTED = re.compile(r'[,"\r\n]')
# How a formula begins, as a negative number does, too.
_FORMULA = re.compile(r"(?!-(inf|[\d.]+(e[+-]\d+)?)\Z)'*[=+\-@\t\r\n]")


def check_output(path: str, store: str | None = None) -> None:
    """Refuse an output folder unless it is new or empty, apart from the store, and can be written."""
    # Not Path.resolve, which raises another error for a loop of links.
    named = {"--out": path} | ({} if store is None else {"--store": store})
    target, *kept = (Path(os.path.realpath(as_path(name, one))) for name, one in named.items())
    if any(target.is_relative_to(one) or one.is_relative_to(target) for one in kept):
        raise SimlimitError(f"--out is {path}, but must be a folder apart from the store {store}.")
    with writing(target):
        is_new = not os.path.lexists(target)
        if not is_new and (not target.is_dir() or _is_filled(target)):
            raise SimlimitError(f"{target} already exists, but the output must be a new or empty folder.")
        remove_leftovers(target.parent if is_new else target)
        # Whether it can be written is better known now than at the end.
        probe = target if is_new else target / draft_name()
        probe.mkdir()
        probe.rmdir()


def check_report(path: str | None, language: str | None) -> None:
    """Refuse the file of a report unless it is new, and can be written, and a language without a report."""
    if path is None:
        if language is not None:
            report = "which has no effect without --report: it is the language of the report."
            raise SimlimitError(f"--language is {language}, {report}")
    elif simlimit.reports.check_place(path, "--report").exists():
        raise SimlimitError(f"--report is {path}, which already exists, but must be a new file.")


def deliver(
    options: argparse.Namespace, result: object, texts: Sequence[object], was_interrupted: bool = False
) -> None:
    """Print texts about a result; write it, if it has a folder; write its report; and say where.

    A part of a study is not written if it has a store: the folder is for what the same command makes of it.
    """
    try:
        print(*texts, sep="\n\n", flush=True)
        if was_interrupted and options.store is not None:
            return
        if options.out is not None:
            with atomic_folder(options.out) as draft:
                write_files(result, options.files, draft)
                # From here on Ctrl-C comes too late.
                ignore_signals()
            print(f"\nwritten to {options.out}")
        if options.report is not None:
            chosen = {"language": options.language or "en", "command": options.typed}
            simlimit.reports.write_report(result, options.report, **chosen)
            print(f"\nreport written to {options.report}")
    except KeyboardInterrupt:
        on = how_to_go_on(options)
        raise KeyboardInterrupt(f"interrupted; what was simulated is kept{on}." if on else "") from None


def how_to_go_on(options: argparse.Namespace) -> str:
    """Return what the same command would do after an interrupt, if it has a store."""
    if options.store is None:
        return ""
    written = "" if options.out is None else f" and then writes {options.out}"
    return f"; the same command continues from {options.store}{written}"


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    r"""Give a draft folder that takes the place of another at the end, and vanishes on any error.

    Parameters
    ----------
    path : str or Path
        Such as `check_output` allows. A folder that exists stays the same one, with its mode and owner.

    Yields
    ------
    Path
        The draft: in the folder if that exists, or beside it, so that it is on the same disk.

    Raises
    ------
    SimlimitError
        If a write failed; or if the folder has been filled in the meantime, and then it says where the
        results are.

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
    target = Path(os.path.realpath(path))
    draft = (target if target.is_dir() else target.parent) / draft_name()
    with writing(target):
        try:
            draft.mkdir()
            yield draft
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        try:
            if not os.path.lexists(target):
                draft.rename(target)
            elif _is_filled(target):
                raise OSError("Directory not empty")
            else:
                for entry in [*draft.iterdir()]:
                    entry.rename(target / entry.name)
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as error:
            # It gets a name that nobody sweeps.
            with suppress(OSError):
                draft = draft.rename(draft.with_name(f"{target.name}-{uuid.uuid4().hex[:8]}"))
            raise OSError(f"{error.strerror or error}; the results are in {draft}") from None


def _is_filled(folder: Path) -> bool:
    """Tell whether a folder has anything but drafts."""
    return not all(entry.name.startswith(DRAFT) for entry in folder.iterdir())


def write_files(result: Any, files: Sequence[str], folder: Path) -> None:  # noqa: ANN401
    """Write files of a result, and the scenarios of a comparison.

    Each file has what the method or function of its name gives: ``delay.png`` is ``result.plot.delay()``.
    """
    for file in files:
        name, _, kind = file.partition(".")
        owner = result.plot if kind == "png" else result
        made = getattr(owner, name) if hasattr(owner, name) else getattr(simlimit, name)(result)
        write = simlimit.plots.canvas.save_picture if kind == "png" else _WRITERS[kind]
        write(made() if callable(made) else made, folder / file)
    for position, (name, study) in enumerate(getattr(result, "studies", {}).items()):
        (folder / "scenarios").mkdir(exist_ok=True)
        study.scenario.save(folder / "scenarios" / f"{path_name(position, name)}.toml")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table and its index; a name that begins as a formula does gets an apostrophe before it.

    So does one with apostrophes before that, so that taking one away gives each name back.
    """
    rows = csv.reader(io.StringIO(table.to_csv(quoting=csv.QUOTE_ALL), newline=""))
    path.write_text("".join(",".join(map(_safe, row)) + "\n" for row in rows), encoding="utf-8", newline="")


def _safe(cell: str) -> str:
    cell = f"'{cell}" if _FORMULA.match(cell) else cell
    return '"{}"'.format(cell.replace('"', '""')) if _QUOTED.search(cell) else cell


_WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "csv": write_csv, "parquet": pd.DataFrame.to_parquet, "toml": Scenario.save,
}  # fmt: skip
