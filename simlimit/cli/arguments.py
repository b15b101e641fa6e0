"""The commands' arguments: their words, which `commands.toml` has, and how their values are read."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np

from simlimit.arguments import as_choices, check_whole
from simlimit.errors import SimlimitError
from simlimit.model.grouping import ATTRIBUTES
from simlimit.study import precision
from simlimit.text_files import packaged

T = TypeVar("T")
REPLICATIONS = 200
MOST_IF_PRECISE = 10_000
# What `--column` gives a name to.
COLUMNS = ["repaid", "ended", "outcome", "borrower", "repayment", "amount", "gate", "region", "late", "entry"]
WORDS: dict[str, dict[str, Any]] = packaged(__package__, "commands.toml")
# Runs a command with its options; returns whether it was interrupted and kept a part of its work.
Handler: TypeAlias = Callable[[argparse.Namespace], bool | None]
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


class Once(argparse.Action):
    """Store the value of an option, and refuse a second one, which would silently count instead."""

    def __call__(self, parser: object, namespace: argparse.Namespace, value: object, *_: object) -> None:
        """Store a value."""
        given = vars(namespace).setdefault("given", set())
        if self.dest in given:
            raise argparse.ArgumentError(self, "has a second value, but may have one")
        given.add(self.dest)
        setattr(namespace, self.dest, value)


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with an example, and that refuses bad usage in one sentence."""

    def __init__(self, *, example: str, **settings: Any) -> None:  # noqa: ANN401
        settings |= {"epilog": f"example:\n  {example}", "allow_abbrev": False}
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise the error that the program prints."""
        raise SimlimitError(f"{message} (see: {self.prog} --help)")


def add_command(commands: Commands, name: str, handler: Handler) -> None:
    """Add a command with its options."""
    about = WORDS["commands"][name]
    what = about["help"]
    said = {"help": what, "description": f"{what[0].upper()}{what[1:]}.", "example": about["example"]}
    parser = commands.add_parser(name, **said)
    known = {"replications": REPLICATIONS, "most": MOST_IF_PRECISE, "attributes": ", ".join(ATTRIBUTES)}
    known |= {"metric": precision.DEFAULT_METRIC, "columns": ", ".join(COLUMNS), **about}
    for option in about["options"]:
        words = {"action": Once} | WORDS["options"][option]
        words["help"] = words["help"].format(**known)
        read = _whole(*words.pop("whole")) if "whole" in words else _READERS.get(option)
        parser.add_argument(option, **words if read is None else words | {"type": read})
    parser.set_defaults(command=handler, parser=parser, files=about.get("files"))
    parser.set_defaults(passed_on=about.get("passed_on"), out=None, store=None, report=None, language=None)


def _whole(least: int, largest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `largest`."""
    wrong = f"not a whole number from {least} to {largest}"
    return _reader(lambda text: check_whole("it", int(text), largest, least), wrong)


def _reader(read: Callable[[str], T], wrong: str) -> Callable[[str], T]:
    """Return a reader of an option's value, which says what is wrong where `read` raises a ValueError."""

    def read_or_refuse(text: str) -> T:
        try:
            return read(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is {wrong}") from None

    return read_or_refuse


def _precision(text: str) -> tuple[str, float]:
    metric, equals, number = text.rpartition("=")
    return (metric.strip() if equals else precision.DEFAULT_METRIC), float(number)


def _by(text: str) -> list[str]:
    return as_choices("by", text.split(","), ATTRIBUTES)


def _bands(text: str) -> tuple[float, ...]:
    return tuple(np.asarray_chkfinite(text.split(","), np.float64).tolist())


_PRECISION = _reader(_precision, "neither a number nor METRIC=NUMBER, such as days_review=0.05")
_BY = _reader(_by, f"not one or several of {', '.join(ATTRIBUTES)} with commas between them")
_BANDS = _reader(_bands, "not numbers with commas between them, such as 0.6,0.8")
_POINTS = _reader(int, "not a whole number")
_READERS: dict[str, Callable[[str], Any]] = {"--precision": _PRECISION, "--by": _BY, "--bands": _BANDS}
_READERS |= {"--points": _POINTS} | dict.fromkeys(("--budget", "--indifference", "--confidence"), float)
