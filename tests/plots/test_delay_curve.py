"""The distribution of release delay, against counts made by hand and the study's own table."""

import matplotlib.pyplot as plt
import pytest
from gallery import REPLICATIONS, SMALL, run, study, waiting
from matplotlib.figure import Figure

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError


def texts(ax):
    return "\n".join(text.get_text() for text in ax.get_legend().get_texts())


def curve(ax):
    return ax.get_lines()[1].get_data()


@pytest.fixture(scope="module")
def silent_run():
    """A run too short for anyone to repay."""
    return sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 1, "horizon_days": 2}), seed=1)


def test_of_a_run_is_the_cumulative_incidence_of_its_holds():
    ax = plots.delay(run(), 60)
    holds = run().holds.query("kind == 'repayment' and repaid_at >= 100")
    table = sl.cumulative_incidence(holds, censored_at_risk=False).reindex(range(61)).ffill()
    days, shares = curve(ax)
    assert days.tolist() == [0, *range(61)]
    assert shares[0] == 0, "the jump at day 0 is drawn"
    assert shares[1:] == pytest.approx(table["released"].to_numpy())
    assert f"{len(holds):,} repayment holds" in ax.get_title(loc="left")


def test_of_a_study_is_its_curve_with_the_band_of_its_table():
    ax = plots.delay(study(), confidence=0.9, weight="amount")
    table = study().delay_curve(0.9, "amount").loc[:90]
    assert curve(ax)[1][1:].tolist() == table["released"].tolist()
    corners = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert corners.max() == table["released_high"].max()
    assert corners.min() == table["released_low"].min()
    assert ax.get_legend().get_title().get_text() == "90 % intervals over replications"


def test_names_the_part_with_few_at_risk():
    assert "fewer than 20 at risk" in texts(plots.delay(run()))
    assert "fewer than 20 at risk" not in texts(plots.delay(study(), 20))


def test_a_run_is_the_study_of_itself():
    alone = sl.replicate(SMALL, 1, seed=3)
    for weight in ("holds", "amount"):
        of_run, of_study = (curve(plots.delay(of, weight=weight))[1] for of in (run(), alone))
        assert of_run == pytest.approx(of_study)


def test_shows_and_names_the_atom_at_day_0():
    ax = plots.delay(run())
    at_once = run().holds.query("kind == 'repayment' and repaid_at >= 100")["delay_days"].eq(0).mean()
    days, shares = ax.get_lines()[0].get_data()
    assert (days[0], shares[0]) == (0, pytest.approx(at_once, abs=0.005))
    assert f"released on the day of repayment: {100 * shares[0]:.1f} %" in texts(ax)


def test_says_how_much_is_released_pending_and_forfeited():
    table = study().delay_curve()
    words = texts(plots.delay(study()))
    assert f"released by day 7: {100 * table['released'][7]:.1f} %" in words
    assert f"pending after 90 days: {100 * table['pending'][90]:.1f} %" in words
    assert f"forfeited by day 90: {100 * table['forfeited'][90]:.1f} %" in words


@pytest.mark.parametrize(("of", "bottom", "label"), [
    (study, 0.8, "share of holds (axis from 80 %)"), (waiting, 0.0, "share of holds"),
])  # fmt: skip
def test_an_axis_that_does_not_begin_at_0_says_so(of, bottom, label):
    ax = plots.delay(of())
    assert ax.get_ylim() == (bottom, 1)
    assert ax.get_ylabel() == label


def test_has_units_scenario_and_seed():
    ax = plots.delay(study(), weight="amount")
    assert ax.get_xlabel() == "days since repayment"
    assert ax.get_ylabel().startswith("share of repaid principal")
    assert f"jiebei, seed 3, {REPLICATIONS} replications" in [text.get_text() for text in ax.texts]


def test_draws_on_given_axes():
    ax = Figure().subplots()
    assert plots.delay(run(), 90, ax=ax) is ax
    assert not plt.get_fignums(), "no figure of pyplot's is made"


def test_says_so_if_nothing_was_repaid(silent_run):
    ax = plots.delay(silent_run)
    assert "no repayment is observed for 2 days" in [text.get_text() for text in ax.texts]


def test_goes_as_far_as_a_run_can_show():
    short = sl.simulate(SMALL.replace({"horizon_days": 130}), seed=3, engine="calendar")
    assert plots.delay(short).get_xlim()[1] == 30


@pytest.mark.parametrize("days", [0, -1, 301, 2.5, "90", True])
def test_refuses_days_that_the_run_has_not(days):
    with pytest.raises(SimlimitError, match=r"^follow_up_days is .* whole number from 1 to 300\.$"):
        plots.delay(run(), follow_up_days=days)


def test_refuses_what_it_cannot_draw():
    with pytest.raises(
        SimlimitError, match=r"^of is of type int, but must be a Run or a Study or .* or a Mapping\.$"
    ):
        plots.delay(3)
    with pytest.raises(SimlimitError, match=r"^weight is 'cents', but must be one of: holds, amount\.$"):
        plots.delay(run(), weight="cents")


@pytest.mark.parametrize("name", ["$x_$ and $\\frac", "two\nlines", "long " * 100])
def test_takes_any_name_for_what_it_is(name):
    scenario = sl.preset("clockwork").replace({"population.borrowers": 20, "name": name})
    ax = plots.delay(sl.simulate(scenario, seed=1, replication=2))
    ax.figure.canvas.draw()
    subtitle = ax.texts[0].get_text()
    assert subtitle.endswith(", seed 1, replication 2")
    assert len(subtitle) < 80


def test_a_share_that_is_not_known_is_a_dash():
    # All is frozen, and what is repaid after the first day is not observed for 300 days.
    frozen = SMALL.replace(
        {"population.borrowers": 1, "shocks": [{"kind": "freeze", "at": 90, "duration_days": 310}]}
    )
    words = texts(plots.delay(sl.simulate(frozen, seed=1, engine="calendar"), 300))
    assert "released by day 300: -" in words
    assert "pending after 300 days: -" in words
