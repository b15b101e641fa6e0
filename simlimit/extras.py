"""Packages that are not there unless an extra of this one is installed."""

from importlib import import_module
from typing import Any

from simlimit.errors import SimlimitError


def from_extra(module: str, needed: str, extra: str) -> Any:  # noqa: ANN401 - such packages have no types
    """Return a module of a package that an extra installs; without it say how to install it.

    Parameters
    ----------
    module : str
    needed : str
        What needs which package.
    extra : str

    Examples
    --------
    >>> from_extra("no_such_package", "juggling needs clubs", "circus")
    Traceback (most recent call last):
    simlimit.errors.SimlimitError: juggling needs clubs, which pip install 'simlimit[circus]' installs.
    """
    try:
        return import_module(module)
    except ImportError:
        raise SimlimitError(f"{needed}, which pip install 'simlimit[{extra}]' installs.") from None
