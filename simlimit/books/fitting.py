"""From payment histories to behaviour: how often clients miss, cure, repay and borrow again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from scipy.special import roots_jacobi

from simlimit.arguments import Floats, Truths, check_type
from simlimit.books.histories import Histories
from simlimit.errors import PortfolioError

DAYS_PER_MONTH = 365 / 12
CURE_MONTHS = 4
_NODES = 32
_TOLERANCES = {"ftol": 1e-13, "gtol": 1e-7}

_ONSET = ("late_onset", "late_concentration", "utilisation_effect")
_BEHAVIOUR = (*_ONSET, "cure_hazards", "draws_per_year", "draw_share")


@dataclass(frozen=True, kw_only=True)
class FittedBehaviour:
    """Behaviour parameters that were estimated from payment histories.

    Attributes
    ----------
    late_onset : float
        Mean probability that a client who is not late misses a payment, at the first month's utilisations.
    late_concentration : float
        Concentration of the beta law of that probability over clients (small: a few clients miss most).
    utilisation_effect : float
        Effect e of utilisation x on it: times 1 + e x^2.
    cure_hazards : tuple of 4 float
        Probability that a late client is no longer late a month later: 1, 2, 3 months after onset, and for
        older spells, which include those whose onset is before the first month.
    draws_per_year : float
        Rate of the clock of wishes to borrow.
    draw_share : tuple of 2 float
        Smallest and largest share of the available limit that is borrowed at a tick.
    instalments : int
        Number of equal instalments with which loans opened at a steady rate, and never repaid early, would be
        repaid as fast as the balances are.
    month_levels : tuple of float
        Level of onset in each month but the first, relative to the mean over the months.
    standard_errors : dict of str to float, or to a tuple of 4 float
        For `late_onset`, `late_concentration`, `utilisation_effect` and `cure_hazards`; NaN where the
        histories do not determine the parameter, or all cured, or none.

    Examples
    --------
    >>> import numpy as np
    >>> import simlimit as sl
    >>> late = np.random.default_rng(1).random((400, 4)) < 0.1
    >>> one = np.ones((400, 4))
    >>> fitted = sl.fit_behaviour(sl.Histories(1000 * one[:, 0], 500 * one, 50 * one[:, 1:], late))
    >>> mine = sl.preset("jiebei").replace(fitted.as_changes())
    >>> mine.product.instalments == fitted.instalments
    True
    """

    late_onset: float
    late_concentration: float
    utilisation_effect: float
    cure_hazards: tuple[float, ...]
    draws_per_year: float
    draw_share: tuple[float, float]
    instalments: int
    month_levels: tuple[float, ...]
    standard_errors: dict[str, float | tuple[float, ...]]

    def as_changes(self) -> dict[str, object]:
        """Return the changes with which `Scenario.replace` makes borrowers behave so.

        Returns
        -------
        dict
            The estimates by the dotted names of their fields.
        """
        changes = {f"behaviour.{name}": getattr(self, name) for name in _BEHAVIOUR}
        return {**changes, "product.instalments": self.instalments}


def fit_behaviour(histories: Histories) -> FittedBehaviour:
    """Fit the behaviour of the model (docs/model.md, 2.2, 2.3, 2.9) to payment histories.

    *Lateness*, by maximum likelihood. A client who is not late misses a month with probability
    q (1 + e x^2) / (1 + e m2). Here q is the client's own and beta distributed over clients, and x is the
    utilisation on the last statement. The mean of x^2 over the clients in the first month is m2.
    A client who is late cures with a hazard by the age of the spell. So the likelihood has two factors.
    The hazards are plain proportions. The law of q is fitted to the months in which a client was not late and
    had something to pay. Persistence is counted once, in the hazards. Each month has a level of its own:
    otherwise a drift of the book would look like clients who are all alike. The `blind_months` after a cure
    are left out.

    *Borrowing*, by moments. With a chance p of a purchase a day, a month of d days has one with probability
    1 - (1 - p)^d. That is set to the observed share of months. Draws of mean share s use 1 - (1 - ps)^d of
    the available limit. That is set to all purchases over all available limit. Only the mean share is
    determined: the law is the widest uniform one with this mean.

    *Repaying*, by moments. A loan of 12 equal instalments is on 12 statements, with 12/12, 11/12, .. 1/12 of
    it. So its money is on 6.5 statements on average. Where loans are opened at a steady rate, 1/6.5 of the
    balances is repaid in a month. With N instalments it is 2 / (N + 1). N is chosen so that this is nearest
    to what clients who are not late repay of their balances. Early repayments are among it, so N may be less
    than a contract says, and a scenario that also has `prepay_per_year` repays faster. In a book that grows
    loans are younger, and N is too large: by 1 or 2 of 14, with 5 % a month. Where a balance is that of the
    last day of a month, and not the one that the next payment answers, N is too small by 1.

    *What is not fitted.* The law of q is that of the clients of these histories. A seasoned book
    (`population.seasoned`) needs that of arrivals instead. There onset is higher: those who are not late by
    now are better payers.

    Parameters
    ----------
    histories : Histories
        At least three months, with at least one onset and one late client-month before the last.

    Returns
    -------
    FittedBehaviour
        The estimates.

    Raises
    ------
    PortfolioError
        If the histories do not contain what is to be fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import simlimit as sl
    >>> late = np.random.default_rng(1).random((400, 4)) < 0.1      # neither sticky nor heterogeneous
    >>> one = np.ones((400, 4))
    >>> fitted = sl.fit_behaviour(sl.Histories(1000 * one[:, 0], 500 * one, 50 * one[:, 1:], late))
    >>> round(fitted.late_onset, 2), round(min(fitted.cure_hazards), 1), fitted.instalments
    (0.1, 0.8, 19)
    """
    check_type("histories", histories, Histories)
    if histories.late.shape[1] < 3:
        raise PortfolioError(f"histories have {histories.late.shape[1]} months; allowed are at least 3")
    hazards, hazard_errors = _cure_hazards(histories.late)
    draws_per_year, draw_share = _draws(histories)
    onset, errors, levels = _OnsetData(histories).fit()
    return FittedBehaviour(
        **dict(zip(_ONSET, onset.tolist(), strict=True)),
        cure_hazards=hazards,
        draws_per_year=draws_per_year,
        draw_share=draw_share,
        instalments=_instalments(histories),
        month_levels=tuple(levels.tolist()),
        standard_errors={**dict(zip(_ONSET, errors.tolist(), strict=True)), "cure_hazards": hazard_errors},
    )


class _OnsetData:
    """The months in which clients could become late, and the likelihood of what happened."""

    def __init__(self, histories: Histories) -> None:
        # Arrays are months x clients, so that a month is contiguous.
        late = histories.late.T
        squared = (histories.utilisation.T)[:-1] ** 2
        shown = ~late[:-1] & (histories.balance.T[:-1] > 0)
        shown &= ~_just_cured(late, histories.blind_months)[:-1]
        if not shown.any(axis=1).all():
            raise PortfolioError("histories have a month in which no client could become late")
        if not (shown & late[1:]).any():
            raise PortfolioError("histories have no client who becomes late; allowed is at least one")
        some = shown.any(axis=0)
        self.mean_square = float(squared[0].mean())
        self.squared, self.shown = squared[:, some], shown[:, some]
        self.missed = self.shown & late[1:, some]
        self.weights = self.shown.sum(axis=1)

    def fit(self) -> tuple[Floats, Floats, Floats]:
        """Return onset, concentration and effect, their standard errors, and the levels of the months."""
        months = len(self.weights)
        observed = self.missed.sum(axis=1)
        start = np.r_[np.log(np.maximum(observed, 0.5) / self.weights), np.log(5.0), 1.0]
        # Of the log of each month's level, the log of the concentration, and the effect.
        bounds = [(-14.0, -0.05)] * months + [(np.log(0.05), np.log(300.0)), (0.0, 100.0)]
        clients = self.squared.shape[1]
        how = {"method": "L-BFGS-B", "jac": "3-point", "bounds": bounds, "options": _TOLERANCES}
        found: Floats = scipy.optimize.minimize(lambda at: self.cost(at) / clients, start, **how).x
        mean, concentration, effect = self.natural(found)
        # Delta method: how the three depend on the parameters.
        slope = np.zeros((3, months + 2))
        slope[0, :months] = self.weights * np.exp(found[:months]) / self.weights.sum()
        slope[1, months], slope[2, months + 1] = concentration, 1.0
        errors = np.sqrt(np.diag(slope @ _inverse_hessian(self.cost, found) @ slope.T))
        return np.array([mean, concentration, effect]), errors, np.exp(found[:months]) / mean

    def natural(self, parameters: Floats) -> tuple[float, float, float]:
        """Return the mean of q over months and clients, its concentration, and the effect of utilisation."""
        mean = float(np.average(np.exp(parameters[:-2]), weights=self.weights))
        return mean, float(np.exp(parameters[-2])), float(parameters[-1])

    def cost(self, parameters: Floats) -> float:
        """Return minus the log likelihood."""
        mean, concentration, effect = self.natural(parameters)
        nodes, weights = _beta_nodes(mean * concentration, (1.0 - mean) * concentration)
        factors = (1.0 + effect * self.squared) / (1.0 + effect * self.mean_square)
        factors *= (np.exp(parameters[:-2]) / mean)[:, None]
        at_risk = np.where(self.shown, factors, 0.0)
        kept = 1.0 - self.missed
        likelihood = np.empty((_NODES, at_risk.shape[1]))
        for row, node in zip(likelihood, nodes, strict=True):
            chance = np.minimum(1.0 - 1e-9, node * at_risk)
            # A miss has its chance, a payment one minus it.
            np.prod(np.abs(kept - chance), axis=0, out=row)
        return -float(np.log(weights @ likelihood).sum())


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Return nodes and weights of Gauss-Jacobi quadrature under the beta(a, b) law."""
    with np.errstate(all="ignore"):  # scipy evaluates a branch that it then discards
        nodes, weights = roots_jacobi(_NODES, b - 1.0, a - 1.0)
    return (nodes + 1.0) / 2.0, weights / weights.sum()


def _inverse_hessian(cost: Callable[[Floats], float], at: Floats) -> Floats:
    """Invert the matrix of central second differences of a cost; NaN if it has no strict minimum there."""
    step = 1e-3
    steps = step * np.eye(len(at))

    def rise(near: Floats, along: Floats) -> float:
        return (cost(near + along) - cost(near - along)) / (2 * step)

    rows = [[rise(at + one, other) - rise(at - one, other) for other in steps] for one in steps]
    hessian = np.array(rows) / (2 * step)
    if not np.linalg.eigvalsh(hessian).min() > 0:
        return np.full_like(hessian, np.nan)
    return np.asarray(np.linalg.inv(hessian))


def _just_cured(late: Truths, months: int) -> Truths:
    """Return where (months x clients) a client is not late, but was in the given number of months before."""
    recent = np.zeros_like(late)
    for lag in range(1, months + 1):
        recent[lag:] |= late[:-lag]
    return recent & ~late


def _cure_hazards(late: Truths) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return cure hazards by months since onset, and their standard errors.

    A month not seen in the histories has the hazard of the next one that is, or else of the one before.
    """
    ages = [np.where(late[:, 0], CURE_MONTHS, 0)]
    for still_late in late[:, 1:-1].T:
        ages.append(np.where(still_late, np.minimum(ages[-1] + 1, CURE_MONTHS), 0))
    spells = pd.DataFrame({"age": np.concatenate(ages), "cured": ~late[:, 1:].T.ravel()})
    by_age = spells[spells["age"] > 0].groupby("age")["cured"].agg(["mean", "size"])
    if by_age.empty:
        raise PortfolioError("histories have no late client before the last month; allowed is at least one")
    by_age = by_age.reindex(range(1, CURE_MONTHS + 1))
    hazards = by_age["mean"]
    errors = np.sqrt(hazards * (1.0 - hazards) / by_age["size"])
    # Of one who cured out of one, an error of 0 would claim to know.
    return tuple(hazards.bfill().ffill()), tuple(np.where(errors > 0, errors, np.nan))


def _draws(histories: Histories) -> tuple[float, tuple[float, float]]:
    """Return draws per year, and the smallest and largest share of the available limit that is drawn."""
    purchases = np.maximum(0.0, histories.purchases.round(2))  # no purchase is smaller than a cent
    available = float(histories.available.sum())
    share_of_months = float((purchases > 0).mean())
    if share_of_months == 0 or available == 0:
        return 0.0, (0.0, 0.0)
    chance = 1.0 - (1.0 - share_of_months) ** (1.0 / DAYS_PER_MONTH)
    used = min(1.0, float(purchases.sum()) / available)
    mean_share = min(1.0, (1.0 - (1.0 - used) ** (1.0 / DAYS_PER_MONTH)) / chance)
    return 365.0 * chance, (max(0.0, 2.0 * mean_share - 1.0), min(1.0, 2.0 * mean_share))


def _instalments(histories: Histories) -> int:
    """Return the instalments at which a book in equilibrium repays as fast as clients who are not late."""
    before = histories.balance[:, :-1]
    good = (before > 0) & ~histories.late[:, :-1] & ~histories.late[:, 1:]
    if not good.any():
        raise PortfolioError("histories have no client who owes and is not late; allowed is at least one")
    repaid = np.minimum(histories.payments, before)[good].sum() / before[good].sum()
    # A loan has at most 60.
    return min(range(1, 61), key=lambda number: abs(2.0 / (number + 1) - repaid))
