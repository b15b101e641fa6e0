"""One borrower's line over time: outstanding, held by cause, available."""

import datetime

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from simlimit.arguments import as_date, as_list, check_type, check_whole, refused
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES
from simlimit.plots import canvas
from simlimit.plots.labels import Labels, Language
from simlimit.run.borrower_history import borrower_history
from simlimit.run.run import Run
from simlimit.scenario import Scenario
from simlimit.scenario.parts import Day
from simlimit.scenario.scenario import day_of

SIZE = (8.5, 4.5)


def borrower(
    run: Run,
    borrower: int,
    *,
    days: tuple[Day, Day] | None = None,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw one borrower's line day by day: what is outstanding, held for each cause, and available.

    A run's tables do not tell what a hold waited for on which day, so the history is simulated again, as by
    `simlimit.borrower_history`.

    Parameters
    ----------
    run : Run
        A run without processes of your own.
    borrower : int
        Id of the borrower, from 0.
    days : (int or date, int or date), optional
        The first and the last day to show; the whole run if not given.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A stack for the end of each day, with the limit as a line. The stack is higher than the line where a
        limit was cut below what is outstanding.

    Raises
    ------
    SimlimitError
        If the run had processes of your own, there is no such borrower, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> sl.plots.borrower(run, 3).get_ylabel()
    'amount (currency units)'
    """
    check_type("run", run, Run)
    label = Labels(language)
    first, last = _check_days(days, run.scenario)
    if run.has_processes:
        raise SimlimitError(
            "run had processes of your own, but a borrower can be drawn only if there were none: "
            "simulate without them."
        )
    table = borrower_history(run.scenario, run.seed, run.replication, borrower).loc[first:last]
    ax = canvas.axes_or_new(ax, SIZE)
    _stack(ax, table, canvas.time_axis(ax, run.scenario, label), label)
    ax.set_ylabel(label("amount (currency units)"))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    title = label("the line of borrower {borrower}", borrower=borrower)
    return canvas.finish(ax, title, canvas.subtitle(run, label))


def _check_days(days: tuple[Day, Day] | None, scenario: Scenario) -> tuple[int, int]:
    horizon = scenario.horizon_days
    if days is None:
        return 0, horizon - 1
    allowed = f"a first and a later last day from 0 to {horizon - 1}"
    dates = [as_date(day) for day in as_list("days", days, allowed)]
    # A moment that is no date stays what it is, and is refused.
    numbers = [day_of(scenario, day) if type(day) is datetime.date else day for day in dates]
    whole = [check_whole("a value of days", day, horizon - 1) for day in numbers]
    if len(whole) != 2 or whole[0] >= whole[1]:
        raise refused("days", days, allowed)
    return whole[0], whole[1]


def _stack(ax: Axes, table: pd.DataFrame, day_0: float, label: Labels) -> None:
    gates = [gate for gate in GATES if table[gate].any()]
    held = {gate: label("held for {gate}", gate=label(gate)) for gate in gates}
    entries = {"outstanding": label("outstanding"), **held, "available": label("available")}
    # The end of a day lasts until the end of the next; the last one, too.
    edges = table.reindex(range(table.index[0], table.index[-1] + 2), method="ffill")
    edges.index += day_0
    height = canvas.draw_stack(ax, edges, entries, linewidth=0.3)
    # White on white needs an outline.
    ax.collections[-1].set_linewidth(0.8)
    (limit,) = ax.step(edges.index, edges["limit"], where="post", color="black", label=label("limit"))
    limit.set(linestyle=(0, (4, 2)), linewidth=1.6)
    top = max(height.max(), edges["limit"].max(), 1.0)
    ax.set(xlim=(edges.index[0], edges.index[-1]), ylim=(0, 1.08 * top))
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), reverse=True, fontsize="small")
