"""How the site is built. Its tables of rules, parameters and measured records are made from data."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESPONSE = tomllib.loads((ROOT / "src/collis/knowledge/data/evidence/response.toml").read_text("utf-8"))
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
            figure, met = f"{record['figure']} {record['unit']}".strip(), met_words(record)
            again = f"`{record['command']}`"
            cells = [record["title"], record["name"], figure, record["bar"], met, record["date"], again]
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) if len(rows) > 2 else "Nothing has been recorded yet."


def met_words(record: dict[str, Any]) -> str:
    """Whether a record met its bar."""
    return "yes" if record["met"] else "**no**"


def study_list(study: str) -> str:
    """The records of one study as a list, each with its bar and how it came about."""
    file = HERE / "measured" / f"{study}.json"
    if not file.exists():
        return "Nothing has been recorded yet."
    return "\n".join(
        f"* {record['name']}: {short(record['figure'])} {record['unit']} "
        f"(bar: {record['bar']}; met: {met_words(record)}). {record['detail']}"
        for record in json.loads(file.read_text("utf-8"))
    )


def parameters_table() -> str:
    """Every parameter of the response model: what came out, its spread, what it was before, and what decided it."""
    rows = ["| parameter | estimate | spread | before the data | decided by |", "|---|---|---|---|---|"]
    for name, entry in RESPONSE["fitted"].items():
        estimate = entry["estimate"]
        spread, before = "held", ""
        if "sd" in entry:
            spread = f"{short(entry['sd']['value'])}{'' if entry['scale'] == 'plain' else ' (log)'}"
        if "prior" in entry:
            before = f"{short(entry['prior']['value'])} ± {short(entry['prior_sd']['value'])}"
        said = f"{estimate['place']} (`{name}`)"
        value = f"{short(estimate['value'])} {estimate['unit']}"
        rows.append(f"| {said} | {value} | {spread} | {before} | {entry['decided_by']} |")
    return "\n".join(rows)


def fitted_figures() -> dict[str, str]:
    """What the shipped fit rests on: counts, the seed and the hash of the table of patients."""
    data, draws = RESPONSE["data"], RESPONSE["draws"]
    counts = {key: str(data[key]["value"]) for key in ("rows", "unchecked_rows", "patients")}
    widening = str(RESPONSE["fit"]["unchecked_widening"]["value"])
    return {
        **counts,
        "widening": widening,
        "sha256": data["patients_sha256"],
        "draws": str(draws["count"]["value"]),
        "seed": str(draws["seed"]["value"]),
    }


def short(figure: float | int | str) -> str:
    """A figure with three digits that count, words as they are."""
    return f"{figure:.3g}" if isinstance(figure, float) else str(figure)


def study_table(name: str) -> str:
    """The records of one study, what came out beside what it was held to."""
    file = HERE / "measured" / f"{name}.json"
    if not file.is_file():
        return "Nothing has been recorded yet."
    rows = ["| what | virtual | held to | inside |", "|---|---|---|---|"]
    for record in json.loads(file.read_text("utf-8")):
        barred = record["bar"] != "recorded, no bar"
        inside = ("yes" if record["met"] else "**no**") if barred else ""
        bar = record["bar"] if barred else ""
        rows.append(f"| {record['name']} | {record['figure']} {record['unit']} | {bar} | {inside} |")
    return "\n".join(rows)


def score_table() -> str:
    """The scoreboard of the shipped planners, a line for each."""
    file = HERE / "measured" / "scoreboard.json"
    if not file.is_file():
        return "Nothing has been recorded yet."
    lines: dict[str, dict[str, str]] = {}
    for record in json.loads(file.read_text("utf-8")):
        planner, _, what = record["name"].partition(": ")
        if what:
            lines.setdefault(planner, {})[what] = f"{record['figure']} {record['unit']}".strip()
    heads = list(next(iter(lines.values())))
    rows = [f"| planner | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    rows += [f"| {name} | {' | '.join(told.get(h, '') for h in heads)} |" for name, told in lines.items()]
    return "\n".join(rows)


project = PROJECT["name"].capitalize()
author = "The Collis authors"
copyright = f"2026, {author}"
version = release = PROJECT["version"]

extensions = ["myst_parser", "sphinxcontrib.bibtex"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {
    "rules": rules_table(),
    "measured": measured_table(),
    "calibrated": study_list("calibration"),
    "durations": study_list("durations"),
    "parameters": parameters_table(),
    "fit": fitted_figures(),
}
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
