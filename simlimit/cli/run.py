"""`simlimit run`: one history, its table of causes, its figure and its tables."""

import argparse
from functools import partial
from pathlib import Path

import simlimit
from simlimit.cli import arguments
from simlimit.cli.naming import find_scenario, read_changes
from simlimit.cli.results import check_output, deliver, write_csv
from simlimit.run.delay_by_cause import delay_by_cause
from simlimit.run.options import ENGINES, FOLLOW_UP_DAYS, LARGEST_SEED
from simlimit.run.run import Run
from simlimit.run.simulate import simulate


def add_to(commands: arguments.Commands) -> None:
    """Add the command."""
    what = "simulate one history of a scenario: why, and for how long, repaid limit waits"
    example = "simlimit run jiebei --set evaluation.period_days=7 --seed 2 --out weekly"
    parser = arguments.add_command(commands, "run", what, example, run_scenario)
    arguments.add_scenario(parser)
    arguments.add_changes(parser)
    arguments.add_seed(parser, "which history")
    number = {"type": arguments.whole(LARGEST_SEED), "default": 0}
    parser.add_option("--replication", "N", "its number within a study (default: 0)", **number)
    driver = "the driver; both give the same tables, calendar sooner (default: %(default)s)"
    parser.add_argument("--engine", choices=ENGINES, default="calendar", help=driver)
    arguments.add_results(parser, "the tables, the figure and the scenario as run")


def run_scenario(options: argparse.Namespace) -> bool:
    """Simulate one history, print its table of causes, and write its tables and its figure."""
    changes = read_changes(options.portfolio, options.changes)
    scenario = find_scenario(options.scenario, changes, options.borrowers)
    chosen = {"engine": options.engine, "progress": options.progress}
    if options.out is not None:
        check_output(options.out)
    run = simulate(scenario, options.seed, options.replication, **chosen)
    deliver(options, [run], partial(write_run, run))
    return True


def write_run(run: Run, folder: Path) -> None:
    """Write the tables, the figure and the scenario of a run into a folder."""
    for name in ("holds", "daily", "borrowers", "events"):
        getattr(run, name).to_parquet(folder / f"{name}.parquet", index=False)
    write_csv(delay_by_cause(run), folder / "delay_by_cause.csv")
    run.scenario.save(folder / "scenario.toml")
    observed = run.scenario.horizon_days - run.scenario.warmup_days
    follow_up_days = max(1, min(FOLLOW_UP_DAYS, observed // 2))
    simlimit.plots.canvas.save_picture(folder / "delay.png", simlimit.plots.delay(run, follow_up_days))
