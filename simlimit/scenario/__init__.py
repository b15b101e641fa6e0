"""What is simulated: the scenario, its parts, its file format and its presets."""

from simlimit.scenario.files import dumps, load, preset, presets
from simlimit.scenario.parts import Lever
from simlimit.scenario.scenario import Scenario, names

__all__ = ["Lever", "Scenario", "dumps", "load", "names", "preset", "presets"]
