"""Where a repaid yuan stands: the stack is the table."""

import numpy as np
import pytest
from gallery import SMALL, run, study

import simlimit as sl
from simlimit import plots
from simlimit.model.causes import GATES


def heights(area):
    """Return how high an area is at its thickest."""
    vertices = area.get_paths()[0].vertices
    return vertices[:, 1].max()


def names(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_stacks_what_is_not_released_gate_by_gate():
    table = study().standing()
    ax = plots.standing(study())
    (total,) = [line.get_ydata() for line in ax.get_lines()]
    assert total == pytest.approx(1 - table["released"].to_numpy())
    there = [gate for gate in GATES if table[gate].any()]
    assert [name.split(":")[0] for name in names(ax)[:-1]] == [*there, "forfeited"]
    assert len(ax.collections) == len(there) + 1


def test_names_the_mean_days_of_each_part():
    summary = study().summary(weight="amount")["estimate"]
    whole = study().standing().loc[:89]
    total = 0.0
    for name in names(plots.standing(study()))[:-1]:
        part, days = name.split(" days")[0].split(": ")
        assert float(days) == pytest.approx(whole[part].sum(), abs=0.005)
        total += float(days)
        # Ratios of means, not means of ratios: they differ by more the fewer wait.
        if part != "forfeited":
            assert float(days) == pytest.approx(summary[f"days_{part}"], abs=0.1)
    assert total == pytest.approx((1 - whole["released"]).sum(), abs=0.03), "each is rounded"


def test_says_what_is_forfeited_in_the_end():
    share = study().standing().loc[90, "forfeited"]
    assert f"({100 * share:.1f} % in the end)" in names(plots.standing(study()))[-2]


@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_a_run_is_the_study_of_itself(weight):
    alone = sl.replicate(SMALL, 1, seed=3)
    totals = [plots.standing(of, weight=weight).get_lines()[0].get_ydata() for of in (run(), alone)]
    assert totals[0] == pytest.approx(totals[1])


def test_a_follow_up_of_0_days_has_an_axis_of_one_day():
    alone = sl.simulate(SMALL, seed=3, follow_up_days=0)
    assert plots.standing(alone).get_xlim() == (0, 1)


def test_has_units():
    assert plots.standing(study()).get_ylabel() == "share of repaid principal, not yet released"
    ax = plots.standing(study(), weight="holds")
    assert ax.get_ylabel() == "share of holds, not yet released"
    assert ax.get_xlabel() == "days since repayment"


def test_says_how_much_is_released():
    released = study().standing()["released"]
    assert f"released by day 7: {100 * released[7]:.1f} %" in names(plots.standing(study()))[-1]


def test_says_so_if_nothing_is_followed():
    short = SMALL.replace({"horizon_days": 120})
    for of in (sl.simulate(short, seed=1, engine="calendar"), sl.replicate(short, 2)):
        assert "no repayment is observed for 90 days" in [t.get_text() for t in plots.standing(of).texts]


def test_draws_a_book_in_which_nothing_waits():
    scenario = sl.preset("clockwork").replace({"population.borrowers": 20})
    ax = plots.standing(sl.replicate(scenario, 2))
    ax.figure.canvas.draw()
    assert np.all(ax.get_lines()[0].get_ydata() == 0)
