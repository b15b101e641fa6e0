"""Pictures of a decision: its points, rows and steps are those of its table."""

import numpy as np
import pytest
from gallery import optimum, study

import simlimit as sl
from simlimit import plots


def test_each_status_that_was_simulated_has_its_points() -> None:
    ax = plots.pareto(optimum())
    table = optimum().table()
    drawn = [text.get_text() for text in ax.get_legend().get_texts()]
    assert drawn == [status for status in table["status"].unique() if status != "over budget"]
    points = {container.get_label(): container.lines[0].get_xydata() for container in ax.containers}
    for status, places in points.items():
        rows = table[table["status"] == status]
        assert places.tolist() == rows[["days_away", "limit_days_lost"]].to_numpy().tolist()


def test_the_legend_covers_no_point() -> None:
    ax = plots.pareto(optimum())
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1


def test_rows_have_whole_names_where_short_ones_are_the_same() -> None:
    small = optimum().today.source.replace(
        {"population.borrowers": 40, "horizon_days": 200, "warmup_days": 0}
    )
    choices = {"evaluation.duration_days": [3], "shocks[0].duration_days": [5, 9]}
    frozen = small.replace({"shocks": [{"kind": "freeze", "at": 20, "duration_days": 5}]})
    best = sl.optimise(frozen, choices, n=40, follow_up_days=30, progress=False)
    names = [text.get_text() for text in plots.contenders(best).get_yticklabels()]
    begin = "evaluation.duration_days 3, shocks[0].duration_days"
    assert {name.replace("\n", " ").partition(": ")[0] for name in names} == {f"{begin} 5", f"{begin} 9"}


def test_with_one_objective_the_other_axis_is_the_cost() -> None:
    best = sl.optimise(optimum().today.source, {"evaluation.period_days": [14]}, n=40, progress=False)
    ax = best.plot.pareto()
    assert ax.get_xlabel().splitlines() == [
        "cost (currency units per year)",
        "limit days lost was not asked for",
    ]
    shares = sl.optimise(
        optimum().today.source, {"evaluation.period_days": [14]}, "pending_share", n=40, progress=False
    )
    ax = shares.plot.pareto()
    ax.figure.draw_without_rendering()
    assert all(tick.get_text().endswith(" %") for tick in ax.get_yticklabels())
    assert all(mark == int(mark) for mark in shares.plot.progress().get_xticks())


def test_rows_are_the_differences_from_the_selected_the_nearest_first() -> None:
    ax = plots.contenders(optimum())
    table = optimum().table()
    simulated = table[table["status"] != "over budget"].sort_values("difference")
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert [name.partition(": ")[2] for name in names] == simulated["status"].to_list()
    fields = ["evaluation.period_days", "rules.min_score"]
    pairs = simulated[fields].itertuples(index=False)
    values = [f"period_days {period}, min_score {score}" for period, score in pairs]
    assert [name.partition(": ")[0] for name in names] == values
    places = ax.containers[0].lines[0].get_xdata()
    assert places == pytest.approx(simulated["difference"].to_numpy(np.float64))


def test_of_what_is_to_be_large_the_nearest_is_first_too() -> None:
    waiting = optimum().today.source
    best = sl.optimise(
        waiting, {"evaluation.period_days": [7, 14]}, "-released_within_7d", n=40, progress=False
    )
    ax = plots.contenders(best)
    places = ax.containers[0].lines[0].get_xdata()
    assert [*places] == sorted(places, reverse=True)
    assert ax.get_yticklabels()[0].get_text() == "period_days 7: selected"
    assert ax.get_ylim() == (-2.5, 0.5)


def test_where_nothing_is_selected_the_picture_says_so() -> None:
    bound = {"days_away": sl.at_most(0.01)}
    waiting = optimum().today.source
    best = sl.optimise(waiting, {"evaluation.period_days": [14]}, subject_to=bound, n=40, progress=False)
    assert "nothing is selected" in [text.get_text() for text in plots.contenders(best).texts]


def test_the_last_step_is_where_the_decision_ended() -> None:
    ax = plots.progress(optimum())
    days, left = ax.lines[0].get_data()
    assert (days[-1], left[0], left[-1]) == (optimum().race.number, len(optimum().alternatives), 0)


def test_anything_else_is_refused() -> None:
    with pytest.raises(sl.SimlimitError, match="optimum is of type Study, but must be an Optimum"):
        plots.pareto(study())
