"""Scenarios that come with the package, one TOML file each."""

from functools import cache
from importlib import resources

import pandas as pd

from simlimit.errors import ScenarioError
from simlimit.scenario.base import suggestion
from simlimit.scenario.scenario import Scenario
from simlimit.scenario.toml import parse

NAMES = (
    "clockwork",
    "jiebei",
    "welidai",
    "taiwan-2005",
    "rectification",
    "credit-loan",
    "small-business",
    "supply-chain",
)


@cache
def preset(name: str) -> Scenario:
    """Return a scenario that comes with the package.

    Parameters
    ----------
    name : str
        One of the names in `presets()`.

    Returns
    -------
    Scenario
        The scenario.

    Examples
    --------
    >>> import simlimit as sl
    >>> sl.preset("clockwork")
    Scenario('clockwork': 1000 borrowers, 720 days)
    """
    if name not in NAMES:
        raise ScenarioError(f"{name} is not a preset; {suggestion(name, list(NAMES))}")
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Scenario(**parse(text, name))


def presets() -> pd.DataFrame:
    """Return the presets, a line each.

    Returns
    -------
    pandas.DataFrame
        Index: the name. Column: `description`.

    Examples
    --------
    >>> import simlimit as sl
    >>> list(sl.presets().index)[:5]
    ['clockwork', 'jiebei', 'welidai', 'taiwan-2005', 'rectification']
    """
    lines = [preset(name).description for name in NAMES]
    return pd.DataFrame({"description": lines}, index=pd.Index(NAMES, name="name"))
