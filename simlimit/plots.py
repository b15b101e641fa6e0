"""Figures of a run, legible in grey.

Each function draws on the axes it is given, or on a new figure of pyplot's, and returns the axes.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from simlimit.errors import SimlimitError
from simlimit.report import TOTAL, delay_by_cause, repayment_holds
from simlimit.run import Run

RELEASED_COLOUR = "#c6dbef"
LINE_COLOUR = "#08306b"
FORFEITED_COLOUR = "#7f2704"
MARKED_DAYS = (7, 30)


def delay(run: Run, follow_up_days: int = 90, ax: Axes | None = None) -> Axes:
    """Draw how much of what was repaid came back within so many days.

    The holds are those of repayments that the run follows for `follow_up_days` to the end
    (`warmup_days` <= repaid_at <= `horizon_days` - `follow_up_days`), whatever became of them. So every share
    in the figure is a plain proportion of the same holds, and holds that are pending at the horizon cannot
    bias it. A follow-up of F days sees delays of 0 to F - 1 days.

    Parameters
    ----------
    run : Run
    follow_up_days : int
        How long each hold is followed, in days, from 1 to `horizon_days` - `warmup_days`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        From below: released, pending, forfeited, as shares of holds over the days since repayment.

    Raises
    ------
    SimlimitError
        If `follow_up_days` is not as above.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import simlimit as sl
    >>> from simlimit import plots
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> plots.delay(run).get_xlabel()
    'days since repayment'
    """
    scenario = run.scenario
    longest = scenario.horizon_days - scenario.warmup_days
    if not isinstance(follow_up_days, int | np.integer) or not 1 <= follow_up_days <= longest:
        raise SimlimitError(
            f"follow_up_days is {follow_up_days!r}, but must be a whole number from 1 to {longest} (days): "
            "horizon_days less warmup_days."
        )
    holds = repayment_holds(run)
    holds = holds[holds["repaid_at"] <= scenario.horizon_days - follow_up_days]
    ax = _axes(ax)
    _entitle(ax, run, f"release delay of {len(holds):,} repayment holds")
    ax.set(xlim=(-0.01 * follow_up_days, follow_up_days), ylim=(0, 1))
    ax.set(xlabel="days since repayment", ylabel="share of holds")
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    if holds.empty:
        nothing = f"no repayment is followed for {follow_up_days} days"
        ax.text(0.5, 0.5, nothing, transform=ax.transAxes, ha="center")
        return ax
    released = _share_within(holds, "released", follow_up_days)
    forfeited = _share_within(holds, "forfeited", follow_up_days)
    days = np.arange(follow_up_days + 1)
    ax.fill_between(days, 0, released, step="post", facecolor=RELEASED_COLOUR, linewidth=0)
    ax.plot(
        0,
        released[0],
        "o",
        color=LINE_COLOUR,
        clip_on=False,
        label=f"released on the day of repayment: {_percent(released[0])}",
    )
    # The jump at day 0 is part of the curve.
    ax.step(
        np.insert(days, 0, 0),
        np.insert(released, 0, 0),
        where="post",
        color=LINE_COLOUR,
        linewidth=1.8,
        label=_released_label(released),
    )
    ax.plot([], [], " ", label=f"pending at the end: {_percent(1 - released[-1] - forfeited[-1])}")
    ax.fill_between(
        days,
        1 - forfeited,
        1,
        step="post",
        facecolor="white",
        edgecolor=FORFEITED_COLOUR,
        hatch="////",
        linewidth=0,
        label=f"forfeited: {_percent(forfeited[-1])}",
    )
    ax.legend(
        loc="lower right" if released[-1] > 0.5 else "upper right",
        framealpha=1,
        title=f"of holds followed for {follow_up_days} days",
    )
    return ax


def causes(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the hold-days charged to each cause, a bar each; see `simlimit.report.delay_by_cause`.

    Parameters
    ----------
    run : Run
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        Hold-days, in the order of the gates from above.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import simlimit as sl
    >>> from simlimit import plots
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> len(plots.causes(run).patches)
    8
    """
    table = delay_by_cause(run).drop(index=TOTAL)
    ax = _axes(ax)
    bars = ax.barh(table.index, table["hold_days"], color=RELEASED_COLOUR, edgecolor=LINE_COLOUR)
    labels = [
        f"{days:,} ({_percent(share)})" if days else "0"
        for days, share in zip(table["hold_days"], table["share_of_days"], strict=True)
    ]
    ax.bar_label(bars, labels, padding=4)
    # Room for the labels at the right.
    ax.set_xlim(0, 1.4 * max(1, table["hold_days"].max()))
    ax.invert_yaxis()
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set(xlabel="days waited, over all repayment holds (hold-days)", ylabel="gate at which they waited")
    _entitle(ax, run, f"what {len(repayment_holds(run)):,} repayment holds waited for")
    return ax


def _share_within(holds: pd.DataFrame, outcome: str, follow_up_days: int) -> npt.NDArray[np.float64]:
    """Return the share of holds that ended so within 0, 1 .. days; the last value is at the end."""
    delays = holds.loc[holds["outcome"] == outcome, "delay_days"]
    ended = np.bincount(delays[delays < follow_up_days], minlength=follow_up_days + 1)
    return np.asarray(ended.cumsum() / len(holds), dtype=np.float64)


def _released_label(released: npt.NDArray[np.float64]) -> str:
    end = len(released) - 1
    marked = [f"released within {day} days: {_percent(released[day])}" for day in MARKED_DAYS if day < end]
    return "\n".join([*marked, f"released at the end: {_percent(released[end])}"])


def _percent(share: float) -> str:
    return "<0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _axes(ax: Axes | None) -> Axes:
    if ax is None:
        _, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    return ax


def _entitle(ax: Axes, run: Run, what: str) -> None:
    replication = f", replication {run.replication}" if run.replication else ""
    name = textwrap.shorten(run.scenario.name, 50, placeholder=" ...")
    # The name is the user's: a dollar sign in it is no formula.
    ax.set_title(f"{name}, seed {run.seed}{replication}: {what}", parse_math=False)
