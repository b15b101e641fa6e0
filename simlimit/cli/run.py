"""`simlimit run`: one history, its table of causes, its figure and its tables."""

import argparse
from pathlib import Path

import simlimit
from simlimit.cli.arguments import (
    Commands,
    add_changes,
    add_command,
    add_results,
    add_scenario,
    add_seed,
    whole,
)
from simlimit.cli.naming import find_scenario, read_changes
from simlimit.cli.results import output_folder, say_where, write_scenario
from simlimit.run.delay_by_cause import delay_by_cause
from simlimit.run.options import ENGINES, FOLLOW_UP_DAYS, LARGEST_SEED
from simlimit.run.run import Run
from simlimit.run.simulate import simulate


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "run",
        "simulate one history of a scenario: why, and for how long, repaid limit waits",
        "simlimit run jiebei --set evaluation.period_days=7 --seed 2 --out weekly",
        run_scenario,
    )
    add_scenario(parser)
    add_changes(parser)
    add_seed(parser, "which history")
    parser.add_argument(
        "--replication",
        metavar="N",
        type=whole(LARGEST_SEED),
        default=0,
        help="its number within a study (default: 0)",
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default="calendar",
        help="the driver; both give the same tables, calendar sooner (default: %(default)s)",
    )
    add_results(parser, "the tables, the figure and the scenario as run")


def run_scenario(options: argparse.Namespace) -> bool:
    """Simulate one history, print its table of causes, and write its tables and its figure."""
    scenario = find_scenario(options.scenario, read_changes(options.portfolio, options.changes))
    with output_folder(options.out) as draft:
        run = simulate(
            scenario, options.seed, options.replication, engine=options.engine, progress=not options.quiet
        )
        if draft is not None:
            write_run(run, draft)
    print(run)
    say_where(options.out)
    return True


def write_run(run: Run, folder: Path) -> None:
    """Write the tables, the figure and the scenario of a run into a folder."""
    frames = {"holds": run.holds, "daily": run.daily, "borrowers": run.borrowers, "events": run.events}
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    delay_by_cause(run).to_csv(folder / "delay_by_cause.csv")
    write_scenario(run.scenario, folder / "scenario.toml")
    observed = run.scenario.horizon_days - run.scenario.warmup_days
    follow_up_days = max(1, min(FOLLOW_UP_DAYS, observed // 2))
    simlimit.plots.files.save_picture(folder / "delay.png", simlimit.plots.delay(run, follow_up_days))
