"""What commands that make many replications share: their options, and keeping what Ctrl-C interrupts."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from simlimit.arguments import as_choices
from simlimit.cli.arguments import Parser, add_seed, reader, whole
from simlimit.cli.results import check_output
from simlimit.cli.stopping import ignore_signals
from simlimit.errors import SimlimitError
from simlimit.model.grouping import ATTRIBUTES, NUMBERS
from simlimit.run.options import FOLLOW_UP_DAYS, LONGEST_FOLLOW_UP
from simlimit.study.draws import MOST_REPLICATIONS
from simlimit.study.options import MOST_WORKERS
from simlimit.study.precision import DEFAULT_METRIC
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.study import Study

R = TypeVar("R")

REPLICATIONS = 200
MOST_IF_PRECISE = 10_000
_PASSED_ON = ("workers", "store", "follow_up_days", "by", "bands", "progress")


def add_study_options(parser: Parser) -> None:
    """Add the options of replications: how many, and how they are made."""
    number = (
        f"how many (default: {REPLICATIONS}); with --precision, at most so many "
        f"(default: {MOST_IF_PRECISE:,})"
    )
    parser.add_option("--replications", "N", number, type=whole(MOST_REPLICATIONS, least=1))
    precision = (
        "stop as soon as half the 95 %% interval is at most this share of the estimate, such as 0.01, "
        f"of {DEFAULT_METRIC} or of the metric that is named; repeatable"
    )
    parser.add_option("--precision", "[METRIC=]P", precision, type=_PRECISION, action="append", default=[])
    add_seed(parser, "which histories")
    followed = {"type": whole(LONGEST_FOLLOW_UP), "default": FOLLOW_UP_DAYS, "dest": "follow_up_days"}
    days = "how long each repaid amount is followed (default: %(default)s)"
    parser.add_option("--follow-up", "DAYS", days, **followed)
    by = (
        f"which borrowers are counted apart: by {', '.join(ATTRIBUTES)}, or by several with commas between "
        "them (default: region)"
    )
    parser.add_option("--by", "ATTRIBUTE,...", by, type=_BY, default=["region"])
    bands = "bounds between groups where --by is a number, ascending: --by score --bands 0.6,0.8"
    parser.add_option("--bands", "BOUND,...", bands, type=_BANDS, default=())
    workers = "threads (default: one per processor)"
    parser.add_option("--workers", "N", workers, type=whole(MOST_WORKERS, least=1))
    store = (
        "a folder that keeps every replication as soon as it is done; the same command continues from it, "
        "whatever ended it"
    )
    parser.add_option("--store", "DIR", store)


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


def _precision(text: str) -> tuple[str, float]:
    metric, equals, number = text.rpartition("=")
    return (metric.strip() if equals else DEFAULT_METRIC), float(number)


def _by(text: str) -> list[str]:
    return as_choices("by", text.split(","), ATTRIBUTES)


def _bands(text: str) -> tuple[float, ...]:
    return tuple(np.asarray_chkfinite(text.split(","), np.float64).tolist())


_PRECISION = reader(_precision, "neither a number nor METRIC=NUMBER, such as days_review=0.05")
_BY = reader(_by, f"not one or several of {', '.join(ATTRIBUTES)} with commas between them")
_BANDS = reader(_bands, "not numbers with commas between them, such as 0.6,0.8")
