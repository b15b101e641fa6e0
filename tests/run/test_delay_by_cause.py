"""The table of causes, against counts made by hand."""

import pytest

import simlimit as sl
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES
from simlimit.run.run import delay_by_cause

SMALL = {"population.borrowers": 150, "horizon_days": 400, "warmup_days": 100}


@pytest.fixture(scope="module")
def run():
    return sl.simulate(sl.preset("jiebei").replace(SMALL), seed=3)


@pytest.fixture(scope="module")
def silent_run():
    """A run too short for anyone to repay."""
    return sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 1, "horizon_days": 2}), seed=1)


def test_counts_every_day_of_every_repayment_hold_after_the_warm_up(run):
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


def test_adds_up(run):
    table = delay_by_cause(run)
    gates = table.drop(index="total")
    assert gates["hold_days"].sum() == table.loc["total", "hold_days"]
    assert gates["share_of_days"].sum() == pytest.approx(1)
    assert table.loc["total", "share_of_days"] == 1
    waited = table[table["holds"] > 0]
    assert (waited["mean_days"] * waited["holds"]).to_numpy() == pytest.approx(waited["hold_days"].to_numpy())


def test_pending_holds_count_with_their_days_so_far(run):
    pending = run.holds.query("outcome == 'pending' and kind == 'repayment' and repaid_at >= 100")
    assert pending["delay_days"].sum() > 0
    others = run.holds.query("outcome != 'pending' and kind == 'repayment' and repaid_at >= 100")
    assert (
        delay_by_cause(run).loc["total", "hold_days"]
        == pending["delay_days"].sum() + others["delay_days"].sum()
    )


def test_says_that_it_does_not_know_where_nothing_was_repaid(silent_run):
    table = delay_by_cause(silent_run)
    assert (table[["holds", "hold_days"]] == 0).all(axis=None)
    assert table[["share_of_holds", "share_of_days", "mean_days"]].isna().all(axis=None)


def test_refuses_what_is_no_run():
    with pytest.raises(SimlimitError, match=r"^run is of type int, but must be a Run\.$"):
        delay_by_cause(3)
