"""`simlimit run`: one history, its table of causes, its figure and its tables."""

import argparse
from pathlib import Path

import pandas as pd

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
from simlimit.cli.notices import announce_compilation
from simlimit.cli.results import output_folder, say_where, write_scenario
from simlimit.run.delay_by_cause import delay_by_cause, repayment_holds
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
    """Simulate one history, print its table of causes, and write all that it says."""
    scenario = find_scenario(options.scenario, read_changes(options.portfolio, options.changes))
    with output_folder(options.out) as draft:
        if not options.quiet:
            announce_compilation([scenario])
        run = simulate(
            scenario, options.seed, options.replication, engine=options.engine, progress=not options.quiet
        )
        if draft is not None:
            write_run(run, draft)
    print(run, _table(run), sep="\n\n")
    say_where(options.out)
    return True


def write_run(run: Run, folder: Path) -> None:
    """Write all that a run says into a folder."""
    frames = {"holds": run.holds, "daily": run.daily, "borrowers": run.borrowers, "events": run.events}
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    delay_by_cause(run).to_csv(folder / "delay_by_cause.csv")
    write_scenario(run.scenario, folder / "scenario.toml")
    observed = run.scenario.horizon_days - run.scenario.warmup_days
    follow_up_days = max(1, min(FOLLOW_UP_DAYS, observed // 2))
    simlimit.plots.files.save_picture(folder / "delay.png", simlimit.plots.delay(run, follow_up_days))


def _table(run: Run) -> str:
    """Return the table of release delay by cause as text, and what it is about."""
    holds = repayment_holds(run)
    at_once = int(((holds["outcome"] == "released") & (holds["delay_days"] == 0)).sum())
    table = delay_by_cause(run)
    shown = pd.DataFrame(
        {
            "holds that waited": table["holds"].map("{:,}".format),
            "of all holds": table["share_of_holds"].map(_percent),
            "hold-days": table["hold_days"].map("{:,}".format),
            "of all days": table["share_of_days"].map(_percent),
            "mean days": table["mean_days"].map(lambda days: "-" if pd.isna(days) else f"{days:.1f}"),
        }
    )
    return (
        f"{shown.rename_axis(None).to_string()}\n\n"
        f"{at_once:,} of {len(holds):,} repayment holds were released on the day of repayment."
    )


def _percent(share: float) -> str:
    return "-" if pd.isna(share) else f"{100 * share:.1f} %"
