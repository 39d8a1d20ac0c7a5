"""Which measured records are stale: taken on code or knowledge that has changed since, or short of their bar.

Listing is all it does: a stale record is a reason to run the study again, not a fault of the change at hand. Only a
record that cannot be read makes it fail.
"""

from __future__ import annotations

import sys

from studies.record import Record, code_hash, read_records


def standing(record: Record) -> str:
    """`current`, or what is the matter with it."""
    words = []
    if code_hash(record.paths) != record.hash:
        words.append(f"stale, run `{record.command}`")
    if not record.met:
        words.append(f"short of its bar: {record.figure} against {record.bar}")
    return "; ".join(words) or "current"


def main() -> int:
    """Print every record that is not current; 1 only if a file cannot be read."""
    try:
        records = read_records()
    except (ValueError, KeyError, TypeError) as error:
        print(f"a measured record cannot be read: {error}")
        return 1
    notes = [(record, standing(record)) for record in records]
    for record, note in notes:
        if note != "current":
            print(f"{record.study}: {record.name}: {note}")
    print(f"{sum(note == 'current' for _, note in notes)} of {len(notes)} measured records are current")
    return 0


if __name__ == "__main__":
    sys.exit(main())
