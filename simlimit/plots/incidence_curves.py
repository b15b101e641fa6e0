"""The cumulative incidence of each outcome, with the numbers at risk below."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simlimit.arguments import as_days, check_choice, check_type, refused
from simlimit.delays import cumulative_incidence
from simlimit.delays.curves import ROUNDING
from simlimit.delays.tables import by_curve, outcomes_of
from simlimit.errors import SimlimitError
from simlimit.plots import canvas, style
from simlimit.plots.by_age import delay_curve
from simlimit.plots.labels import CHINESE, Labels, Language
from simlimit.run.run import Run
from simlimit.study.metrics import WEIGHTS, Floats, Weight
from simlimit.study.study import Study

Row = tuple[str, Floats]

DAYS = (0, 15, 30, 60, 90)
SIZE = (7.5, 5.2)
BELOW_AXES = 46
"""Points from the axes to the first row of the table: the tick labels and the axis label are in between."""
ROW_HEIGHT = 13


def incidence(
    of: pd.DataFrame | Run | Study,
    *,
    days: Sequence[float] = DAYS,
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the share that has ended in each way by each day, with bands and numbers at risk.

    The curves are cumulative incidences (Aalen-Johansen): release and forfeit compete.

    Parameters
    ----------
    of : DataFrame, Run or Study
        A table is a curve of `cumulative_incidence` or `Study.delay_curve`, or a log with the columns
        `delay_days` and `outcome`. The rows of a log are taken as independent, and as still at risk at the
        time at which they are censored. In `run.holds` they are not: give the run instead, or the curve that
        `cumulative_incidence` makes with `censored_at_risk=False`.
    days : sequence of numbers
        Ascending, from 0 up: the columns of the table below the axes. The last is the end of the axis.
    weight : "holds" or "amount"
        For a run or study: whether each hold counts once, or by its amount.
    confidence : float
        For a study or log: confidence level of the bands, at each day separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw, with room below (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A line for each outcome; grey where fewer than 20 are at risk. Below: how many are at risk at each of
        the days, and how many have ended in each way by then, in the unit of the curve (holds, or currency
        units).

    Raises
    ------
    SimlimitError
        If `of` is none of these, a table has several curves, or another argument is not as above.

    Examples
    --------
    >>> import pandas as pd
    >>> import simlimit as sl
    >>> outcomes = ["released", "released", "forfeited", "pending"]
    >>> log = pd.DataFrame({"delay_days": [0, 1, 7, 9], "outcome": outcomes})
    >>> len(sl.plots.incidence(log, days=(0, 5, 10)).get_lines())
    2
    """
    check_type("of", of, pd.DataFrame, Run, Study)
    label = Labels(language)
    check_choice("weight", weight, WEIGHTS)
    asked = _check_days(days)
    curve = _curve(of, weight, confidence)
    # Our own words are translated; others stay as the user's log has them.
    outcomes = {name: label(name) if name in CHINESE else str(name) for name in outcomes_of(curve)}
    ax = canvas.axes_or_new(ax, SIZE)
    ax.set(xlim=(-0.01 * asked[-1], asked[-1]), ylim=(0, 1.02), xticks=asked)
    ax.set(xlabel=label("days since repayment"), ylabel=label("share that has ended so"))
    canvas.use_percent_axis(ax)
    for number, name in enumerate(outcomes):
        _draw(ax, curve, name, style.line(number))
    if canvas.shade_few(ax, curve, label):
        ax.legend(loc="upper left", fontsize="small", framealpha=1)
    before = curve.loc[: asked[-1]]
    last = {name: before[name].ffill().iloc[-1] if len(before) else 0.0 for name in outcomes}
    texts = [f"{words} {canvas.percent(last[name])}" for name, words in outcomes.items()]
    canvas.label_ends(ax, [*last.values()], texts)
    rows = [(label("at risk"), _at_risk(curve, asked))]
    rows += [(words, _ended(curve, name, asked)) for name, words in outcomes.items()]
    unit, source = "", str(curve.attrs.get("interval", ""))
    if not isinstance(of, pd.DataFrame):
        unit, source = label(_unit(of, weight)), canvas.subtitle(of, label, confidence)
    _write_table(ax, rows, asked, unit)
    return canvas.finish(ax, label("release and forfeit by age"), source)


def _check_days(days: Sequence[float]) -> list[float]:
    asked = as_days(days)
    if not asked or asked != sorted(set(asked)) or asked[-1] == 0:
        raise refused("days", days, "numbers from 0 up, ascending, not 0 alone")
    return asked


def _curve(of: pd.DataFrame | Run | Study, weight: Weight, confidence: float) -> pd.DataFrame:
    if not isinstance(of, pd.DataFrame):
        return delay_curve(of, weight, confidence)
    if "at_risk" not in of:
        entry = "entry_days" if "entry_days" in of else None
        return cumulative_incidence(of, confidence=confidence, entry=entry)
    if isinstance(of.index, pd.MultiIndex):
        raise SimlimitError(
            f"of has a curve by {of.index.names[0]}, but a picture shows one: choose by .loc."
        )
    return by_curve(of, lambda curve: curve)


def _draw(ax: Axes, curve: pd.DataFrame, name: Hashable, line: style.Line) -> None:
    times = np.insert(curve.index.to_numpy(np.float64), 0, 0.0)
    columns = (f"{name}_low", f"{name}_high", name)
    low, high, share = (np.insert(curve[column].to_numpy(), 0, 0.0) for column in columns)
    ax.fill_between(times, low, high, step="post", color=line.colour, alpha=0.25, linewidth=0)
    ax.step(times, share, where="post", color=line.colour, linestyle=line.style, linewidth=1.6)


def _unit(of: Run | Study, weight: Weight) -> str:
    unit = "number of holds" if weight == "holds" else "currency units"
    return unit if isinstance(of, Run) else f"{unit}, over all replications"


def _at_risk(curve: pd.DataFrame, days: Sequence[float]) -> Floats:
    """Return how many are at risk at each of some days: as many as at the next time of the curve."""
    observed = np.append(curve["at_risk"].to_numpy(np.float64), 0.0)
    return observed[np.searchsorted(curve.index, days, side="left")]


def _ended(curve: pd.DataFrame, outcome: Hashable, days: Sequence[float]) -> Floats:
    """Return how many have ended so by each of some days.

    At each time the share grows by the pending share times those who end over those at risk.
    """
    before = curve["pending"].shift(fill_value=1.0)
    grown = curve[outcome].diff().fillna(curve[outcome])
    ended = (grown * curve["at_risk"] / before).where(before > ROUNDING, 0.0).fillna(0.0)
    return np.insert(ended.cumsum(), 0, 0.0)[np.searchsorted(curve.index, days, side="right")]


def _write_table(ax: Axes, rows: Sequence[Row], days: Sequence[float], unit: str) -> None:
    """Write rows of numbers below the axes, each number below its day, and their unit above them."""
    down = -BELOW_AXES
    if unit:
        canvas.write(ax, unit, (0, 0), "axes fraction", (0, down))
        down -= ROW_HEIGHT
    # The first number is centred below the left end of the axis, and needs half its width.
    left = 8 + 0.31 * style.LABEL_SIZE * max(len(f"{counts[0]:,.0f}") for _, counts in rows)
    for name, counts in rows:
        canvas.write(ax, name, (0, 0), "axes fraction", (-left, down), ha="right")
        for day, count in zip(days, counts, strict=True):
            canvas.write(ax, f"{count:,.0f}", (day, 0), ("data", "axes fraction"), (0, down), ha="center")
        down -= ROW_HEIGHT
