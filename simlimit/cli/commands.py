"""What each command does: with a scenario, one history, many, and several scenarios side by side."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from io import TextIOWrapper
from typing import Any

import simlimit
from simlimit.arguments import check_choice
from simlimit.cli import naming, stopping, streams
from simlimit.cli.arguments import COLUMNS, MOST_IF_PRECISE, REPLICATIONS
from simlimit.cli.naming import find_scenario, find_scenarios, read_change, read_changes
from simlimit.cli.results import deliver, how_to_go_on
from simlimit.errors import SimlimitError
from simlimit.model.grouping import NUMBERS
from simlimit.scenario import Scenario, dumps, presets
from simlimit.templates import filled

PROBABILITIES = (0.5, 0.75, 0.9, 0.95, 0.99)
_OF_A_LOG = ("extracted", "since", "start_date", "date_format", "encoding")


def list_presets(options: argparse.Namespace) -> None:
    """Print the names of the presets with a line each."""
    lines = presets()["description"]
    width = max(len(str(name)) for name in lines.index)
    for name, line in lines.items():
        print(f"{name:<{width}}  {line}")


def print_scenario(options: argparse.Namespace) -> None:
    """Print a scenario as TOML."""
    if isinstance(sys.stdout, TextIOWrapper):
        # What is sent into a file is read as UTF-8.
        sys.stdout.reconfigure(encoding="utf-8")
    print(dumps(find_scenario(options.scenario)), end="")


def run_scenario(options: argparse.Namespace) -> None:
    """Simulate one history, print its table of causes, and write its tables and its figure."""
    run = simlimit.simulate(_changed_scenario(options), **_passed_on(options))
    deliver(options, run, [run])


def study_scenario(options: argparse.Namespace) -> bool:
    """Make a study, print its summary and its quantiles, and write all its tables."""
    return _replicate(options, partial(simlimit.replicate, _changed_scenario(options)))


def compare_scenarios(options: argparse.Namespace) -> bool:
    """Make a study of each scenario, print how they differ, and write all tables."""
    scenarios = find_scenarios(options.scenarios, options.portfolio, options.changes, options.borrowers)
    if len(scenarios) < 2:
        other = "a comparison needs another, such as weekly=jiebei:evaluation.period_days=7."
        raise SimlimitError(f"The only scenario is {options.scenarios[0]!r}, but {other}")
    return _replicate(options, partial(simlimit.compare, scenarios))


def fit_log(options: argparse.Namespace) -> None:
    """Fit a scenario to a release log, print what it says, and write tables, figures and the scenario."""
    scenario = find_scenario(options.scenario, read_changes(None, options.changes))
    free = naming.read_free(options.free, options.factor)
    columns, outcomes, gates = (
        dict(read_change(text, f"--{option}") for text in getattr(options, option))
        for option in ("column", "outcome", "gate")
    )
    for name in columns:
        check_choice("--column", name, COLUMNS)
    told = {name: getattr(options, name) for name in _OF_A_LOG}
    log = simlimit.read_release_log(options.log, outcomes=outcomes, gates=gates or None, **columns, **told)
    found = simlimit.fit(log, scenario, free, **_passed_on(options))
    deliver(options, found, [log.attrs["read"], found])


def optimise_scenario(options: argparse.Namespace) -> None:
    """Choose the best combination of changes, and print and write what is said of all."""
    costs = dict(read_change(text, "--cost") for text in options.cost)
    bounds = naming.read_bounds(options.at_most, options.at_least)
    choices = naming.read_free(options.choices, [], "--choice")
    asked = {"subject_to": bounds, "costs": costs, **_passed_on(options)}
    best = simlimit.optimise(_changed_scenario(options), choices, **asked)
    options.files = [file for file in options.files if best.selected or file != "selected.toml"]
    deliver(options, best, [best])


def vary_fields(options: argparse.Namespace) -> None:
    """Measure which fields decide a metric, print it, and write its table and figure."""
    fields = naming.read_free(options.field, [], "--field") or "assumed"
    found = simlimit.sensitivity(_changed_scenario(options), fields, **_passed_on(options))
    deliver(options, found, [found])


def _passed_on(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the library gets under the name that it has here; what is not given is left out."""
    return {name: value for name in options.passed_on if (value := getattr(options, name)) is not None}


def _changed_scenario(options: argparse.Namespace) -> Scenario:
    """Return the scenario that is named, with what options change."""
    changes = read_changes(options.portfolio, options.changes)
    return find_scenario(options.scenario, changes, options.borrowers)


def _replicate(
    options: argparse.Namespace, make: Callable[..., simlimit.Study | simlimit.Comparison]
) -> bool:
    """Make a study or a comparison, print and write it; Ctrl-C keeps the replications that are done.

    Parameters
    ----------
    options : argparse.Namespace
    make : callable
        Takes the number of replications, and other arguments of `simlimit.replicate`.

    Returns
    -------
    bool
        Whether it was interrupted.
    """
    for number in {*options.by} & {*NUMBERS} if not options.bands else ():
        bounds = "the bounds between its groups, ascending, as in --by score --bands 0.6,0.8."
        raise SimlimitError(f"--by is {number}, a number, and needs --bands: {bounds}")
    number = options.replications or (MOST_IF_PRECISE if options.precision else REPLICATIONS)
    try:
        result = make(number, precision=dict(options.precision) or None, **_passed_on(options))
        was_interrupted = False
    except simlimit.StudyInterrupted as stop:
        done, was_interrupted = _what_is_done(stop, options), True
        result = done[""] if "" in done else simlimit.Comparison(done)
    studies = [result] if isinstance(result, simlimit.Study) else [*result.studies.values()]
    texts = [result, _quantiles(result)] if isinstance(result, simlimit.Study) else [result]
    deliver(options, result, texts, was_interrupted)
    if any(study.is_precise is False for study in studies):
        within = filled("{number:,} replication{number:s}", number=len(studies[0]))
        streams.say(f"the precision is not reached within {within}; --replications may allow more.")
    return was_interrupted


def _what_is_done(stop: simlimit.StudyInterrupted, options: argparse.Namespace) -> dict[str, simlimit.Study]:
    """Say how many replications an interrupted study has done, and return its studies; end if it has none.

    From here on Ctrl-C does nothing: it would lose the studies while they are printed and written.
    """
    stopping.ignore_signals()
    on = how_to_go_on(options)
    if not stop.studies:
        raise KeyboardInterrupt(f"interrupted; no replication was done{on}.")
    done = len(next(iter(stop.studies.values())))
    where = "" if options.store or options.out else "; with --store the same command would continue"
    streams.say(f"interrupted; replications done: {done:,}{on or where}.")
    return stop.studies


def _quantiles(study: simlimit.Study) -> str:
    """Return by when so many of all repayment holds were released, in words."""
    lines = ["Released, of all repayment holds (the pending are censored), with 95 % intervals:"]
    told = simlimit.describe_quantiles(study.quantiles(PROBABILITIES))
    for probability, words in zip(PROBABILITIES, told, strict=True):
        lines.append(f"  {100 * probability:g} %  {words}")
    return "\n".join(lines)
