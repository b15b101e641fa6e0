"""Messages on stderr: of an interrupted study, and of a precision that was not reached."""

import argparse
import sys

from simlimit.cli.stopping import ignore_signals
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.study import Study


def what_is_done(stop: StudyInterrupted, options: argparse.Namespace) -> dict[str, Study]:
    """Say how many replications an interrupted study has done, and return its studies; end if it has none.

    From here on Ctrl-C does nothing: it would lose the studies while they are printed and written.
    """
    ignore_signals()
    on = "" if options.store is None else f"; the same command continues from {options.store}"
    if not stop.studies:
        raise KeyboardInterrupt(f"interrupted; no replication was done{on}.")
    done = len(next(iter(stop.studies.values())))
    print(f"simlimit: interrupted; replications done and kept: {done:,}{on}.", file=sys.stderr)
    return stop.studies


def say_if_not_precise(*studies: Study) -> None:
    """Say that the precision was not reached, if so."""
    if any(study.is_precise is False for study in studies):
        print(
            f"simlimit: the precision is not reached within {len(studies[0]):,} replications; "
            "--replications may allow more.",
            file=sys.stderr,
        )
