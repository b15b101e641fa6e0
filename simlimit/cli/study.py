"""`simlimit study`: many histories of a scenario, their summary, delay distribution and figures."""

import argparse
from functools import partial
from pathlib import Path

import simlimit
from simlimit.cli import arguments
from simlimit.cli.naming import find_scenario, read_changes
from simlimit.cli.replicating import add_study_options, replicate_from_options, say_if_not_precise
from simlimit.cli.results import deliver, write_csv
from simlimit.delays import describe_quantiles, quantiles
from simlimit.study.replicating import replicate
from simlimit.study.study import Study

PROBABILITIES = (0.5, 0.75, 0.9, 0.95, 0.99)


def add_to(commands: arguments.Commands) -> None:
    """Add the command."""
    what = "simulate many histories of a scenario: how long repaid limit waits, where, and how sure that is"
    example = "simlimit study jiebei --precision 0.01 --store jiebei-store --out jiebei-study"
    parser = arguments.add_command(commands, "study", what, example, study_scenario)
    arguments.add_scenario(parser)
    arguments.add_changes(parser)
    add_study_options(parser)
    arguments.add_results(parser, "the tables, the figures and the scenario")


def study_scenario(options: argparse.Namespace) -> bool:
    """Make a study, print its summary and its quantiles, and write all its tables."""
    changes = read_changes(options.portfolio, options.changes)
    scenario = find_scenario(options.scenario, changes, options.borrowers)
    study, is_whole = replicate_from_options(
        options, partial(replicate, scenario), lambda studies: studies[""]
    )
    deliver(options, [study, _quantiles(study)], partial(write_study, study), is_whole)
    say_if_not_precise(study)
    return is_whole


def write_study(study: Study, folder: Path) -> None:
    """Write the tables and figures of a study into a folder."""
    for name in ("summary", "delay_curve", "standing", "groups"):
        write_csv(getattr(study, name)(), folder / f"{name}.csv")
    study.metrics().to_parquet(folder / "metrics.parquet")
    study.scenario.save(folder / "scenario.toml")
    simlimit.plots.canvas.save_picture(folder / "delay.png", simlimit.plots.delay(study))
    simlimit.plots.canvas.save_picture(folder / "standing.png", simlimit.plots.standing(study))


def _quantiles(study: Study) -> str:
    """Return by when so many of all repayment holds were released, in words."""
    curve = quantiles(study.delay_curve(), "released", PROBABILITIES)
    lines = ["Released, of all repayment holds (the pending are censored), with 95 % intervals:"]
    for probability, words in zip(PROBABILITIES, describe_quantiles(curve), strict=True):
        lines.append(f"  {100 * probability:g} %  {words}")
    return "\n".join(lines)
