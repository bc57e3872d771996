"""`python -m xapc`."""

import sys

from xapc.cli import main

sys.exit(main())
