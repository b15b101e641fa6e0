"""What commands that make many replications share, such as keeping what Ctrl-C interrupts."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from simlimit.cli.arguments import MOST_IF_PRECISE, REPLICATIONS
from simlimit.cli.results import check_output
from simlimit.cli.stopping import ignore_signals
from simlimit.errors import SimlimitError
from simlimit.model.grouping import NUMBERS
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.study import Study

R = TypeVar("R")

_PASSED_ON = ("workers", "store", "follow_up_days", "by", "bands", "progress")


def replicate_from_options(
    options: argparse.Namespace, make: Callable[..., R], of_studies: Callable[[dict[str, Study]], R]
) -> tuple[R, bool]:
    """Make a result, if it can be written; Ctrl-C keeps the replications that are done.

    Parameters
    ----------
    options : argparse.Namespace
    make : callable
        Takes the number of replications, the seed, and the options of `simlimit.replicate`.
    of_studies : callable
        Makes the result of the studies that are done.

    Returns
    -------
    tuple of the result and bool
        The flag is False after an interruption.
    """
    for number in {*options.by} & {*NUMBERS} if not options.bands else ():
        raise SimlimitError(
            f"--by is {number}, a number, and needs --bands: the bounds between its groups, ascending, "
            "as in --by score --bands 0.6,0.8."
        )
    number = options.replications or (MOST_IF_PRECISE if options.precision else REPLICATIONS)
    chosen: dict[str, Any] = {name: getattr(options, name) for name in _PASSED_ON}
    if options.out is not None:
        check_output(options.out, options.store)
    try:
        return make(number, options.seed, precision=dict(options.precision) or None, **chosen), True
    except StudyInterrupted as stop:
        return of_studies(_what_is_done(stop, options)), False


def say_if_not_precise(*studies: Study) -> None:
    """Say on stderr that the precision was not reached, if so."""
    if any(study.is_precise is False for study in studies):
        print(
            f"simlimit: the precision is not reached within {len(studies[0]):,} replications; "
            "--replications may allow more.",
            file=sys.stderr,
        )


def _what_is_done(stop: StudyInterrupted, options: argparse.Namespace) -> dict[str, Study]:
    """Say how many replications an interrupted study has done, and return its studies; end if it has none.

    From here on Ctrl-C does nothing: it would lose the studies while they are printed and written.
    """
    ignore_signals()
    on = "" if options.store is None else f"; the same command continues from {options.store}"
    if on and options.out is not None:
        on += f" and then writes {options.out}"
    if not stop.studies:
        raise KeyboardInterrupt(f"interrupted; no replication was done{on}.")
    done = len(next(iter(stop.studies.values())))
    where = "" if options.store or options.out else "; with --store the same command would continue"
    print(f"simlimit: interrupted; replications done: {done:,}{on or where}.", file=sys.stderr)
    return stop.studies
