"""The folder of results: scenarios in it, and where it is."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from simlimit.cli.atomic_folder import atomic_folder
from simlimit.scenario import Scenario, dumps


def output_folder(path: str | None) -> AbstractContextManager[Path | None]:
    """Return a draft that becomes the output folder at the end; None without a path."""
    return nullcontext() if path is None else atomic_folder(path)


def say_where(path: str | None) -> None:
    """Print where the results were written, if they were."""
    if path is not None:
        print(f"\nwritten to {path}")


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write a scenario as TOML, with comments."""
    path.write_text(dumps(scenario), encoding="utf-8", newline="\n")
