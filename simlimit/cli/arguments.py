"""Arguments that several commands share, and how their values are read."""

import argparse
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from simlimit.errors import SimlimitError
from simlimit.run.options import LARGEST_SEED

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
Handler: TypeAlias = Callable[[argparse.Namespace], bool]
"""Runs a command with its options; returns False if it was interrupted and kept a part of its work."""


class Parser(argparse.ArgumentParser):
    """A parser that refuses bad usage in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise the error that the program prints."""
        raise SimlimitError(f"{message} (see: {self.prog} --help)")


def add_command(commands: Commands, name: str, what: str, example: str, handler: Handler) -> Parser:
    """Add a command, with the line and the example that its help shows."""
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(command=handler)
    return parser


def add_scenario(parser: Parser) -> None:
    """Add the argument that names a scenario."""
    parser.add_argument(
        "scenario",
        metavar="PRESET_OR_TOML",
        help="a preset's name (see: simlimit presets) or the path of a TOML file",
    )


def add_changes(parser: Parser, of_what: str = "the scenario") -> None:
    """Add the options that change fields, or replace the drawn borrowers by a book."""
    parser.add_argument(
        "--portfolio",
        metavar="CSV",
        help="a real book, used instead of drawn borrowers: "
        "columns limit and outstanding, or the UCI credit card file",
    )
    parser.add_argument(
        "--set",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        dest="changes",
        help=f"change a field of {of_what}; the value is as in TOML, quotes may be left out, "
        "and none unsets it; repeatable",
    )


def add_seed(parser: Parser, what: str) -> None:
    """Add the option of the seed."""
    parser.add_argument(
        "--seed", metavar="N", type=whole(LARGEST_SEED), default=1, help=f"{what} (default: 1)"
    )


def add_results(parser: Parser, what: str) -> None:
    """Add the options of the output folder, and of no progress."""
    parser.add_argument("--out", metavar="DIR", help=f"a new or empty folder for {what}")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def whole(largest: int, least: int = 0) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `largest`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= largest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {largest}")
        return number

    return read
