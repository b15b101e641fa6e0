"""`simlimit study`: many histories of a scenario, their summary, delay distribution and figures."""

import argparse
from functools import partial
from pathlib import Path

import simlimit
from simlimit.cli.arguments import Commands, add_changes, add_command, add_results, add_scenario
from simlimit.cli.naming import find_scenario, read_changes
from simlimit.cli.notices import say_if_not_precise
from simlimit.cli.replicating import add_study_options, replicate_as_told
from simlimit.cli.results import say_where, write_scenario
from simlimit.delays import describe_quantiles, quantiles
from simlimit.study.replicating import replicate
from simlimit.study.study import Study

PROBABILITIES = (0.5, 0.75, 0.9, 0.95, 0.99)


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "study",
        "simulate many histories of a scenario: how long repaid limit waits, where, and how sure that is",
        "simlimit study jiebei --precision 0.01 --store jiebei-store --out jiebei-study",
        study_scenario,
    )
    add_scenario(parser)
    add_changes(parser)
    add_study_options(parser)
    add_results(parser, "the tables, the figures and the scenario")


def study_scenario(options: argparse.Namespace) -> bool:
    """Make a study, print its summary and its quantiles, and write all its tables."""
    scenario = find_scenario(options.scenario, read_changes(options.portfolio, options.changes))
    study, is_whole = replicate_as_told(
        options, partial(replicate, scenario), lambda studies: studies[""], write_study
    )
    print(study, _quantiles(study), sep="\n\n")
    say_if_not_precise(study)
    say_where(options.out)
    return is_whole


def write_study(study: Study, folder: Path) -> None:
    """Write the tables and figures of a study into a folder."""
    study.summary().to_csv(folder / "summary.csv")
    study.metrics().to_parquet(folder / "replications.parquet")
    study.delay_curve().to_csv(folder / "delay.csv")
    study.standing().to_csv(folder / "standing.csv")
    study.groups().to_csv(folder / "groups.csv")
    write_scenario(study.scenario, folder / "scenario.toml")
    simlimit.plots.files.save_picture(folder / "delay.png", simlimit.plots.delay(study))
    simlimit.plots.files.save_picture(folder / "standing.png", simlimit.plots.standing(study))


def _quantiles(study: Study) -> str:
    """Return by when so many of all repayment holds were released, in words."""
    curve = quantiles(study.delay_curve(), "released", PROBABILITIES)
    lines = [
        f"  {100 * probability:g} %  {words}"
        for probability, words in zip(PROBABILITIES, describe_quantiles(curve), strict=True)
    ]
    return "\n".join(
        ["Released, of all repayment holds (the pending are censored), with 95 % intervals:", *lines]
    )
