"""Many replications by the calendar driver: arrays are used again, and only tallies are kept.

Compiled code releases the GIL, so that threads run side by side.
"""

from simlimit.drivers.agenda import blank
from simlimit.drivers.calendar_driver import run_in
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.model.preparation import PreparedScenario, empty_state, restart


def run(prepared: PreparedScenario, seed: int, first: int, number: int) -> Tallies:
    """Simulate replications of a scenario, keeping only their tallies.

    Parameters
    ----------
    prepared : PreparedScenario
        With ``reusing`` and without ``logging``.
    seed : int
    first, number : int
        Replications ``first`` .. ``first + number - 1``.

    Returns
    -------
    Tallies
        A row for each replication.
    """
    tallies = empty_tallies(prepared, number)
    state = empty_state(prepared)
    agenda = None
    for row in range(number):
        restart(state, prepared, seed, first + row)
        if agenda is None or len(agenda.acting) < len(state.ids):
            agenda = blank(state)
        run_in(state, agenda, prepared.grouping, lambda days: None)
        tally(state, tallies, row)
    return tallies
