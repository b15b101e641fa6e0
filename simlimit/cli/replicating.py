"""What commands that make many replications share: their options, and keeping what Ctrl-C interrupts."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from simlimit.cli.arguments import Parser, add_seed, whole
from simlimit.cli.notices import what_is_done
from simlimit.cli.results import output_folder
from simlimit.errors import SimlimitError
from simlimit.model.grouping import ATTRIBUTES, NUMBERS, make_grouping
from simlimit.run.options import FOLLOW_UP_DAYS, LONGEST_FOLLOW_UP
from simlimit.study.options import MOST_WORKERS, Options
from simlimit.study.precision import DEFAULT_METRIC, target_half_widths
from simlimit.study.replicating import MOST_REPLICATIONS, StudyInterrupted
from simlimit.study.study import Study

R = TypeVar("R")

REPLICATIONS = 200
MOST_IF_PRECISE = 10_000


def add_study_options(parser: Parser) -> None:
    """Add the options of replications: how many, and how they are made."""
    parser.add_argument(
        "--replications",
        metavar="N",
        type=whole(MOST_REPLICATIONS, least=1),
        help=f"how many (default: {REPLICATIONS}); with --precision, at most so many "
        f"(default: {MOST_IF_PRECISE:,})",
    )
    parser.add_argument(
        "--precision",
        metavar="[METRIC=]P",
        type=_precision,
        action="append",
        default=[],
        help="stop as soon as half the 95 %% interval is at most this share of the estimate, such as 0.01, "
        f"of {DEFAULT_METRIC} or of the metric that is named; repeatable",
    )
    add_seed(parser, "which histories")
    parser.add_argument(
        "--follow-up",
        metavar="DAYS",
        type=whole(LONGEST_FOLLOW_UP),
        default=FOLLOW_UP_DAYS,
        help="how long each repaid amount is followed (default: %(default)s)",
    )
    parser.add_argument(
        "--by",
        metavar="ATTRIBUTE",
        choices=ATTRIBUTES,
        default="region",
        help=f"which borrowers are counted apart: by {', '.join(ATTRIBUTES)} (default: %(default)s)",
    )
    parser.add_argument(
        "--bands",
        metavar="BOUND,...",
        type=_bands,
        default=(),
        help="bounds between groups where --by is a number, ascending: --by score --bands 0.6,0.8",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=whole(MOST_WORKERS, least=1),
        help="threads (default: one per processor)",
    )
    parser.add_argument(
        "--store",
        metavar="DIR",
        help="a folder that keeps every replication as soon as it is done; "
        "the same command continues from it, whatever ended it",
    )


def replicate_as_told(
    options: argparse.Namespace,
    make: Callable[..., R],
    of_studies: Callable[[dict[str, Study]], R],
    write: Callable[[R, Path], None],
) -> tuple[R, bool]:
    """Make a result and write it into the output folder; Ctrl-C keeps the replications that are done.

    Parameters
    ----------
    options : argparse.Namespace
    make : callable
        Takes the number of replications, the seed, and the options of `simlimit.replicate`.
    of_studies : callable
        Makes the result of the studies that are done.
    write : callable
        Writes the result into a folder.

    Returns
    -------
    tuple of the result and bool
        The flag is False after an interruption.
    """
    number, chosen = read_replications(options), read_study_options(options)
    is_whole = True
    with output_folder(options.out) as draft:
        try:
            result = make(number, options.seed, **chosen)
        except StudyInterrupted as stop:
            result = of_studies(what_is_done(stop, options))
            is_whole = False
        if draft is not None:
            write(result, draft)
    return result, is_whole


def read_replications(options: argparse.Namespace) -> int:
    """Return the number of replications; with a precision, the largest."""
    if options.replications is not None:
        return int(options.replications)
    return MOST_IF_PRECISE if options.precision else REPLICATIONS


def read_study_options(options: argparse.Namespace) -> Options:
    """Return the options of `simlimit.replicate`, checked before anything is simulated."""
    precision = dict(options.precision) or None
    if precision is not None:
        target_half_widths(precision)
    if options.by in NUMBERS and not options.bands:
        raise SimlimitError(
            f"--by is {options.by}, a number, and needs --bands: the bounds between its groups, ascending, "
            "as in --by score --bands 0.6,0.8."
        )
    make_grouping(options.by, options.bands, regions=())
    return {
        "precision": precision,
        "workers": options.workers,
        "store": options.store,
        "follow_up_days": options.follow_up,
        "by": options.by,
        "bands": options.bands,
        "progress": not options.quiet,
    }


def _precision(text: str) -> tuple[str, float]:
    metric, equals, number = text.rpartition("=")
    try:
        return (metric.strip() if equals else DEFAULT_METRIC), float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number nor METRIC=NUMBER, such as days_review=0.05"
        ) from None


def _bands(text: str) -> tuple[float, ...]:
    try:
        bands = tuple(float(part) for part in text.split(","))
    except ValueError:
        bands = (math.nan,)
    if not all(map(math.isfinite, bands)):
        raise argparse.ArgumentTypeError(f"{text!r} is not numbers with commas between them, such as 0.6,0.8")
    return bands
