"""What is said on stderr while one waits, or has had enough."""

import argparse
import sys
from collections.abc import Iterable

from simlimit.books.portfolio import read_portfolio
from simlimit.cli.stopping import be_undisturbed
from simlimit.model.compiling import is_compiled
from simlimit.scenario import Scenario
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.study import Study


def announce_compilation(scenarios: Iterable[Scenario]) -> None:
    """Say that the first run takes longer, unless it will be refused anyway for its portfolio."""
    if is_compiled():
        return
    for scenario in scenarios:
        if scenario.population.portfolio is not None:
            read_portfolio(scenario.population.portfolio)
    print("compiling the model (once per installation) ...", file=sys.stderr, flush=True)


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
