"""Money in whole cents, and shares of it in whole basis points."""

from simlimit.model.compiling import step


def cents(amount: float) -> int:
    """Return an amount in currency units as whole cents."""
    return round(100 * amount)


def basis_points(share: float) -> int:
    """Return a share of money as whole basis points."""
    return round(10_000 * share)


@step
def share(amount: int, basis_points: int) -> int:
    """Return a share of an amount of money, rounded down to whole cents."""
    if basis_points == 10_000:  # most often so, and a division is slow
        return amount
    return amount * basis_points // 10_000
