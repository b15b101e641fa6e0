"""`explore`: sliders and choices for fields of a scenario, and what they change, in a notebook."""

import base64
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from matplotlib.figure import Figure

from simlimit.arguments import check_choice, is_number, refused, shown
from simlimit.books.portfolio import as_portfolio
from simlimit.deciding.ranges import TODAY, Ranges, default_range, read_ranges
from simlimit.errors import SimlimitError
from simlimit.extras import from_extra
from simlimit.inference.parameters import Free, Parameter
from simlimit.plots import bars, by_age, canvas, effects, style
from simlimit.plots.labels import VERDICTS, Labels, Language
from simlimit.run.offered_load import overload_sentence
from simlimit.run.options import FOLLOW_UP_DAYS, check_scenario
from simlimit.run.outside import outside_sentence
from simlimit.scenario import Scenario, dotted, field_values, steps_of, units_of
from simlimit.study.changes import Change
from simlimit.study.comparison import Comparison
from simlimit.study.metrics import METRICS, beside_losses
from simlimit.study.options import CheckedOptions
from simlimit.study.replicating import replicate_all
from simlimit.study.study import Study
from simlimit.tables.numbers import value_text
from simlimit.tables.results import verdict_text
from simlimit.tables.units import NAMES, PARTS, unit_of
from simlimit.templates import filled

Choices = Mapping[str, Any]
# What has a slider if nothing is asked for: what a platform can do about waits, and how it errs.
FIELDS = (
    "evaluation.period_days", "review.reviewers", "review.watch_share", "screening.false_flag",
    "rules.min_score",
)  # fmt: skip
START, NOW = "start", "now"
# A slider has at least so many steps.
STEPS = 50
# Where a slider over a distribution ends: at these quantiles.
ENDS = (0.005, 0.995)
# How wide a control is, and the words before it.
LOOKS = {"style": {"description_width": "55%"}, "layout": {"width": "50em", "max_width": "100%"}}
# As wide as the notebook, however wide the table is.
FITTING = '"width:0;min-width:100%;overflow-x:auto"'
# Inches of the picture, and its dots per inch.
SIZE, DPI = (12.5, 4.4), 100


class Exploration:
    """Sliders and choices for fields of a scenario, and what they change, made by `simlimit.explore`.

    At the end of a notebook's cell it shows itself.

    Attributes
    ----------
    controls : dict of widget
        By field: an `IntSlider`, a `FloatSlider`, or a `Dropdown` of texts, all of ipywidgets. To set the
        `value` of one is to move it.
    scenario : Scenario
        What is shown: the scenario of the start, with what the controls say.
    comparison : Comparison
        Of the `start` with what is shown, `now`. At the start there is only that.
    widget : VBox
        The controls and the answer below them, for a layout of your own.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50}
    ... )
    >>> exploration = sl.explore(small, {"evaluation.period_days": (7, 60)}, 10)
    >>> exploration.controls["evaluation.period_days"].value = 7
    >>> exploration
    Exploration('clockwork': evaluation.period_days = 7, 10 replications)
    >>> bool(exploration.comparison.differences().loc[("now", "days_away"), "significant"])
    True
    """

    def __init__(
        self, start: Study, options: CheckedOptions, ranges: Ranges, metric: str, language: Language
    ) -> None:
        self._start, self._options, self._ranges = start, options, ranges
        self._metric, self._language = metric, language
        widgets, known, units = _ipywidgets(), field_values(start.scenario), units_of(start.scenario.walk())
        self.controls, self._starts, self._choices = dict[str, Any](), dict[str, Any](), dict[str, Choices]()
        for one in ranges.parameters:
            field = dotted(steps_of(one.name))
            self._starts[one.name] = 1 if one.times else known.get(field, TODAY)
            words = Labels(language).with_unit(one.name, units.get(field, ""))
            made = _control(widgets, one, self._starts[one.name], words)
            self.controls[one.name], self._choices[one.name] = made
        self._answer = widgets.HTML()
        self.widget = widgets.VBox([*self.controls.values(), self._answer])
        self._show()
        for control in self.controls.values():
            control.observe(self._show, "value")

    def __repr__(self) -> str:
        histories = filled("{number:,} replication{number:s}", number=len(self._start))
        return f"Exploration({self._start.scenario.name!r}: {self._told}, {histories})"

    def _repr_mimebundle_(self, **which: object) -> object:
        return self.widget._repr_mimebundle_(**which)

    def _moved(self) -> dict[str, Any]:
        """Return the values that differ from those of the start."""
        values = {}
        for name, control in self.controls.items():
            choices = self._choices[name]
            # A slider counts in steps, whose sum may be off by a rounding error.
            values[name] = choices[control.value] if choices else round(control.value, 12)
        return {name: value for name, value in values.items() if _text(value) != _text(self._starts[name])}

    def _show(self, _: object = None) -> None:
        """Simulate what the controls say, and show it; or why that cannot be."""
        start, moved, studies = self._start, self._moved(), {START: self._start}
        try:
            if moved:
                changed = {NOW: self._ranges.with_values(start.scenario, moved)}
                studies |= replicate_all(changed, len(start), start.seed, self._options, warns=False)
        except SimlimitError as error:
            self._answer.value = f"<p><strong>{escape(str(error))}</strong></p>"
            return
        self.comparison, now = Comparison(studies), studies.get(NOW, start)
        self.scenario = now.scenario
        self._told = ", ".join(f"{name} = {_text(value)}" for name, value in moved.items()) or START
        lines = [self._told, *self._effects(now.follow_up_days)] if moved else [Labels(self._language)(START)]
        lines += [overload_sentence(now._prepared), outside_sentence(now.scenario, now.follow_up_days)]
        lines = [*filter(None, lines)]
        words = "".join(f"<p>{escape(line)}</p>" for line in lines)
        picture = base64.b64encode(_picture(self.comparison, self._language)).decode()
        source = f'src="data:image/png;base64,{picture}" style="max-width:100%"'
        image = f'<img alt="{escape(" ".join(lines))}" {source}>'
        self._answer.value = f"<div style={FITTING}>{words}{image}{self.comparison._repr_html_()}</div>"

    def _effects(self, days: int) -> Iterator[str]:
        """Yield how the metric differs from the start; of losses also how the limit that is lost does."""
        label, table = Labels(self._language), self.comparison.differences().loc[NOW]
        for metric in beside_losses([self._metric]):
            unit, effect = unit_of(metric).of_differences(), table.loc[metric].to_dict()
            middle, low, high = (unit.factor * effect[name] for name in ("difference", "low", "high"))
            verdict = VERDICTS[verdict_text(effect["significant"])]
            said = {"what": label(NAMES[metric], days=days), "unit": label(unit.in_pictures)}
            said["effect"] = effects.with_interval(middle, low, high, effects.decimals((middle, low, high)))
            said["verdict"] = label(verdict, number=int(table["p_value"].count()))
            yield label("{what}: {effect} {unit} from the start; {verdict}", **said)


def explore(
    scenario: Scenario,
    fields: Free | Iterable[str] | str | None = None,
    n: int = 200,
    seed: int = 1,
    *,
    metric: str = "days_away",
    follow_up_days: int = FOLLOW_UP_DAYS,
    language: Language = "en",
) -> Exploration:
    """Make sliders and choices for fields of a scenario, which show in a notebook what a change does.

    When you let go of one, the same replications are simulated again with what all of them say. You see the
    delay curve with its band, the causes, and all paired differences from the start. The numbers are those of
    `compare`. It needs ipywidgets: ``pip install 'simlimit[notebook]'``.

    Parameters
    ----------
    scenario : Scenario
        The start.
    fields : mapping, list of str, or "assumed", optional
        As in `sensitivity`. Bounds give a slider, of whole numbers if the field is one; the scenario's own
        value must lie between them: ``{"review.reviewers": (1, 4)}``. A list of values or changes gives a
        choice. A name alone gives a slider over the range of its provenance or the default. If not given: the
        evaluation period, the reviewers, the share that is watched, false flags and the lowest score.
    n, seed
        As in `replicate`. 200 histories of 1,000 borrowers are shown within a second.
    metric : str
        Whose difference from the start is said above the picture, with whether it may be 0.
    follow_up_days : int
        As in `replicate`.
    language : "en" or "zh"
        Of the picture and of what is said above it.

    Returns
    -------
    Exploration
        The differences are corrected for all metrics, but not for all that you try: simulate what you find
        once more, with another seed.

    Raises
    ------
    SimlimitError
        If an argument is not as above, or ipywidgets is not installed.
    ScenarioError
        If an end of a range is not allowed.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("jiebei").replace({"population.borrowers": 100})
    >>> exploration = sl.explore(small, {"review.reviewers": (1, 4), "rules.overdue": [True, False]}, 10)
    >>> exploration.controls["rules.overdue"].value = "false"
    >>> exploration.scenario.rules.overdue
    False
    """
    check_scenario(scenario)
    check_choice("metric", metric, METRICS)
    Labels(language)
    options = CheckedOptions(follow_up_days=follow_up_days, progress=False)
    _ipywidgets()  # before anything is simulated
    # A file is read once, not at each move.
    platform = scenario.replace({"population.portfolio": as_portfolio(scenario.population.portfolio)})
    if fields is None:
        numbers = {name: (value, info) for name, value, info in platform.walk() if is_number(value)}
        fields = [name for name in FIELDS if default_range(*numbers[name])]
    ranges = read_ranges(fields, platform)
    start = replicate_all({"": platform}, n, seed, options)[""]
    return Exploration(start, options, ranges, metric, language)


def _ipywidgets() -> Any:  # noqa: ANN401 - it has no types
    return from_extra("ipywidgets", "explore needs ipywidgets", "notebook")


def _control(widgets: Any, one: Parameter, start: Any, words: str) -> tuple[Any, Choices]:  # noqa: ANN401
    """Return a slider over bounds, or a choice among values and what each of its texts stands for."""
    looks: dict[str, Any] = {"description": words, "tooltip": words, **LOOKS}
    if isinstance(one.prior, list | range):
        # Texts, since ipywidgets shows nothing where a value is None.
        choices = {_text(value): value for value in one.prior}
        choices = choices if _text(start) in choices else {_text(start): start, **choices}
        return widgets.Dropdown(options=[*choices], value=_text(start), **looks), choices
    ends = one.prior if isinstance(one.prior, tuple) else [float(f"{one.value(end):.3g}") for end in ENDS]
    low, high = ends
    if not is_number(start) or not low <= start <= high:
        around = f"bounds around what it is at the start, {shown(start)}"
        raise refused(f"fields of {shown(one.name)}", one.prior, around)
    looks |= {"min": low, "max": high, "continuous_update": False}
    if one.is_whole:
        return widgets.IntSlider(start, **looks), {}
    step = 10.0 ** math.floor(math.log10((high - low) / STEPS))
    return widgets.FloatSlider(start, step=step, readout_format=".10", **looks), {}


def _text(value: object) -> str:
    return value.name if isinstance(value, Change) else value_text(value)


def _picture(comparison: Comparison, language: Language) -> bytes:
    """Return the delay curve and the causes as PNG, beside those of the start."""
    label, file = Labels(language), io.BytesIO()
    left, right = Figure(SIZE, layout="constrained").subplots(1, 2)
    start, *others = comparison.studies.values()
    if others:
        days, looks = start.summary()["estimate"][[*PARTS]], {"color": style.GREY, "label": label(START)}
        right.plot(days, range(len(PARTS)), "|", markersize=18, zorder=2.5, **looks)
        canvas.legend(right)
    by_age.delay(comparison if others else start, ax=left, language=language)
    bars.causes([start, *others][-1], ax=right, language=language)
    # Of one size, so that the sliders stay where they are.
    canvas.save_picture(left, file, DPI, bbox_inches=None)
    return file.getvalue()
