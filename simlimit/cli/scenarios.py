"""`simlimit presets` and `simlimit scenario`: what there is to simulate."""

import argparse
import sys
from io import TextIOWrapper

from simlimit.cli.arguments import Commands, add_command, add_scenario
from simlimit.cli.naming import find_scenario
from simlimit.scenario import dumps, presets


def add_to(commands: Commands) -> None:
    """Add the two commands."""
    what = "list the scenarios that come with simlimit"
    add_command(commands, "presets", what, "simlimit presets", list_presets)
    what = "print a scenario as TOML, with a comment for each field"
    parser = add_command(commands, "scenario", what, "simlimit scenario jiebei", print_scenario)
    add_scenario(parser)


def list_presets(options: argparse.Namespace) -> bool:
    """Print the names of the presets with a line each."""
    lines = presets()["description"]
    width = max(len(str(name)) for name in lines.index)
    for name, line in lines.items():
        print(f"{name:<{width}}  {line}")
    return True


def print_scenario(options: argparse.Namespace) -> bool:
    """Print a scenario as TOML."""
    if isinstance(sys.stdout, TextIOWrapper):
        # What is sent into a file is read as UTF-8.
        sys.stdout.reconfigure(encoding="utf-8")
    print(dumps(find_scenario(options.scenario)), end="")
    return True
