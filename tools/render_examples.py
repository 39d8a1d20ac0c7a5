"""Draws the printed page of every example (or of those named) as a picture, for looking at; and the README's picture.

python -m tools.render_examples [--out build/pages] [--readme] [NAME ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from collis import api
from collis.report.comparison import comparison_png

ROOT = Path(__file__).resolve().parents[1]
README_EXAMPLE = "torticaput-left"
README_PICTURE = ROOT / "docs" / "img" / "plan.png"


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every page asked for was drawn."""
    parser = argparse.ArgumentParser(prog="python -m tools.render_examples", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="examples without .case.toml; none: all")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "pages", help="the folder to draw into")
    parser.add_argument("--readme", action="store_true", help=f"also draw {README_PICTURE.relative_to(ROOT)}")
    asked = parser.parse_args(argv)
    asked.out.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "examples").glob("*.case.toml")):
        name = path.name.removesuffix(".case.toml")
        if asked.names and name not in asked.names:
            continue
        picture = asked.out / f"{name}.png"
        picture.write_bytes(comparison_png(api.consult(api.open_case(path)), example=True))
        print(picture)
    if asked.readme:
        example = ROOT / "examples" / f"{README_EXAMPLE}.case.toml"
        README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
        README_PICTURE.write_bytes(comparison_png(api.consult(api.open_case(example)), example=True))
        print(README_PICTURE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
