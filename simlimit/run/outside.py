"""What is said before a run: a desk or a pool asked for too much, and what lies outside the run."""

import datetime
from collections.abc import Mapping

from simlimit.errors import warn
from simlimit.model.preparation import PreparedScenario
from simlimit.run.offered_load import overload_sentence
from simlimit.scenario import Scenario, day_of
from simlimit.templates import filled


def warn_before(
    prepared: Mapping[str, PreparedScenario], others: Mapping[str, Scenario], follow_up_days: int
) -> None:
    """Warn of the first scenario that is asked for too much, and of the first with something outside the run.

    Each once, with how many more there are. Other scenarios are looked at for the second only.
    """
    scenarios = {name: one.scenario for name, one in prepared.items()} | dict(others)
    for sentences in (
        {name or one.scenario.name: overload_sentence(one) for name, one in prepared.items()},
        {name or one.name: outside_sentence(one, follow_up_days) for name, one in scenarios.items()},
    ):
        said = [name for name, sentence in sentences.items() if sentence]
        if said:
            more = f" (and {len(said) - 1} more of the scenarios)" if said[1:] else ""
            warn(f"{said[0]}{more}: {sentences[said[0]]}")


def outside_sentence(scenario: Scenario, follow_up_days: int = 0) -> str:
    """Return what never happens, or that no repayment is followed; empty if all lies within the run.

    Examples
    --------
    >>> import simlimit as sl
    >>> outside_sentence(sl.preset("clockwork"), follow_up_days=900)
    'follow_up_days is 900, but no repayment is followed for more than 720 days.'
    """
    horizon = scenario.horizon_days
    end = scenario.start_date + datetime.timedelta(horizon - 1)
    facilities = scenario.funding.facilities
    starts = {f"levers[{k}].start": one.start for k, one in enumerate(scenario.levers)}
    starts |= {f"funding.facilities[{k}].start": one.start for k, one in enumerate(facilities)}
    for name, day in starts.items():
        if day_of(scenario, day) >= horizon:
            last_day = f"{horizon - 1} ({end})"
            return f"{name} is {day}, but the last day of the run is {last_day}, so nothing comes of it."
    holidays = scenario.calendar.holidays
    # Not those of a country, which are those of the years of the run.
    if scenario.calendar.rests and holidays and not isinstance(holidays, str):
        first, last = min(holidays), max(holidays)
        if last < scenario.start_date or first > end:
            dates = f"has dates from {first} to {last}, but the run is from {scenario.start_date} to {end}"
            return f"calendar.holidays {dates}, so nothing rests on them."
    days = horizon - scenario.warmup_days
    sentence = "follow_up_days is {asked}, but no repayment is followed for more than {days} day{days:s}."
    return filled(sentence, asked=follow_up_days, days=days) if follow_up_days > days else ""
