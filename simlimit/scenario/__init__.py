"""What is simulated: the scenario, its parts, its file format and its presets."""

from simlimit.scenario.files import dumps, load, presets
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
from simlimit.scenario.scenario import Scenario, names, preset

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
