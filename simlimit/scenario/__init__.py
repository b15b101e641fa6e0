"""What is simulated: the scenario, its parts, its file format and its presets."""

from simlimit.scenario.parts import (
    Behaviour,
    Evaluation,
    Facility,
    Funding,
    Lever,
    Limits,
    Population,
    Product,
    Reaction,
    Review,
    Rules,
    Screening,
    Shock,
    Weights,
)
from simlimit.scenario.presets import preset, presets
from simlimit.scenario.scenario import Scenario, load, names
from simlimit.scenario.toml import dumps

__all__ = [
    "Behaviour",
    "Evaluation",
    "Facility",
    "Funding",
    "Lever",
    "Limits",
    "Population",
    "Product",
    "Reaction",
    "Review",
    "Rules",
    "Scenario",
    "Screening",
    "Shock",
    "Weights",
    "dumps",
    "load",
    "names",
    "preset",
    "presets",
]
