"""The program: its commands, and its exit codes after errors, Ctrl-C and SIGTERM."""

import argparse
import os
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from simlimit.arguments import nearest
from simlimit.cli import commands, stopping, streams
from simlimit.cli.arguments import WORDS, Parser, add_command
from simlimit.cli.results import check_output, check_report
from simlimit.errors import SimlimitError, SimlimitWarning
from simlimit.run import compilation_notice, memory

UNPRINTED = 1
BAD_INPUT = 2
INTERRUPTED = 130


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
        Ctrl-C or SIGTERM. Of a process also 1 if all is done, but cannot be printed: on a full disk, say.
        A reader of what is printed that goes away, as `head` does, changes nothing.

    Examples
    --------
    >>> from simlimit.cli import main
    >>> main(["run", "clockwork", "--set", "population.borrowers=0"])
    2
    """
    if arguments is not None:
        return _run(arguments)
    # A process of its own opens no windows.
    os.environ["MPLBACKEND"] = "Agg"
    streams.mend("stderr")
    output = streams.mend("stdout")
    try:
        code = _run(sys.argv[1:])
    except SystemExit:  # after --help or --version
        code = 0
    output.flush()
    if code or output.failure is None or isinstance(output.failure, BrokenPipeError):
        return code
    streams.say(f"standard output cannot be written: {output.failure.strerror}.")
    return UNPRINTED


def _run(arguments: Sequence[str]) -> int:
    """Run a command; return the exit code."""
    try:
        with stopping.stoppable(), _plain_warnings(), memory.lack_of_memory_said():
            for option, _, value in (text.partition("=") for text in arguments):
                if option.startswith("--") and value == "--":  # argparse would take it for nothing
                    raise SimlimitError(f"{option} is '--', but must be a value (see: simlimit --help)")
            options, unknown = _parser().parse_known_args(arguments)
            if unknown:
                near = nearest(unknown[0], options.parser._option_string_actions, "the help")
                options.parser.error(f"unrecognized arguments: {' '.join(unknown)}; options are {near}")
            if not getattr(options, "progress", True):
                compilation_notice.omit_compilation_notice()
            if options.out is not None:
                check_output(options.out, options.store)
            check_report(options.report, options.language)
            options.typed = shlex.join(["simlimit", *arguments])
            return INTERRUPTED if options.command(options) else 0
    except SimlimitError as error:
        streams.say(str(error))
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        streams.say(str(stop) or "interrupted; nothing was written.")
        return INTERRUPTED


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show each warning of ours as one line, without a place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SimlimitWarning)
        elsewhere = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:  # noqa: ANN401
            if issubclass(category, SimlimitWarning):
                streams.say(str(message))
            else:
                elsewhere(message, category, *place, **more)

        warnings.showwarning = show
        yield


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="simlimit", **WORDS["program"])
    parser.add_argument("--version", action="version", version=f"simlimit {version('simlimit')}")
    added = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, about in WORDS["commands"].items():
        add_command(added, name, getattr(commands, about["does"]))
    return parser
