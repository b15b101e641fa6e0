"""A tornado: its rows are the table of the ranking, from the lever that helps most."""

import numpy as np
import pandas as pd
import pytest
from gallery import LEVERS, SMALL, ranking, study
from matplotlib.container import ErrorbarContainer
from whiskers import ends

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.plots.effects import decimals, with_interval

DAYS = "days_away"


def intervals(ax):
    """Return the ends of the whiskers, from above."""
    bars = [bars for bars in ax.containers if isinstance(bars, ErrorbarContainer)]
    return [ends(one.lines[2][0])[0] for one in bars]


def rows(ax):
    return [tick.get_text().replace(" ", "_") for tick in ax.get_yticklabels()]


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def in_rows(table, columns):
    """Return columns of the table as the picture has them: lever by lever, but all together only alone."""
    return table[columns].to_numpy().ravel()[:-1]


def test_levers_are_sorted_and_all_together_is_last():
    for metric in (DAYS, "gap_days"):
        table = ranking().table().loc[metric].drop(index="all").sort_values("alone")
        assert rows(plots.tornado(ranking(), metric=metric)) == [*table.index, "all_together"]


def test_bars_are_the_effects_with_their_intervals():
    ax = plots.tornado(ranking(), confidence=0.9)
    table = ranking().table(0.9).loc[DAYS]
    assert widths(ax) == pytest.approx(in_rows(table, ["alone", "last"]))
    segments = np.array(intervals(ax))
    assert segments[:, 0] == pytest.approx(in_rows(table, ["alone_low", "last_low"]), nan_ok=True)
    assert segments[:, 1] == pytest.approx(in_rows(table, ["alone_high", "last_high"]), nan_ok=True)


def looks(ax):
    """Return which bars are filled; unknown if the edge is dotted."""
    return [
        pd.NA if bar.get_linestyle() == ":" else bar.get_facecolor() != (1, 1, 1, 1) for bar in ax.patches
    ]


@pytest.mark.parametrize("metric", [DAYS, "default_losses"])
def test_real_effects_are_filled_and_others_hollow_and_unknown_ones_dotted(metric):
    """Hardly any borrower defaults where most pay on time."""
    ax = plots.tornado(ranking(), metric=metric)
    table = ranking().table().loc[metric].sort_values("alone", kind="stable")
    table = table.loc[[*table.index.drop("all"), "all"]]
    verdicts = table[["alone_significant", "last_significant"]].to_numpy().ravel().tolist()[:-1]
    assert list(map(str, looks(ax))) == list(map(str, verdicts))
    assert set(map(str, verdicts)) == ({"True", "False"} if metric == DAYS else {"<NA>", "False"})
    # Four levers alone and last, and all together, on seven metrics: those without a verdict are not tested.
    tested = ranking().table()[["alone_significant", "last_significant"]].notna().to_numpy().sum()
    assert 1 < tested < 63
    assert f"corrected for {tested} comparisons" in ax.get_xlabel()
    assert "too little observed" in ax.get_xlabel()


def test_per_cost_leaves_out_what_costs_nothing():
    ax = plots.tornado(ranking(), per_cost=True)
    table = ranking().table().loc[DAYS].drop(index="more_funding")
    assert rows(ax) == [*table.index[:-1], "all_together"]
    assert widths(ax) == pytest.approx(in_rows(table, ["alone_per_cost", "last_per_cost"]))
    free = sl.rank_levers(SMALL, LEVERS[-1:], 2)
    with pytest.raises(SimlimitError, match=r"^per_cost is True, but no lever of the ranking costs anything"):
        plots.tornado(free, per_cost=True)


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        (DAYS, "days"),
        ("no_limit_share", "percentage points of borrower-days"),
        ("limit_days_lost", "currency units x days, per borrower and year"),
        ("default_losses", "currency units, per borrower and year"),
    ],
)
def test_has_units(metric, unit):
    assert f"difference ({unit})" in plots.tornado(ranking(), metric=metric).get_xlabel()
    per_cost = plots.tornado(ranking(), metric=metric, per_cost=True)
    assert f"difference ({unit},\nper currency unit of cost)" in per_cost.get_xlabel()


@pytest.mark.parametrize("metric", ["default_losses", "net_income"])
@pytest.mark.parametrize("per_cost", [False, True])
def test_losses_are_not_shown_without_the_limit_that_is_lost(per_cost, metric):
    """Nor net income; the best lever comes first, also where more is better."""
    ax = plots.tornado(ranking(), metric=metric, per_cost=per_cost, confidence=0.9)
    table = ranking().table(0.9)
    if per_cost:
        table = table[table["cost"] > 0]
    more = metric == "net_income"
    by = "alone_per_cost" if per_cost else "alone"
    order = table.loc[metric].drop(index="all").sort_values(by, ascending=not more).index
    assert ax.get_xlabel().startswith("\u2190 worse" if more else "\u2190 better")
    expected = []
    for kind, lost in table.loc["limit_days_lost"].loc[[*order, "all"]].iterrows():
        lines = ["all together" if kind == "all" else kind.replace("_", " ")]
        for which in ("alone",) if kind == "all" else ("alone", "last"):
            effect = lost[[which, f"{which}_low", f"{which}_high"]]
            lines.append(f"{which}: limit days lost {with_interval(*effect, decimals(effect.iloc[0]))}")
        expected.append("\n".join(lines))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == expected[: len(ax.get_yticklabels())]
    assert len(ax.get_yticklabels()) == len(expected)
    assert "limit days lost: currency units x days, per borrower and year" in ax.get_xlabel()


def test_shares_differ_by_percentage_points():
    ax = plots.tornado(ranking(), metric="no_limit_share")
    table = ranking().table().loc["no_limit_share"]
    assert sorted(widths(ax)) == pytest.approx(sorted(100 * in_rows(table, ["alone", "last"])))


def test_refuses_what_is_no_ranked_metric_or_no_ranking():
    with pytest.raises(SimlimitError, match=r"^metric is 'median_days', but must be one of: days_away,"):
        plots.tornado(ranking(), metric="median_days")
    with pytest.raises(SimlimitError, match=r"^ranking is of type Study, but must be a LeverRanking\.$"):
        plots.tornado(study())


def test_draws_one_replication():
    ax = plots.tornado(sl.rank_levers(SMALL, LEVERS[:1], 1))
    ax.figure.canvas.draw()
    assert any("(-, -)" in text.get_text() for text in ax.texts)
