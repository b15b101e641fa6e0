"""What goes wrong, or may not be meant, said in one sentence."""

import sys
import warnings
from traceback import format_exception_only, walk_tb
from types import TracebackType

# Characters of a sentence: of a longer one only the beginning and the end are said.
LONGEST_SENTENCE = 400


class SimlimitError(ValueError):
    """Base of every error that a user of simlimit can cause: one sentence that says what is allowed.

    Parameters
    ----------
    message : str
        The sentence; it becomes one line, with a full stop, of at most 400 characters.

    Examples
    --------
    >>> import simlimit as sl
    >>> try:
    ...     sl.simulate(sl.preset("clockwork"), seed=-1)
    ... except sl.SimlimitError as error:
    ...     print(error)
    seed is -1, but must be a whole number from 0 to 4294967295.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


class ScenarioError(SimlimitError):
    """A scenario, or the file it comes from, is not valid.

    Parameters
    ----------
    message : str
        One sentence that names the field, the value and what is allowed.
    field : tuple of (str or int)
        Path of the field inside the object that refused it; empty if the error is not about one field.
    problem : str
        The sentence without its subject, so that an enclosing part can put the whole path before it.

    Examples
    --------
    >>> import simlimit as sl
    >>> try:
    ...     sl.preset("clockwork").replace({"product.instalments": 0})
    ... except sl.ScenarioError as error:
    ...     print(error)
    product.instalments is 0, but must be a whole number from 1 to 60 (instalments).
    """

    def __init__(self, message: str, field: tuple[str | int, ...] = (), problem: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.problem = problem


class PortfolioError(SimlimitError):
    """A portfolio file cannot be used.

    Examples
    --------
    >>> import simlimit as sl
    >>> book = sl.preset("clockwork").replace({"population.portfolio": "no-such-book.csv"})
    >>> try:
    ...     sl.simulate(book)
    ... except sl.PortfolioError as error:
    ...     print("no-such-book.csv" in str(error))
    True
    """


class SimlimitWarning(UserWarning):
    """What runs, but is perhaps not meant: one sentence that says what would be better.

    For example, a scenario has more borrowers than its desk and its pool can serve, so that waits grow
    without bound. Or `Scenario.scaled` had to round the number of reviewers.

    Examples
    --------
    >>> import warnings
    >>> import simlimit as sl
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     _ = sl.preset("jiebei").scaled(300)
    >>> print(said[0].message)
    review.reviewers is 1, but 0.3 would be in proportion, so the desk has 30 % of the load.
    """


def _one_line(sentence: str) -> str:
    """Return a sentence as one line with a full stop, and without its middle if that is long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in sentence).split())
    line = line if line.endswith((".", "?")) else f"{line}."
    return line if len(line) <= LONGEST_SENTENCE else f"{line[:235]} ... {line[-160:]}"


def failure(error: BaseException, where: str) -> BaseException:
    """Return the sentence about an exception in code of the user's, which is its cause, and where that was.

    What ends a program, such as an interrupt, stays what it is.
    """
    error.__traceback__ = _users_part(error.__traceback__)
    if not isinstance(error, Exception):
        return error
    told = str(error) if isinstance(error, SimlimitError) else "".join(format_exception_only(error)).strip()
    said = SimlimitError(f"{told.removesuffix('.')} ({where}).")
    said.__cause__ = error
    return said


def _users_part(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package and of those below it."""
    theirs: TracebackType | None = None
    for frame, line in reversed([*walk_tb(traceback)]):
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _PASSED_OVER:
            theirs = TracebackType(theirs, frame, frame.f_lasti, line)
    return theirs


_PASSED_OVER = ("simlimit", "simpy", "numba")
# Sentences and the lines about which they were said. Python forgets its own whenever a filter changes.
_SAID: set[tuple[str, str, int]] = set()


def warn(sentence: str) -> None:
    """Issue a `SimlimitWarning`, once, about the line of the user's code that called the package."""
    sentence = _one_line(sentence)
    level, frame = 1, sys._getframe()
    # numba compiles, and so calls the package back, in the middle of a call.
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in _PASSED_OVER:
        level, frame = level + 1, frame.f_back
    said = (sentence, frame.f_code.co_filename, frame.f_lineno)
    if said not in _SAID:
        warnings.warn(sentence, SimlimitWarning, stacklevel=level)
        _SAID.add(said)
