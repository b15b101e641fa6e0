"""The output folder, and the scenarios and figures in it."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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


def write_figure(path: Path, draw: Callable[[], Axes]) -> None:
    """Write a picture in its own size."""
    figure = draw().figure
    assert isinstance(figure, Figure)
    with warnings.catch_warnings():
        # The name of the scenario may be in a script that no font has.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(path, dpi=150)
    plt.close(figure)
