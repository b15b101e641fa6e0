"""The program: its commands, and its exit codes after errors, Ctrl-C and SIGTERM."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from io import TextIOWrapper
from typing import TextIO

from simlimit.cli import compare, run, scenarios, study
from simlimit.cli.arguments import Parser
from simlimit.cli.stopping import stoppable
from simlimit.errors import SimlimitError, SimlimitWarning
from simlimit.model.compilation_notice import omit_compilation_notice

BAD_INPUT = 2
INTERRUPTED = 130

_ABOUT = (
    "Why has the credit limit not come back, and for how long? A simulation of repayment and limit release."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``simlimit``; those of the process if not given.

    Returns
    -------
    int
        Exit code: 0; 2 for bad input, after one sentence on stderr; 130 if interrupted, by
        Ctrl-C or SIGTERM.

    Examples
    --------
    >>> from simlimit.cli import main
    >>> main(["run", "clockwork", "--set", "population.borrowers=0"])
    2
    """
    if arguments is None:
        # A process of its own opens no windows.
        os.environ["MPLBACKEND"] = "Agg"
        if isinstance(sys.stdout, TextIOWrapper):
            # A letter that the terminal has not is shown by its number.
            sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with stoppable(), _plain_warnings():
            options = _parser().parse_args(arguments)
            if not getattr(options, "progress", True):
                omit_compilation_notice()
            is_whole = options.command(options)
            sys.stdout.flush()
    except SimlimitError as error:
        print(f"simlimit: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        sentence = str(stop) or "interrupted; nothing was written."
        print(f"simlimit: {sentence}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the output, such as `head`, has ended; Python must not complain on closing the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0 if is_whole else INTERRUPTED


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show each warning of ours as one line, without a place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SimlimitWarning)
        elsewhere = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, SimlimitWarning):
                print(f"simlimit: {message}", file=sys.stderr)
            else:
                elsewhere(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


def _parser() -> argparse.ArgumentParser:
    example = "simlimit study jiebei --out jiebei-study"
    parser = Parser(prog="simlimit", description=_ABOUT, example=example)
    parser.add_argument("--version", action="version", version=f"simlimit {version('simlimit')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for part in (study, compare, run, scenarios):
        part.add_to(commands)
    return parser
