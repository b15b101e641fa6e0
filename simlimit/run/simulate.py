"""Simulate one history."""

from collections.abc import Sequence
from typing import get_args

from simlimit.arguments import check_choice, check_flag, check_whole
from simlimit.drivers import calendar_driver, simpy_driver
from simlimit.errors import SimlimitError
from simlimit.model.preparation import prepare
from simlimit.progress import counted, tqdm
from simlimit.run import compilation_notice, identities, options, outside
from simlimit.run.memory import lack_of_memory_said, require, run_bytes
from simlimit.run.run import Run
from simlimit.scenario import Scenario


def simulate(
    scenario: Scenario,
    seed: int = 1,
    replication: int = 0,
    engine: options.Engine = "simpy",
    keep: options.Keep = "all",
    *,
    processes: Sequence[simpy_driver.UserProcess] = (),
    progress: bool = False,
    follow_up_days: int = options.FOLLOW_UP_DAYS,
    check: bool = False,
) -> Run:
    """Simulate one history of a scenario.

    A `SimlimitWarning` says if its desk or its pool is asked for more than it can do.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        0 .. 2**32 - 1. The same seed and replication give the same history. Two scenarios with the same seed
        share every random number that has the same meaning in both.
    replication : int
        0 .. 2**32 - 1, the number of the history within a study.
    engine : "simpy" or "calendar"
        Which driver runs the model: SimPy processes, which yours can join, or one compiled loop over days,
        which gives the same history much faster.
    keep : "all", "holds" or "counts"
        What the run keeps. "all" keeps the holds and the logs of events and stays, "holds" the holds only,
        "counts" neither. The counts by age are exact in each case. With "counts", and without processes of
        your own, memory does not grow with the horizon.
    processes : sequence of generator functions
        Processes of your own, each called with the `Platform`; they need the SimPy driver.
    progress : bool
        Whether to show a progress bar over the days.
    follow_up_days : int
        0 .. 30,000. A hold is followed if it was repaid so many days before the horizon, or earlier; the
        counts by age tell followed holds from others.
    check : bool
        Whether to verify both identities of the model at the end of each day, with the SimPy driver. Where
        one breaks, the error names the day, the borrower and what happened last.

    Returns
    -------
    Run

    Raises
    ------
    SimlimitError
        If an argument is not as above, the run and the tables of what it keeps do not fit into memory, or an
        identity breaks. If a process fails: it names the process, the day and the replication, and its cause
        is what the process raised.
    PortfolioError
        If the scenario names a portfolio that cannot be read.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 30})
    >>> sl.simulate(small, seed=1)
    Run('clockwork', seed=1, replication=0: 9 borrowers, 30 days, 9 holds: 9 released, 0 forfeited, 0 pending)
    """
    options.check_scenario(scenario)
    seed = check_whole("seed", seed, options.LARGEST_SEED)
    replication = check_whole("replication", replication, options.LARGEST_SEED)
    check_choice("engine", engine, get_args(options.Engine))
    check_choice("keep", keep, get_args(options.Keep))
    check_flag("progress", progress)
    check_flag("check", check)
    follow_up_days = check_whole("follow_up_days", follow_up_days, options.LONGEST_FOLLOW_UP)
    processes = options.check_processes(processes)
    if (processes or check) and engine != "simpy":
        what = "processes of your own need" if processes else "check=True needs"
        raise SimlimitError(f'engine is "{engine}", but {what} engine="simpy".')
    # A process of the user's may look at a hold that has ended, so its record must not be used again.
    reusing = keep == "counts" and not processes and not check
    prepared = prepare(scenario, follow_up_days, logging=keep == "all" or check, reusing=reusing)
    needed, remedy = run_bytes(prepared, engine), 'fewer borrowers or days, or keep="counts", take less'
    require(needed, f"population.borrowers is {prepared.borrowers}: the run and its tables take", remedy)
    # What everybody gets unasked is nothing to be warned of.
    outside.warn_before({"": prepared}, {}, follow_up_days if follow_up_days != options.FOLLOW_UP_DAYS else 0)
    compilation_notice.announce_compilation(engine)
    with lack_of_memory_said(), tqdm(**counted("day", scenario.horizon_days), disable=not progress) as bar:
        if engine == "simpy":
            checked = identities.Identities(prepared).verify if check else None
            state = simpy_driver.run(prepared, seed, replication, processes, bar.update, checked)
        else:
            state = calendar_driver.run(prepared, seed, replication, bar.update)
    return Run(prepared, state, keep, follow_up_days, bool(processes))
