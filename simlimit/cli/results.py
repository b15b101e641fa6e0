"""The folder of results: scenarios and figures in it, and where it is."""

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
    """Return the folder as a draft that becomes it at the end; None if none is wanted."""
    return nullcontext() if path is None else atomic_folder(path)


def say_where(path: str | None) -> None:
    """Print where the results are, if anywhere."""
    if path is not None:
        print(f"\nwritten to {path}")


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write a scenario as TOML, with comments."""
    path.write_text(dumps(scenario), encoding="utf-8", newline="\n")


def write_figure(path: Path, draw: Callable[[], Axes]) -> None:
    """Write a picture in the size that it chooses for itself."""
    figure = draw().figure
    assert isinstance(figure, Figure)
    with warnings.catch_warnings():
        # The name of the scenario may be in a script that no font has.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(path, dpi=150)
    plt.close(figure)
