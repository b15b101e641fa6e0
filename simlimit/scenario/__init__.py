"""What is simulated: the scenario, its parts, its file format and its presets."""

from simlimit.scenario.fields import unit_of, units_of
from simlimit.scenario.files import dumps, load, preset, presets
from simlimit.scenario.parts import LEVER_KINDS, WEEKDAYS, Lever, Population, Product, RestingPart, Shock
from simlimit.scenario.paths import dotted, steps_of
from simlimit.scenario.scenario import AS_IN_CLOCKWORK, Scenario, day_of, field_values, in_regions, names

__all__ = [
    "AS_IN_CLOCKWORK", "LEVER_KINDS", "WEEKDAYS", "Lever", "Population", "Product", "RestingPart",
    "Scenario", "Shock", "day_of", "dotted", "dumps", "field_values", "in_regions", "load", "names", "preset",
    "presets", "steps_of", "unit_of", "units_of",
]  # fmt: skip
