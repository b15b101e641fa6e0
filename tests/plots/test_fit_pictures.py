"""Pictures of a fit: the log beside the model, what is known of parameters, and what is not told apart."""

import numpy as np
import pandas as pd
import pytest
from gallery import fitted

import simlimit as sl
from simlimit import plots
from simlimit.model.causes import GATES
from simlimit.plots.fitted import MOST_ROWS, _bins


def test_the_log_is_drawn_beside_the_band_of_the_model():
    table = fitted().statistics().set_index("family")
    for panel, family in zip(plots.fit_check(fitted()).child_axes, ("release", "forfeit"), strict=True):
        expected, in_log = panel.get_lines()
        assert np.allclose(in_log.get_xydata(), table.loc[family, ["age_days", "in_log"]])
        assert np.allclose(expected.get_ydata(), table.loc[family, "expected"])
        heights = panel.collections[0].get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(table.loc[family, "low"].min())
        assert heights.max() == pytest.approx(table.loc[family, "high"].max())


def test_a_log_that_the_model_cannot_make_is_called_so():
    said = [text.get_text() for text in plots.fit_check(fitted()).texts]
    assert any(one.startswith("the model cannot make this log: weekday of ending") for one in said)


def test_the_family_that_breaks_is_the_first_to_be_seen():
    ax = plots.fit_statistics(fitted())
    assert ax.get_title(loc="left") == "Weekday of ending"
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names[-1] == "ended on Saturday or Sunday"
    _, within, outside = ax.get_lines()
    shown = fitted().statistics().query("family == 'weekday of ending'")
    is_within = shown["in_log"].between(shown["low"], shown["high"]).to_numpy()
    assert not is_within[-1]
    for dots, some in ((within, is_within), (outside, ~is_within)):
        assert np.array_equal(~np.isnan(dots.get_ydata()), some)
    assert (within.get_markerfacecolor(), outside.get_markerfacecolor()) == ("white", "black")


def test_of_a_large_family_those_furthest_off_are_shown():
    ax = plots.fit_statistics(fitted(), family="gate")
    table = fitted().statistics().query("family == 'gate'")
    assert len(table) > len(ax.get_yticks()) == MOST_ROWS
    roots = np.sqrt(table[["in_log", "expected", "low", "high"]])
    off = (roots["in_log"] - roots["expected"]).abs() / (roots["high"] - roots["low"]).clip(lower=1e-12)
    drawn = ax.get_lines()[0].get_xdata()
    assert np.allclose(drawn, table.loc[off.nlargest(MOST_ROWS).index.sort_values(), "expected"])
    named = [text.get_text() for text in ax.get_yticklabels()]
    assert all(one.split(", ")[0] in (*GATES, "none") for one in named)
    assert any(one.endswith(("released, day 10", "released, day 21")) for one in named)


def test_a_family_that_is_not_compared_is_refused():
    with pytest.raises(sl.SimlimitError, match=r"^family is 'colour', but must be one of: "):
        plots.fit_statistics(fitted(), family="colour")


def test_each_parameter_has_a_panel_that_says_what_the_table_does():
    panels = plots.fit_parameters(fitted()).child_axes
    known = fitted().table()
    for panel, name in zip(panels, fitted().parameters, strict=True):
        (heading,) = [text.get_text() for text in panel.texts]
        assert heading.startswith(f"{name}: ")
        assert heading.endswith(f", {known.loc[name, 'verdict']}")
    assert [tick.get_text() for tick in panels[-1].get_xticklabels()] == ["0", "3"]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.arange(7, 61), []),
        (np.linspace(0.0, 0.1, 50), []),
        ([14, 7, 30], ["7", "14", "30"]),
        ([True, False], ["false", "true"]),
        ([("b",), ("a", "c")], ["b", "a, c"]),
    ],
)
def test_every_value_has_a_bin_and_few_values_have_one_each(values, names):
    """Whole numbers are never split: a bin has as many of them as it is wide."""
    column = pd.Series(list(values) * 3)
    numbers, edges, called = _bins(column, 500)
    counts, _ = np.histogram(numbers, edges)
    assert counts.sum() == len(column)
    assert called == names
    if not names:
        half = 0.5 if column.dtype.kind == "i" else 0.0
        assert (edges[0], edges[-1]) == (column.min() - half, column.max() + half)
    if column.dtype.kind == "i" or names:
        assert np.allclose(counts, 3 * np.diff(edges))


def test_pairs_are_the_correlations_of_the_table():
    ax = plots.fit_pairs(fitted())
    pairs = fitted().pairs(0.0)
    assert sorted(text.get_text() for text in ax.texts[:-1]) == sorted(
        f"{one:+.2f}" for one in pairs["correlation"]
    )
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        f"{number}  {name}" for number, name in enumerate(fitted().parameters, 1)
    ]


def test_ranks_of_the_truth_are_counted_beside_the_band_of_level_ones():
    panels = plots.fit_ranks(fitted(), n=80).child_axes
    ranks = fitted().ranks(80)
    for panel, name in zip(panels, fitted().parameters, strict=True):
        heights, edges, _ = panel.patches[-1].get_data()
        assert heights.tolist() == np.histogram(ranks[name], 20, (0, 1))[0].tolist()
        assert (edges[0], edges[-1]) == (0, 1)
        p_value = fitted().coverage(80).loc[(name, 0.9), "rank_p_value"]
        assert panel.texts[0].get_text() == f"{name}: p-value {p_value:.3f}"
