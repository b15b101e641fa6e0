"""The command line: run a scenario, make a study, compare scenarios, list and print presets."""

from simlimit.cli.program import main

__all__ = ["main"]
