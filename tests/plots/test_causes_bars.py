"""Bars of days by cause: their lengths are the table's."""

import numpy as np
import pytest
from gallery import run, study
from matplotlib.colors import to_rgba
from whiskers import ends

import simlimit as sl
from simlimit import plots
from simlimit.model.causes import GATES
from simlimit.plots import style
from simlimit.run.run import delay_by_cause


def test_of_a_run_has_a_bar_per_cause_in_the_order_of_the_gates():
    ax = plots.causes(run())
    table = delay_by_cause(run()).drop(index="total")
    assert [label.get_text() for label in ax.get_yticklabels()] == list(GATES)
    assert [bar.get_width() for bar in ax.patches] == table["hold_days"].tolist()
    assert ax.yaxis_inverted()
    assert "hold-days" in ax.get_xlabel()


def test_of_a_study_has_the_metrics_with_their_intervals():
    ax = plots.causes(study(), confidence=0.9, weight="amount")
    parts = [*GATES, "forfeited"]
    summary = study().summary(0.9, weight="amount")
    table = summary.loc[[f"days_{part}" for part in parts]]
    assert [label.get_text() for label in ax.get_yticklabels()] == parts
    assert [bar.get_width() for bar in ax.patches] == table["estimate"].tolist()
    segments = np.array(ends(ax.collections[0]))
    assert segments == pytest.approx(table[["low", "high"]].to_numpy(), nan_ok=True)
    assert np.isnan(segments).any(), "nobody waits for a freeze"
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(summary.loc["days_away", "estimate"])
    assert ax.get_xlabel() == "mean days away per repayment hold, of at most 90 (days)"


def test_draws_nothing_waited_too():
    quiet = sl.preset("clockwork").replace({"population.borrowers": 1, "horizon_days": 2})
    for of in (sl.simulate(quiet, seed=1), sl.replicate(quiet, 2)):
        ax = plots.causes(of)
        ax.figure.canvas.draw()
        assert [text.get_text() for text in ax.texts[:8]] in (["0"] * 8, ["-"] * 8)


def test_what_was_forfeited_looks_as_it_does_everywhere():
    *gates, forfeited = plots.causes(study()).patches
    assert forfeited.get_edgecolor() == to_rgba(style.FORFEITED)
    assert to_rgba(style.FORFEITED) not in [bar.get_edgecolor() for bar in gates]
