"""Payment histories: limits, balances, payments and lateness of clients, month by month."""

from dataclasses import dataclass, replace

import numpy as np

from simlimit.arguments import Floats, Truths, as_numbers, check_whole
from simlimit.errors import PortfolioError

MOST_MONTHS = 1_000


@dataclass(frozen=True, eq=False)
class Histories:
    """What a lender's books show of its clients over consecutive months, oldest first.

    Attributes
    ----------
    limit : float array, one per client
        Credit line, in currency units, above 0.
    balance : float array, clients x months
        Statement balance at the end of each month, before what is then paid of it, in currency units;
        negative if overpaid.
    payments : float array, clients x (months - 1)
        What was paid in each month but the first, in currency units.
    late : bool array, clients x months
        Whether the client was past due at the end of the month; also given as 0 and 1. Lists, Series and
        frames become arrays.
    blind_months : int
        Months after a cure in which a new onset cannot be recorded.

    Examples
    --------
    >>> import numpy as np
    >>> import simlimit as sl
    >>> one = sl.Histories(
    ...     limit=np.array([1000.0]),
    ...     balance=np.array([[300.0, 250.0]]),
    ...     payments=np.array([[100.0]]),
    ...     late=np.array([[False, False]]),
    ... )
    >>> one.purchases.tolist(), one.utilisation.tolist()
    ([[50.0]], [[0.3, 0.25]])
    """

    limit: Floats
    balance: Floats
    payments: Floats
    late: Truths
    blind_months: int = 0

    def __post_init__(self) -> None:
        late = as_numbers("late", self.late, PortfolioError)
        if not np.isin(late, (0, 1)).all():
            raise PortfolioError("late has a value other than 0 and 1; allowed are flags, such as days > 0")
        clients, months = late.shape if late.ndim == 2 else (0, 0)
        if clients < 1 or months < 2:
            raise PortfolioError(f"late has the shape {late.shape}; allowed is clients x months, from 1 x 2")
        shapes = {"limit": (clients,), "balance": (clients, months), "payments": (clients, months - 1)}
        # A frozen field is set this way once, before anybody sees it.
        object.__setattr__(self, "late", late.astype(np.bool_))
        for name, shape in shapes.items():
            values = as_numbers(name, getattr(self, name), PortfolioError)
            if values.shape != shape:
                raise PortfolioError(f"{name} has the shape {values.shape}; allowed here is {shape}")
            if not np.isfinite(values).all():
                raise PortfolioError(f"{name} has a value that is not a finite number")
            object.__setattr__(self, name, values)
        if self.limit.min() <= 0:
            raise PortfolioError(f"limit has the value {self.limit.min():g}; allowed are numbers above 0")
        if (lowest := self.payments.min()) < 0:
            raise PortfolioError(f"payments has the value {lowest:g}; allowed are numbers from 0")
        object.__setattr__(self, "blind_months", check_whole("blind_months", self.blind_months, MOST_MONTHS))

    @property
    def utilisation(self) -> Floats:
        """Statement balance over limit at the end of each month, 0 to 1."""
        return np.clip(self.balance / self.limit[:, None], 0.0, 1.0)

    @property
    def purchases(self) -> Floats:
        """New borrowing in each month but the first: growth of the balance plus payments."""
        return self.balance[:, 1:] - self.balance[:, :-1] + self.payments

    @property
    def available(self) -> Floats:
        """Largest possible borrowing in each month but the first, if the payment came before any purchase."""
        return np.maximum(0.0, self.limit[:, None] - self.balance[:, :-1] + self.payments)

    def until(self, months: int) -> "Histories":
        """Return the histories of the first months only.

        Parameters
        ----------
        months : int
            2 or more, at most those that there are.

        Returns
        -------
        Histories
            Of the same clients.
        """
        check_whole("months", months, self.late.shape[1], least=2)
        payments = self.payments[:, : months - 1]
        return replace(self, balance=self.balance[:, :months], payments=payments, late=self.late[:, :months])
