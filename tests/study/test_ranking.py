"""What each lever does alone, and what is lost without it where all others are pulled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lender import LENDER
from scipy.stats import ttest_1samp
from statsmodels.stats.multitest import multipletests

import simlimit as sl
from simlimit.study.draws import Draws
from simlimit.study.metrics import LEAST_EVENTS
from simlimit.study.ranking import RANKED

LEVERS = [
    {"kind": "better_model", "strength": 0.5},
    {"kind": "pay_on_time", "strength": 1.0, "uptake": 0.5},
    {"kind": "more_funding", "strength": 0.2},
]
CHANGES = [sl.Change(LEVERS[0], cost=2.0), sl.Change(LEVERS[1], cost=3.0), LEVERS[2]]
PLATFORM = LENDER.replace({"population.borrowers": 60})


@pytest.fixture(scope="module")
def ranking() -> sl.LeverRanking:
    return sl.rank_levers(PLATFORM, CHANGES, 12, seed=3, progress=False)


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
    table = sl.rank_levers(PLATFORM, CHANGES, 6, seed=3, progress=False).table()
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


def test_changes_of_fields_are_ranked_by_their_names_beside_levers() -> None:
    """A second reviewer costs the platform 60 per year, and each of 60 borrowers 1."""
    today = PLATFORM.replace({"levers": [{"kind": "plan", "strength": 0.1}]})
    weekly = sl.Change({"evaluation.period_days": 7}, "weekly")
    desk, plans = sl.Change({"review.reviewers": 2}, cost=60), sl.Lever(kind="plan", strength=0.9)
    ranking = sl.rank_levers(today, [weekly, desk, plans], 6, seed=3, progress=False)
    names = ["weekly", "review.reviewers=2", "plan"]
    assert [change.name for change in ranking.levers] == names
    table = ranking.table()
    assert set(table.index.unique("lever")) == {*names, "all"}
    assert table.loc["days_away", "cost"].to_dict() == dict.fromkeys(names, 0) | {names[1]: 1, "all": 1}
    every = {"evaluation.period_days": 7, "review.reviewers": 2, "levers[0].strength": 0.9}
    for changes, name in ((every, "all"), ({"review.reviewers": 2}, names[1]), ({}, "none")):
        told = sl.replicate(today.replace(changes), 6, seed=3, progress=False).metrics()
        assert ranking.metrics[name]["days_away"].equals(told["days_away"])


def test_draws_are_ranked_where_their_estimate_does_not_change() -> None:
    """What is capped is capped in some draws, though not in the estimate."""
    drawn = [PLATFORM.replace({"screening.false_flag": share}) for share in (0.01, 0.2)]
    fit = Draws(PLATFORM, lambda n: drawn[:n])
    capped = sl.Change({"screening.false_flag": lambda draw: min(0.05, draw.screening.false_flag)}, "capped")
    ranking = sl.rank_levers(fit, [capped], 4, progress=False)
    effect = ranking.metrics["capped"]["days_away"] - ranking.metrics["none"]["days_away"]
    assert (effect[:2] == 0).all()
    assert (effect[2:] < 0).all()


def test_a_ranking_is_stored_whatever_its_levers_are_called(tmp_path: Path) -> None:
    change = sl.Change({"evaluation.period_days": 7}, "weekly / new?")
    for _ in range(2):
        sl.rank_levers(PLATFORM, [change], 2, store=tmp_path, progress=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0-none", "1-all"]


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(sl.SimlimitError, match="levers is empty"):
        sl.rank_levers(PLATFORM, [], 2)
    twice = rf"^levers has '{LEVERS[0]['kind']}' twice, but all must differ\.$"
    with pytest.raises(sl.SimlimitError, match=twice):
        sl.rank_levers(PLATFORM, [*LEVERS, LEVERS[0]], 2)
    taken = (
        r"^levers has the names \[.*\], but no lever may be called 'all', 'none' or 'all but' another one\.$"
    )
    two = [sl.Change({}, "x"), sl.Change({}, "all but x")]
    for levers in (two, [sl.Change({}, "all")], [sl.Change({}, "none")]):
        with pytest.raises(sl.SimlimitError, match=taken):
            sl.rank_levers(PLATFORM, levers, 2)
    with pytest.raises(sl.SimlimitError, match=r"^levers\.plan of the change 'more' is changed twice, but"):
        sl.rank_levers(PLATFORM, [sl.Lever(kind="plan"), sl.Change({"kind": "plan"}, "more")], 2)
    with pytest.raises(sl.SimlimitError, match=r"^levers\[1\] is 'plan', but must be a Change, a Lever, or"):
        sl.rank_levers(PLATFORM, [LEVERS[0], "plan"], 2)  # type: ignore[list-item]
