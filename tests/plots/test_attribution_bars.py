"""What each gate explains, beside the days charged to it: the bars are the table."""

import numpy as np
import pytest
from gallery import SMALL, attribution, study
from matplotlib.container import ErrorbarContainer
from whiskers import ends

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError


def intervals(ax):
    """Return the ends of the whiskers, from above."""
    bars = [bars for bars in ax.containers if isinstance(bars, ErrorbarContainer)]
    return [ends(one.lines[2][0])[0] for one in bars]


def test_bars_are_the_table_with_its_intervals():
    ax = plots.attribution(attribution(), confidence=0.9)
    table = attribution().table(0.9)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [*table.index[:-1], "all gates"]
    assert [bar.get_width() for bar in ax.patches] == table[
        ["shapley", "charged"]
    ].to_numpy().ravel().tolist()
    segments = np.array(intervals(ax))
    assert segments[:, 0] == pytest.approx(
        table[["shapley_low", "charged_low"]].to_numpy().ravel(), nan_ok=True
    )
    assert segments[:, 1] == pytest.approx(
        table[["shapley_high", "charged_high"]].to_numpy().ravel(), nan_ok=True
    )
    assert ax.get_xlabel().startswith("mean wait of a hold, at most 90 days (days)\n")
    assert "charged: days at the gate" in ax.get_xlabel()


def test_says_whose_it_is():
    texts = [text.get_text() for text in plots.attribution(attribution()).texts]
    assert "jiebei, seed 3, 4 replications; 95 % intervals over replications" in texts


def test_another_metric_has_its_unit_and_no_days():
    explained = sl.attribute(SMALL, 2, metric="released_within_0d", weight="amount", progress=False)
    ax = plots.attribution(explained)
    shapley = explained.table()["shapley"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx((100 * shapley).tolist())
    assert "(percentage points of repaid principal)" in ax.get_xlabel()
    assert "charged" not in ax.get_xlabel()


def test_draws_where_nothing_waits():
    quiet = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 200})
    ax = plots.attribution(sl.attribute(quiet, 2, progress=False))
    ax.figure.canvas.draw()
    assert "explained 0  (-, -)" in [text.get_text() for text in ax.texts]


def test_refuses_what_is_no_attribution():
    with pytest.raises(SimlimitError, match=r"^attribution is of type Study, but must be an Attribution\.$"):
        plots.attribution(study())
