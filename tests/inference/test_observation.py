"""The real log and a simulated one are seen in the same way."""

import pandas as pd
import pytest
from fitted_logs import log_of, platform

import simlimit as sl
from simlimit.drivers import calendar_driver
from simlimit.inference.observation import Repayments, observe_log, observe_state
from simlimit.model.preparation import prepare

REGIONS = ["north", "south"]


def simulated(changes: dict[str, object], days: int) -> Repayments:
    """Return the view of a history that goes on for a day, on which the log is extracted."""
    longer = platform().replace({**changes, "horizon_days": days + 1})
    state = calendar_driver.run(prepare(longer, 0, False, False), 100, 0, lambda _: None)
    return observe_state(state, longer)


def in_order(seen: Repayments, before: int) -> list[tuple[int, ...]]:
    """Return the repayments that ended before a day, sorted."""
    columns = [seen.repaid, seen.age, seen.followed, seen.outcome, seen.groups["gate"], seen.groups["region"]]
    return sorted(tuple(map(int, row)) for row in zip(*columns, strict=True) if row[0] + row[1] < before)


def test_a_log_of_a_simulated_history_is_seen_as_the_history_is() -> None:
    real, window, notes = observe_log(log_of({}, columns=("gate", "region")), REGIONS)
    assert (window.days, window.counted, notes) == (240, "borrowers", [])
    assert in_order(real, 240) == in_order(simulated({}, 240), 240)


def test_a_log_that_was_extracted_earlier_is_the_part_of_it_that_was_seen_then() -> None:
    short, _, _ = observe_log(log_of({"horizon_days": 120}, columns=("gate", "region")), REGIONS)
    whole, _, _ = observe_log(log_of({}, columns=("gate", "region")), REGIONS)
    part = whole.until(120)
    # Day 120 itself is no day of the history that ends there.
    assert len(part.age) - len(short.age) == (part.repaid == 120).sum()
    assert in_order(part, 120) == in_order(short, 120)


def test_the_window_begins_when_the_log_does() -> None:
    log = log_of({})
    late = log[log["repaid_at"] >= 100].copy()
    late.attrs = log.attrs | {"window": (100, 240)}
    seen, window, _ = observe_log(late, REGIONS)
    assert (seen.repaid.min() >= 0, window.days) == (True, 140)
    scenario = window.platform(platform().replace({"warmup_days": 30}))
    assert scenario.horizon_days == 30 + 140 + 1
    assert (scenario.start_date - platform().start_date).days == 100 - 30


def test_what_was_repaid_before_the_window_is_not_compared_and_that_is_said() -> None:
    log = log_of({})
    log.loc[:9, "entry_days"] = 3.5
    seen, _, notes = observe_log(log, REGIONS)
    assert len(seen.repaid) == len(log) - 10
    assert notes == ["10 repaid before the window are not compared"]


def test_a_region_that_the_scenario_does_not_have_leaves_the_column_out_and_that_is_said() -> None:
    log = log_of({}, columns=("region", "gate")).astype({"region": str})
    log.loc[3, "region"] = "west"
    log.loc[4, ["gate", "delay_days"]] = "the moon", 1
    seen, _, notes = observe_log(log, REGIONS)
    assert set(seen.groups) == {"amount"}
    assert notes[1] == "region is not compared, since 'west' is none of north, south"
    assert notes[0].startswith("gate is not compared, since 'the moon' is none of settlement,")


def test_parts_of_a_repayment_weigh_as_much_as_their_share_of_the_amount() -> None:
    log = log_of({}).head(3).assign(repayment=[1, 2, 2], amount=[5.0, 3.0, 1.0])
    seen, _, _ = observe_log(log, REGIONS)
    assert seen.weight.tolist() == [1.0, 0.75, 0.25]
    seen, window, _ = observe_log(log.assign(amount=[5.0, 0.0, 0.0]), REGIONS)
    assert seen.weight.tolist() == [1.0, 0.5, 0.5]
    assert window.number == observe_log(log, REGIONS)[1].number


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"outcome": "lost"},
            "row 0 of log is 'lost after 6 days', but must be released, forfeited, pending",
        ),
        ({"delay_days": -1}, "row 0 of log is 'released after -1 days', but must be released, forfeited"),
        ({"delay_days": "soon"}, "delay_days is "),
        ({"entry_days": 5.0}, "log has no repayments that are seen from their day on, but must have some."),
    ],
)
def test_what_is_no_release_log_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(sl.SimlimitError) as refusal:
        observe_log(log_of({}).astype({"outcome": str}).assign(**change), REGIONS)
    assert str(refusal.value).startswith(sentence)


def test_a_log_needs_its_three_columns() -> None:
    with pytest.raises(sl.SimlimitError, match="log has no column 'outcome', but must be a release log"):
        observe_log(pd.DataFrame({"repaid_at": [1], "delay_days": [1]}), REGIONS)
