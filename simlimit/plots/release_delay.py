"""The distribution of release delay: how much of what was repaid has come back by each day."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simlimit.plots.canvas import axes, entitle, percent, say_so, show_percent, whose
from simlimit.plots.fonts import use_cjk_font
from simlimit.plots.labels import Language, label, spoken
from simlimit.plots.style import FORFEITED, GREY, INK, PALE
from simlimit.plots.tables import ENDS, Weight, check_kind, delay_curve, observed_days
from simlimit.run.run import Run
from simlimit.study.study import Study

MARKED_DAYS = (7, 30)
HIGH_ATOM = 0.5
"""From here on the axis does not begin at 0, for what happens later would be squeezed below the top."""
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
    """Draw how much of what was repaid has come back by each day, with the jump on the day itself.

    The curve is the cumulative incidence (Aalen-Johansen) of `Study.delay_curve`: every repayment hold from
    the end of the warm-up on is in it, those pending at the horizon as censored. Of a run it is the same,
    from its counts, without an interval, since one history has none.

    Parameters
    ----------
    of : Run or Study
    follow_up_days : int, optional
        How many days to show, from 1 to `horizon_days` - `warmup_days`; those of the run or study if not
        given.
    weight : "holds" or "amount"
        Whether holds count each as one, or by their amount.
    confidence : float
        Of the band of a study at each day by itself.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.
    language : "en" or "zh"
        Of the labels; English where no font with Chinese characters is installed.

    Returns
    -------
    matplotlib Axes
        Below the line: released. Hatched, from above: forfeited. Between: pending. The vertical axis begins
        at 0, or, if most is released on the day of repayment, at the share that its label names.

    Raises
    ------
    SimlimitError
        If an argument is not as above.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import simlimit as sl
    >>> from simlimit import plots
    >>> study = sl.replicate(sl.preset("clockwork").replace({"population.borrowers": 20}), 5, seed=1)
    >>> plots.delay(study).get_xlabel()
    'days since repayment'
    """
    check_kind("of", of, Run, Study)
    language = spoken(language)
    end = observed_days(of, follow_up_days)
    curve = delay_curve(of, weight, confidence).reindex(range(end + 1))
    ax = axes(ax)
    entitle(ax, _title(of, weight, language), whose(of, language))
    ax.set(xlim=(-0.01 * end, end), xlabel=label("days since repayment", language))
    show_percent(ax)
    if np.isnan(curve["released"].iloc[0]):
        ax.set(ylim=(0, 1), ylabel=_share(weight, language))
        say_so(ax, label("no repayment is observed for {day} days", language, day=end))
    else:
        _set_heights(ax, curve["released"].iloc[0], _share(weight, language), language)
        _draw(ax, curve, language)
        _legend(ax, of, confidence, curve, language)
    use_cjk_font(ax)
    return ax


def _title(of: Run | Study, weight: Weight, language: Language) -> str:
    if weight == "amount" or isinstance(of, Study):
        return label("release delay of repaid principal", language)
    number = int(of.counts[[*ENDS, "pending"]].to_numpy().sum())
    return label("release delay of {number:,} repayment holds", language, number=number)


def _share(weight: Weight, language: Language) -> str:
    return label("share of holds" if weight == "holds" else "share of repaid principal", language)


def _set_heights(ax: Axes, atom: float, share: str, language: Language) -> None:
    bottom = 0.0 if atom < HIGH_ATOM else np.floor(10 * (atom - MARGIN)) / 10
    words = share if bottom == 0 else "{what} (axis from {low})"
    ax.set_ylim(bottom, 1)
    ax.set_ylabel(label(words, language, what=share, low=f"{100 * bottom:.0f} %") if bottom else share)


def _draw(ax: Axes, curve: pd.DataFrame, language: Language) -> None:
    days = curve.index.to_numpy()
    released, forfeited = curve["released"].to_numpy(), curve["forfeited"].to_numpy()
    atom = label("released on the day of repayment: {share}", language, share=_said(curve, "released", 0))
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
        label="\n".join(label(by_day, language, day=d, share=_said(curve, "released", d)) for d in marked),
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
            share=_said(curve, "forfeited", days[-1]),
        ),
    )
    _name_the_pending(ax, curve, language)


def _said(curve: pd.DataFrame, end: str, day: int) -> str:
    """Return a share with its interval, if it has one."""
    share, low, high = (curve[f"{end}{which}"].to_numpy()[day] for which in ("", "_low", "_high"))
    interval = f"{100 * low:.1f} - {100 * high:.1f}"
    # Neither where there is none, nor where it is narrower than what is shown.
    is_shown = not np.isnan(low) and f"{100 * low:.1f}" != f"{100 * high:.1f}"
    return f"{percent(share)} ({interval})" if is_shown else percent(share)


def _name_the_pending(ax: Axes, curve: pd.DataFrame, language: Language) -> None:
    """Write into the gap between released and forfeited what it is, where there is room."""
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
    words = "{confidence:g} % intervals over replications"
    title = label(words, language, confidence=100 * confidence) if isinstance(of, Study) else None
    ax.legend(loc=place, framealpha=1, title=title, fontsize="small", title_fontsize="small")
