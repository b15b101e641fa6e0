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
    If one of them has come since the due day, it has denied. The payment waits for the next one, which comes
    after the next due day. So the next payment waits for it, too, also one that is missed and then made
    within grace before that evaluation. A payment within grace does not wait else.
    """
    mean_wait = (CYCLE - 1) / 2
    added, not_yet = 0.0, 1.0
    for t in calls:
        for evaluation in range(CYCLE):  # days from the due day to the first evaluation
            denied = 1 <= evaluation <= t
            waits = 0
            if denied or t > GRACE:
                waits = evaluation - t if evaluation > t else evaluation + CYCLE - t
            soon = [
                PAYS * (1 - PAYS) ** i * (evaluation - call)
                for i, call in enumerate(calls)
                if call < min(GRACE + 1, evaluation)
            ]
            next_one = evaluation * (1 - MISSED) + MISSED * sum(soon) if denied else 0
            added += not_yet * PAYS * (waits + next_one - mean_wait) / CYCLE
        not_yet *= 1 - PAYS
    return MISSED * added  # a hold is of a missed payment with that chance: each missed one opens one, too


LATE = sl.preset("clockwork").replace(
    {
        "population.borrowers": 12,
        "horizon_days": 240,
        "product.instalments": 60,
        "behaviour.late_onset": MISSED,
        "behaviour.cure_hazards": (1.0,),
        "rules.clean_days": 0,
        "rules.grace_days": GRACE,
    }
)


def collections() -> Any:
    names: dict[str, Any] = {}
    exec(f"import simpy\n{EXTENSIONS['collections']}", names)
    return names["collections"]


def replay(first_due: int, evaluation: int, days: list[int]) -> list[int]:
    """Return the delay of each payment of a borrower, who pays once for each cycle that has been due."""
    delays, due, denied_until = [], first_due, 0
    for day in days:
        called = (day - first_due) % CYCLE > 0  # after the evaluations of the day; on a due day before them
        next_one = day + called + (evaluation - day - called) % CYCLE
        if due < next_one - CYCLE:  # there has been an evaluation since the missed due day
            denied_until = next_one
        waits = day - due > GRACE or day < denied_until
        delays.append(next_one - day if waits else 0)
        due = first_due + ((day - first_due) // CYCLE + 1) * CYCLE
    return delays


@pytest.mark.parametrize("with_team", [False, True])
def test_a_replay_of_due_days_calls_and_evaluations_gives_each_delay(with_team: bool) -> None:
    run = sl.simulate(LATE, seed=1, processes=[collections()] if with_team else [])
    paid = run.holds.merge(run.borrowers[["borrower", "due_day", "evaluation_day"]], on="borrower")
    brought_forward = (paid["repaid_at"] - paid["due_day"]) % CYCLE > 0
    assert brought_forward.sum() == (run.records["value"].sum() if with_team else 0)
    assert brought_forward.any() == with_team
    for _, holds in paid.groupby("borrower"):
        delays = replay(holds["due_day"].iloc[0], holds["evaluation_day"].iloc[0], list(holds["repaid_at"]))
        ended = holds["outcome"] == "released"
        expected = [delay for delay, known in zip(delays, ended, strict=True) if known]
        assert holds["delay_days"][ended].tolist() == expected


@pytest.mark.long
def test_the_collections_team_changes_the_delay_as_the_closed_form_says() -> None:
    """Within four standard errors of the paired difference, which the study gives."""
    compared = sl.compare(
        dict.fromkeys(
            ["without", "with"],
            LATE.replace({"population.borrowers": 60, "horizon_days": 720, "warmup_days": 90}),
        ),
        20,
        seed=1,
        processes={"with": [collections()]},
        workers=1,
        progress=False,
    )
    row = compared.differences(metrics=["days_away"], confidence=0.95).iloc[0]
    standard_error = (row["high"] - row["low"]) / (2 * 2.093)  # Student's t of 19 degrees of freedom
    assert abs(row["difference"] - closed_form((1, 8, 15, 22, 29))) < 4 * standard_error
    assert standard_error < 0.15


@pytest.mark.parametrize("name", ["collections", "campaign", "partner_fails"])
def test_an_extension_has_at_most_25_lines(name: str) -> None:
    assert 5 < len([line for line in EXTENSIONS[name].splitlines() if line.strip()]) <= 25
