"""Scenarios that come with the package, one TOML file each."""

from typing import Any

from simlimit.errors import ScenarioError
from simlimit.text_files import packaged

NAMES = (
    "clockwork", "jiebei", "welidai", "taiwan-2005",
    "rectification", "credit-loan", "small-business", "supply-chain", "china-2025", "us-card",
)  # fmt: skip


def preset_values(name: str) -> dict[str, Any]:
    """Return what the file of a preset says, or refuse a name that does not exist."""
    if name not in NAMES:
        raise ScenarioError(f"{name or repr('')} is not a preset, but must be one of: {', '.join(NAMES)}.")
    return packaged(__package__, f"{name}.toml")
