"""Where repaid principal stands by age until it is released: at which cause, or forfeited."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from simlimit.arguments import check_type
from simlimit.model.causes import GATES
from simlimit.plots import by_age, canvas
from simlimit.plots.labels import Labels, Language
from simlimit.run.run import Run
from simlimit.study.metrics import Weight
from simlimit.study.study import Study

MARKED_DAYS = (0, 7, 30)
TITLES = {
    "amount": (
        "where repaid principal stands that is not yet released",
        "share of repaid principal, not yet released",
    ),
    "holds": ("where repayment holds stand that are not yet released", "share of holds, not yet released"),
}
"""What the picture and its vertical axis are called, by weight."""


def standing(
    of: Run | Study, *, weight: Weight = "amount", ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw for which cause repaid principal waits, by age, until it is released.

    Most is released on the day of repayment, so the stack shows the share that is *not* released. The causes
    are stacked in their order, the first on top; the forfeited part is at the bottom. The area of each is
    the mean number of days away that it has: together they are `days_away`. The cohort is that of
    `Study.standing`: every repayment that is followed for the whole follow-up.

    Parameters
    ----------
    of : Run or Study
    weight : "amount" or "holds"
        Whether each hold counts by its amount, or once.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The stack, with the mean days of each part in the legend.

    Raises
    ------
    SimlimitError
        If `of` is neither a run nor a study, or `weight` or `language` is not one of those above.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> sl.plots.standing(sl.simulate(jiebei, seed=1)).get_ylabel()
    'share of repaid principal, not yet released'
    """
    check_type("of", of, Run, Study)
    label = Labels(language)
    table = by_age.standing(of, weight)
    title, share = TITLES[weight]
    ax = canvas.axes_or_new(ax)
    ax.set(xlabel=label("days since repayment"), ylabel=label(share))
    canvas.use_percent_axis(ax)
    if table["released"].isna().any():
        canvas.write_in_middle(ax, label("no repayment is observed for {day} days", day=of.follow_up_days))
    else:
        _stack(ax, table, label)
    return canvas.finish(ax, label(title), canvas.subtitle(of, label))


def _stack(ax: Axes, table: pd.DataFrame, label: Labels) -> None:
    end = table.index[-1]
    shown = [name for name in ("forfeited", *reversed(GATES)) if table[name].any()]
    entries = {name: _legend_entry(name, table[name], label) for name in shown}
    height = canvas.draw_stack(ax, table, entries, linewidth=0.5)
    areas, _ = ax.get_legend_handles_labels()
    ax.step(table.index, height, where="post", color="black", linewidth=1)
    ax.set(xlim=(0, end), ylim=(0, max(1.1 * height.max(), 1e-3)))
    by_day = "released by day {day}: {share}"
    marked = [*(day for day in MARKED_DAYS if day < end), end]
    released = [label(by_day, day=day, share=canvas.percent(table.loc[day, "released"])) for day in marked]
    text = Line2D([], [], linestyle=" ", label="\n".join(released))
    # A stack that does not fall leaves no room within.
    falls = height[-1] < height.max() / 2
    ax.legend(
        handles=[*reversed(areas), text],
        title=label("mean days away"),
        loc="upper right" if falls else "upper left",
        bbox_to_anchor=(1, 1) if falls else (1.01, 1),
        framealpha=1,
        fontsize="small",
        title_fontsize="small",
    )


def _legend_entry(name: str, part: "pd.Series[float]", label: Labels) -> str:
    # The last day is the end of the follow-up: nothing that happens on it counts.
    entry = label("{gate}: {days:.2f} days", gate=label(name), days=part.iloc[:-1].sum())
    if name == "forfeited":
        return label("{entry} ({share} in the end)", entry=entry, share=canvas.percent(part.iloc[-1]))
    return entry
