"""R181, R182: a process sees what the tables say; its random numbers and its records are its own.

A number that it gives must be one of a borrower, a hold or an amount that there is.
"""

import hashlib
import itertools
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import simpy
from histories import digest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_numbers import uniforms
from random_scenarios import random_scenario
from scipy.stats import kstest, norm

import simlimit as sl
from simlimit.model import streams
from simlimit.processes.platform import OWN_STREAMS, Platform

SLOW = sl.preset("clockwork").replace(
    {"population.borrowers": 20, "horizon_days": 120, "evaluation.straight_through": False}
)


def asked(question: Callable[[Platform], object], day: int = 70) -> object:
    """What a process finds out on a day."""
    answers: list[object] = []

    def asks(platform: Platform) -> Iterator[simpy.Event]:
        yield platform.at(day, 5)
        answers.append(question(platform))

    sl.simulate(SLOW, seed=1, processes=[asks])
    return answers[0]


@pytest.mark.parametrize("wrong", [-1, 10**6, 10**30, 1.5, math.nan, "0", None, [0], True])
@pytest.mark.parametrize("question", [Platform.hold, Platform.hold_ended])
def test_a_number_that_is_no_hold_is_refused(question: Callable[..., object], wrong: object) -> None:
    with pytest.raises(
        sl.SimlimitError, match=r"^hold is .*, but must be the number of a hold that has been "
    ):
        asked(lambda platform: question(platform, wrong))


def test_a_hold_that_is_not_opened_yet_is_refused_and_the_last_opened_is_not() -> None:
    """Borrower 3 has had two holds: numbers 3 and 23; 43 is its next."""
    assert asked(lambda platform: platform.open_holds(3)) == [23]
    for last in (23, np.int64(23)):
        found = asked(lambda platform, last=last: platform.hold(last))
        assert (found["hold"], found["borrower"]) == (23, 3)
    with pytest.raises(sl.SimlimitError, match=r"^hold is 43, but must be"):
        asked(lambda platform: platform.hold(43))


@pytest.mark.parametrize("wrong", [-1, 20, 1.5, math.nan, "0", None, [0], True])
@pytest.mark.parametrize(
    "question",
    [
        lambda platform, borrower: platform.open_holds(borrower),
        lambda platform, borrower: platform.borrower(borrower),
        lambda platform, borrower: platform.draw(borrower, 1),
        lambda platform, borrower: platform.repay_early(borrower),
        lambda platform, borrower: platform.set_limit(borrower, 1),
    ],
)
def test_a_number_that_is_no_borrower_is_refused(question: Callable[..., object], wrong: object) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^borrower is .*, but must be a whole number from 0 to 19"):
        asked(lambda platform: question(platform, wrong))


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, "1", None, [1], True, 1j])
def test_an_amount_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^limit is .*, but must be a number from 0 to 1000000000"):
        asked(lambda platform: platform.set_limit(1, wrong))
    with pytest.raises(sl.SimlimitError, match=r"^amount is .*, but must be a number from 0.01 to "):
        asked(lambda platform: platform.draw(1, wrong))


def test_nobody_acts_after_the_last_day() -> None:
    def goes_on(platform: Platform) -> None:
        platform.env.run(until=500)
        platform.set_limit(1, 0)

    with pytest.raises(sl.SimlimitError, match=r"^day 120 is not simulated: the last day is 119"):
        asked(goes_on)


def as_seen(platform: Platform, numbers: list[int]) -> dict[str, pd.DataFrame]:
    """Return what a process sees, as tables."""
    return {
        "holds": pd.DataFrame([platform.hold(number) for number in numbers]),
        "borrowers": pd.DataFrame([platform.borrower(b) for b in range(len(platform.borrowers))]),
        "daily": pd.DataFrame([platform.today()]),
    }


@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.long) for seed in (3, 5))])
def test_what_a_process_sees_on_the_last_evening_are_the_tables(seed: int) -> None:
    scenario = random_scenario(seed)
    seen: dict[str, pd.DataFrame] = {}

    def look(platform: Platform) -> Iterator[simpy.Event]:
        numbers: set[int] = set()
        for day in range(platform.horizon):
            yield platform.at(day, 5.9)
            numbers |= {hold for b in range(len(platform.borrowers)) for hold in platform.open_holds(b)}
        seen.update(as_seen(platform, sorted(numbers)))

    run = sl.simulate(scenario, seed=seed, processes=[look])
    # A hold that ends on the day on which it opens is in no evening's list.
    assert len(seen["holds"]) > 20
    tables = {
        "holds": run.holds.set_index("hold", drop=False).loc[seen["holds"]["hold"]],
        "borrowers": run.borrowers,
        "daily": run.daily.iloc[-1:],
    }
    looked_at = {"holds": 11, "borrowers": 18, "daily": 25}
    for name, table in tables.items():
        shared = [column for column in seen[name].columns if column in table.columns]
        assert len(shared) == looked_at[name]
        for column in shared:
            ours = seen[name][column].to_numpy(object)
            theirs = table[column].to_numpy(object)
            same = (ours == theirs) | (pd.isna(ours) & pd.isna(theirs))
            unlimited = column == "headroom" and scenario.funding.unlimited
            assert same.all() or (unlimited and seen[name][column].eq(math.inf).all()), (name, column)


def test_numbers_of_holds_are_known_from_the_start_and_mean_the_same_in_other_scenarios() -> None:
    """The k-th hold of borrower b has k N + b; a freeze changes when holds end, not what they are called."""
    freeze = {"kind": "freeze", "at": 60, "duration_days": 40}
    scenario = SLOW.replace({"evaluation.straight_through": True})
    plain, frozen = sl.simulate(scenario), sl.simulate(scenario.replace({"shocks": [freeze]}))
    assert not plain.holds["ended_at"].equals(frozen.holds["ended_at"])
    columns = ["hold", "borrower", "repaid_at", "amount", "instalment"]
    pd.testing.assert_frame_equal(plain.holds[columns], frozen.holds[columns])
    holds = plain.holds.sort_values(["borrower", "repaid_at"])
    assert (holds["hold"] % 20 == holds["borrower"]).all()
    assert (holds["hold"] // 20 == holds.groupby("borrower").cumcount()).all()


GATES = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
EVERYWHERE = sl.preset("clockwork").replace(
    {
        "population.borrowers": 40,
        "horizon_days": 150,
        "population.score_mean": 0.8,
        "population.score_concentration": 8.0,
        "product.release_unit": "loan",
        "behaviour.late_onset": 0.1,
        "behaviour.draws_per_year": 12.0,
        "behaviour.prepay_per_year": 1.0,
        "rules.min_score": 0.7,
        "evaluation.duration_days": 3,
        "screening.false_flag": 0.35,
        "review.watch_share": 0.3,
        "review.service_days": 3.0,
        "funding.unlimited": False,
        "funding.recycle_share": 0.3,
        "shocks": [{"kind": "freeze", "at": 90, "duration_days": 20, "score_below": 0.95}],
    }
)
"""Holds stand at every gate."""


def test_queues_hold_each_pending_hold_once_where_it_stands() -> None:
    found = set()

    def look(platform: Platform) -> Iterator[simpy.Event]:
        for day in range(0, platform.horizon, 4):
            yield platform.at(day, 5.9)
            row, queues = platform.today(), {cause: platform.queue(cause) for cause in GATES}
            everyone = [hold for b in range(len(platform.borrowers)) for hold in platform.open_holds(b)]
            assert sorted(itertools.chain(*queues.values())) == sorted(everyone)
            assert len(everyone) == row["pending_holds"]
            for cause in ("review", "funding"):
                assert len(queues[cause]) == row[f"{cause}_queue"]
            for cause, queue in queues.items():
                assert {platform.hold(hold)["cause"] for hold in queue} <= {cause}
                found.update({cause} if queue else ())

    sl.simulate(EVERYWHERE, processes=[look])
    assert found == set(GATES)


def test_holds_at_funding_stand_in_the_order_of_their_release() -> None:
    """R79: of a pool that is short, whoever stands before another is not released after it."""
    short = {"funding.unlimited": False, "funding.initial": 0.0, "funding.recycle_share": 0.5}
    queues: list[list[int]] = []

    def look(platform: Platform) -> Iterator[simpy.Event]:
        for day in range(0, platform.horizon, 7):
            yield platform.at(day, 5)
            queues.append(platform.queue("funding"))

    run = sl.simulate(SLOW.replace({**short, "evaluation.straight_through": True}), processes=[look])
    ended = run.holds.set_index("hold")["ended_at"].fillna(math.inf)
    assert max(map(len, queues)) > 5
    for queue in queues:
        assert ended.loc[queue].is_monotonic_increasing


@pytest.mark.parametrize(
    "write",
    [
        lambda platform: platform.borrowers.__setitem__("limit", 5),
        lambda platform: setattr(platform.borrowers[3], "limit", 5),
        lambda platform: platform.state.borrowers["available"].fill(5),
        lambda platform: setattr(platform.state.holds[0], "stage", 8),
        lambda platform: setattr(platform.state.rules, "min_score", 0.9),
        lambda platform: setattr(platform.state.clock, "phase", 3),
        lambda platform: platform.state.book.limits.fill(5),
        lambda platform: platform.state.facilities.fill(5),
    ],
)
def test_raw_records_can_be_read_and_not_written(write: Callable[[Platform], object]) -> None:
    def meddle(platform: Platform) -> None:
        assert platform.state.borrowers["limit"][3] == 1_000_000
        before = platform.state.borrowers.copy(), platform.state.rules.copy()
        with pytest.raises(ValueError, match="read-only"):
            write(platform)
        assert (before[0] == platform.state.borrowers).all()
        assert before[1] == platform.state.rules

    asked(meddle)


@pytest.mark.parametrize("name", ["address", "_words", "attach", "limits_of_mine"])
def test_a_process_reaches_nothing_else_of_the_state(name: str) -> None:
    with pytest.raises(sl.SimlimitError, match=f"^AttributeError: There is no {name} here"):
        asked(lambda platform: getattr(platform.state, name))


@pytest.mark.parametrize("seed", [1, pytest.param(6, marks=pytest.mark.long)])
def test_a_process_that_looks_at_everything_changes_nothing(seed: int) -> None:
    def look(platform: Platform) -> Iterator[simpy.Event]:
        for day in range(0, platform.horizon, 3):
            yield platform.at(day, day % 7)
            holds = [hold for b in range(len(platform.borrowers)) for hold in platform.open_holds(b)]
            as_seen(platform, holds)
            (
                platform.queue("policy"),
                platform.uniform("mine", day, 0),
                platform.generator("mine", day, 0).random(),
            )
            platform.record("holds", len(holds), borrower=day % 2)

    run = sl.simulate(random_scenario(seed), seed=seed, processes=[look])
    assert len(run.records) > 20
    assert digest(run) == digest(sl.simulate(random_scenario(seed), seed=seed, engine="calendar"))


# ---- random numbers --------------------------------------------------------------------------------------

NAMES = st.text(min_size=1, max_size=20)
WORDS = st.integers(0, 2**32 - 1)
OCCASIONS = st.tuples(NAMES, WORDS, WORDS)


@pytest.fixture(scope="module")
def platform() -> Platform:
    return platform_of(1, 0)


def platform_of(seed: int, replication: int) -> Platform:
    """Return a platform of a run, whose streams can be asked when it is over."""
    found: list[Platform] = []

    def keep(platform: Platform) -> Iterator[simpy.Event]:
        found.append(platform)
        yield platform.at(0, 0)

    short = SLOW.replace({"horizon_days": 2, "warmup_days": 0})
    sl.simulate(short, seed, replication, processes=[keep])
    return found[0]


def stream_of(name: str) -> int:
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return 2**31 | int.from_bytes(digest[:4], "big")


@settings(deadline=None)  # the first one compiles
@given(st.lists(OCCASIONS, min_size=1, max_size=8, unique=True), st.randoms())
def test_a_number_is_a_function_of_what_it_is_for(
    platform: Platform, occasions: list[tuple[str, int, int]], chance: Any
) -> None:
    """R104: the stream is made of the name, whatever was asked for before."""
    chance.shuffle(occasions)
    for name, entity, k in occasions:
        expected = uniforms(1, 0, stream_of(name), entity, k, 0)[0]
        assert platform.uniform(name, entity, k) == platform.uniform(name, entity, k) == expected
        first = platform.generator(name, entity, k)
        assert first.random() == platform.generator(name, entity, k).random() != first.random()


@given(NAMES)
def test_streams_of_processes_never_meet_those_of_the_library(name: str) -> None:
    """R105: these are numbered from 1 on."""
    own = [number for key, number in vars(streams).items() if key.isupper()]
    assert max(own) < OWN_STREAMS <= stream_of(name)


def test_seed_replication_name_entity_and_k_each_make_another_number() -> None:
    numbers = [platform_of(*key).uniform("a", 3, 4) for key in ((1, 0), (2, 0), (1, 1))]
    one = platform_of(1, 0)
    numbers += [
        one.uniform("b", 3, 4),
        one.uniform("a", 4, 4),
        one.uniform("a", 3, 5),
        one.uniform("a", 4, 3),
    ]
    assert len(set(numbers)) == 7
    assert (one.seed, one.replication) == (1, 0)
    assert (platform_of(7, 5).seed, platform_of(7, 5).replication) == (7, 5)


def test_numbers_are_uniform_and_those_of_two_names_independent(platform: Platform) -> None:
    """Kolmogorov and Smirnov at 0.001; correlations of 10,000 pairs are within 4 standard errors of 0."""
    n = 10_000
    calls = np.array([platform.uniform("calls", k % 100, k // 100) for k in range(n)])
    visits = np.array([platform.uniform("visits", k % 100, k // 100) for k in range(n)])
    assert kstest(calls, "uniform").pvalue > 0.001
    assert ((calls > 0) & (calls < 1)).all()
    for other in (visits, np.roll(calls, 1), np.roll(calls, 100)):
        assert abs(np.corrcoef(calls, other)[0, 1]) < 4 / math.sqrt(n)


def test_generators_of_different_occasions_are_independent(platform: Platform) -> None:
    """Their first normal numbers are normal, and their second are independent of these."""
    n = 4_000
    pairs = np.array([platform.generator("amounts", b, 0).normal(size=2) for b in range(n)])
    assert kstest(pairs[:, 0], norm.cdf).pvalue > 0.001
    firsts = np.array([platform.uniform("amounts", b, 0) for b in range(n)])
    for other in (pairs[:, 1], firsts, np.roll(pairs[:, 0], 1)):
        assert abs(np.corrcoef(pairs[:, 0], other)[0, 1]) < 4 / math.sqrt(n)


def test_two_names_of_one_stream_are_refused(platform: Platform) -> None:
    """Of some 100,000 names two nearly always meet in 31 bits: those of a run must not."""
    seen: dict[int, str] = {}
    one, other = next(
        (seen[stream], name)
        for name in map(str, itertools.count())
        if seen.setdefault(stream := stream_of(name), name) != name
    )
    platform.uniform(one, 0, 0)
    with pytest.raises(
        sl.SimlimitError, match=f"^name is '{other}', but must be another: .* that of '{one}'"
    ):
        platform.generator(other, 0, 0)


@pytest.mark.parametrize("wrong", [-1, 2**32, 1.0, math.nan, "3", None, True, [1]])
def test_whom_a_number_is_for_is_a_whole_number(platform: Platform, wrong: Any) -> None:
    for question in (platform.uniform, platform.generator):
        with pytest.raises(
            sl.SimlimitError, match=r"^entity is .*, but must be a whole number from 0 to 4294967295"
        ):
            question("a", wrong, 0)
        with pytest.raises(
            sl.SimlimitError, match=r"^k is .*, but must be a whole number from 0 to 4294967295"
        ):
            question("a", 0, wrong)


# ---- records ---------------------------------------------------------------------------------------------


def test_records_are_rows_in_their_order() -> None:
    def measure(platform: Platform) -> Iterator[simpy.Event]:
        platform.record("begun", True)
        yield platform.at(70, 5.5)
        platform.record("calls", 3, borrower=7)
        platform.record("calls", np.float32(2.5), np.int64(4))
        yield platform.at(71, 6)
        platform.record("share", np.float16(-0.25))

    run = sl.simulate(SLOW, processes=[measure])
    records = run.records
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(run)).records, records)
    assert records.to_dict("list") == {
        "day": [0, 70, 70, 71],
        "date": [pd.Timestamp(SLOW.start_date) + pd.Timedelta(days=day) for day in (0, 70, 70, 71)],
        "phase": [0, 5, 5, 6],
        "borrower": [-1, 7, 4, -1],
        "name": ["begun", "calls", "calls", "share"],
        "value": [1.0, 3.0, 2.5, -0.25],
    }
    for engine in ("simpy", "calendar"):
        empty = sl.simulate(SLOW, engine=engine, keep="counts").records
        assert len(empty) == 0
        assert empty.dtypes.to_dict() == records.dtypes.to_dict()


@pytest.mark.parametrize("wrong", [math.nan, math.inf, "3", None, [1], 3j, 10**400, pd.NA])
def test_a_measurement_is_a_finite_number(wrong: Any) -> None:
    with pytest.raises(
        sl.SimlimitError, match=r"^value is .*, but must be a finite number, or a truth value"
    ):
        asked(lambda platform: platform.record("calls", wrong))


@pytest.mark.parametrize("wrong", [None, 3, b"calls", ["calls"]])
def test_a_name_is_a_text(wrong: Any) -> None:
    for question in (
        lambda platform: platform.record(wrong, 1),
        lambda platform: platform.uniform(wrong, 1, 1),
    ):
        with pytest.raises(sl.SimlimitError, match=r"^name is .*, but must be a text of 1 to 100 characters"):
            asked(question)


def test_who_is_measured_is_a_borrower() -> None:
    with pytest.raises(sl.SimlimitError, match=r"^borrower is 20, but must be a whole number from 0 to 19"):
        asked(lambda platform: platform.record("calls", 1, borrower=20))
