"""Scenarios that come with the package, one TOML file each."""

NAMES = (
    "clockwork", "jiebei", "welidai", "taiwan-2005",
    "rectification", "credit-loan", "small-business", "supply-chain", "china-2025", "us-card",
)  # fmt: skip
