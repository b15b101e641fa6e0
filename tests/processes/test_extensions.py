"""The extensions of the how-to page: what they do, by a closed form, and how long they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import simlimit as sl

PAGE = Path(__file__).parent.parent.parent / "docs" / "howto-processes.md"
CELLS = re.findall(r"^```\{code-cell\} python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
EXTENSIONS = {
    re.findall(r"^def (\w+)", cell, re.M)[0]: cell.split("\n\n\n")[0] for cell in CELLS if cell[:4] == "def "
}
PAYS, MISSED, GRACE, CYCLE = 0.3, 0.3, 10, 30


def closed_form(calls: tuple[int, ...]) -> float:
    """What the team adds to the mean delay of a hold, of borrowers who miss a payment with chance MISSED.

    Without it a missed payment is made on the next due day, late, and waits for the evaluation, on any of the
    next 30 days alike. A call t days after the due day brings it forward to that day, after the evaluations.
    If one of them has come since the due day, it has denied: the payment waits for the next one, which also
    comes after the next due day, so a payment then waits as well. A payment within grace does not wait else.
    """
    mean_wait = (CYCLE - 1) / 2
    added, not_yet = 0.0, 1.0
    for t in calls:
        for evaluation in range(CYCLE):  # days from the due day to the first evaluation
            denied = 1 <= evaluation <= t
            waits = 0
            if denied or t > GRACE:
                waits = evaluation - t if evaluation > t else evaluation + CYCLE - t
            next_one = evaluation * (1 - MISSED) if denied else 0
            added += not_yet * PAYS * (waits + next_one - mean_wait) / CYCLE
        not_yet *= 1 - PAYS
    return MISSED * added  # a hold is of a missed payment with that chance: each missed one opens one, too


def test_the_collections_team_changes_the_delay_as_the_closed_form_says() -> None:
    """Within four standard errors of the paired difference; a wrong day of grace is 0.2 days away."""
    names: dict[str, Any] = {"simpy": pytest.importorskip("simpy")}
    exec(EXTENSIONS["collections"], names)
    late = sl.preset("clockwork").replace(
        {
            "population.borrowers": 30,
            "horizon_days": 540,
            "warmup_days": 90,
            "product.instalments": 60,
            "behaviour.late_onset": MISSED,
            "behaviour.cure_hazards": (1.0,),
            "rules.clean_days": 0,
            "rules.grace_days": GRACE,
        }
    )
    compared = sl.compare(
        {"without": late, "with": late},
        12,
        seed=1,
        follow_up_days=60,
        processes={"with": [names["collections"]]},
        workers=1,
        progress=False,
    )
    row = compared.differences(metrics=["days_away"], confidence=0.95).iloc[0]
    standard_error = (row["high"] - row["low"]) / (2 * 2.201)  # Student's t of 11 degrees of freedom
    assert abs(row["difference"] - closed_form((1, 8, 15, 22, 29))) < 4 * standard_error
    assert standard_error < 0.15


@pytest.mark.parametrize("name", ["collections", "campaign", "partner_fails"])
def test_an_extension_has_at_most_25_lines(name: str) -> None:
    assert 5 < len([line for line in EXTENSIONS[name].splitlines() if line.strip()]) <= 25
