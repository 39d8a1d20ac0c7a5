"""`python -m benchmarks [NAME ...] [--thin]`: time the program and record it."""

from __future__ import annotations

import sys

from studies.harness import main

if __name__ == "__main__":
    sys.exit(main("benchmarks", "bench"))
