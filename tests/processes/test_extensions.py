"""The extensions of the how-to page: what they do, by a replay, and how long they are."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

import simlimit as sl

PAGE = Path(__file__).parent.parent.parent / "docs" / "howto-processes.md"
CELLS = re.findall(r"^```\{code-cell\} python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
EXTENSIONS = {
    re.findall(r"^def (\w+)", cell, re.M)[0]: cell.split("\n\n\n")[0] for cell in CELLS if cell[:4] == "def "
}
MISSED, GRACE, CYCLE = 0.3, 10, 30


LATE = sl.preset("clockwork").replace(
    {
        "population.borrowers": 40,
        "horizon_days": 400,
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


def replay(first_due: int, evaluation: int, days: list[int], horizon: int) -> list[int]:
    """Return the delay of each payment of a borrower, who pays once for each cycle that has been due.

    A call comes after the evaluations of its day, a payment on a due day before them.
    """
    dues, known = [], []  # the due day that each payment is for, and the first evaluation that knows of it
    for day in days:
        dues.append(
            first_due if not dues else first_due + ((days[len(dues) - 1] - first_due) // CYCLE + 1) * CYCLE
        )
        known.append(day + ((day - first_due) % CYCLE > 0))
    open_due = first_due + ((days[-1] - first_due) // CYCLE + 1) * CYCLE
    unpaid = [*zip(dues, known, strict=True), (open_due, horizon)]

    def denied(on: int) -> bool:
        return any(due < on < paid for due, paid in unpaid)

    delays = []
    for day, due, first in zip(days, dues, known, strict=True):
        next_one = first + (evaluation - first) % CYCLE
        waits = day - due > GRACE or denied(next_one - CYCLE)
        while denied(next_one):
            next_one += CYCLE
        delays.append(next_one - day if waits else 0)
    return delays


def replayed(run: sl.Run) -> list[int]:
    """Assert that each hold took as long as in the replay; return the delays of those that are followed."""
    paid = run.holds.merge(run.borrowers[["borrower", "due_day", "evaluation_day"]], on="borrower")
    followed: list[int] = []
    for _, holds in paid.groupby("borrower"):
        first, evaluation = int(holds["due_day"].iloc[0]), int(holds["evaluation_day"].iloc[0])
        delays = replay(first, evaluation, holds["repaid_at"].tolist(), run.scenario.horizon_days)
        for delay, outcome, taken, at in zip(
            delays, holds["outcome"], holds["delay_days"], holds["repaid_at"], strict=True
        ):
            assert outcome != "released" or taken == delay
            followed += [min(delay, 90)] * (at <= run.scenario.horizon_days - 90)
    return followed


def test_the_collections_team_changes_the_delay_as_a_replay_of_calls_and_evaluations_does() -> None:
    """Exactly: the paired difference of the study is that of the replayed delays."""
    process = {"without": [], "with": [collections()]}
    compared = sl.compare(
        dict.fromkeys(process, LATE),
        3,
        seed=1,
        processes={"with": process["with"]},
        workers=1,
        progress=False,
    )
    means = {}
    for name, processes in process.items():
        runs = [sl.simulate(LATE, 1, replication=r, processes=processes) for r in range(3)]
        means[name] = mean(mean(replayed(run)) for run in runs)
    row = compared.differences(metrics=["days_away"]).iloc[0]
    assert row["difference"] == pytest.approx(means["with"] - means["without"], abs=1e-12)
    assert abs(row["difference"]) > 0.1


@pytest.mark.parametrize("name", ["collections", "campaign", "partner_fails"])
def test_an_extension_has_at_most_25_lines(name: str) -> None:
    assert 5 < len([line for line in EXTENSIONS[name].splitlines() if line.strip()]) <= 25
