"""Where a repaid yuan stands by age: at which gate, or forfeited, for as long as it is not released."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from simlimit.model.causes import GATES
from simlimit.plots import style
from simlimit.plots.canvas import axes, entitle, percent, say_so, show_percent, whose
from simlimit.plots.fonts import use_cjk_font
from simlimit.plots.labels import Language, label, spoken
from simlimit.plots.tables import Weight, check_kind
from simlimit.plots.tables import standing as standing_table
from simlimit.run.run import Run
from simlimit.study.study import Study

MARKED_DAYS = (0, 7, 30)


def standing(
    of: Run | Study,
    *,
    weight: Weight = "amount",
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw where what was repaid stands by age, for as long as it is not released.

    Most is released on the day itself, so the height of the stack is what is *not*: what stands at each gate,
    the first gate on top, and, at the bottom, what has been forfeited. The area of a gate is the mean number
    of days that is spent there; the legend names it. The cohort is that of `Study.standing`: every repayment
    that is followed for the whole time.

    Parameters
    ----------
    of : Run or Study
    weight : "amount" or "holds"
        Where a repaid yuan stands, or where a hold does.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.
    language : "en" or "zh"
        Of the labels; English where no font with Chinese characters is installed.

    Returns
    -------
    matplotlib Axes

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
    >>> study = sl.replicate(sl.preset("jiebei").replace({"population.borrowers": 50}), 5, seed=1)
    >>> plots.standing(study).get_ylabel()
    'share of repaid principal, not yet released'
    """
    check_kind("of", of, Run, Study)
    language = spoken(language)
    table = standing_table(of, weight)
    money = weight == "amount"
    what = (
        "where repaid principal stands that is not yet released"
        if money
        else "where repayment holds stand that are not yet released"
    )
    share = "share of repaid principal, not yet released" if money else "share of holds, not yet released"
    ax = axes(ax)
    entitle(ax, label(what, language), whose(of, language))
    ax.set(xlabel=label("days since repayment", language), ylabel=label(share, language))
    show_percent(ax)
    if table["released"].isna().any():
        words = "no repayment is observed for {day} days"
        say_so(ax, label(words, language, day=of.follow_up_days))
    else:
        _stack(ax, table, language)
    use_cjk_font(ax)
    return ax


def _stack(ax: Axes, table: pd.DataFrame, language: Language) -> None:
    days = table.index.to_numpy()
    handles = []
    height = np.zeros(len(table))
    for name in ("forfeited", *reversed(GATES)):
        part = table[name].to_numpy()
        if not part.any():
            continue
        area = style.Area("white", "////") if name == "forfeited" else style.GATES[name]
        edge = style.FORFEITED if name == "forfeited" else "white"
        handles.append(
            ax.fill_between(
                days, height, height + part, step="post", facecolor=area.colour, hatch=area.hatch,
                edgecolor=edge, linewidth=0.5, label=_name(name, table, language),
            )
        )  # fmt: skip
        height = height + part
    ax.step(days, height, where="post", color="black", linewidth=1)
    ax.set(xlim=(0, days[-1]), ylim=(0, max(1.1 * height.max(), 1e-3)))
    released = [
        label("released by day {day}: {share}", language, day=day, share=percent(table.loc[day, "released"]))
        for day in [*(day for day in MARKED_DAYS if day < days[-1]), days[-1]]
    ]
    text = Line2D([], [], linestyle=" ", label="\n".join(released))
    # A stack that does not fall leaves no room within.
    falls = height[-1] < height.max() / 2
    ax.legend(
        handles=[*reversed(handles), text],
        title=label("mean wait, by gate", language),
        loc="upper right" if falls else "upper left",
        bbox_to_anchor=(1, 1) if falls else (1.01, 1),
        framealpha=1,
        fontsize="small",
        title_fontsize="small",
    )


def _name(name: str, table: pd.DataFrame, language: Language) -> str:
    if name == "forfeited":
        return label("forfeited: {share}", language, share=percent(table["forfeited"].iloc[-1]))
    # The last day is the end of the follow-up: nothing that happens on it is waited for.
    mean = table[name].iloc[:-1].sum()
    return label("{gate}: {days:.2f} days", language, gate=label(name, language), days=mean)
