"""One borrower's line: the stack is its history."""

import datetime

import pandas as pd
import pytest
from gallery import SMALL, WITH_A_CUT, run
from matplotlib.dates import date2num

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError


def test_the_stack_is_the_history():
    ax = plots.borrower(run(), WITH_A_CUT)
    history = sl.borrower_history(SMALL, 3, 0, WITH_A_CUT)
    limit = ax.get_lines()[0].get_ydata()
    assert limit[:-1].tolist() == history["limit"].tolist()
    top = ax.collections[-1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(history[["outstanding", "available", "held"]].sum(axis=1).max())
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["limit", "available", "held for behaviour", "held for overdue", "outstanding"]
    assert (history["limit"].diff()[history["held"] > 0] < 0).any(), "no cut while holds wait"


def test_numbers_along_the_axis_differ_before_a_borrower_is_there():
    growing = sl.preset("jiebei").replace({"population.borrowers": 60, "horizon_days": 420})
    grown = sl.simulate(growing, seed=1, engine="calendar")
    late = int(grown.borrowers.query("arrived_at > 20")["borrower"].iloc[-1])
    ax = plots.borrower(grown, late, days=(0, 10))
    ax.figure.canvas.draw()
    marked = [label.get_text() for label in ax.get_yticklabels()]
    assert len(set(marked)) == len(marked) > 1


def test_shows_some_days_only():
    ax = plots.borrower(run(), WITH_A_CUT, days=(120, datetime.date(2020, 7, 19)))  # day 200
    assert ax.get_xlim() == (date2num(run().scenario.start_date) + 120, date2num(datetime.date(2020, 7, 20)))
    assert ax.get_xlabel() == "date"
    ax.figure.canvas.draw()
    marked = [label.get_text() for label in ax.get_xticklabels()]
    assert {"2020-05-01", "2020-06-01"} <= set(marked)
    assert ax.get_ylabel() == "amount (currency units)"


def test_shows_days_where_the_scenario_says_no_start():
    small = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 90})
    ax = plots.borrower(sl.simulate(small, engine="calendar"), 3, days=(20, 50))
    assert ax.get_xlim() == (20, 51)
    assert ax.get_xlabel() == "day of the run (days)"


NOON = datetime.datetime(2020, 3, 1, 12)
BEFORE = datetime.date(2019, 12, 31)


@pytest.mark.parametrize(
    "days", [(5, 5), (9, 3), (-1, 5), (0, 400), (1, 2, 3), (BEFORE, 9), (5, NOON), (5, pd.NaT)]
)
def test_refuses_days_that_the_run_has_not(days):
    with pytest.raises(SimlimitError, match=r"^(a value of )?days is .* from 0 to 399\.$"):
        plots.borrower(run(), 0, days=days)


def test_refuses_a_borrower_that_there_is_not():
    with pytest.raises(SimlimitError, match=r"^borrower is 150, but must be a whole number from 0 to 149\.$"):
        plots.borrower(run(), 150)


def test_refuses_a_run_with_processes_of_the_users():
    def idle(platform):
        yield platform.at(1, 1)

    theirs = sl.simulate(SMALL, seed=3, processes=[idle])
    with pytest.raises(
        SimlimitError, match=r"^run had processes of your own, but .* simulate without them\.$"
    ):
        plots.borrower(theirs, 0)
