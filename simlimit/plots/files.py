"""Pictures as files."""

import warnings
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def save_picture(path: Path, ax: Axes) -> None:
    """Write a picture in the size that it chose for itself, and close its figure."""
    assert isinstance(ax.figure, Figure)
    with warnings.catch_warnings():
        # The name of the scenario may be in a script that no font has.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        ax.figure.savefig(path, dpi=150)
    plt.close(ax.figure)
