"""What is said on stderr while one waits, or has had enough."""

import argparse
import sys

from simlimit.cli.stopping import be_undisturbed
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.study import Study


def what_is_done(stop: StudyInterrupted, options: argparse.Namespace) -> dict[str, Study]:
    """Say how far a study had come when it was interrupted, and return what there is; without any, end.

    From here on, another Ctrl-C does nothing: it would lose what is done while that is printed and written.
    """
    be_undisturbed()
    on = "" if options.store is None else f"; the same command continues from {options.store}"
    if not stop.studies:
        raise KeyboardInterrupt(f"interrupted; no replication was done{on}.")
    done = len(next(iter(stop.studies.values())))
    print(f"simlimit: interrupted; replications done and kept: {done:,}{on}.", file=sys.stderr)
    return stop.studies


def say_if_not_precise(*studies: Study) -> None:
    """Say that a precision was asked for and not reached."""
    if any(study.is_precise is False for study in studies):
        print(
            f"simlimit: the precision is not reached within {len(studies[0]):,} replications; "
            "--replications may allow more.",
            file=sys.stderr,
        )
