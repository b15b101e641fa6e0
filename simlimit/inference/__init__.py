"""From a release log to the scenarios that could have made it."""
