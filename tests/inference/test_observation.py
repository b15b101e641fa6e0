"""The real log and a simulated one are seen in the same way."""

import datetime

import numpy as np
import pandas as pd
import pytest
from fitted_logs import log_of, platform

import simlimit as sl
from simlimit.books.release_log import log_digest
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
    assert (window.days, window.counted, notes) == (240, "borrower", [])
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
    assert notes[0].endswith("(gates of read_release_log explains it)")


def test_parts_of_a_repayment_weigh_as_much_as_their_share_of_the_amount() -> None:
    log = log_of({}).head(3).assign(repayment=[1, 2, 2], amount=[5.0, 3.0, 1.0])
    seen, _, _ = observe_log(log, REGIONS)
    assert seen.weight.tolist() == [1.0, 0.75, 0.25]
    seen, window, _ = observe_log(log.assign(amount=[5.0, 0.0, 0.0]), REGIONS)
    assert seen.weight.tolist() == [1.0, 0.5, 0.5]
    assert window.number == observe_log(log, REGIONS)[1].number


def test_an_amount_is_that_of_the_whole_repayment() -> None:
    """Ten repayments of 10, 20 .. 100: the fifths do not change if one comes back in 20 parts."""
    log = log_of({}).head(10).assign(repayment=range(10), amount=[10.0 * k for k in range(1, 11)])
    whole, _, _ = observe_log(log, REGIONS)
    assert whole.groups["amount"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    parts = pd.concat([log.iloc[:9], *[log.iloc[9:].assign(amount=5.0)] * 20])
    split, _, _ = observe_log(parts, REGIONS)
    assert split.groups["amount"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, *[4] * 20]
    assert observe_log(parts.drop(columns=["borrower", "amount"]), REGIONS)[1].number == 10
    assert "amount" not in observe_log(parts.drop(columns="amount"), REGIONS)[0].groups


def test_amounts_of_which_many_are_equal_are_not_compared_and_that_is_said() -> None:
    """The model makes amounts of all sizes: fifths of round ones would have other sizes than its own."""
    log = log_of({})
    for amounts in (np.where(np.arange(len(log)) % 10 < 9, 500.0, 1000.0), log["amount"].round(-3)):
        seen, _, notes = observe_log(log.assign(amount=amounts), REGIONS)
        assert "amount" not in seen.groups
        assert notes == ["amount is not compared, since many amounts are equal"]
    seen, _, notes = observe_log(log, REGIONS)
    assert np.ptp(np.bincount(seen.groups["amount"])) <= 0.1 * len(log)
    assert not notes


def test_a_log_of_one_region_is_not_compared_by_it_and_says_so_if_it_is_unknown() -> None:
    log = log_of({}, columns=("region",)).astype({"region": str})
    seen, _, notes = observe_log(log[log["region"] == "north"], REGIONS)
    assert "region" not in seen.groups
    assert not notes
    assert observe_log(log.assign(region="west"), REGIONS)[2] == [
        "region is not compared, since 'west' is none of north, south"
    ]


def test_older_repayments_are_counted_and_not_their_parts() -> None:
    log = log_of({}).head(6).assign(repayment=[1, 1, 1, 2, 3, 4], entry_days=[3.5, 3.5, 3.5, 0, 0, None])
    seen, _, notes = observe_log(log, REGIONS)
    assert len(seen.repaid) == 3, "what has no age of entry was seen from its day on"
    assert notes == ["1 repaid before the window are not compared"]


def test_a_log_without_dates_has_no_weekdays_and_that_is_said() -> None:
    log = log_of({})
    for undated in (log.drop(columns=["repaid_on", "ended_on"]), log.assign(repaid_on=pd.NaT)):
        _, window, notes = observe_log(undated, REGIONS)
        assert window.begin_on is None
        assert notes == ["weekdays are not compared, since the log has no dates"]


def test_a_part_of_a_log_keeps_the_window_and_is_another_log() -> None:
    log = log_of({}, columns=("region",))
    _, window, _ = observe_log(log, REGIONS)
    _, of_part, _ = observe_log(log[(log["region"] == "north") & (log["repaid_at"] > 50)], REGIONS)
    assert (of_part.days, of_part.begin_on) == (window.days, window.begin_on)
    assert of_part.digest != window.digest == log_digest(log)


def test_a_run_is_compared_from_the_end_of_its_warm_up_on() -> None:
    """As a log of it would be, extracted on its last day: row for row what a simulated log shows."""
    scenario = platform().replace({"warmup_days": 60})
    run = sl.simulate(scenario, 100, engine="calendar", keep="holds")
    real, window, notes = observe_log(run.holds, REGIONS)
    assert (window.days, window.begin_on) == (239 - 60, scenario.start_date + datetime.timedelta(60))
    before = ((run.holds["kind"] == "repayment") & (run.holds["repaid_at"] < 60)).sum()
    assert notes == [f"{before:,} repaid before the window are not compared"]
    state = calendar_driver.run(prepare(scenario, 0, False, False), 100, 0, lambda _: None)
    assert in_order(real, 999) == in_order(observe_state(state, scenario), 999)
    by_hand = run.holds[run.holds["repaid_at"] >= 60]
    assert in_order(observe_log(by_hand, REGIONS)[0], 999) == in_order(real, 999)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"outcome": "lost"}, "'outcome': 'lost' is not allowed; allowed are released, forfeited, pending."),
        ({"delay_days": -1}, "'delay_days': '-1' is not allowed; allowed are whole numbers from 0 to "),
        ({"delay_days": "soon"}, "'delay_days': 'soon' is not allowed; allowed are whole numbers from 0 to "),
        ({"delay_days": 0.7}, "'delay_days': '0.7' is not allowed; allowed are whole numbers from 0 to "),
        ({"repaid_at": None}, "'repaid_at': "),
        ({"amount": None}, "'amount': "),
        ({"entry_days": -1}, "'entry_days': '-1' is not allowed"),
        ({"repayment": None}, "'repayment': "),
        ({"late": None}, "'late': "),
        ({"late": "perhaps"}, "'late': 'perhaps' is not allowed; allowed are yes and no, 1 and 0"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_its_label(change: dict[str, object], sentence: str) -> None:
    log = log_of({}).assign(late=pd.array([True] * len(log_of({})), "boolean")).convert_dtypes()
    log = log.assign(repayment=range(len(log))).set_axis([f"K{k}" for k in range(len(log))]).astype(object)
    for column, value in change.items():
        log.loc["K7", column] = value
    kinds = {"late": "boolean"} if change == {"late": None} else {}
    with pytest.raises(sl.SimlimitError) as refusal:
        observe_log(log.astype(kinds), REGIONS)
    assert str(refusal.value).startswith(f"log: row K7, column {sentence}")


def test_a_log_of_older_repayments_alone_is_refused() -> None:
    with pytest.raises(sl.SimlimitError, match="log has no repayments that are seen from their day on"):
        observe_log(log_of({}).assign(entry_days=5.0), REGIONS)


def test_a_log_needs_its_three_columns() -> None:
    with pytest.raises(sl.SimlimitError, match="log has no column 'outcome', but must be a release log"):
        observe_log(pd.DataFrame({"repaid_at": [1], "delay_days": [1]}), REGIONS)
