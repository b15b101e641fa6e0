"""The commands' arguments: their words, which `commands.toml` has, and how their values are read."""

import argparse
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np

from simlimit.arguments import as_choices, check_whole
from simlimit.errors import SimlimitError
from simlimit.model.grouping import ATTRIBUTES
from simlimit.run.options import ENGINES, FOLLOW_UP_DAYS, LARGEST_SEED, LONGEST_FOLLOW_UP
from simlimit.study.draws import MOST_REPLICATIONS
from simlimit.study.options import MOST_WORKERS
from simlimit.study.precision import DEFAULT_METRIC

T = TypeVar("T")
MOST_BORROWERS = 20_000_000
REPLICATIONS = 200
MOST_IF_PRECISE = 10_000
MOST_LOGS = 1_000_000
COLUMNS = ["repaid", "ended", "outcome", "borrower", "repayment", "amount", "gate", "region", "late", "entry"]
"""What `--column` gives a name to."""
WORDS: dict[str, dict[str, Any]] = tomllib.loads(
    resources.files(__package__).joinpath("commands.toml").read_text(encoding="utf-8")
)
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


def add_command(commands: Commands, name: str, handler: Handler) -> None:
    """Add a command with its options."""
    about = WORDS["commands"][name]
    what, attributes = about["help"], ", ".join(ATTRIBUTES)
    parser = commands.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}.", example=about["example"]
    )
    numbers = {"replications": REPLICATIONS, "most": MOST_IF_PRECISE, "columns": ", ".join(COLUMNS)}
    for option in about["options"]:
        words = WORDS["options"][option]
        filled = words["help"].format(**about, **numbers, metric=DEFAULT_METRIC, attributes=attributes)
        parser.add_argument(option, **words | {"help": filled} | _VALUES.get(option, {}))
    parser.set_defaults(command=handler, parser=parser)


def _whole(largest: int, least: int = 0) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `largest`."""
    return _reader(
        lambda text: check_whole("it", int(text), largest, least),
        f"not a whole number from {least} to {largest}",
    )


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
    return (metric.strip() if equals else DEFAULT_METRIC), float(number)


def _by(text: str) -> list[str]:
    return as_choices("by", text.split(","), ATTRIBUTES)


def _bands(text: str) -> tuple[float, ...]:
    return tuple(np.asarray_chkfinite(text.split(","), np.float64).tolist())


_PRECISION = _reader(_precision, "neither a number nor METRIC=NUMBER, such as days_review=0.05")
_BY = _reader(_by, f"not one or several of {', '.join(ATTRIBUTES)} with commas between them")
_BANDS = _reader(_bands, "not numbers with commas between them, such as 0.6,0.8")
_VALUES: dict[str, dict[str, Any]] = {
    "scenarios": {"nargs": "+"},
    "--borrowers": {"type": _whole(MOST_BORROWERS, least=1)},
    "--set": {"action": "append", "default": [], "dest": "changes"},
    "--replications": {"type": _whole(MOST_REPLICATIONS, least=1)},
    "--precision": {"type": _PRECISION, "action": "append", "default": []},
    "--seed": {"type": _whole(LARGEST_SEED), "default": 1},
    **{key: {"action": "append", "default": []} for key in ("--free", "--factor", "--column", "--outcome")},
    "--n": {"type": _whole(MOST_LOGS, least=100), "default": 2000},
    "--replication": {"type": _whole(LARGEST_SEED), "default": 0},
    "--engine": {"choices": ENGINES, "default": "calendar"},
    "--follow-up": {"type": _whole(LONGEST_FOLLOW_UP), "default": FOLLOW_UP_DAYS, "dest": "follow_up_days"},
    "--by": {"type": _BY, "default": ["region"]},
    "--bands": {"type": _BANDS, "default": ()},
    "--workers": {"type": _whole(MOST_WORKERS, least=1)},
    "--quiet": {"action": "store_false", "dest": "progress"},
}
"""What the values of options are, beside texts that may be left out."""
