"""`python -m simlimit` is the command line."""

import sys

from simlimit.cli import main

sys.exit(main())
