"""What goes wrong, said in one sentence."""


class SimlimitError(ValueError):
    """Base of every error that a user of simlimit can cause."""


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
    """

    def __init__(self, message: str, field: tuple[str | int, ...] = (), problem: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.problem = problem


class PortfolioError(SimlimitError):
    """A portfolio file cannot be used."""
