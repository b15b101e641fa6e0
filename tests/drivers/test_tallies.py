"""R170, R171: tallies of a replication are the same whoever simulated it, and however they travel."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from random_scenarios import follow_up_of, random_scenario

import simlimit as sl
from simlimit.drivers.tallies import Tallies, empty_tallies
from simlimit.model.preparation import prepare
from simlimit.study.experiment import Experiment, run_chunk


def experiment_of(seed: int, engine: str = "calendar", keep: str = "counts") -> Experiment:
    prepared = prepare(random_scenario(seed), follow_up_of(seed), keep == "all", keep == "counts")
    return Experiment(prepared, seed, engine, keep)


def assert_equal(one: Tallies, other: Tallies) -> None:
    for name in Tallies._fields:
        assert getattr(one, name).dtype == getattr(other, name).dtype
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("seed", range(4))
def test_tallies_are_the_same_whoever_simulates_and_whatever_is_kept(seed: int) -> None:
    told = run_chunk(experiment_of(seed), 1, 2).tallies
    for engine in ("calendar", "simpy"):
        for keep in ("counts", "holds", "all"):
            assert_equal(told, run_chunk(experiment_of(seed, engine, keep), 1, 2).tallies)


@pytest.mark.parametrize("seed", range(4))
def test_every_followed_hold_is_somewhere_at_every_age(seed: int) -> None:
    tallies = run_chunk(experiment_of(seed), 0, 3).tallies
    for counts in (tallies.followed_holds.astype(np.int64), tallies.followed_cents):
        counts[:, :, 8:] = counts[:, :, 8:].cumsum(axis=-1)
        everywhere = counts.sum(axis=2)
        assert (everywhere == everywhere[:, :, :1]).all()


def test_nobody_is_followed_for_longer_than_is_observed() -> None:
    scenario = sl.preset("jiebei").replace(
        {"population.borrowers": 20, "horizon_days": 100, "warmup_days": 40}
    )
    prepared = prepare(scenario, 61, logging=False, reusing=True)
    tallies = run_chunk(Experiment(prepared, 1, "calendar", "counts"), 0, 2).tallies
    assert tallies.followed_holds.shape[-1] == 61
    assert not tallies.followed_holds.any()
    assert tallies.ended_holds.any()


def test_rows_are_views_and_are_taken_in_as_copies() -> None:
    prepared = experiment_of(1).prepared
    room = empty_tallies(prepared, 3)
    chunk = run_chunk(experiment_of(1), 1, 2).tallies
    room.rows(1, 3).take(chunk)
    assert_equal(room.rows(1, 3), chunk)
    room.rows(1, 3).take(room.rows(1, 3))
    assert_equal(room.rows(1, 3), chunk)
    assert not np.shares_memory(room.ended_holds, chunk.ended_holds)


def test_an_experiment_and_its_tallies_survive_the_way_to_another_process() -> None:
    experiment = experiment_of(2)
    sent: Experiment = pickle.loads(pickle.dumps(experiment))
    assert sent.prepared.scenario == experiment.prepared.scenario
    assert sent.prepared.grouping.labels == experiment.prepared.grouping.labels
    assert sent.prepared.records.dtype == experiment.prepared.records.dtype
    done = run_chunk(sent, 0, 2)
    assert_equal(pickle.loads(pickle.dumps(done)).tallies, run_chunk(experiment, 0, 2).tallies)
