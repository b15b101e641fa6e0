"""One borrower's line: the stack is its history."""

import pytest
from gallery import SMALL, WITH_A_CUT, run

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
    assert names == [
        "limit", "available", "held for behaviour", "held for overdue", "held for score", "outstanding",
    ]  # fmt: skip
    assert (history["limit"].diff()[history["held"] > 0] < 0).any(), "no cut while holds wait"


def test_shows_some_days_only():
    ax = plots.borrower(run(), WITH_A_CUT, days=(120, 200))
    assert ax.get_xlim() == (120, 201)
    assert ax.get_xlabel() == "day of the run (days)"
    assert ax.get_ylabel() == "amount (currency units)"


@pytest.mark.parametrize("days", [(5, 5), (9, 3), (-1, 5), (0, 400), (1, 2, 3)])
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
