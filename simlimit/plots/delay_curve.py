"""The delay curve: which share is released by each day after repayment."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simlimit.arguments import check_type
from simlimit.plots import canvas
from simlimit.plots.by_age import delay_curve, observed_days
from simlimit.plots.labels import Labels, Language
from simlimit.plots.style import AREAS, GREY, INK, PALE
from simlimit.run.run import Run
from simlimit.study.metrics import ENDS, Weight
from simlimit.study.study import Study

MARKED_DAYS = (7, 30)
HIGH_ATOM = 0.5
"""If this share is released at once, the axis does not begin at 0: the rest would be too flat to see."""
MARGIN = 0.03
ROOM = 0.12
"""The share of the axis that a word needs."""


def delay(
    of: Run | Study,
    follow_up_days: int | None = None,
    *,
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the share that is released by each day after repayment, with the jump on the day of repayment.

    The curve is the cumulative incidence (Aalen-Johansen) of `Study.delay_curve`. It counts every repayment
    hold from the end of the warm-up on; holds that are pending at the horizon are censored. A run is one
    history, so its curve has no band.

    Parameters
    ----------
    of : Run or Study
    follow_up_days : int, optional
        Days to show, 1 .. `horizon_days` - `warmup_days`; the follow-up of the run or study if not given.
    weight : "holds" or "amount"
        Whether each hold counts once, or by its amount.
    confidence : float
        Confidence level of a study's band, at each day separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        Below the line: released. Hatched, from above: forfeited. Between: pending. Grey: fewer than 20 holds
        at risk. The vertical axis begins at 0; if most is released on the day of repayment, it begins at the
        share that its label names.

    Raises
    ------
    SimlimitError
        If `of` is neither a run nor a study, or `follow_up_days`, `weight` or `language` is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> study = sl.replicate(sl.preset("clockwork").replace({"population.borrowers": 20}), 5, seed=1)
    >>> sl.plots.delay(study).get_xlabel()
    'days since repayment'
    """
    check_type("of", of, Run, Study)
    label = Labels(language)
    end = observed_days(of, follow_up_days)
    curve = delay_curve(of, weight, confidence).reindex(range(end + 1))
    at_once = curve["released"].iloc[0]
    share = label("share of holds" if weight == "holds" else "share of repaid principal")
    ax = canvas.axes_or_new(ax)
    ax.set(xlim=(-0.01 * end, end), ylim=(0, 1), xlabel=label("days since repayment"), ylabel=share)
    canvas.use_percent_axis(ax)
    if np.isnan(at_once):
        canvas.write_in_middle(ax, label("no repayment is observed for {day} days", day=end))
    else:
        if at_once >= HIGH_ATOM:
            bottom = np.floor(10 * (at_once - MARGIN)) / 10
            words = label("{what} (axis from {low})", what=share, low=f"{100 * bottom:.0f} %")
            ax.set(ylim=(bottom, 1), ylabel=words)
        _draw(ax, curve, label)
        _label_pending(ax, curve, label)
        _legend(ax, curve, canvas.interval_note(confidence, label) if isinstance(of, Study) else None)
    return canvas.finish(ax, _title(of, weight, label), canvas.subtitle(of, label))


def _title(of: Run | Study, weight: Weight, label: Labels) -> str:
    if weight == "amount" or isinstance(of, Study):
        return label("release delay of repaid principal")
    number = int(of.counts[[*ENDS, "pending"]].to_numpy().sum())
    return label("release delay of {number:,} repayment holds", number=number)


def _draw(ax: Axes, curve: pd.DataFrame, label: Labels) -> None:
    days, released = curve.index, curve["released"]
    band = ax.fill_between(days, curve["released_low"], curve["released_high"], step="post", linewidth=0.4)
    band.set(facecolor=PALE, edgecolor=INK)
    words = label("released on the day of repayment: {share}", share=_share_text(curve, "released", 0))
    ax.plot(0, released[0], "o", color=INK, markersize=8, clip_on=False, label=words, zorder=4)
    end = days[-1]
    marked = [*(day for day in MARKED_DAYS if day < end), end]
    by_day = "released by day {day}: {share}"
    words = "\n".join(label(by_day, day=day, share=_share_text(curve, "released", day)) for day in marked)
    # The jump at day 0 is part of the curve.
    from_0 = np.insert(days, 0, 0), np.insert(released, 0, 0)
    ax.step(*from_0, where="post", color=INK, linewidth=1.6, label=words)
    rest = canvas.percent(curve["pending"].iloc[-1])
    ax.plot([], [], " ", label=label("pending after {day} days: {share}", day=end, share=rest))
    words = label("forfeited by day {day}: {share}", day=end, share=_share_text(curve, "forfeited", end))
    canvas.shade_few(ax, curve, label)
    look = AREAS["forfeited"]._asdict()
    ax.fill_between(days, 1 - curve["forfeited"], 1, step="post", linewidth=0.4, label=words, **look)


def _share_text(curve: pd.DataFrame, end: str, day: int) -> str:
    """Return a share of the curve for a label, with its interval if it has one."""
    share, low, high = (curve[f"{end}{which}"].to_numpy()[day] for which in ("", "_low", "_high"))
    interval = f"{100 * low:.1f} - {100 * high:.1f}"
    # Neither where there is none, nor where it is narrower than what is shown.
    is_shown = not np.isnan(low) and f"{100 * low:.1f}" != f"{100 * high:.1f}"
    return f"{canvas.percent(share)} ({interval})" if is_shown else canvas.percent(share)


def _label_pending(ax: Axes, curve: pd.DataFrame, label: Labels) -> None:
    """Write "pending" between the released and the forfeited part, where there is room."""
    low, high = ax.get_ylim()
    end = curve.index[-1]
    middle = curve.loc[0.1 * end : 0.6 * end, "pending"]
    if len(middle) and middle.iloc[0] > ROOM * (high - low):
        day = middle.index[0]
        height = curve["released"][day] + middle.iloc[0] / 2
        ax.text(day, height, label("pending"), color=GREY, style="italic", va="center")


def _legend(ax: Axes, curve: pd.DataFrame, title: str | None) -> None:
    """Write the legend at the right, in the half in which the curve does not end."""
    is_high = curve["released"].dropna().iloc[-1] > np.mean(ax.get_ylim())
    ax.legend(
        loc="lower right" if is_high else "upper right",
        framealpha=1,
        title=title,
        fontsize="small",
        title_fontsize="small",
    )
