"""The command line: run a scenario, make a study, compare scenarios, list and print presets."""

import sys

try:
    from simlimit.cli.program import main
except KeyboardInterrupt:  # the imports take a second
    print("simlimit: interrupted; nothing was written.", file=sys.stderr)
    sys.exit(130)

__all__ = ["main"]
