"""What is free in a fit, or varied: parameters, their distributions, and the scenarios of a draw."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np

from simlimit.arguments import LARGEST, Floats, as_list, check_text, is_number, refused, shown
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario, dotted, field_values, steps_of

ALLOWED = "bounds in a tuple, choices in a list, a frozen distribution of scipy.stats, or fields and a factor"


@runtime_checkable
class Distribution(Protocol):
    """A frozen distribution of `scipy.stats`."""

    dist: object

    def ppf(self, q: float) -> float:
        """Return a quantile."""


Range = tuple[float, float]
Prior = Range | Sequence[Any] | Distribution
Free = Mapping[str, Prior | Mapping[str, Any]]


def is_range(values: object) -> TypeGuard[Range]:
    """Return whether the values of a field are all between two numbers, and not a list."""
    return isinstance(values, tuple) and len(values) == 2 and all(map(is_number, values))


class Parameter(NamedTuple):
    """A free parameter: what it changes, and its value at each quantile of its prior distribution.

    Attributes
    ----------
    name : str
        As the user calls it: a field, or a name for a factor on several.
    prior : bounds, choices or distribution
    is_whole : bool
        Whether its values are whole numbers.
    times : dict of number, optional
        If it is a factor: the fields that it multiplies, and their values.
    """

    name: str
    prior: Prior
    is_whole: bool = False
    times: Mapping[str, float] | None = None

    def value(self, quantile: float) -> Any:  # noqa: ANN401 - whatever the field may be
        """Return the value at a quantile, strictly between 0 and 1, of the prior distribution."""
        if isinstance(self.prior, Distribution):
            found = float(self.prior.ppf(quantile))
            return round(found) if self.is_whole else found
        if not isinstance(self.prior, tuple):
            return self.prior[int(quantile * len(self.prior))]
        low, high = self.prior
        return low + (int(quantile * (high - low + 1)) if self.is_whole else quantile * (high - low))

    @property
    def steps(self) -> float:
        """How many values are equally likely, infinitely many if it is not one of a few."""
        if isinstance(self.prior, tuple):
            return self.prior[1] - self.prior[0] + 1 if self.is_whole else np.inf
        return np.inf if isinstance(self.prior, Distribution) or self.choices else len(self.prior)

    @property
    def choices(self) -> int:
        """How many choices it has, if they are on no scale, as numbers are; else 0."""
        if not isinstance(self.prior, list) or all(map(is_number, self.prior)):
            return 0
        return len(self.prior)

    def changes(self, quantile: float) -> dict[str, Any]:
        """Return the fields at a quantile of the prior distribution."""
        return self.with_value(self.value(quantile))

    def with_value(self, value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the field may be
        """Return the fields at a value."""
        if self.times is None:
            return {self.name: value}
        scaled = {field: (value * number, isinstance(number, int)) for field, number in self.times.items()}
        return {field: round(number) if is_whole else number for field, (number, is_whole) in scaled.items()}


def read_free(free: object, scenario: Scenario, argument: str = "free") -> tuple[Parameter, ...]:
    """Return the parameters that an argument describes, or refuse it.

    Of a fit the scenario is of the size of the log.
    """
    if not isinstance(free, Mapping) or not free:
        raise SimlimitError(f"{argument} is {shown(free)}, but must give each field {ALLOWED}.")
    values = field_values(scenario)
    found = tuple(_parameter(argument, name, prior, values) for name, prior in free.items())
    all_changes = [change for one in found for change in _changes_of(argument, one)]
    for change in all_changes:
        scenario.replace(change)
    changed = [field for one in found for field in one.changes(0.5)]
    if twice := [field for field in changed if changed.count(field) > 1]:
        raise SimlimitError(f"{argument} changes {twice[0]} twice, but must change each field once.")
    return found


def _changes_of(argument: str, one: Parameter) -> list[dict[str, Any]]:
    """Return what a parameter changes, at the ends of its prior distribution or for each choice."""
    quantiles = [1e-9, 0.5, 1 - 1e-9]
    if isinstance(one.prior, list | range):
        quantiles = [(k + 0.5) / len(one.prior) for k in range(len(one.prior))]
    try:
        return [one.changes(quantile) for quantile in quantiles]
    except (TypeError, ValueError, OverflowError):
        raise refused(f"{argument} of {shown(one.name)}", one.prior, ALLOWED) from None


def _parameter(argument: str, name: object, prior: object, values: Mapping[str, object]) -> Parameter:
    check_text(f"a name in {argument}", name)
    name, what, times = str(name), f"{argument} of {shown(name)}", None
    if isinstance(prior, Mapping):
        if set(prior) != {"fields", "factor"} or not prior["fields"]:
            raise refused(what, prior, 'such as {"fields": ["funding.initial"], "factor": (0.5, 2)}')
        listed = as_list(f"fields of {what}", prior["fields"], "a list of fields")
        times, prior = {field: _number_at(field, values) for field in listed}, prior["factor"]
    current = None if times else values.get(dotted(steps_of(name)))
    if isinstance(prior, Distribution):
        return Parameter(name, prior, isinstance(current, int), times)
    if is_range(prior):
        if not -LARGEST < prior[0] < prior[1] < LARGEST:
            raise refused(what, prior, "two bounds, the smaller first")
        are_whole = all(x == int(x) if isinstance(current, int) else isinstance(x, int) for x in prior)
        is_whole = not times and not isinstance(current, float) and are_whole
        return Parameter(name, (int(prior[0]), int(prior[1])) if is_whole else prior, is_whole, times)
    if not isinstance(prior, list | range) or len(prior) < 2:
        raise refused(what, prior, ALLOWED)
    return Parameter(name, sorted(prior) if all(map(is_number, prior)) else prior, False, times)


def _number_at(field: object, values: Mapping[str, object]) -> int | float:
    value = values.get(dotted(steps_of(str(field))))
    if not isinstance(value, int | float) or not is_number(value):
        raise refused("a field with a factor", field, "a field that has a number in the scenario")
    return value


def digests(scenario: Scenario, parameters: Iterable[Parameter], **more: object) -> dict[str, str]:
    """Return digests of a scenario, of all that parameters may change, and of more, as stores have them."""
    grid = np.arange(1, 200) / 200
    free = [[one.name, *(one.changes(quantile) for quantile in grid)] for one in parameters]
    parts = {"scenario": field_values(scenario), "free": free, **more}
    return {name: hashlib.sha256(str(part).encode()).hexdigest() for name, part in parts.items()}


def draw(seed: int, log: int, number: int) -> Floats:
    """Return the quantiles of the parameters in a simulated log: strictly between 0 and 1.

    They are a function of seed and log by Philox, as all random numbers are; here that of numpy, in 64 bits.
    """
    words = np.random.Philox(key=[seed, log]).random_raw(number)
    return ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
