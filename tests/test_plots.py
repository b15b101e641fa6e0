"""What is seen of a run: the table of causes and the figures, against counts made by hand."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.model.state import GATES
from simlimit.report import delay_by_cause

SMALL = {"population.borrowers": 150, "horizon_days": 400, "warmup_days": 100}


@pytest.fixture(autouse=True)
def _no_display():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def run():
    return sl.simulate(sl.preset("jiebei").replace(SMALL), seed=3)


@pytest.fixture(scope="module")
def silent_run():
    """A run too short for anyone to repay."""
    return sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 1, "horizon_days": 2}), seed=1)


def texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


class TestDelayByCause:
    def test_counts_every_day_of_every_repayment_hold_after_the_warm_up(self, run):
        table = delay_by_cause(run)
        holds = run.holds.query("kind == 'repayment' and repaid_at >= 100")
        assert list(table.index) == [*GATES, "total"]
        assert table.loc["total", "hold_days"] == holds["delay_days"].sum() > 0
        assert table.loc["total", "holds"] == (holds["delay_days"] > 0).sum()
        for gate in GATES:
            days = holds[f"days_{gate}"]
            assert table.loc[gate, "hold_days"] == days.sum()
            assert table.loc[gate, "holds"] == (days > 0).sum()
            assert table.loc[gate, "share_of_holds"] == (days > 0).mean()

    def test_adds_up(self, run):
        table = delay_by_cause(run)
        gates = table.drop(index="total")
        assert gates["hold_days"].sum() == table.loc["total", "hold_days"]
        assert gates["share_of_days"].sum() == pytest.approx(1)
        assert table.loc["total", "share_of_days"] == 1
        waited = table[table["holds"] > 0]
        assert (waited["mean_days"] * waited["holds"]).to_numpy() == pytest.approx(
            waited["hold_days"].to_numpy()
        )

    def test_pending_holds_count_with_their_days_so_far(self, run):
        pending = run.holds.query("outcome == 'pending' and kind == 'repayment' and repaid_at >= 100")
        assert pending["delay_days"].sum() > 0
        others = run.holds.query("outcome != 'pending' and kind == 'repayment' and repaid_at >= 100")
        assert (
            delay_by_cause(run).loc["total", "hold_days"]
            == pending["delay_days"].sum() + others["delay_days"].sum()
        )

    def test_says_that_it_does_not_know_where_nothing_was_repaid(self, silent_run):
        table = delay_by_cause(silent_run)
        assert (table[["holds", "hold_days"]] == 0).all(axis=None)
        assert table[["share_of_holds", "share_of_days", "mean_days"]].isna().all(axis=None)


class TestDelay:
    def test_is_the_proportion_of_the_holds_followed_to_the_end(self, run):
        ax = plots.delay(run, follow_up_days=60)
        cohort = run.holds.query("kind == 'repayment' and 100 <= repaid_at <= 340")
        assert f"{len(cohort):,} repayment holds" in ax.get_title()
        days, shares = ax.get_lines()[1].get_data()
        assert days.tolist() == [0, *range(61)]
        assert shares[0] == 0, "the jump at day 0 is drawn"
        for day, share in zip(days[1:-1], shares[1:-1], strict=True):
            within = (cohort["outcome"] == "released") & (cohort["delay_days"] <= day)
            assert share == pytest.approx(within.mean())

    def test_shows_the_atom_at_day_0(self, run):
        ax = plots.delay(run)
        cohort = run.holds.query("kind == 'repayment' and 100 <= repaid_at <= 310")
        at_once = ((cohort["outcome"] == "released") & (cohort["delay_days"] == 0)).mean()
        days, shares = ax.get_lines()[0].get_data()
        assert (days[0], shares[0]) == (0, pytest.approx(at_once))
        assert f"released on the day of repayment: {100 * at_once:.1f} %" in texts(ax)

    def test_says_what_is_pending_and_what_is_forfeited(self, run):
        ax = plots.delay(run, follow_up_days=30)
        cohort = run.holds.query("kind == 'repayment' and 100 <= repaid_at <= 370")
        pending = (cohort["delay_days"] >= 30).mean()
        forfeited = ((cohort["outcome"] == "forfeited") & (cohort["delay_days"] < 30)).mean()
        assert pending > 0
        assert f"pending at the end: {100 * pending:.1f} %" in texts(ax)
        assert f"forfeited: {100 * forfeited:.1f} %" in texts(ax)

    def test_has_units_scenario_and_seed(self, run):
        ax = plots.delay(run)
        assert ax.get_xlabel() == "days since repayment"
        assert ax.get_ylabel() == "share of holds"
        assert ax.get_title().startswith("jiebei, seed 3: ")

    def test_draws_on_given_axes(self, run):
        ax = Figure().subplots()
        assert plots.delay(run, ax=ax) is ax
        assert not plt.get_fignums(), "no figure of pyplot's is made"

    def test_says_so_if_nothing_was_repaid(self, silent_run):
        ax = plots.delay(silent_run, follow_up_days=2)
        assert [text.get_text() for text in ax.texts] == ["no repayment is followed for 2 days"]

    @pytest.mark.parametrize("days", [0, -1, 301, 2.5, "90", None])
    def test_refuses_a_follow_up_that_the_run_has_not(self, run, days):
        with pytest.raises(SimlimitError, match=r"^follow_up_days is .* whole number from 1 to 300 \(days\)"):
            plots.delay(run, follow_up_days=days)

    def test_colours_differ_in_grey(self):
        colours = (plots.LINE_COLOUR, plots.RELEASED_COLOUR, plots.FORFEITED_COLOUR, "white")
        red, green, blue = np.array([to_rgb(colour) for colour in colours]).T
        line, released, forfeited, paper = 0.299 * red + 0.587 * green + 0.114 * blue
        assert line + 0.4 < released < paper - 0.1
        assert forfeited < released - 0.4

    @pytest.mark.parametrize("name", ["$x_$ and $\\frac", "two\nlines", "long " * 100])
    def test_takes_any_name_for_what_it_is(self, name):
        scenario = sl.preset("clockwork").replace({"population.borrowers": 20, "name": name})
        ax = plots.delay(sl.simulate(scenario, seed=1, replication=2))
        ax.figure.canvas.draw()
        assert ", seed 1, replication 2: " in ax.get_title()
        assert len(ax.get_title()) < 120


class TestCauses:
    def test_has_a_bar_per_cause_in_the_order_of_the_gates(self, run):
        ax = plots.causes(run)
        table = delay_by_cause(run).drop(index="total")
        assert [label.get_text() for label in ax.get_yticklabels()] == list(GATES)
        assert [bar.get_width() for bar in ax.patches] == table["hold_days"].tolist()
        assert ax.yaxis_inverted()
        assert "hold-days" in ax.get_xlabel()

    def test_draws_nothing_waited_too(self, silent_run):
        ax = plots.causes(silent_run)
        ax.figure.canvas.draw()
        assert [text.get_text() for text in ax.texts] == ["0"] * 8
