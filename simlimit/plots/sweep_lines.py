"""A sweep as lines: a metric over the values of one field, a line for each value of another."""

import pandas as pd
from matplotlib.axes import Axes

from simlimit.arguments import check_choice, check_type
from simlimit.errors import SimlimitError
from simlimit.plots import style
from simlimit.plots.by_age import Weight
from simlimit.plots.canvas import axes_or_new, finish, label_ends, subtitle, use_percent_axis
from simlimit.plots.labels import METRICS, Language, label, label_language
from simlimit.scenario import Scenario
from simlimit.study.sweeping import Sweep

MOST_FIELDS = 2


def sweep(
    sweep: Sweep,
    *,
    metric: str = "restricted_mean_days",
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw a metric over the values of the first field of a sweep, a line for each value of the second.

    Values that are not numbers stand side by side in the order of the sweep, without a line between them.

    Parameters
    ----------
    sweep : Sweep
        Of one or two fields.
    metric : str
        A metric of `Study.summary`.
    weight : "holds" or "amount"
        Whether each hold counts once, or by its amount.
    confidence : float
        Confidence level of the interval at each point by itself.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The points are the estimates, with a band or a bar for the interval of each.

    Raises
    ------
    SimlimitError
        If the sweep has more than two fields, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 20}
    ... )
    >>> grid = sl.sweep(small, {"evaluation.period_days": [7, 30]}, 5, seed=1)
    >>> sl.plots.sweep(grid).get_xlabel()
    'evaluation.period_days (days)'
    """
    check_type("sweep", sweep, Sweep)
    language = label_language(language)
    check_choice("metric", metric, tuple(METRICS))
    if len(sweep.fields) > MOST_FIELDS:
        raise SimlimitError(
            f"sweep has the fields {', '.join(sweep.fields)}, but a picture shows one or two: "
            "sweep fewer at a time."
        )
    summary = sweep.summary(confidence, weight=weight).xs(metric, level="metric")
    assert isinstance(summary, pd.DataFrame)
    ax = axes_or_new(ax)
    _draw_lines(ax, sweep, summary)
    _label_axes(ax, sweep, metric, weight, language)
    if len(sweep.fields) == MOST_FIELDS:
        _label_lines(ax, sweep, summary)
    title = label("sweep of {fields}", language, fields=", ".join(sweep.fields))
    study = next(iter(sweep.studies.values()))
    return finish(ax, title, subtitle(study, language, confidence))


def _rows_of_lines(sweep: Sweep, summary: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the estimates of each line, in the order of the first field's values."""
    values, *second = sweep.fields.values()
    if not second:
        return [summary.loc[[*values]]]
    return [summary.loc[[(value, other) for value in values]] for other in second[0]]


def _draw_lines(ax: Axes, sweep: Sweep, summary: pd.DataFrame) -> None:
    values = next(iter(sweep.fields.values()))
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    for number, rows in enumerate(_rows_of_lines(sweep, summary)):
        look = style.line(number)
        low, middle, high = (rows[column].to_numpy() for column in ("low", "estimate", "high"))
        if are_numbers:
            ax.fill_between(values, low, high, color=look.colour, alpha=0.25, linewidth=0)
            (marks,) = ax.plot(values, middle, linestyle=look.style)
        else:
            (marks,) = ax.plot(range(len(values)), middle, linestyle="")
            ax.vlines(range(len(values)), low, high, color=look.colour)
        marks.set(color=look.colour, marker=look.marker, markersize=5)
        marks.set_markerfacecolor("white" if number % 2 else look.colour)
    if not are_numbers:
        ax.set_xlim(-0.5, len(values) - 0.5)
        ax.set_xticks(range(len(values)), [_value_label(value) for value in values])


def _label_axes(ax: Axes, sweep: Sweep, metric: str, weight: Weight, language: Language) -> None:
    study = next(iter(sweep.studies.values()))
    what, unit = METRICS[metric]
    what = label(what, language, days=study.follow_up_days)
    if unit == "share of holds" and weight == "amount":
        unit = "share of repaid principal"
    ax.set_xlabel(_field_label(next(iter(sweep.fields)), study.scenario, language))
    ax.set_ylabel(label("{what} ({unit})", language, what=what, unit=label(unit, language)))
    if unit.startswith("share"):
        use_percent_axis(ax)


def _label_lines(ax: Axes, sweep: Sweep, summary: pd.DataFrame) -> None:
    """Write the second field's value at the end of each line."""
    field, values = list(sweep.fields.items())[1]
    ends = [rows["estimate"].iloc[-1] for rows in _rows_of_lines(sweep, summary)]
    texts = [f"{field} = {_value_label(value)}" for value in values]
    label_ends(ax, ends, texts, [style.line(number).colour for number in range(len(values))])


def _value_label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _field_label(field: str, scenario: Scenario, language: Language) -> str:
    """Return a field's name, with its unit if it has one."""
    part: object = scenario
    *path, last = field.split(".")
    for name in path:
        part = getattr(part, name, None)
    known = getattr(type(part), "model_fields", {}).get(last)
    unit = ((known and known.json_schema_extra) or {}).get("unit")
    if not unit:
        return field
    return label("{what} ({unit})", language, what=field, unit=label(unit, language))
