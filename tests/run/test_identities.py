"""R108, R109: a run that is checked ends in a sentence on the evening on which an identity breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from histories import digest

import simlimit as sl
from simlimit.processes.platform import Platform

SMALL = sl.preset("clockwork").replace(
    {
        "population.borrowers": 20,
        "horizon_days": 120,
        "evaluation.straight_through": False,
        "behaviour.draws_per_year": 12.0,
        "funding.unlimited": False,
        "funding.initial": 500.0,
        "funding.recycle_share": 0.37,
        "funding.reserve_share": 0.45,
    }
)


def broken(corrupt: Callable[[Any], None], phase: float = 5, **options: Any) -> str:
    """Return what is said of a run of which a process corrupts the state on day 60."""

    def corrupts(platform: Platform) -> Iterator[Any]:
        yield platform.at(60, phase)
        corrupt(platform._state)

    with pytest.raises(sl.SimlimitError) as found:
        sl.simulate(SMALL, seed=2, processes=[corrupts], check=True, **options)
    return str(found.value)


def add(field: str) -> Callable[[Any], None]:
    """Return what adds a cent to a field of borrower 3."""

    def corrupt(state: Any) -> None:
        state.borrowers[field][3] += 1

    return corrupt


@pytest.mark.parametrize("keep", ["all", "holds", "counts"])
@pytest.mark.parametrize("field", ["limit", "outstanding", "available", "held"])
def test_one_cent_is_found_on_the_same_evening(field: str, keep: str) -> None:
    said = broken(add(field), keep=keep)
    amounts = r"outstanding [\d.]+, available [\d.]+, held [\d.]+, limit [\d.]+ and open holds [\d.]+"
    last = r"last came \w+( \(\w+\))?, day \d+, phase \d"
    assert re.fullmatch(rf"Day 60 ends with borrower 3 at {amounts}; {last}\.", said)


def test_a_hold_that_is_less_than_what_is_held_is_found() -> None:
    def corrupt(state: Any) -> None:
        h = state.borrowers["first_hold"][3]
        state.holds["amount"][h] -= 1

    assert broken(corrupt).startswith("Day 60 ends with borrower 3 at ")


def test_amounts_below_nothing_are_found_though_their_sum_is_right() -> None:
    def corrupt(state: Any) -> None:
        b = state.borrowers[3]
        b.outstanding, b.available = b.outstanding + b.available + 1, -1
        b.limit = b.outstanding + b.available + b.held

    assert "available -0.01" in broken(corrupt)


def test_a_cent_of_the_pool_is_found() -> None:
    def corrupt(state: Any) -> None:
        state.today.headroom += 1

    found = re.fullmatch(
        r"Day 60 ends with a headroom of (-?[\d.]+), but its flows make it (-?[\d.]+); last came .*\.",
        broken(corrupt),
    )
    assert found is not None
    assert round(100 * (float(found[1]) - float(found[2]))) == 1


def test_what_happened_last_to_the_borrower_is_told() -> None:
    """Others draw later that day; borrower 3 was lowered by the process."""

    def lower(platform: Platform) -> Iterator[Any]:
        yield platform.at(59, 3)
        platform.set_limit(3, 9_000)
        yield platform.at(59, 5)
        platform._state.borrowers["available"][3] += 1

    with pytest.raises(
        sl.SimlimitError, match=r"Day 59 .* borrower 3 .*; last came \w+ \(manual\), day 59, phase 3"
    ):
        sl.simulate(SMALL, seed=2, processes=[lower], check=True)


def test_checking_changes_nothing() -> None:
    for keep in ("all", "holds", "counts"):
        checked = sl.simulate(SMALL, seed=2, keep=keep, check=True)
        assert digest(checked) == digest(sl.simulate(SMALL, seed=2, keep=keep, engine="calendar"))


def test_a_change_of_the_shares_of_the_pool_breaks_nothing() -> None:
    def change(platform: Platform) -> Iterator[Any]:
        yield platform.at(60, 4.5)
        platform.change("funding.reserve_share", 0.9)
        platform.change("funding.recycle_share", 0.8)
        yield platform.at(90, 5)
        platform._state.today.headroom += 1

    with pytest.raises(sl.SimlimitError, match=r"^Day 90 ends with a headroom"):
        sl.simulate(SMALL, seed=2, processes=[change], check=True)


def test_the_calendar_driver_is_not_checked() -> None:
    with pytest.raises(sl.SimlimitError, match=r'^engine is "calendar", but check=True needs engine="simpy"'):
        sl.simulate(SMALL, engine="calendar", check=True)
    with pytest.raises(sl.SimlimitError, match=r"^check is 1, but must be True or False"):
        sl.simulate(SMALL, check=1)
