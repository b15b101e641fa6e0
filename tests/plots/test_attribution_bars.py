"""What each gate explains, beside the days charged to it: the bars are the table."""

import numpy as np
import pytest
from gallery import SMALL, attribution, study
from matplotlib.colors import to_rgba
from matplotlib.container import ErrorbarContainer
from whiskers import ends

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.plots import style
from simlimit.plots.effects import decimals
from simlimit.study.attribution import GATES

FEW = SMALL.replace({"population.borrowers": 40})


def intervals(ax):
    """Return the ends of the whiskers, from above."""
    bars = [bars for bars in ax.containers if isinstance(bars, ErrorbarContainer)]
    return [ends(one.lines[2][0])[0] for one in bars]


def names(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def in_rows(table, end):
    """Return numbers of the table as the picture has them, without those that no row has."""
    values = table[[f"shapley{end}", f"charged{end}"]].to_numpy().ravel()
    return values[table[["shapley", "charged"]].notna().to_numpy().ravel()].tolist()


def test_bars_are_the_table_with_its_intervals():
    ax = plots.attribution(attribution(), confidence=0.9)
    table = attribution().table(0.9)
    assert names(ax) == [*GATES, "forfeited", "all together", "with all gates open"]
    shown = table.loc[[*GATES, "forfeited", "total", "none"]]
    assert [bar.get_width() for bar in ax.patches] == in_rows(shown, "")
    segments = np.array(intervals(ax))
    assert segments[:, 0] == pytest.approx(in_rows(shown, "_low"), nan_ok=True)
    assert segments[:, 1] == pytest.approx(in_rows(shown, "_high"), nan_ok=True)
    assert ax.get_xlabel().startswith("mean days away of a repaid amount, of at most 90 (days)\n")
    assert "charged: days at the gate" in ax.get_xlabel()


def test_says_how_much_stays_with_all_gates_open_and_what_is_forfeited():
    ax = plots.attribution(attribution())
    texts = [text.get_text().split(" ")[:2] for text in ax.texts]
    table = attribution().table()
    assert ["stays", f"{table.loc['none', 'shapley']:.2f}"] in texts
    forfeited = ax.patches[2 * len(GATES)]
    assert forfeited.get_width() == table.loc["forfeited", "charged"] > 0
    assert forfeited.get_edgecolor() == to_rgba(style.FORFEITED)


def test_settlement_has_a_row_where_anything_waits_for_it():
    per_loan = FEW.replace({"product.release_unit": "loan"})
    ax = plots.attribution(sl.attribute(per_loan, 2, progress=False))
    assert names(ax)[0] == "settlement"
    assert ax.patches[0].get_width() > 0


def test_losses_are_not_explained_without_the_limit_that_is_lost():
    explained = sl.attribute(FEW, 2, metric="default_losses", progress=False)
    lost = explained.table()["limit_days_lost"].loc[[*GATES, "total", "none"]]
    ax = plots.attribution(explained)
    assert [name.splitlines()[1].split("  ")[0] for name in names(ax)] == [
        f"limit days lost {value:,.{decimals(value)}f}" for value in lost
    ]
    assert "limit days lost: currency units x days, per borrower and year" in ax.get_xlabel()


def test_says_whose_it_is():
    texts = [text.get_text() for text in plots.attribution(attribution()).texts]
    assert "jiebei, seed 3, 4 replications; 95 % intervals over replications" in texts


def test_another_metric_has_its_unit_and_no_days():
    explained = sl.attribute(FEW, 2, metric="released_within_0d", weight="amount", progress=False)
    ax = plots.attribution(explained)
    shapley = explained.table()["shapley"].loc[[*GATES, "total", "none"]]
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
