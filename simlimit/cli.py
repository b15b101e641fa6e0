"""The command line: run a scenario, list the presets, print a scenario."""

import argparse
import os
import sys
import tomllib
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pandas as pd
from matplotlib.figure import Figure

from simlimit import plots
from simlimit.books.portfolio import read_portfolio
from simlimit.errors import SimlimitError
from simlimit.model.compiling import is_compiled
from simlimit.output import whole_folder
from simlimit.report import delay_by_cause, repayment_holds
from simlimit.run import ENGINES, LARGEST_SEED, Run, simulate
from simlimit.scenario import Scenario, dumps, load, preset, presets

INTERRUPTED = 130
BAD_INPUT = 2
FOLLOW_UP_DAYS = 90

_ABOUT = (
    "Why has the credit limit not come back, and for how long? A simulation of repayment and limit release."
)
_SCENARIO_HELP = "a preset's name (see: simlimit presets) or the path of a TOML file"


class _Parser(argparse.ArgumentParser):
    """A parser that refuses bad usage as everything else does: in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise SimlimitError(f"{message} (see: {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``simlimit``; those of the process if not given.

    Returns
    -------
    int
        Exit code: 0; 2 for bad input, after one sentence on stderr; 130 if interrupted.

    Examples
    --------
    >>> from simlimit.cli import main
    >>> main(["run", "clockwork", "--set", "population.borrowers=0"])
    2
    """
    try:
        options = _parser().parse_args(arguments)
        options.command(options)
        sys.stdout.flush()
    except SimlimitError as error:
        print(f"simlimit: {_sentence(error)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("simlimit: interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads the output, such as `head`, has had enough; Python must not complain on closing the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _sentence(error: SimlimitError) -> str:
    """Return an error as one line that ends as a sentence does."""
    line = " ".join(str(error).split())
    return line if line.endswith((".", "?")) else f"{line}."


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="simlimit",
        description=_ABOUT,
        epilog="example:\n  simlimit run jiebei --out jiebei-run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"simlimit {version('simlimit')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run = _command(
        commands,
        "run",
        "simulate a scenario: why, and for how long, repaid limit waits",
        "simlimit run jiebei --set evaluation.period_days=7 --seed 2 --out weekly",
    )
    run.set_defaults(command=_run)
    run.add_argument("scenario", metavar="PRESET_OR_TOML", help=_SCENARIO_HELP)
    run.add_argument(
        "--portfolio",
        metavar="CSV",
        help="a real book, used instead of drawn borrowers: "
        "columns limit and outstanding, or the UCI credit card file",
    )
    run.add_argument(
        "--set",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        dest="changes",
        help="change a field of the scenario; the value is as in TOML, quotes may be left out, "
        "and none unsets it; repeatable",
    )
    run.add_argument("--seed", metavar="N", type=_seed, default=1, help="which history (default: 1)")
    run.add_argument(
        "--replication", metavar="N", type=_seed, default=0, help="its number within a study (default: 0)"
    )
    run.add_argument(
        "--engine",
        choices=ENGINES,
        default="calendar",
        help="the driver; both give the same tables, calendar sooner (default: %(default)s)",
    )
    run.add_argument(
        "--out",
        metavar="DIR",
        help="a new or empty folder for the tables, the figure and the scenario as run",
    )
    run.add_argument("--quiet", action="store_true", help="no progress on stderr")
    listed = _command(commands, "presets", "list the scenarios that come with simlimit", "simlimit presets")
    listed.set_defaults(command=_presets)
    shown = _command(
        commands,
        "scenario",
        "print a scenario as TOML, with a comment for each field",
        "simlimit scenario jiebei > my.toml",
    )
    shown.set_defaults(command=_show)
    shown.add_argument("scenario", metavar="PRESET_OR_TOML", help=_SCENARIO_HELP)
    return parser


def _command(
    commands: "argparse._SubParsersAction[_Parser]", name: str, what: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _seed(text: str) -> int:
    """Read a number here, not in `simulate`, so that a bad one is refused before anything else is said."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {LARGEST_SEED}")
    return number


def _presets(options: argparse.Namespace) -> None:
    lines = presets()["description"]
    width = max(len(str(name)) for name in lines.index)
    for name, line in lines.items():
        print(f"{name:<{width}}  {line}")


def _show(options: argparse.Namespace) -> None:
    print(dumps(_scenario(options.scenario)), end="")


def _run(options: argparse.Namespace) -> None:
    changes: dict[str, object] = {}
    if options.portfolio is not None:
        # Absolute, so that the scenario reproduces the run from any folder.
        changes["population.portfolio"] = str(Path(options.portfolio).absolute())
    changes.update(_change(text) for text in options.changes)
    scenario = _scenario(options.scenario)
    if changes:
        scenario = scenario.replace(changes)
    with nullcontext() if options.out is None else whole_folder(options.out) as draft:
        if not options.quiet:
            _announce_compilation(scenario)
        run = simulate(
            scenario, options.seed, options.replication, engine=options.engine, progress=not options.quiet
        )
        if draft is not None:
            _write(run, draft)
    print(run, _table(run), sep="\n\n")
    if options.out is not None:
        print(f"\nwritten to {options.out}")


def _scenario(name: str) -> Scenario:
    """Return a preset, or read a file; a word that is neither is taken for a misspelt preset."""
    if name not in presets().index and (Path(name).is_file() or name.endswith(".toml") or os.sep in name):
        return load(name)
    return preset(name)


def _change(text: str) -> tuple[str, object]:
    """Read `field=value`, the value as TOML has it or else as bare text."""
    field, equals, value = (part.strip() for part in text.partition("="))
    if not field or not equals or not value:
        raise SimlimitError(f"--set is {text!r}, but must be FIELD=VALUE, such as evaluation.period_days=7.")
    if value == "none":
        return field, None
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return field, value
    # A line break could have smuggled in a second value.
    return field, parsed["value"] if len(parsed) == 1 else value


def _announce_compilation(scenario: Scenario) -> None:
    """Say that the first run takes longer, unless it will be refused anyway for its portfolio."""
    if is_compiled():
        return
    if scenario.population.portfolio is not None:
        read_portfolio(scenario.population.portfolio)
    print("compiling the model (once per installation) ...", file=sys.stderr, flush=True)


def _write(run: Run, folder: Path) -> None:
    """Write all that a run says into a folder."""
    frames = {"holds": run.holds, "daily": run.daily, "borrowers": run.borrowers, "events": run.events}
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    delay_by_cause(run).to_csv(folder / "delay_by_cause.csv")
    (folder / "scenario.toml").write_text(dumps(run.scenario), encoding="utf-8", newline="\n")
    observed = run.scenario.horizon_days - run.scenario.warmup_days
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    plots.delay(run, max(1, min(FOLLOW_UP_DAYS, observed // 2)), figure.subplots())
    with warnings.catch_warnings():
        # The name of the scenario may be in a script that the font lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(folder / "delay.png", dpi=150)


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
