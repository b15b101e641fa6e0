"""`at_most` and `at_least`: bounds that an alternative must surely keep."""

from dataclasses import dataclass

from simlimit.arguments import check_flag, check_number

# Of bounds, ranges, costs and differences.
MOST = 1e15


@dataclass(frozen=True)
class Bound:
    """A bound of a metric, made by `simlimit.at_most` or `simlimit.at_least`.

    Attributes
    ----------
    limit : float
        In the unit of the metric; or, if it is relative, a multiple of what the metric is today.
    relative : bool
    is_upper : bool
        Whether the metric must be at most that, and not at least.
    """

    limit: float
    relative: bool
    is_upper: bool

    def __post_init__(self) -> None:
        """Refuse what is no bound; numbers of numpy count as Python's."""
        check_flag("relative", self.relative)
        object.__setattr__(self, "limit", check_number("limit", self.limit, -MOST, MOST))
        object.__setattr__(self, "relative", bool(self.relative))

    def __str__(self) -> str:
        word = "at most" if self.is_upper else "at least"
        return f"{word} {self.limit:,.6g}{' x today' if self.relative else ''}"


def at_most(limit: float, *, relative: bool = False) -> Bound:
    """Return the bound that a metric is at most a limit.

    Parameters
    ----------
    limit : float
        In the unit of the metric, or a multiple of what it is today.
    relative : bool
        Whether it is a multiple of today's.

    Returns
    -------
    Bound
        For `subject_to` of `optimise`.

    Examples
    --------
    >>> import simlimit as sl
    >>> print(sl.at_most(1.02, relative=True))
    at most 1.02 x today
    """
    return Bound(limit, relative, is_upper=True)


def at_least(limit: float, *, relative: bool = False) -> Bound:
    """Return the bound that a metric is at least a limit.

    Parameters
    ----------
    limit, relative
        As for `at_most`.

    Returns
    -------
    Bound
        For `subject_to` of `optimise`.

    Examples
    --------
    >>> import simlimit as sl
    >>> print(sl.at_least(0.9))
    at least 0.9
    """
    return Bound(limit, relative, is_upper=False)
