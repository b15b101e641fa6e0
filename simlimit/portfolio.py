"""A portfolio: a book of borrowers in memory, which cannot change and is known by its digest."""

import hashlib
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.templates import filled


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Portfolio:
    """A book of borrowers at the start of a run; entry i of each array is borrower i.

    Attributes
    ----------
    limit_cents, outstanding_cents : int64 array
        Approved line and principal not yet repaid, in cents.
    score : float64 array or None
        Credit score, 0 to 1.
    region_names : tuple of str
        Names of the regions in alphabetical order; empty if the file has no such column.
    region : int16 array or None
        Position of each borrower's region in `region_names`.
    late_share : float64 array or None
        Propensity to miss a payment, 0 to 1.
    months_late : int16 array or None
        Months in arrears at the start, 0 to 24. It has no effect where nothing is outstanding.
    spell_months : int16 array or None
        Length in months of the spell of lateness so far, 0 to 255; used only where `months_late` > 0.
    digest : str
        SHA-256 of all this. Portfolios are equal if their digests are.
    """

    limit_cents: npt.NDArray[np.int64]
    outstanding_cents: npt.NDArray[np.int64]
    score: npt.NDArray[np.float64] | None
    region_names: tuple[str, ...]
    region: npt.NDArray[np.int16] | None
    late_share: npt.NDArray[np.float64] | None
    months_late: npt.NDArray[np.int16] | None
    spell_months: npt.NDArray[np.int16] | None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for name in (one.name for one in fields(self) if one.init):
            value = getattr(self, name)
            digest.update(repr((name, None if isinstance(value, np.ndarray) else value)).encode())
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
                digest.update(value.astype(value.dtype.newbyteorder("<")).tobytes())
        object.__setattr__(self, "digest", digest.hexdigest())

    def __setstate__(self, state: dict[str, object]) -> None:
        # What is unpickled could be written to.
        self.__dict__.update(state)
        self.__post_init__()

    def __len__(self) -> int:
        """Return the number of borrowers."""
        return len(self.limit_cents)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Portfolio) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        size = filled("{number} borrower{number:s}", number=len(self))
        return f"<{size}, sha256 {self.digest[:12]}>"

    @property
    def file_name(self) -> str:
        """What its file is called beside a saved scenario: another book has another file."""
        return f"book-{self.digest[:12]}.csv"

    def as_csv(self) -> bytes:
        """Return the file that `read_portfolio` reads as this portfolio."""
        table = pd.DataFrame({"limit": self.limit_cents / 100, "outstanding": self.outstanding_cents / 100})
        for name in ("score", "late_share", "months_late", "spell_months"):
            if getattr(self, name) is not None:
                table[name] = getattr(self, name)
        if self.region is not None:
            table["region"] = np.array(self.region_names, object)[self.region]
        return table.to_csv(index=False, lineterminator="\n").encode()
