"""How the site is built. Two tables on it are made from data: the rules and the measured records."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def rules_table() -> str:
    """The safety rules of requirements.toml as a table."""
    rows = ["| rule | what it asks | can be overruled |", "|---|---|---|"]
    for rule, entry in tomllib.loads((HERE / "requirements.toml").read_text("utf-8")).items():
        rows.append(
            f"| {rule} | {entry['asks']} | {'never' if entry.get('never_overridden') else 'with a reason'} |"
        )
    return "\n".join(rows)


def measured_table() -> str:
    """Every record under measured/ as a table, one study after another."""
    rows = ["| study | figure | measured | bar | met | on | again with |", "|---|---|---|---|---|---|---|"]
    for file in sorted((HERE / "measured").glob("*.json")):
        for record in json.loads(file.read_text("utf-8")):
            figure = f"{record['figure']} {record['unit']}".strip()
            met = "yes" if record["met"] else "**no**"
            again = f"`{record['command']}`"
            cells = [record["title"], record["name"], figure, record["bar"], met, record["date"], again]
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) if len(rows) > 2 else "Nothing has been recorded yet."


project = PROJECT["name"].capitalize()
author = "The Collis authors"
copyright = f"2026, {author}"
version = release = PROJECT["version"]

extensions = ["myst_parser", "sphinxcontrib.bibtex"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {"rules": rules_table(), "measured": measured_table()}
suppress_warnings = [
    "myst.xref_missing",  # links to files outside the site are checked by tests/docs/test_links.py
    "bibtex.missing_field",  # the author or the year of a source read only in part may be unknown
]

bibtex_bibfiles = sorted(
    f"../{file.relative_to(ROOT)}" for file in (ROOT / "src/collis/knowledge/data/references").glob("*.bib")
)
bibtex_default_style = "unsrt"

exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Collis {version}"
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0B5A62", "color-brand-content": "#0B5A62"},
    "dark_css_variables": {"color-brand-primary": "#7CCACF", "color-brand-content": "#7CCACF"},
}
