"""How many days after a shock a daily series is back to normal."""

import datetime
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, geom

import simlimit as sl
from simlimit.study.comparison import Comparison

POOL = sl.preset("clockwork").replace(
    {
        "start_date": datetime.date(2026, 1, 1),
        "population.borrowers": 60,
        "horizon_days": 200,
        "behaviour.draws_per_year": 0.0,
        "evaluation.straight_through": True,
    }
)
FREEZE = {"kind": "freeze", "at": 60, "duration_days": 14}
FROZEN = POOL.replace({"shocks": [FREEZE]})
FEW = {"progress": False, "follow_up_days": 30}


class _Studies(Comparison):
    """Histories that are given, instead of simulated: by scenario, replication and day."""

    def __init__(self, without, shocked, scenario):
        self.studies = {
            name: _Given(values, scenario) for name, values in (("without", without), ("with", shocked))
        }


class _Given:
    def __init__(self, values, scenario):
        self.scenario, self.seed = scenario, 1
        self.daily = pd.DataFrame({"held": np.asarray(values, float).ravel()})


def recovery_of(without, shocked, settled_days=3, **shock):
    """Return the recovery of given histories; the shock is on day 2 and lasts 2 days, or as told."""
    shock = FREEZE | {"at": 2, "duration_days": 2} | shock
    days = np.shape(without)[1]
    scenario = POOL.replace({"horizon_days": days, "shocks": [shock]})
    comparison = _Studies(without, shocked, scenario)
    return sl.Recovery(comparison=comparison, series="held", shock=0, begin=2, settled_days=settled_days)


@pytest.mark.parametrize(
    ("shocked", "days"),
    [
        ("0000000000", 0),  # it never leaves
        ("0011000000", 2),  # it is back when the shock ends: not before
        ("0010000000", 2),
        ("0011110000", 4),
        ("0011101000", 5),  # two days are no three
        ("0011100100", np.nan),  # the last days are too few to tell
        ("0000100000", 3),  # it leaves as the shock ends
        ("1100000000", 0),  # what was before the shock is not its doing
        ("0011111111", np.nan),
    ],
)
def test_is_the_first_day_after_the_shock_from_which_it_stays(shocked, days):
    values = [[float(day) for day in shocked]]
    found = recovery_of(np.zeros_like(values), values).days.iloc[0]
    assert found == days or (np.isnan(found) and np.isnan(days))


@pytest.mark.parametrize("shocked", list(itertools.product((0.0, 1.0), repeat=6)))
def test_agrees_with_the_definition_read_aloud(shocked):
    values = [0.0, 0.0, *shocked, 0.0, 0.0]
    normal = [value == 0 for value in values]
    starts = [day for day in range(4, 8) if all(normal[day : day + 3])]
    expected = 0 if all(normal[2:7]) else starts[0] - 2 if starts else np.nan
    assert recovery_of(np.zeros((1, 10)), [values]).days.to_list() == pytest.approx([expected], nan_ok=True)


def test_what_happens_at_once_has_no_days_that_do_not_count():
    values = [[0, 0, 1, 0, 0, 0, 0, 0]]
    recovery = recovery_of(np.zeros((1, 8)), values, kind="cancellation", duration_days=0)
    assert recovery.days.to_list() == [1]


def test_a_day_is_normal_in_the_band_or_no_further_outside_than_the_twin():
    rng = np.random.default_rng(1)
    without = rng.normal(size=(400, 12))
    assert (recovery_of(without, without).days == 0).all(), "equal twins are normal, wherever they are"
    low, high = recovery_of(without, without).band
    assert ((without < low) | (without > high)).mean() == pytest.approx(0.05, abs=0.01)
    shocked = without.copy()
    shocked[:, 2:7] = low[2:7]
    assert (recovery_of(without, shocked).days == 0).all(), "within the band"
    shocked[:, 2:7] = low[2:7] - 1e-9
    inside = (without[:, 6] >= low[6]) & (without[:, 6] <= high[6])
    assert (recovery_of(without, shocked).days[inside] == 5).all(), "just outside until day 6"


def test_a_freeze_of_a_clockwork_ends_when_it_ends():
    """What was held is released as the freeze ends: a closed form, in every replication."""
    recovery = sl.recovery(FROZEN, 6, series="held", **FEW)
    assert recovery.days.to_list() == [14] * 6
    row = recovery.table((0.5,)).iloc[0]
    assert (row["days"], row["low"], row["high"]) == (14, 14, 14)
    assert row["date"] == row["date_high"] == pd.Timestamp(2026, 3, 16)
    assert "held after the freeze of 2026-03-02: 14 days (14 to 14)" in repr(recovery)


def test_a_freeze_from_before_the_run_ends_when_it_would_have():
    """R100: ten days of it were over on day 0."""
    before = FROZEN.replace({"shocks[0].at": FROZEN.start_date - datetime.timedelta(10)})
    recovery = sl.recovery(before, 6, series="held", **FEW)
    assert recovery.days.to_list() == [4] * 6
    assert recovery.begin == 0


def test_a_pool_works_off_a_queue_at_the_pace_of_its_inflow():
    """Everybody repays 5,000 once. A pool of 8 such amounts a day drains the backlog as a bucket does."""
    most, begin, end = 8, 5, 19
    pool = {"unlimited": False, "initial": 0.0, "recycle_share": 0.0, "daily_inflow": 5000.0 * most}
    scenario = POOL.replace(
        {
            "horizon_days": 60,
            "product.instalments": 1,
            "funding": pool | {"ceiling": 5000.0 * most},
            "shocks": [FREEZE | {"at": begin, "duration_days": end - begin}],
            "population.borrowers": 90,
        }
    )
    recovery = sl.recovery(scenario, 6, **FEW)
    daily = recovery.comparison.studies["with the freeze"].daily
    repaid = daily.pivot(index="replication", columns="day", values="repaid").to_numpy() / 5000
    for holds, days in zip(repaid.tolist(), recovery.days, strict=True):
        assert max(holds) <= most, "without the freeze nobody waits"
        backlog, day = sum(holds[begin:end]), end
        while (backlog := max(0, backlog + holds[day] - most)) > 0:
            day += 1
        assert days == day - begin
    assert recovery.days.min() > end - begin


def test_never_recovering_is_unknown_and_not_invented():
    recovery = recovery_of(np.zeros((20, 30)), np.ones((20, 30)))
    row = recovery.table((0.5,)).iloc[0]
    assert np.isnan([row["days"], row["low"], row["high"]]).all()
    assert row[["date", "date_low", "date_high"]].isna().all()
    assert not row["reached"]
    assert (row["recovered"], row["recovered_low"]) == (0, 0)
    assert row["recovered_high"] == pytest.approx(1 - 0.025 ** (1 / 20)), "Clopper and Pearson"
    assert "not reached" in repr(recovery)


def test_where_censoring_forbids_it_the_upper_end_is_unknown():
    shocked = np.zeros((40, 40))
    for number, row in enumerate(shocked):
        row[2 : 6 + number] = 1  # the last ones are censored
    table = recovery_of(np.zeros((40, 40)), shocked).table((0.5, 0.9))
    assert table["days"].to_list() == pytest.approx([4 + 19, np.nan], nan_ok=True)
    low, high = binom.ppf((0.025, 0.975), 40, 0.5)
    assert table.loc[0.5, ["low", "high"]].to_list() == [4 + low - 1, 4 + high]
    assert np.isnan(table.loc[0.9, "high"])
    assert table["recovered"].iloc[0] == 32 / 40


@pytest.mark.parametrize(("number", "is_known"), [(5, False), (6, True)])
def test_few_replications_have_no_interval(number, is_known):
    """Two ends of 5 replications include the median in 1 - 2 / 2^5 of cases, which is less than 95 %."""
    row = recovery_of(np.zeros((number, 20)), np.zeros((number, 20))).table((0.5,)).iloc[0]
    assert row["days"] == 0
    assert row[["low", "high"]].notna().all() == is_known


LONG = [pytest.param(*case, 400, marks=pytest.mark.long) for case in ((0.5, 40), (0.9, 40), (0.5, 12))]


@pytest.mark.parametrize(("probability", "last", "studies"), [(0.5, 40, 60), *LONG])
def test_intervals_cover(probability, last, studies):
    """Durations of a known law, some censored: the interval has its quantile in at least 95 % of studies."""
    rng, law, n = np.random.default_rng(3), geom(0.1, loc=1), 60
    truth = law.ppf(probability)
    covered = 0
    for _ in range(studies):
        durations = law.rvs(n, random_state=rng)
        shocked = (np.arange(last + 5) < 2 + durations[:, None]) & (np.arange(last + 5) >= 2)
        row = recovery_of(np.zeros((n, last + 5)), shocked).table((probability,)).iloc[0]
        low, high = (np.inf if np.isnan(end) else end for end in row[["low", "high"]])
        covered += low <= truth <= high or (np.isinf(low) and truth > last)
    error = np.sqrt(0.05 * 0.95 / studies)
    assert covered / studies >= 0.95 - 3 * error


def test_other_shocks_stay_in_both():
    other = {"kind": "tightening", "size": 0.1, "at": 20, "duration_days": 30}
    recovery = sl.recovery(POOL.replace({"shocks": [other, FREEZE]}), 2, shock=1, series="held", **FEW)
    assert [len(study.scenario.shocks) for study in recovery.comparison.studies.values()] == [1, 2]
    assert list(recovery.comparison.studies) == ["without the freeze", "with the freeze"]
    assert recovery.begin == 60


RANDOM = {"kind": "freeze", "per_year": 1.0, "duration_days": 3}


@pytest.mark.parametrize(
    ("scenario", "arguments", "said"),
    [
        (POOL, {}, r"^scenario.shocks is empty, but must have a shock from which to recover\.$"),
        (FROZEN, {"shock": 1}, r"^shock is 1, but must be a whole number from 0 to 0\.$"),
        (FROZEN, {"series": "profit"}, r"^series is 'profit', but must be one of: outstanding, "),
        (FROZEN, {"series": "headroom"}, r"^series is 'headroom', but must be one of: outstanding, "),
        (FROZEN, {"settled_days": 0}, r"^settled_days is 0, but must be a whole number from 1 to 30000\.$"),
        (POOL.replace({"shocks": [RANDOM]}), {}, r"^shock is 0, but shocks\[0\] is random: choose one"),
        (
            POOL.replace({"shocks": [FREEZE, RANDOM]}),
            {},
            r"comes before a random one of its kind: put it after that one\.$",
        ),
        (
            FROZEN.replace({"shocks[0].at": 180}),
            {},
            r"^settled_days is 7, but the run has only 6 days after shocks\[0\]: lengthen horizon_days\.$",
        ),
        (FROZEN.replace({"shocks[0].at": 199}), {"settled_days": 1}, r"only 0 days after shocks\[0\]"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(scenario, arguments, said):
    with pytest.raises(sl.SimlimitError, match=said):
        sl.recovery(scenario, 2, **FEW, **({"series": "held"} | arguments))


@pytest.mark.parametrize("probabilities", [(0,), (1.5,), ("a",), 0.5])
def test_probabilities_are_between_0_and_1(probabilities):
    with pytest.raises(sl.SimlimitError, match=r"^probabilit(y|ies) is .*, but must be "):
        recovery_of(np.zeros((2, 9)), np.zeros((2, 9))).table(probabilities)
