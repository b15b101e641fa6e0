"""Amounts by day, on top of each other."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from simlimit.plots import style


def draw_stack(
    ax: Axes, table: pd.DataFrame, entries: Mapping[str, str], linewidth: float
) -> npt.NDArray[np.float64]:
    """Draw columns of a table, by day, on top of each other in steps, and return how high they are together.

    Parameters
    ----------
    ax : matplotlib Axes
    table : pandas.DataFrame
    entries : mapping of str to str
        The columns, from below, and what each is called in the legend. Each looks as `style.AREAS` says.
    linewidth : float
        Of the edges.
    """
    height = np.zeros(len(table))
    for name, words in entries.items():
        below, height = height, height + table[name].to_numpy()
        look = style.AREAS[name]._asdict()
        ax.fill_between(table.index, below, height, step="post", linewidth=linewidth, label=words, **look)
    return height
