"""What each lever does alone, and what is lost without it where all others are pulled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lender import LENDER
from scipy.stats import ttest_1samp
from statsmodels.stats.multitest import multipletests

import simlimit as sl
from simlimit.study.metrics import LEAST_EVENTS
from simlimit.study.ranking import RANKED

LEVERS = [
    {"kind": "better_model", "strength": 0.5, "cost": 2.0},
    {"kind": "pay_on_time", "strength": 1.0, "uptake": 0.5, "cost": 3.0},
    {"kind": "more_funding", "strength": 0.2, "cost": 0.0},
]
PLATFORM = LENDER.replace({"population.borrowers": 60})


@pytest.fixture(scope="module")
def ranking() -> sl.LeverRanking:
    return sl.rank_levers(PLATFORM, LEVERS, 12, seed=3, progress=False)


def difference(
    one: list[dict[str, object]], other: list[dict[str, object]], metric: str
) -> tuple[float, ...]:
    scenarios = {"one": PLATFORM.replace({"levers": one}), "other": PLATFORM.replace({"levers": other})}
    table = sl.compare(scenarios, 12, seed=3, progress=False).differences()
    return tuple(table.loc[("other", metric), ["difference", "low", "high"]])


@pytest.mark.parametrize("metric", RANKED)
def test_effects_are_paired_differences(ranking: sl.LeverRanking, metric: str) -> None:
    table = ranking.table()
    alone = table.loc[(metric, "better_model"), ["alone", "alone_low", "alone_high"]]
    told = difference([], LEVERS[:1], metric)
    assert tuple(alone) == pytest.approx(told, rel=1e-9, abs=1e-12, nan_ok=True)
    last = table.loc[(metric, "better_model"), ["last", "last_low", "last_high"]]
    told = difference(LEVERS[1:], LEVERS, metric)
    assert tuple(last) == pytest.approx(told, rel=1e-9, abs=1e-12, nan_ok=True)
    assert np.isnan(last["last_low"]) == (metric in ("no_limit_share", "default_losses"))
    together = table.loc[(metric, "all"), "alone"]
    assert together == pytest.approx(difference([], LEVERS, metric)[0], rel=1e-9, abs=1e-12)


def test_what_significant_is_corrected_for_all_effects(ranking: sl.LeverRanking) -> None:
    """Of all that have twenty events or more; few are without limit, and fewer still default."""
    pairs = {}
    for kind in ("better_model", "pay_on_time", "more_funding"):
        pairs["alone", kind] = ("none", kind)
        pairs["last", kind] = (f"all but {kind}", "all")
    pairs["alone", "all"] = ("none", "all")
    told, probabilities = [], []
    table = ranking.table()
    for metric in RANKED:
        for (which, kind), names in pairs.items():
            one, other = (ranking.metrics[name] for name in names)
            verdict = table.loc[(metric, kind), f"{which}_significant"]
            seen = np.add(one.attrs["events"][metric], other.attrs["events"][metric]).min() / 2
            assert (verdict is pd.NA) == (seen < LEAST_EVENTS)
            if verdict is not pd.NA:
                effect = other[metric] - one[metric]
                t_test = ttest_1samp(effect, 0).pvalue if effect.std() > 0 else 1.0
                probabilities.append(min(1.0, max(t_test, 2 / 2 ** np.count_nonzero(effect))))
                told.append(verdict)
    assert told == multipletests(probabilities, 0.05, "holm")[0].tolist()
    assert set(told) == {True, False}
    assert 0 < len(told) < len(RANKED) * len(pairs)
    assert table.loc[("days_away", "all"), "last_significant"] is pd.NA


def test_few_replications_have_effects_but_no_verdict() -> None:
    table = sl.rank_levers(PLATFORM, LEVERS, 6, seed=3, progress=False).table()
    assert (table.loc["days_away", "alone_high"] < 0).any()
    assert table[["alone_significant", "last_significant"]].isna().all(axis=None)


def test_effects_per_cost_count_those_who_take_it_up(ranking: sl.LeverRanking) -> None:
    table = ranking.table().loc["days_away"]
    assert table["cost"].to_dict() == {"better_model": 2, "pay_on_time": 1.5, "more_funding": 0, "all": 3.5}
    for effect in ("alone", "last"):
        assert table.loc["pay_on_time", f"{effect}_per_cost"] == table.loc["pay_on_time", effect] / 1.5
    assert table.loc[["more_funding"], "alone_per_cost"].isna().all()


def test_the_lever_that_helps_most_comes_first_and_all_together_last(ranking: sl.LeverRanking) -> None:
    alone = ranking.table().loc["days_away", "alone"]
    assert list(alone.index)[-1] == "all"
    assert alone.iloc[:-1].is_monotonic_increasing


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(sl.SimlimitError, match="levers is empty"):
        sl.rank_levers(PLATFORM, [], 2)
    with pytest.raises(sl.SimlimitError, match=r"scenario\.levers is not empty"):
        sl.rank_levers(PLATFORM.replace({"levers": LEVERS}), LEVERS, 2)
    with pytest.raises(sl.ScenarioError, match="a list of levers, at most one of each kind"):
        sl.rank_levers(PLATFORM, [LEVERS[0], LEVERS[0]], 2)
