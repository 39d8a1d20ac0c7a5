"""What looks after the repository itself: locks, measured records, the one command behind `make check`."""
