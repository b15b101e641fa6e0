"""Scenarios that come with the package, one TOML file each."""

from importlib import resources
from typing import Any

from simlimit.errors import ScenarioError
from simlimit.scenario.toml import parse

NAMES = (
    "clockwork", "jiebei", "welidai", "taiwan-2005",
    "rectification", "credit-loan", "small-business", "supply-chain", "china-2025", "us-card",
)  # fmt: skip


def preset_values(name: str) -> dict[str, Any]:
    """Return what the file of a preset says, or refuse a name that does not exist."""
    if name not in NAMES:
        raise ScenarioError(f"{name or repr('')} is not a preset, but must be one of: {', '.join(NAMES)}.")
    return parse(resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"), name)
