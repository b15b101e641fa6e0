"""Arguments that several commands share, and how their values are read."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias, TypeVar

from simlimit.arguments import check_whole
from simlimit.errors import SimlimitError
from simlimit.run.options import LARGEST_SEED

T = TypeVar("T")
MOST_BORROWERS = 20_000_000
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
Handler: TypeAlias = Callable[[argparse.Namespace], bool]
"""Runs a command with its options; returns False if it was interrupted and kept a part of its work."""


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with an example, and that refuses bad usage in one sentence."""

    def __init__(self, *, example: str, **settings: Any) -> None:  # noqa: ANN401
        plain = argparse.RawDescriptionHelpFormatter
        super().__init__(
            epilog=f"example:\n  {example}", formatter_class=plain, allow_abbrev=False, **settings
        )

    def error(self, message: str) -> NoReturn:
        """Raise the error that the program prints."""
        raise SimlimitError(f"{message} (see: {self.prog} --help)")

    def add_option(self, name: str, metavar: str, what: str, **settings: Any) -> None:  # noqa: ANN401
        """Add an option that has a value."""
        self.add_argument(name, metavar=metavar, help=what, **settings)


def add_command(commands: Commands, name: str, what: str, example: str, handler: Handler) -> Parser:
    """Add a command, with the line and the example that its help shows."""
    parser = commands.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}.", example=example
    )
    parser.set_defaults(command=handler, parser=parser)
    return parser


def add_scenario(parser: Parser) -> None:
    """Add the argument that names a scenario."""
    what = "a preset's name (see: simlimit presets) or the path of a TOML file"
    parser.add_argument("scenario", metavar="PRESET_OR_TOML", help=what)


def add_changes(parser: Parser, of_what: str = "the scenario") -> None:
    """Add the options that change fields or the number of borrowers, or replace the drawn ones by a book."""
    book = (
        "a real book, used instead of drawn borrowers: columns limit and outstanding, "
        "or the UCI credit card file"
    )
    change = (
        f"change a field of {of_what}; the value is as in TOML, quotes may be left out, and none unsets it; "
        "repeatable"
    )
    number = "another number of borrowers, with desk and pool in proportion; a book keeps its borrowers"
    parser.add_option("--portfolio", "CSV", book)
    parser.add_option("--borrowers", "N", number, type=whole(MOST_BORROWERS, least=1))
    parser.add_option("--set", "FIELD=VALUE", change, action="append", default=[], dest="changes")


def add_seed(parser: Parser, what: str) -> None:
    """Add the option of the seed."""
    parser.add_option("--seed", "N", f"{what} (default: 1)", type=whole(LARGEST_SEED), default=1)


def add_results(parser: Parser, what: str) -> None:
    """Add the options of the output folder, and of no progress."""
    parser.add_option("--out", "DIR", f"a new or empty folder for {what}")
    parser.add_argument("--quiet", action="store_false", dest="progress", help="no progress on stderr")


def whole(largest: int, least: int = 0) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `largest`."""
    return reader(
        lambda text: check_whole("it", int(text), largest, least),
        f"not a whole number from {least} to {largest}",
    )


def reader(read: Callable[[str], T], wrong: str) -> Callable[[str], T]:
    """Return a reader of an option's value, which says what is wrong where `read` raises a ValueError."""

    def read_or_refuse(text: str) -> T:
        try:
            return read(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is {wrong}") from None

    return read_or_refuse
