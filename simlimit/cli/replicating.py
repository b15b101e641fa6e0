"""The options of the commands that make many replications."""

import argparse
import math

from simlimit.cli.arguments import Parser, add_seed, whole
from simlimit.errors import SimlimitError
from simlimit.model.grouping import ATTRIBUTES, NUMBERS, make_grouping
from simlimit.run.options import FOLLOW_UP_DAYS, LONGEST_FOLLOW_UP
from simlimit.study.plan import MOST_WORKERS, Options
from simlimit.study.precision import DEFAULT, wanted
from simlimit.study.replicating import MOST

REPLICATIONS = 200
MOST_IF_PRECISE = 10_000


def add_study_options(parser: Parser) -> None:
    """Let it be said how many replications are made, and how."""
    parser.add_argument(
        "--replications",
        metavar="N",
        type=whole(MOST, least=1),
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
        f"of {DEFAULT} or of the metric that is named; repeatable",
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


def read_replications(options: argparse.Namespace) -> int:
    """Return how many replications are wanted, or allowed."""
    if options.replications is not None:
        return int(options.replications)
    return MOST_IF_PRECISE if options.precision else REPLICATIONS


def read_study_options(options: argparse.Namespace) -> Options:
    """Return what the library is told, after what can be refused without simulating has been."""
    precision = dict(options.precision) or None
    if precision is not None:
        wanted(precision)
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
        return (metric.strip() if equals else DEFAULT), float(number)
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
