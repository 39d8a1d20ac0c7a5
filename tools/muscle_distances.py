"""Writes how far every neck muscle lies from every other, worked out from the muscle paths of the neck model.

python -m tools.muscle_distances [--check]

The distance of a receiving muscle is the mean, over the middle half of the injected belly, of the way from the
centre line to the nearest surface of the receiving belly: 0 where that surface reaches the line. Bellies are round,
of the known volume, and taper to their ends. The neck stands at neutral; the left is the mirror of the right. Muscles
the model has no path for are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Muscle
from collis.neck.formulas import Array
from collis.neck.scene import belly_radii, volumes_of
from collis.neck.skeleton import Neck, build_neck, path_points

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "src" / "collis" / "knowledge" / "data" / "evidence" / "muscle_distances.toml"
SAMPLES = 41
MIDDLE = (0.25, 0.75)
PLACES = 1

HEAD = """\
# How far the belly of one muscle lies from the middle of another, in mm: [same] on one side, [opposite] across the
# midline. Written by `python -m tools.muscle_distances` from the muscle paths of the neck at neutral; not by hand.
[defaults]
since = 2026-01-01
checked = 2026-11-22
"""

Distances = Mapping[Muscle, Mapping[Muscle, float]]


def distances(known: Knowledge) -> tuple[Distances, Distances]:
    """Millimetres from the injected to the receiving muscle, on the same side and across the midline."""
    neck = build_neck(known.neck)
    lines, radii, work = _bellies(neck, volumes_of(known.muscles))
    units = {
        muscle: [u for u in range(len(neck.units)) if int(neck.unit_group[u]) in groups]
        for muscle, groups in neck.muscle_groups.items()
        if groups
    }
    mirror = np.array([1.0, 1.0, -1.0])

    def between(injected: Muscle, receiving: Muscle, side: Array) -> float:
        own = units[injected]
        gaps = [_gap(lines[u], units[receiving], lines * side, radii) for u in own]
        return round(1e3 * float(np.average(gaps, weights=work[own])), PLACES)

    same = {a: {b: between(a, b, np.ones(3)) for b in units if b is not a} for a in units}
    opposite = {a: {b: between(a, b, mirror) for b in units} for a in units}
    return same, opposite


def document(same: Distances, opposite: Distances) -> str:
    """The table as knowledge holds it."""
    parts = [HEAD]
    for name, table in (("same", same), ("opposite", opposite)):
        parts.append(f"\n[{name}]\n")
        for muscle, row in table.items():
            cells = ", ".join(f"{other.value} = {mm:.{PLACES}f}" for other, mm in row.items())
            parts.append(
                f'{muscle.value} = {{ value = {{ {cells} }}, unit = "mm", source = "mortensen_2018", '
                'place = "path points of the muscles; distance between bellies derived", grade = "assumed", '
                "verified = false }\n"
            )
    return "".join(parts)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the table was written, or with --check when it is as the paths make it."""
    parser = argparse.ArgumentParser(prog="python -m tools.muscle_distances", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    asked = parser.parse_args(argv)
    text = document(*distances(load()))
    if asked.check:
        fresh = TABLE.exists() and TABLE.read_text(encoding="utf-8") == text
        print(f"{TABLE.relative_to(ROOT)} {'is as the paths make it' if fresh else 'is out of date'}")
        return 0 if fresh else 1
    TABLE.write_text(text, encoding="utf-8")
    print(TABLE.relative_to(ROOT))
    return 0


def _bellies(neck: Neck, volumes: Mapping[Muscle, float]) -> tuple[Array, Array, Array]:
    """Centre lines [unit, sample, 3] and radii [unit, sample] of the right side in metres, and each unit's bulk."""
    at = path_points(neck, np.zeros(6))[0]
    along = np.linspace(0.0, 1.0, SAMPLES)
    lines = []
    for unit in range(len(neck.units)):
        points = at[neck.path(unit)]
        steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        lines.append(np.stack([np.interp(along, steps / steps[-1], points[:, i]) for i in range(3)], axis=-1))
    radii = belly_radii(neck, volumes)[:, None] * np.sin(np.pi * along)
    return np.array(lines), radii, np.asarray(neck.strength * neck.fibre)


def _gap(line: Array, receiving: list[int], lines: Array, radii: Array) -> float:
    """The mean way from the middle half of one centre line to the nearest surface of some bellies."""
    low, high = (round(part * (SAMPLES - 1)) for part in MIDDLE)
    middle = line[low : high + 1]
    away = np.linalg.norm(middle[:, None, None, :] - lines[None, receiving], axis=-1) - radii[receiving]
    return float(np.maximum(away.min(axis=(1, 2)), 0.0).mean())


if __name__ == "__main__":
    raise SystemExit(main())
