"""Scenarios from files and as text, and those that come with the package."""

import os
from functools import cache
from pathlib import Path

import pandas as pd

import simlimit
from simlimit.arguments import check_type
from simlimit.errors import ScenarioError
from simlimit.scenario.presets import NAMES
from simlimit.scenario.scenario import LABELS, Scenario
from simlimit.scenario.toml import as_toml, parse
from simlimit.text_files import packaged, read_text


def load(path: str | os.PathLike[str]) -> Scenario:
    r"""Read a scenario from a TOML file; what the file leaves out is as in `clockwork`.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Scenario
        The scenario, validated.

    Raises
    ------
    ScenarioError
        In one sentence: the file cannot be read, is not TOML, or has a value that is not allowed.
    PortfolioError
        If the book that `Scenario.save` wrote beside the file is missing, or is another.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import simlimit as sl
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "weekly.toml"
    >>> _ = file.write_text('name = "weekly"\n[evaluation]\nperiod_days = 7\n')
    >>> sl.load(file).evaluation.period_days
    7
    """
    values = parse(read_text(path, ScenarioError), str(path))
    if "population" in values:
        values["population"] = simlimit.books.with_saved_book(values["population"], Path(path).parent)
    try:
        return Scenario(**values)
    except ScenarioError as error:
        said = str(error)
        if _is_misplaced(error):
            said = f"{said.rstrip('.?')}; {error.field[-1]} of the scenario belongs above the first [table]."
        raise ScenarioError(f"{path}: {said}", error.field, error.problem) from None


def _is_misplaced(error: ScenarioError) -> bool:
    """Tell whether a field of the top was written at the end of a file, where the last table takes it."""
    own = [name for name in Scenario.model_fields if name in LABELS or name.endswith(("_days", "_date"))]
    is_own = len(error.field) > 1 and error.field[-1] in own
    # A facility has a name, too.
    return is_own and (error.field[-1] != "name" or "not a field" in error.problem)


def dumps(scenario: Scenario, comments: bool = True) -> str:
    """Return a scenario as TOML.

    Parameters
    ----------
    scenario : Scenario
        What to write.
    comments : bool
        Whether each field is preceded by its meaning, its unit, what it may be, and its source.

    Returns
    -------
    str
        The text; `load` makes an equal scenario of it, if the book of `with_portfolio`, which `Scenario.save`
        writes, is beside it. With comments, fields that are not set are shown in
        one.

    Examples
    --------
    >>> from simlimit.scenario import Scenario, dumps
    >>> dumps(Scenario(), comments=False).splitlines()[0]
    'name = "clockwork"'
    """
    return as_toml(scenario, scenario.source, comments)


def preset(name: str) -> Scenario:
    """Return a scenario that comes with the package.

    Parameters
    ----------
    name : str
        One of the names in `presets()`.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If there is no such preset.

    Examples
    --------
    >>> import simlimit as sl
    >>> sl.preset("clockwork")
    Scenario('clockwork': 1000 borrowers, 720 days)
    """
    check_type("name", name, str)
    if name not in NAMES:
        raise ScenarioError(f"{name or repr('')} is not a preset, but must be one of: {', '.join(NAMES)}.")
    return _preset(name)


@cache
def _preset(name: str) -> Scenario:
    return Scenario(**packaged("simlimit.scenario.presets", f"{name}.toml"))


def presets() -> pd.DataFrame:
    """Return the presets, a line each.

    Returns
    -------
    pandas.DataFrame
        Index: the name. Column: `description`, short enough to be shown whole in a notebook.

    Examples
    --------
    >>> import simlimit as sl
    >>> list(sl.presets().index)[:5]
    ['clockwork', 'jiebei', 'welidai', 'taiwan-2005', 'rectification']
    """
    lines = [preset(name).description for name in NAMES]
    return pd.DataFrame({"description": lines}, index=pd.Index(NAMES, name="name"))
