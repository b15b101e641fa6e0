"""What repayment holds waited for: a bar for each cause, and what was forfeited."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from simlimit.arguments import check_choice, check_confidence, check_type
from simlimit.model.causes import GATES
from simlimit.plots import canvas, style
from simlimit.plots.labels import Labels, Language
from simlimit.run.delay_by_cause import delay_by_cause, repayment_holds
from simlimit.run.run import Run
from simlimit.study.metrics import WEIGHTS, Weight
from simlimit.study.study import Study
from simlimit.tables.units import PARTS


def causes(
    of: Run | Study,
    *,
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the days charged to each cause, as bars.

    For a run, the bars are all days of all repayment holds, as in `simlimit.delay_by_cause`. For a study,
    they are means per repayment hold within the follow-up, with intervals: `days_settlement` ..
    `days_forfeited` of `Study.summary`, which add up to `days_away`.

    Parameters
    ----------
    of : Run or Study
        A run must keep its holds: not `keep="counts"`.
    weight : "holds" or "amount"
        For a study: whether each hold counts once, or by its amount.
    confidence : float
        Confidence level of each of a study's intervals separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The causes stand in their order, the first on top. For a study, what was forfeited is the last.

    Raises
    ------
    SimlimitError
        If `of` is neither a run nor a study, a run kept no holds, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> len(sl.plots.causes(run).patches)
    8
    """
    check_type("of", of, Run, Study)
    label = Labels(language)
    check_choice("weight", weight, WEIGHTS)
    confidence = check_confidence(confidence)
    ax = canvas.axes_or_new(ax)
    if isinstance(of, Study):
        title = label("where repaid amounts are while they are away")
        names, where = [part.removeprefix("days_") for part in PARTS], label("gate, or forfeited")
        _draw_study(ax, of.summary(confidence, weight=weight).loc[[*PARTS]])
        words = "mean days away per repayment hold, of at most {days} (days)"
        ax.set_xlabel(label(words, days=of.follow_up_days))
    else:
        names, where = [*GATES], label("gate at which they waited")
        number = len(repayment_holds(of))
        title = label("what {number:,} repayment holds waited for", number=number)
        _draw_run(ax, delay_by_cause(of).drop(index="total"))
        ax.set_xlabel(label("days waited, over all repayment holds (hold-days)"))
    ax.set_yticks(range(len(names)), [label(name) for name in names])
    ax.invert_yaxis()
    ax.set_ylabel(where)
    return canvas.finish(ax, title, canvas.subtitle(of, label, confidence))


def _draw_run(ax: Axes, table: pd.DataFrame) -> None:
    bars = ax.barh(range(len(table)), table["hold_days"], color=style.PALE, edgecolor=style.INK)
    labels = [
        f"{days:,} ({canvas.percent(share)})" if days else "0"
        for days, share in zip(table["hold_days"], table["share_of_days"], strict=True)
    ]
    ax.bar_label(bars, labels, padding=4)
    # Room for the labels at the right.
    ax.set_xlim(0, 1.4 * max(1, table["hold_days"].max()))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _draw_study(ax: Axes, summary: pd.DataFrame) -> None:
    mean, low, high = (summary[column].to_numpy() for column in ("estimate", "low", "high"))
    places = range(len(summary))
    bars = ax.barh(places, mean, color=style.PALE, edgecolor=style.INK)
    bars[-1].set(**style.AREAS["forfeited"]._asdict())
    ax.errorbar(
        mean, places, xerr=[mean - low, high - mean], fmt="none", ecolor="black", capsize=3, linewidth=1
    )
    # Beside the interval, not in it.
    ends = summary["high"].fillna(summary["estimate"]).fillna(0.0)
    for place, value, end in zip(places, mean, ends, strict=True):
        words = "-" if np.isnan(value) else f"{value:.2f}" if value else "0"
        ax.annotate(words, (end, place), (5, 0), textcoords="offset points", va="center")
    ax.set_xlim(0, 1.15 * ends.max() or 1)
