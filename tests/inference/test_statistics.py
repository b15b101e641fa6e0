"""What is compared: shares that can be counted by hand, and those of the library's own estimator."""

import numpy as np
import pandas as pd
import pytest
from fitted_logs import log_of

from simlimit.inference.observation import observe_log
from simlimit.inference.statistics import Layout, statistics

REGIONS = ("north", "south")


def shares(changes: dict[str, object], columns: tuple[str, ...] = ()) -> dict[tuple[str, str, float], float]:
    log = log_of(changes, columns=columns)
    seen, window, _ = observe_log(log, REGIONS)
    assert window.begin_on is not None
    layout = Layout(window.days, window.begin_on.weekday(), REGIONS)
    found = statistics(seen, layout)
    n = np.where(np.isnan(found), 1, found) ** 2
    keys = layout.names().fillna(-1.0).itertuples(index=False)
    return dict(zip(map(tuple, keys), np.where(np.isnan(found), np.nan, n), strict=True))


def test_what_tells_nothing_is_not_compared() -> None:
    """Weekdays of a log without dates, and the region where there is one."""
    log = log_of({}, columns=("region", "gate"))
    seen, window, _ = observe_log(log, REGIONS)
    weekdays = {"weekday of repayment", "weekday of ending", "gate and weekday of ending"}
    for first_weekday, regions, missing in ((None, REGIONS, weekdays), (0, ("north",), {"region"})):
        layout = Layout(window.days, first_weekday, regions)
        families = set(layout.names()["family"])
        assert set(Layout(window.days, 0, REGIONS).names()["family"]) - families == missing
        assert len(statistics(seen, layout)) == len(layout.names())


def test_each_statistic_has_a_name_of_its_own() -> None:
    names = Layout(240, 0, REGIONS).names()
    assert not names.duplicated().any()


def test_shares_of_no_repayment_are_not_compared() -> None:
    """A log in which nobody repays on a Sunday says nothing of how long what is repaid on Sundays waits."""
    log = log_of({})
    seen, _, _ = observe_log(log[log["repaid_on"].dt.day_of_week < 6], REGIONS)
    layout = Layout(240, 2, REGIONS)
    names, found = layout.names(), statistics(seen, layout, of_none=np.nan)
    sundays = names["statistic"].str.startswith("weekday of repayment Sunday")
    by_age = names["age_days"].notna().to_numpy()
    assert np.isnan(found[sundays & by_age]).all()
    assert found[sundays & ~by_age].max() < 0.05
    assert not np.isnan(found[(names["family"] == "weekday of repayment") & ~sundays]).any()
    assert not np.isnan(statistics(seen, layout)[sundays]).any(), "simulated logs are regressed on it"


def test_how_many_repayments_there_are_is_not_compared() -> None:
    """A log and the same log twice say the same, also of what none of them did."""
    log = log_of({}, columns=("region", "gate"))
    layout = Layout(240, 2, REGIONS)
    one, two = (statistics(observe_log(each, REGIONS)[0], layout) for each in (log, pd.concat([log, log])))
    np.testing.assert_array_equal(one, two)
    assert one[(layout.names()["statistic"] == "gate policy").to_numpy()] == 0


def test_incidences_by_age_are_those_of_the_repayments_followed_so_long() -> None:
    log = log_of({})
    found = shares({})
    for age in (0, 7, 21):
        followed = log[log["repaid_at"] <= 240 - age]
        by_hand = ((followed["outcome"] == "released") & (followed["delay_days"] <= age)).sum()
        assert found["release", "released", float(age)] == pytest.approx(by_hand / len(followed))


def test_weekdays_are_those_of_the_calendar() -> None:
    log = log_of({})
    found = shares({})
    monday = (log["repaid_on"].dt.day_of_week == 0).mean()
    assert found["weekday of repayment", "weekday of repayment Monday", -1.0] == pytest.approx(
        monday, abs=0.002
    )
    waited = log[(log["delay_days"] > 0) & log["ended_on"].notna()]
    weekend = (waited["ended_on"].dt.day_of_week >= 5).mean()
    assert found["weekday of ending", "ended on Saturday or Sunday", -1.0] == pytest.approx(
        weekend, abs=0.003
    )


def test_groups_are_told_apart() -> None:
    log = log_of({}, columns=("region", "gate"))
    found = shares({}, columns=("region", "gate"))
    north = log[(log["region"] == "north") & (log["repaid_at"] <= 240 - 10)]
    by_hand = ((north["outcome"] == "released") & (north["delay_days"] <= 10)).mean()
    assert found["region", "region north, released", 10.0] == pytest.approx(by_hand, abs=0.003)
    gate = (log["gate"] == "review").mean()
    assert found["gate", "gate review", -1.0] == pytest.approx(gate, abs=0.002)


def test_a_column_that_a_log_lacks_is_nowhere_compared() -> None:
    found = shares({})
    missing = {family for (family, _, _), share in found.items() if np.isnan(share)}
    assert missing == {"gate", "region", "late", "gate and weekday of ending"}
