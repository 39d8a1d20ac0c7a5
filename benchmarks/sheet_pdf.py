"""The injection sheet in a warm process: data, curve, drawing and tagged PDF of one plan."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from collis import api
from collis.case.files import read_case
from collis.report.patient_page import patient_pdf
from collis.report.sheet import sheet_pdf
from studies.record import ROOT, Measure

PATHS = ("src/collis/report", "src/collis/pharmacy")
EXAMPLES = ("torticaput-left", "goose-neck", "doac", "retrocaput", "three-cycles-early-wearing-off")
MILLISECONDS_AT_MOST = 300.0


def _prepared(name: str) -> list[tuple[api.Consultation, api.Offer, api.Prepared]]:
    consultation = api.consult(read_case(ROOT / f"examples/{name}.case.toml"))
    return [(consultation, o, api.prepare(o.checked, consultation.case)) for o in consultation.offers]


def run(thin: bool) -> Sequence[Measure]:
    """Every candidate of every example once, each a sheet that this process has not set before; thin: the first."""
    sheets, patients = [], []
    made = [pair for name in EXAMPLES for pair in _prepared(name)]
    warm, *rest = made
    sheet_pdf(*warm)
    for consultation, offer, prepared in rest[:1] if thin else rest:
        began = time.perf_counter()
        sheet_pdf(consultation, offer, prepared)
        between = time.perf_counter()
        patient_pdf(consultation, offer, prepared)
        sheets.append((between - began) * 1000)
        patients.append((time.perf_counter() - between) * 1000)
    wall = statistics.median(sheets)
    return (
        Measure(
            name="injection sheet",
            figure=round(wall, 1),
            unit="ms",
            bar=f"at most {MILLISECONDS_AT_MOST:.0f} ms",
            met=wall <= MILLISECONDS_AT_MOST,
            detail=f"median of {len(sheets)} sheets of two pages, slowest {max(sheets):.0f} ms",
        ),
        Measure(
            name="patient's page",
            figure=round(statistics.median(patients), 1),
            unit="ms",
            bar=f"at most {MILLISECONDS_AT_MOST:.0f} ms",
            met=statistics.median(patients) <= MILLISECONDS_AT_MOST,
            detail=f"median of {len(patients)} pages",
        ),
    )
