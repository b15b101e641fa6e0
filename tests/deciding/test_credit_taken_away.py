"""Taking credit away is never selected where lost limit counts, and a result that does not ask says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "study"))

from taking_away import NOBODY_REACTS, NOBODY_WAITS_FOR_OTHERS, ways

import simlimit as sl
from simlimit.deciding.constraints import Bound

TODAY = sl.preset("jiebei").replace(
    {
        "population.borrowers": 100,
        "horizon_days": 360,
        "warmup_days": 120,
        "limits.cut_score": None,
        "limits.block_draws": [],
        **NOBODY_REACTS,
        **NOBODY_WAITS_FOR_OTHERS,
        "behaviour.draws_per_year": sl.preset("jiebei").behaviour.draws_per_year,
    }
)
"""Nothing takes credit away but default. Losses fall if lines are cut: nobody reacts to that."""
LASTING = {
    "a freeze": {"kind": "freeze", "duration_days": 90},
    "a tightening": {"kind": "tightening", "size": 0.3, "duration_days": 90},
}


def taking_away() -> list[sl.Change]:
    """Return each way of taking credit away as a change of today's scenario."""
    found = dict(ways(TODAY, seed=3))
    for name, shock in LASTING.items():
        found[name] = TODAY.replace({"shocks": [{**shock, "at": 130}]})
    parts = ("shocks", "limits", "funding")
    return [sl.Change({one: getattr(way, one) for one in parts}, name=name) for name, way in found.items()]


def decided(minimise: str | list[str], subject_to: dict[str, Bound]) -> sl.Optimum:
    choices = {"rules": [None, *taking_away()]}
    return sl.optimise(TODAY, choices, minimise, subject_to, n=40, follow_up_days=40, progress=False)


@pytest.mark.parametrize(
    ("minimise", "subject_to"),
    [
        ("limit_days_lost", {}),
        (["default_losses", "limit_days_lost"], {}),
        (["-net_income", "limit_days_lost"], {}),
        ("default_losses", {"limit_days_lost": sl.at_most(1.0, relative=True)}),
    ],
)
def test_no_way_of_taking_credit_away_is_selected_where_lost_limit_counts(
    minimise: str | list[str], subject_to: dict[str, Bound]
) -> None:
    best = decided(minimise, subject_to)
    assert len(best.alternatives) == 11
    assert best.choice == {"rules": "today"}
    assert "credit is taken away" not in str(best)


@pytest.mark.parametrize("minimise", ["default_losses", "-limit_days_lost"])
def test_without_it_some_way_is_selected_and_the_result_says_so(minimise: str) -> None:
    best = decided(minimise, {})
    assert best.choice != {"rules": "today"}
    assert "Nothing was asked of limit_days_lost: it may be selected because credit is taken away." in str(
        best
    )
