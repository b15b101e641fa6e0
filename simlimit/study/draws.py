"""Draws of a scenario: what studies take where the parameters are known only up to what a log leaves open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from simlimit.arguments import check_whole, refused
from simlimit.errors import SimlimitError
from simlimit.run.options import check_scenario
from simlimit.scenario import Scenario

# Replications of each draw: two tell simulation error from what the parameters leave open.
PER_DRAW = 2
MOST_REPLICATIONS = 1_000_000


@runtime_checkable
class ScenarioDraws(Protocol):
    """A scenario whose parameters are not certain, such as a fit: an estimate, and draws of what they may be.

    The first draws of more are the same, so that a store can be extended.
    """

    @property
    def scenario(self) -> Scenario:
        """The estimate."""

    def scenarios(self, n: int, /) -> Sequence[Scenario]:
        """Return n draws."""


Source: TypeAlias = Scenario | ScenarioDraws


@dataclass(frozen=True)
class Draws:
    """Draws of a scenario, whose fields can be changed in all of them.

    Attributes
    ----------
    scenario : Scenario
        The estimate.
    scenarios : function
        Returns as many draws as its argument says.

    Examples
    --------
    >>> import simlimit as sl
    >>> from simlimit.study.draws import Draws
    >>> jiebei = sl.preset("jiebei")
    >>> drawn = [jiebei.replace({"screening.false_flag": share}) for share in (0.02, 0.04)]
    >>> draws = Draws(jiebei, lambda n: drawn[:n])
    >>> half = draws.replace({"screening.false_flag": lambda draw: draw.screening.false_flag / 2})
    >>> [draw.screening.false_flag for draw in half.scenarios(2)]
    [0.01, 0.02]
    """

    scenario: Scenario
    scenarios: Callable[[int], Sequence[Scenario]]

    def replace(self, changes: Mapping[str, object]) -> "Draws":
        """Return draws in which some fields are changed: draw k is still draw k.

        Parameters
        ----------
        changes : mapping
            As for `Scenario.replace`. A value may be a function of the draw.
        """
        estimate = changed(self.scenario, changes)
        return Draws(estimate, lambda n: [changed(one, changes) for one in self.scenarios(n)])


def check_source(source: object, name: str = "scenario") -> Source:
    """Return a scenario, or draws of one; refuse what is neither."""
    return source if isinstance(source, ScenarioDraws) else check_scenario(source, name)


def estimate(source: Source) -> Scenario:
    """Return the scenario itself, or the estimate of which there are draws."""
    return source if isinstance(source, Scenario) else source.scenario


def draws_for(source: Source, n: int) -> tuple[Scenario, ...]:
    """Return the draws for a number of replications, two for each; none of a scenario that is certain."""
    check_source(source)
    n = check_whole("n", n, MOST_REPLICATIONS, least=1)
    if isinstance(source, Scenario):
        return ()
    if n % PER_DRAW:
        raise SimlimitError(f"n is {n}, but must be even: of each draw of a fit there are two replications.")
    drawn = tuple(check_scenario(draw, "a draw of the fit") for draw in source.scenarios(n // PER_DRAW))
    if [*map(_frame, drawn)] != [_frame(check_scenario(source.scenario))] * (n // PER_DRAW):
        asked = f"{n // PER_DRAW} with the days and regions of its scenario"
        raise refused("scenarios of the fit", drawn, asked)
    return drawn


def changed(draw: Scenario, changes: Mapping[str, object]) -> Scenario:
    """Return a draw with some fields changed, refused as by `Scenario.replace`."""
    if not isinstance(changes, Mapping):
        return draw.replace(changes)
    return draw.replace({name: new(draw) if callable(new) else new for name, new in changes.items()})


def _frame(scenario: Scenario) -> tuple[object, ...]:
    """Return what all draws have in common: the shape of their tables."""
    return scenario.start_date, scenario.horizon_days, scenario.warmup_days, *scenario.population.regions
