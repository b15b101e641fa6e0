"""`simlimit compare`: several scenarios under common random numbers, and their differences."""

import argparse
from functools import partial
from pathlib import Path

import simlimit
from simlimit.cli import arguments
from simlimit.cli.naming import find_scenarios
from simlimit.cli.replicating import add_study_options, replicate_from_options, say_if_not_precise
from simlimit.cli.results import deliver, write_csv
from simlimit.errors import SimlimitError
from simlimit.study.comparison import Comparison, compare
from simlimit.study.store import path_name


def add_to(commands: arguments.Commands) -> None:
    """Add the command."""
    what = "simulate the same histories of several scenarios: what differs from the first, and how surely"
    example = "simlimit compare jiebei weekly=jiebei:evaluation.period_days=7 --out weekly"
    parser = arguments.add_command(commands, "compare", what, example, compare_scenarios)
    parser.add_argument(
        "scenarios",
        metavar="[NAME=]PRESET_OR_TOML[:FIELD=VALUE ...]",
        nargs="+",
        help="two scenarios or more, each a preset or the path of a TOML file; behind a colon each, fields "
        "that are changed in it; before it, the name that tables and figures use",
    )
    arguments.add_changes(parser, "all scenarios")
    add_study_options(parser)
    arguments.add_results(parser, "the tables, the figures and the scenarios")


def compare_scenarios(options: argparse.Namespace) -> bool:
    """Make a study of each scenario, print how they differ, and write all tables."""
    scenarios = find_scenarios(options.scenarios, options.portfolio, options.changes, options.borrowers)
    if len(scenarios) < 2:
        raise SimlimitError(
            f"The only scenario is {options.scenarios[0]!r}, but a comparison needs another, "
            "such as weekly=jiebei:evaluation.period_days=7."
        )
    comparison, is_whole = replicate_from_options(options, partial(compare, scenarios), Comparison)
    deliver(options, [comparison], partial(write_comparison, comparison), is_whole)
    say_if_not_precise(*comparison.studies.values())
    return is_whole


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write the tables and figures of a comparison into a folder."""
    write_csv(comparison.differences(), folder / "differences.csv")
    write_csv(comparison.summary(), folder / "summary.csv")
    (folder / "scenarios").mkdir()
    for position, (name, study) in enumerate(comparison.studies.items()):
        study.scenario.save(folder / "scenarios" / f"{path_name(position, name)}.toml")
    simlimit.plots.canvas.save_picture(folder / "forest.png", simlimit.plots.forest(comparison))
    simlimit.plots.canvas.save_picture(folder / "platform.png", simlimit.plots.platform(comparison))
