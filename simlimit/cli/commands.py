"""What each command does: with a scenario, one history, many, and several scenarios side by side."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar

import simlimit
from simlimit import (
    Comparison,
    Fit,
    Run,
    Sensitivity,
    Study,
    StudyInterrupted,
    compare,
    fit,
    replicate,
    sensitivity,
    simulate,
)  # fmt: skip
from simlimit.arguments import check_choice
from simlimit.cli import stopping, streams
from simlimit.cli.arguments import COLUMNS, MOST_IF_PRECISE, REPLICATIONS
from simlimit.cli.naming import find_scenario, find_scenarios, read_change, read_changes, read_free
from simlimit.cli.results import deliver, write_csv
from simlimit.deciding.ranges import ASSUMED
from simlimit.errors import SimlimitError
from simlimit.model.grouping import NUMBERS
from simlimit.run.options import FOLLOW_UP_DAYS
from simlimit.scenario import Scenario, dumps, presets
from simlimit.study.store import path_name

R = TypeVar("R")

PROBABILITIES = (0.5, 0.75, 0.9, 0.95, 0.99)
_PASSED_ON = ("workers", "store", "follow_up_days", "by", "bands", "progress")
_OF_A_LOG = ("extracted", "since", "start_date", "date_format", "encoding")


def list_presets(options: argparse.Namespace) -> bool:
    """Print the names of the presets with a line each."""
    lines = presets()["description"]
    width = max(len(str(name)) for name in lines.index)
    for name, line in lines.items():
        print(f"{name:<{width}}  {line}")
    return True


def print_scenario(options: argparse.Namespace) -> bool:
    """Print a scenario as TOML."""
    if isinstance(sys.stdout, TextIOWrapper):
        # What is sent into a file is read as UTF-8.
        sys.stdout.reconfigure(encoding="utf-8")
    print(dumps(find_scenario(options.scenario)), end="")
    return True


def run_scenario(options: argparse.Namespace) -> bool:
    """Simulate one history, print its table of causes, and write its tables and its figure."""
    scenario = _changed_scenario(options)
    chosen = {"engine": options.engine, "progress": options.progress}
    run = simulate(scenario, options.seed, options.replication, **chosen)
    deliver(options, [run], partial(write_run, run))
    return True


def write_run(run: Run, folder: Path) -> None:
    """Write the tables, the figure and the scenario of a run into a folder."""
    for name in ("holds", "daily", "borrowers", "events"):
        getattr(run, name).to_parquet(folder / f"{name}.parquet", index=False)
    write_csv(simlimit.delay_by_cause(run), folder / "delay_by_cause.csv")
    run.scenario.save(folder / "scenario.toml")
    observed = run.scenario.horizon_days - run.scenario.warmup_days
    follow_up_days = max(1, min(FOLLOW_UP_DAYS, observed // 2))
    simlimit.plots.canvas.save_picture(folder / "delay.png", simlimit.plots.delay(run, follow_up_days))


def study_scenario(options: argparse.Namespace) -> bool:
    """Make a study, print its summary and its quantiles, and write all its tables."""
    make = partial(replicate, _changed_scenario(options))
    study, is_whole = _replicate(options, make, lambda studies: studies[""])
    deliver(options, [study, _quantiles(study)], partial(write_study, study), is_whole)
    _say_if_not_precise(study)
    return is_whole


def write_study(study: Study, folder: Path) -> None:
    """Write the tables and figures of a study into a folder."""
    _write(study, folder, ("summary", "delay_curve", "standing", "groups"), ("delay", "standing"))
    study.metrics().to_parquet(folder / "metrics.parquet")
    study.scenario.save(folder / "scenario.toml")


def compare_scenarios(options: argparse.Namespace) -> bool:
    """Make a study of each scenario, print how they differ, and write all tables."""
    scenarios = find_scenarios(options.scenarios, options.portfolio, options.changes, options.borrowers)
    if len(scenarios) < 2:
        other = "a comparison needs another, such as weekly=jiebei:evaluation.period_days=7."
        raise SimlimitError(f"The only scenario is {options.scenarios[0]!r}, but {other}")
    comparison, is_whole = _replicate(options, partial(compare, scenarios), Comparison)
    deliver(options, [comparison], partial(write_comparison, comparison), is_whole)
    _say_if_not_precise(*comparison.studies.values())
    return is_whole


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write the tables and figures of a comparison into a folder."""
    _write(comparison, folder, ("differences", "summary"), ("forest", "platform"))
    (folder / "scenarios").mkdir()
    for position, (name, study) in enumerate(comparison.studies.items()):
        study.scenario.save(folder / "scenarios" / f"{path_name(position, name)}.toml")


def fit_log(options: argparse.Namespace) -> bool:
    """Fit a scenario to a release log, print what it says, and write tables, figures and the scenario."""
    scenario = find_scenario(options.scenario, read_changes(None, options.changes))
    free = read_free(options.free, options.factor)
    columns = dict(read_change(text, "--column") for text in options.column)
    for name in columns:
        check_choice("--column", name, COLUMNS)
    outcomes = dict(read_change(text, "--outcome") for text in options.outcome)
    told = {name: getattr(options, name) for name in _OF_A_LOG}
    log = simlimit.read_release_log(options.log, **columns, outcomes=outcomes or None, **told)
    chosen = {name: getattr(options, name) for name in ("workers", "store", "progress")}
    found = fit(log, scenario, free, options.n, options.seed, **chosen)
    deliver(options, [log.attrs["read"], found], partial(write_fit, found))
    return True


def write_fit(found: Fit, folder: Path) -> None:
    """Write the tables and figures of a fit, and the fitted scenario, into a folder."""
    tables = ("table", "check", "statistics", "pairs", "advice")
    _write(found, folder, tables, ("check", "statistics", "parameters", "pairs"))
    found.scenario.save(folder / "scenario.toml")


def vary_fields(options: argparse.Namespace) -> bool:
    """Measure which fields decide a metric, print it, and write its table and figure."""
    fields = read_free(options.field, [], "--field") or ASSUMED
    chosen = {name: getattr(options, name) for name in ("workers", "store", "follow_up_days", "progress")}
    asked = _changed_scenario(options), fields, options.metric, options.points, options.seed
    found = sensitivity(*asked, **chosen)
    deliver(options, [found], partial(_write, found, tables=("table",), pictures=("bars",)))
    return True


def _write(
    of: Study | Comparison | Fit | Sensitivity, folder: Path, tables: Sequence[str], pictures: Sequence[str]
) -> None:
    """Write tables and pictures of a result, each into a file of its name."""
    for name in tables:
        write_csv(getattr(of, name)(), folder / f"{name}.csv")
    for name in pictures:
        simlimit.plots.canvas.save_picture(folder / f"{name}.png", getattr(of.plot, name)())


def _changed_scenario(options: argparse.Namespace) -> Scenario:
    """Return the scenario that is named, with what options change."""
    changes = read_changes(options.portfolio, options.changes)
    return find_scenario(options.scenario, changes, options.borrowers)


def _replicate(
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
        bounds = "the bounds between its groups, ascending, as in --by score --bands 0.6,0.8."
        raise SimlimitError(f"--by is {number}, a number, and needs --bands: {bounds}")
    number = options.replications or (MOST_IF_PRECISE if options.precision else REPLICATIONS)
    chosen: dict[str, Any] = {name: getattr(options, name) for name in _PASSED_ON}
    try:
        return make(number, options.seed, precision=dict(options.precision) or None, **chosen), True
    except StudyInterrupted as stop:
        return of_studies(_what_is_done(stop, options)), False


def _say_if_not_precise(*studies: Study) -> None:
    """Say on stderr that the precision was not reached, if so."""
    if any(study.is_precise is False for study in studies):
        within = f"within {len(studies[0]):,} replications; --replications may allow more."
        streams.say(f"the precision is not reached {within}")


def _what_is_done(stop: StudyInterrupted, options: argparse.Namespace) -> dict[str, Study]:
    """Say how many replications an interrupted study has done, and return its studies; end if it has none.

    From here on Ctrl-C does nothing: it would lose the studies while they are printed and written.
    """
    stopping.ignore_signals()
    on = "" if options.store is None else f"; the same command continues from {options.store}"
    if on and options.out is not None:
        on += f" and then writes {options.out}"
    if not stop.studies:
        raise KeyboardInterrupt(f"interrupted; no replication was done{on}.")
    done = len(next(iter(stop.studies.values())))
    where = "" if options.store or options.out else "; with --store the same command would continue"
    streams.say(f"interrupted; replications done: {done:,}{on or where}.")
    return stop.studies


def _quantiles(study: Study) -> str:
    """Return by when so many of all repayment holds were released, in words."""
    curve = simlimit.quantiles(study.delay_curve(), "released", PROBABILITIES)
    lines = ["Released, of all repayment holds (the pending are censored), with 95 % intervals:"]
    for probability, words in zip(PROBABILITIES, simlimit.describe_quantiles(curve), strict=True):
        lines.append(f"  {100 * probability:g} %  {words}")
    return "\n".join(lines)
