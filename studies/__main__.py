"""`python -m studies [NAME ...] [--thin]`: run the studies and record what they measured."""

from __future__ import annotations

import sys

from studies.harness import main

if __name__ == "__main__":
    sys.exit(main("studies", "studies"))
