"""One borrower's line day by day, against the other tables of the same history."""

import pytest
from lender import LENDER

import simlimit as sl
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES

SCENARIO = LENDER.replace(
    {
        "population.borrowers": 60,
        "horizon_days": 300,
        "warmup_days": 0,
        "shocks": [{"kind": "freeze", "at": 100, "duration_days": 20}],
    }
)


@pytest.fixture(scope="module")
def run():
    return sl.simulate(SCENARIO, seed=2, replication=1, engine="calendar")


@pytest.fixture(scope="module")
def histories():
    """The line of each borrower: a whole run each."""
    return [sl.borrower_history(SCENARIO, 2, 1, borrower) for borrower in range(60)]


def cents(values):
    return (100 * values).round().astype("int64")


@pytest.mark.parametrize("borrower", range(60))
def test_is_the_same_history_to_the_cent(run, histories, borrower):
    history = cents(histories[borrower].drop(columns="date"))
    assert len(history) == 300
    whole = history[["outstanding", "available", "held"]].sum(axis=1)
    assert whole.tolist() == history[["limit", "outstanding"]].max(axis=1).tolist()
    assert history[[*GATES]].sum(axis=1).tolist() == history["held"].tolist()
    last = run.borrowers.loc[borrower, ["limit", "outstanding", "available", "held"]].astype(float)
    assert history.iloc[-1][last.index].tolist() == cents(last).tolist()


@pytest.mark.parametrize("borrower", range(60))
def test_days_at_a_gate_are_those_charged_to_its_holds(run, histories, borrower):
    """Days of a gate at which anything stands, which are the hold-days where no holds overlap."""
    history = histories[borrower]
    holds = run.holds[run.holds["borrower"] == borrower]
    charged = {gate: set() for gate in GATES}
    for hold in holds.itertuples():
        day = hold.repaid_at
        assert hold.delay_days == sum(getattr(hold, f"days_{gate}") for gate in GATES)
        if hold.forfeited_amount == 0 and sum(getattr(hold, f"days_{gate}") > 0 for gate in GATES) == 1:
            (gate,) = [gate for gate in GATES if getattr(hold, f"days_{gate}") > 0]
            charged[gate] |= set(range(day, day + hold.delay_days))
    for gate, days in charged.items():
        assert (history.loc[sorted(days), gate] > 0).all()


def test_the_sum_of_all_borrowers_is_the_platform(run):
    few = SCENARIO.replace({"population.borrowers": 8})
    daily = sl.simulate(few, seed=2, engine="calendar").daily
    total = sum(sl.borrower_history(few, 2, 0, borrower).drop(columns="date") for borrower in range(8))
    for name in ("outstanding", "available", "held"):
        assert cents(total[name]).tolist() == cents(daily[name]).tolist()


@pytest.mark.parametrize("borrower", [60, -1, 2.5, "3", True])
def test_refuses_a_borrower_that_there_is_not(borrower):
    with pytest.raises(SimlimitError, match=r"^borrower is .*, but must be a whole number from 0 to 59\.$"):
        sl.borrower_history(SCENARIO, 2, 1, borrower)
