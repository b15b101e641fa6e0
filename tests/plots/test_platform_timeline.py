"""The platform over time: its lines are the daily table, its freezes and branches are where they belong."""

import datetime
import itertools
import re
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from gallery import FREEZE_DAY, FROZEN, REPLICATIONS, SMALL, comparison, frozen, recovery, run, study
from matplotlib.dates import date2num
from matplotlib.text import Text

import simlimit as sl
from simlimit import plots
from simlimit.arguments import shown
from simlimit.errors import SimlimitError
from simlimit.plots import canvas
from simlimit.plots.labels import checked_labels

DAY_0 = date2num(SMALL.start_date)


def shaded(panel):
    """Return the first day and the end of each shaded span."""
    spans = [patch.get_extents().transformed(panel.transData.inverted()) for patch in panel.patches]
    return [(round(span.x0 - DAY_0), round(span.x1 - DAY_0)) for span in spans]


def test_of_a_run_is_its_daily_table():
    panels = plots.platform(run(), series=["headroom", "pending_holds"]).child_axes
    for panel, name in zip(panels, ["headroom", "pending_holds"], strict=True):
        assert panel.get_lines()[0].get_ydata().tolist() == run().daily[name].tolist()


def test_of_a_study_is_the_mean_and_the_middle_of_its_replications():
    (panel,) = plots.platform(study(), series="held").child_axes
    held = study().daily["held"].to_numpy().reshape(REPLICATIONS, -1)
    assert panel.get_lines()[0].get_ydata() == pytest.approx(held.mean(axis=0))
    corners = panel.collections[0].get_paths()[0].vertices
    low, high = np.quantile(held, [0.05, 0.95], axis=0)
    at_100 = sorted({y for x, y in corners if x == DAY_0 + 100})
    assert at_100 == pytest.approx([low[100], high[100]])


def test_no_two_ticks_of_a_short_queue_have_the_same_number():
    ax = plots.platform(study(), series="review_queue")
    (panel,) = ax.child_axes
    panel.set_ylim(0, 0.8)
    ax.figure.draw_without_rendering()
    texts = [tick.get_text() for tick in panel.get_yticklabels()]
    assert len(set(texts)) == len(texts) > 1


@pytest.mark.parametrize(
    "days", [(180, 244), (datetime.date(2020, 6, 29), pd.Timestamp(2020, 9, 1)), [180, 244]]
)
@pytest.mark.parametrize(("of", "name"), [(run, "held"), (study, "review_queue"), (comparison, "held")])
def test_shows_some_days_only(of, name, days):
    ax = plots.platform(of(), series=name, days=days)
    panel, whole = ax.child_axes[0], plots.platform(of(), series=name).child_axes[0]
    assert panel.get_xlim() == (DAY_0 + 180, DAY_0 + 245)
    for line, in_whole in zip(panel.get_lines(), whole.get_lines(), strict=False):
        if len(in_whole.get_xdata()) > 2:
            assert line.get_xdata().tolist() == [DAY_0 + day for day in range(180, 245)]
            assert line.get_ydata().tolist() == in_whole.get_ydata()[180:245].tolist()
    highest = max(line.get_ydata().max() for line in panel.get_lines() if len(line.get_xdata()) > 2)
    assert of is study or highest < panel.get_ylim()[1] < 1.06 * highest, "heights are of these days"


@pytest.mark.parametrize("days", [(5, 5), (0, 400), (1, 2, 3), 7])
def test_refuses_days_that_there_are_not(days):
    with pytest.raises(SimlimitError, match=r"^(a value of )?days is .* from 0 to 399\.$"):
        plots.platform(study(), days=days)


@pytest.mark.parametrize("day", [datetime.date(2019, 12, 31), datetime.date(2021, 2, 4), "2020-12-01", 7.5])
def test_refuses_what_is_no_day_of_the_run_as_the_user_wrote_it(day):
    sentence = (
        f"a value of days is {shown(day)}, but must be a date from 2020-01-01 to 2021-02-03, "
        "or a day from 0 to 399."
    )
    with pytest.raises(SimlimitError, match=f"^{re.escape(sentence)}$"):
        plots.platform(study(), days=(datetime.date(2020, 6, 1), day))


def test_days_of_a_recovery_are_those_around_it_or_others():
    (panel, *_) = plots.platform(recovery()).child_axes
    assert panel.get_xlim()[0] == DAY_0 + FREEZE_DAY - 30
    (panel, *_) = plots.platform(recovery(), days=(190, 299)).child_axes
    assert panel.get_xlim() == (DAY_0 + 190, DAY_0 + 300)


@pytest.mark.parametrize("of", [run, study, comparison, recovery])
def test_days_of_the_run_are_dates(of):
    panels = plots.platform(of()).child_axes
    assert "date" in [panel.get_xlabel() for panel in panels]
    small = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 90})
    assert (
        plots.platform(sl.simulate(small), series="drawn").child_axes[-1].get_xlabel()
        == "day of the run (days)"
    )


@pytest.mark.parametrize(
    ("last", "format_"), [(399, r"2020-\d\d|2021-01"), (130, r"2020-\d\d"), (6, r"2020-01-\d\d")]
)
def test_dates_on_the_axis_have_room(last, format_):
    ax = plots.platform(run(), series="held", days=(0, last))
    (panel,) = ax.child_axes
    ax.figure.canvas.draw()
    marked = [label for label in panel.get_xticklabels() if label.get_text()]
    assert len(marked) >= 4
    assert all(re.fullmatch(format_, label.get_text()) for label in marked)
    ends = [label.get_window_extent() for label in marked]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(ends))


@pytest.mark.parametrize("inches", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("days", [2, 30, 100, 400, 720, 1_080, 1_460, 3_000])
def test_axes_of_any_width_have_dates_for_any_span(days, inches):
    figure, ax = plt.subplots(figsize=(inches, 2))
    canvas.time_axis(ax, SMALL, checked_labels("en", "of", SMALL, sl.Scenario))
    ax.set_xlim(DAY_0, DAY_0 + days)
    with warnings.catch_warnings(action="error"):
        figure.canvas.draw()
    assert len(ax.get_xticks()) >= 2
    marked = [label for label in ax.get_xticklabels() if label.get_text()]
    ends = [label.get_window_extent() for label in marked if not label.get_rotation()]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(ends)), "they are aslant, or have room"
    assert len(ends) == (len(marked) if inches == 8 else 0)


def test_freezes_are_shaded():
    for panel in plots.platform(frozen()).child_axes:
        assert shaded(panel) == [(FREEZE_DAY, FREEZE_DAY + 30)]
    assert shaded(plots.platform(study()).child_axes[0]) == []


def test_a_freeze_of_few_replications_is_not_shaded():
    rare = FROZEN.replace({"shocks": [{"kind": "freeze", "per_year": 0.5, "duration_days": 30}]})
    some = sl.replicate(rare, REPLICATIONS, seed=1)
    share = (some.daily.pivot(index="day", columns="replication", values="frozen") > 0).mean(axis=1)
    assert share.max() > 0
    panel = plots.platform(some, series="held").child_axes[0]
    assert sum(end - first for first, end in shaded(panel)) == (share >= 0.5).sum()


def test_a_comparison_shows_where_histories_branch():
    ax = plots.platform(comparison(), series="held")
    panel, strip = ax.child_axes
    texts = [text.get_text() for text in strip.texts]
    assert "frozen differs from today from 2020-07-19 on" in texts
    today, weekly, other = (panel.get_lines()[i].get_ydata() for i in range(3))
    assert today[:FREEZE_DAY].tolist() == other[:FREEZE_DAY].tolist()
    assert today[FREEZE_DAY] != other[FREEZE_DAY]
    assert weekly[-1] < other[-1] < today[-1]
    assert [text.get_text() for text in panel.texts] == ["weekly", "frozen", "today"], "not as they end"
    assert {bar.get_x() for bar in strip.patches} >= {DAY_0 + FREEZE_DAY}


def test_labels_of_many_scenarios_do_not_overlap():
    many = sl.compare(
        {f"scenario {k}": SMALL.replace({"evaluation.period_days": 7 + k}) for k in range(12)}, 2
    )
    ax = plots.platform(many)
    ax.figure.draw_without_rendering()
    labels = [text for panel in ax.child_axes[:-1] for text in panel.texts]
    # Without the lines that point at them.
    boxes = sorted((Text.get_window_extent(text) for text in labels), key=lambda box: -box.y0)
    assert len(boxes) == 12 * (len(ax.child_axes) - 1)
    assert all(upper.y0 > lower.y1 for upper, lower in itertools.pairwise(boxes))


def test_a_scenario_that_does_not_differ_says_so():
    same = sl.compare({"today": SMALL, "again": SMALL}, 2)
    strip = plots.platform(same).child_axes[-1]
    assert [text.get_text() for text in strip.texts] == ["again is always the same as today"]


def test_leaves_out_what_is_unknown_or_always_0():
    clockwork = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), engine="calendar")
    (flat,) = plots.platform(clockwork).child_axes
    assert flat.get_ylabel() == "held (currency units)"
    assert not flat.get_lines()[0].get_ydata().any()
    assert flat.get_ylim() == (-0.05, 1), "the line is not on the axis"
    assert [panel.get_ylabel() for panel in plots.platform(run()).child_axes] == [
        "held (currency units)", "review queue (holds)", "headroom (currency units)",
    ]  # fmt: skip


def test_a_recovery_shows_what_is_normal_and_when_half_are_back():
    recovery = sl.recovery(FROZEN, REPLICATIONS, seed=3, series="held")
    panel, strip = plots.platform(recovery).child_axes
    row, begin = recovery.table((0.5,)).iloc[0], recovery.begin
    low, high = recovery.band
    corners = panel.collections[0].get_paths()[0].vertices
    at_210 = sorted({y for x, y in corners if x == DAY_0 + 210})
    assert at_210 == pytest.approx([low[210], high[210]])
    words = f"half back: {row['date']:%Y-%m-%d}, {row['days']:g} days ({row['low']:g} to {row['high']:g})"
    (line,) = (line for line in panel.get_lines() if line.get_label() == words)
    assert line.get_xdata()[0] == DAY_0 + begin + row["days"]
    assert shaded(panel) == [(FREEZE_DAY, FREEZE_DAY + 30), (begin + row["low"], begin + row["high"])]
    first, last = panel.get_xlim()
    assert first == DAY_0 + FREEZE_DAY - 30
    assert DAY_0 + begin + recovery.days.quantile(0.9) < last == strip.get_xlim()[1]
    assert [axis.get_ylabel() for axis in (panel, strip)] == ["held (currency units)", ""]
    assert {bar.get_x() for bar in strip.patches} == {DAY_0 + FREEZE_DAY}


def test_a_recovery_shows_all_that_is_normal_on_its_days():
    """The queue is within the band, which is wider than the means of both scenarios."""
    soon = FROZEN.replace({"shocks[0].duration_days": 1})
    recovery = sl.recovery(soon, REPLICATIONS, seed=3, series="review_queue")
    panel = plots.platform(recovery).child_axes[0]
    first, end = (int(one - DAY_0) for one in panel.get_xlim())
    assert recovery.band[1][first:end].max() <= panel.get_ylim()[1] < 1.1 * recovery.band[1][first:end].max()


def test_a_recovery_that_is_unknown_is_not_drawn():
    recovery = sl.recovery(FROZEN, 3, seed=3, series="held")
    panel, _ = plots.platform(recovery).child_axes
    assert any("(? to ?)" in line.get_label() for line in panel.get_lines()), (
        "3 replications have no interval"
    )
    assert shaded(panel) == [(FREEZE_DAY, FREEZE_DAY + 30)]


def test_draws_on_given_axes():
    figure = plots.platform(run()).figure
    ax = figure.add_axes((0, 0, 1, 1))
    assert plots.platform(study(), ax=ax) is ax
    assert ax.child_axes[-1].get_xlabel() == "date"


def test_shows_dates_below_the_last_panel_and_takes_marks_by_date():
    ax = plots.platform(frozen(), series=["held", "headroom"])
    ax.figure.canvas.draw()
    above, below = ax.child_axes
    assert [label.get_text() for label in below.get_xticklabels()][:2] == ["2020-01", "2020-03"]
    assert not above.xaxis.label.get_visible()
    mark = below.axvline(pd.Timestamp("2020-07-19"))
    assert below.convert_xunits(mark.get_xdata()[0]) == shaded(below)[0][0] + DAY_0


def test_shows_days_where_the_scenarios_say_no_start():
    small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 90})
    late = small.replace({"shocks": [{"kind": "freeze", "at": 40, "duration_days": 9}]})
    ax = plots.platform(sl.compare({"today": small, "frozen": late}, 2), series="held")
    panel, strip = ax.child_axes
    assert panel.get_xlim() == strip.get_xlim() == (0, 90)
    assert panel.get_xlabel() == "day of the run (days)"
    assert [text.get_text() for text in strip.texts] == ["frozen differs from today from day 40 on"]


def test_refuses_a_series_that_there_is_not():
    with pytest.raises(
        SimlimitError,
        match=r"^a name in series is 'profit', but must be one of: .* \(11 in the help of plots",
    ):
        plots.platform(run(), series=["profit"])
