"""The delay curve: which share is released by each day after repayment."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simlimit.arguments import check_type
from simlimit.plots.by_age import ENDS, Weight, delay_curve, observed_days
from simlimit.plots.canvas import (
    axes_or_new,
    finish,
    interval_note,
    percent,
    subtitle,
    use_percent_axis,
    write_in_middle,
)
from simlimit.plots.labels import Language, label, label_language
from simlimit.plots.style import FORFEITED, GREY, INK, PALE
from simlimit.run.run import Run
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
        Confidence level of a study's band, at each day by itself.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        Below the line: released. Hatched, from above: forfeited. Between: pending. The vertical axis begins
        at 0; if most is released on the day of repayment, it begins at the share that its label names.

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
    language = label_language(language)
    end = observed_days(of, follow_up_days)
    curve = delay_curve(of, weight, confidence).reindex(range(end + 1))
    ax = axes_or_new(ax)
    ax.set(xlim=(-0.01 * end, end), xlabel=label("days since repayment", language))
    use_percent_axis(ax)
    if np.isnan(curve["released"].iloc[0]):
        ax.set(ylim=(0, 1), ylabel=_share_label(weight, language))
        write_in_middle(ax, label("no repayment is observed for {day} days", language, day=end))
    else:
        _set_vertical_axis(ax, curve["released"].iloc[0], _share_label(weight, language), language)
        _draw(ax, curve, language)
        _legend(ax, of, confidence, curve, language)
    return finish(ax, _title(of, weight, language), subtitle(of, language))


def _title(of: Run | Study, weight: Weight, language: Language) -> str:
    if weight == "amount" or isinstance(of, Study):
        return label("release delay of repaid principal", language)
    number = int(of.counts[[*ENDS, "pending"]].to_numpy().sum())
    return label("release delay of {number:,} repayment holds", language, number=number)


def _share_label(weight: Weight, language: Language) -> str:
    return label("share of holds" if weight == "holds" else "share of repaid principal", language)


def _set_vertical_axis(ax: Axes, atom: float, share: str, language: Language) -> None:
    bottom = 0.0 if atom < HIGH_ATOM else np.floor(10 * (atom - MARGIN)) / 10
    words = share if bottom == 0 else "{what} (axis from {low})"
    ax.set_ylim(bottom, 1)
    ax.set_ylabel(label(words, language, what=share, low=f"{100 * bottom:.0f} %") if bottom else share)


def _draw(ax: Axes, curve: pd.DataFrame, language: Language) -> None:
    days = curve.index.to_numpy()
    released, forfeited = curve["released"].to_numpy(), curve["forfeited"].to_numpy()
    atom = label(
        "released on the day of repayment: {share}",
        language,
        share=_share_text(curve, "released", 0),
    )
    ax.fill_between(
        days, curve["released_low"], curve["released_high"], step="post", facecolor=PALE, edgecolor=INK,
        linewidth=0.4,
    )  # fmt: skip
    ax.plot(0, released[0], "o", color=INK, markersize=8, clip_on=False, label=atom, zorder=4)
    # The jump at day 0 is part of the curve.
    marked = [day for day in MARKED_DAYS if day < days[-1]] + [days[-1]]
    by_day = "released by day {day}: {share}"
    ax.step(
        np.insert(days, 0, 0),
        np.insert(released, 0, 0),
        where="post",
        color=INK,
        linewidth=1.6,
        label="\n".join(
            label(by_day, language, day=d, share=_share_text(curve, "released", d)) for d in marked
        ),
    )
    rest = curve["pending"].iloc[-1]
    words = label("pending after {day} days: {share}", language, day=days[-1], share=percent(rest))
    ax.plot([], [], " ", label=words)
    ax.fill_between(
        days,
        1 - forfeited,
        1,
        step="post",
        facecolor="white",
        edgecolor=FORFEITED,
        hatch="////",
        linewidth=0.4,
        label=label(
            "forfeited by day {day}: {share}",
            language,
            day=days[-1],
            share=_share_text(curve, "forfeited", days[-1]),
        ),
    )
    _label_pending(ax, curve, language)


def _share_text(curve: pd.DataFrame, end: str, day: int) -> str:
    """Return a share of the curve for a label, with its interval if it has one."""
    share, low, high = (curve[f"{end}{which}"].to_numpy()[day] for which in ("", "_low", "_high"))
    interval = f"{100 * low:.1f} - {100 * high:.1f}"
    # Neither where there is none, nor where it is narrower than what is shown.
    is_shown = not np.isnan(low) and f"{100 * low:.1f}" != f"{100 * high:.1f}"
    return f"{percent(share)} ({interval})" if is_shown else percent(share)


def _label_pending(ax: Axes, curve: pd.DataFrame, language: Language) -> None:
    """Write "pending" between the released and the forfeited part, where there is room."""
    low, high = ax.get_ylim()
    end = curve.index[-1]
    middle = curve.loc[0.1 * end : 0.6 * end, "pending"]
    if len(middle) and middle.iloc[0] > ROOM * (high - low):
        day = middle.index[0]
        height = curve["released"][day] + middle.iloc[0] / 2
        ax.text(day, height, label("pending", language), color=GREY, style="italic", va="center")


def _legend(ax: Axes, of: Run | Study, confidence: float, curve: pd.DataFrame, language: Language) -> None:
    low, high = ax.get_ylim()
    last = curve["released"].dropna().iloc[-1]
    place: Literal["lower right", "upper right"] = "lower right" if last > (low + high) / 2 else "upper right"
    title = interval_note(confidence, language) if isinstance(of, Study) else None
    ax.legend(loc=place, framealpha=1, title=title, fontsize="small", title_fontsize="small")
