"""Small tables of results, as studies give them."""

import numpy as np
import pandas as pd

NAN = np.nan


def summary(**metrics):
    """Return a summary of metrics: estimate, low, high and the number of replications of each."""
    columns = ["estimate", "low", "high", "replications"]
    return pd.DataFrame.from_dict(metrics, orient="index", columns=columns).rename_axis("metric")


def differences(name, **metrics):
    """Return the differences of a scenario: difference, low, high, p, and whether it is significant."""
    columns = ["difference", "low", "high", "p_value", "significant"]
    table = pd.DataFrame.from_dict(metrics, orient="index", columns=columns).rename_axis("metric")
    return pd.concat({name: table.astype({"significant": "boolean"})}, names=["scenario"])
