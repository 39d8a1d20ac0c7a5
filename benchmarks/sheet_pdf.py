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
EXAMPLE = "examples/torticaput-left.case.toml"
MILLISECONDS_AT_MOST = 300.0


def run(thin: bool) -> Sequence[Measure]:
    """The median over the candidates of the first example, each sheet set anew ten times; thin: once.

    The knowledge version in the small print changes with every run, so that nothing set before is found again.
    """
    consultation = api.consult(read_case(ROOT / EXAMPLE))
    made = [(offer, api.prepare(offer.checked, consultation.case)) for offer in consultation.offers]
    sheet_pdf(consultation, *made[0])
    sheets, patients = [], []
    for _ in range(1 if thin else 10):
        for offer, prepared in made:
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
