"""The letter to a payer, as a tagged PDF, as text and as a document: shows an `Authorisation`, adds nothing.

Who the patient is, who signs and which number the request has are left blank for the clinic.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from collis.billing.authorisation import Authorisation, LastSession, ScaleChange
from collis.billing.checklist import Item, Met
from collis.case.history import ScaleName
from collis.reasons import Ground
from collis.report import presenting, words
from collis.report.charts import FONTS
from collis.report.json import FORMAT, Document, ground_document
from collis.report.terminal import Sheet

TEMPLATE = Path(__file__).parent / "templates" / "letter.typ"
TITLE = "Request for authorisation: botulinum toxin for cervical dystonia"
BLANKS = ("Patient", "Date of birth", "Member number", "Prescriber", "Signature and date")
NOT_RECORDED = "not recorded"
_SCALES = {
    ScaleName.TWSTRS_TOTAL: "TWSTRS total",
    ScaleName.TWSTRS_SEVERITY: "TWSTRS severity",
    ScaleName.TWSTRS_DISABILITY: "TWSTRS disability",
    ScaleName.TWSTRS_PAIN: "TWSTRS pain",
    ScaleName.TSUI: "Tsui",
    ScaleName.CDIP58: "CDIP-58",
    ScaleName.CDQ24: "CDQ-24",
    ScaleName.PAIN_NRS: "Pain, 0 to 10",
}

Row = tuple[str, str]


def facts_of(a: Authorisation) -> list[Row]:
    """The letter's facts, head and sentence, in the order they are read."""
    age = NOT_RECORDED if a.age_years is None else f"{a.age_years} years"
    onset = "" if a.onset_age_years is None else f", since the age of {a.onset_age_years}"
    rows = [
        ("Diagnosis", f"{a.diagnosis}, {a.diagnosis_code}{onset}"),
        ("Age", age),
        ("Product", f"{a.product}{f' ({a.brand})' if a.brand else ''}, {a.total} in all"),
        ("Interval", _interval(a)),
        ("Earlier products", words.listed(a.earlier_products) or "none recorded"),
        ("Scales", "; ".join(_scale(change) for change in a.scales) or NOT_RECORDED),
    ]
    rows += _last(a.last)
    rows.append(("Goals", "; ".join(a.goals) or NOT_RECORDED))
    if a.approval_months:
        rows.append(("Length of approval", a.approval_months))
    return [(head, words.sentence(said)) for head, said in rows]


def _interval(a: Authorisation) -> str:
    if a.interval_days is None:
        return NOT_RECORDED
    ground = words.grounds(Ground.of(a.interval_days))
    return f"not before {words.weeks_and_days(a.interval_days.value)} after this session ({ground})"


def _scale(change: ScaleChange) -> str:
    before = f"{_SCALES[change.scale]} {words.number(change.before.score)} on {words.day(change.before.on)}"
    if change.after is None:
        return f"{before}, no score after treatment recorded"
    return f"{before}, at best {words.number(change.after.score)} on {words.day(change.after.on)}"


def _last(last: LastSession | None) -> list[Row]:
    if last is None:
        return [("Last session", "none recorded")]
    benefit = NOT_RECORDED if last.benefit_percent is None else f"{words.number(last.benefit_percent)} %"
    began = "" if last.from_day is None else f", from day {last.from_day}"
    faded = NOT_RECORDED
    if last.weeks_of_benefit is not None:
        faded = f"until week {words.number(last.weeks_of_benefit)}"
    ago = words.weeks_and_days(last.days_ago)
    effects = "; ".join(presenting.side_effect(effect) for effect in last.side_effects)
    return [
        ("Last session", f"{words.day(last.on)}, {ago} ago: {last.product}, {last.total}"),
        ("Benefit", f"{benefit}{began}"),
        ("How long it lasted", faded),
        ("Side effects", effects or "none recorded"),
    ]


def plan_of(a: Authorisation) -> list[tuple[str, str, str, str, str]]:
    """The plan: muscle, side, Units, sites, and the guidance with its reason."""
    return [
        (
            words.muscle(i.muscle),
            i.side.word,
            words.units(i.dose),
            str(i.sites),
            f"{words.guidance(g.guidance)}: {g.why}",
        )
        for i, g in zip(a.plan, a.guidance, strict=True)
    ]


def standing_of(item: Item) -> Row:
    """A criterion with what it asks, and how it stands with the reason."""
    return words.sentence(item.criterion.sentence), words.sentence(f"{item.met.value}: {item.why}")


def letter_pdf(a: Authorisation, *, example: bool = False) -> bytes:
    """The letter as a tagged PDF; the same content gives the same bytes."""
    import typst

    made: bytes = typst.compile(
        TEMPLATE,
        ignore_system_fonts=True,
        font_paths=[FONTS],
        sys_inputs={"data": json.dumps(letter_data(a, example=example))},
        timestamp=datetime(a.on.year, a.on.month, a.on.day, tzinfo=UTC),
        format="pdf",
        pdf_standards=["ua-1"],
    )
    return made


def letter_data(a: Authorisation, *, example: bool) -> Document:
    """Everything the letter says, as the plain data its template reads."""
    return {
        "title": words.printable(TITLE),
        "payer": words.printable(a.payer),
        "day": words.day(a.on),
        "date": [a.on.year, a.on.month, a.on.day],
        "example": example,
        "blanks": list(BLANKS),
        "facts": [[_print(head), _print(said)] for head, said in facts_of(a)],
        "plan": [[_print(cell) for cell in row] for row in plan_of(a)],
        "total": words.units(a.total),
        "checklist": [
            {"asks": _print(asks), "why": _print(why), "met": item.met is Met.MET}
            for item, (asks, why) in ((item, standing_of(item)) for item in a.checklist)
        ],
        "standing": _print(_standing(a)),
    }


def _print(text: str) -> str:
    return words.unbroken(words.printable(text))


def _standing(a: Authorisation) -> str:
    lacks = words.count(len(a.lacks), "point") if a.lacks else "no point"
    return f"Of {len(a.checklist)} points asked, {lacks} still to be shown. Knowledge version {a.knowledge_version}."


def letter_text(a: Authorisation, *, width: int, colour: bool = False) -> str:
    """The letter as text."""
    sheet = Sheet(width=width, colour=colour)
    sheet.title(TITLE, f"{a.payer}, {words.day(a.on)}")
    for blank in BLANKS:
        sheet.line("____________________", head=f"{blank}:")
    sheet.section("What is asked and why")
    for head, said in facts_of(a):
        sheet.line(said, head=f"{head}:")
    sheet.section("Plan")
    heads = ("Muscle", "Side", "Dose", "Sites", "Guidance and reason")
    sheet.table(heads, plan_of(a), right=(2, 3), folded=(4,))
    sheet.section("Criteria", _standing(a))
    for item in a.checklist:
        asks, why = standing_of(item)
        sheet.bullet(why, head=asks, mark="✓" if item.met is Met.MET else "?")
    return sheet.text()


def letter_document(a: Authorisation) -> Document:
    """The letter's content for JSON."""
    return {
        "format": FORMAT,
        "document": "letter",
        "knowledge_version": a.knowledge_version,
        "date": a.on.isoformat(),
        "payer": a.payer,
        "diagnosis": a.diagnosis_code,
        "product": a.product,
        "brand": a.brand,
        "facts": [{"head": head, "text": said} for head, said in facts_of(a)],
        "injections": [
            {
                "muscle": i.muscle.value,
                "side": i.side.value,
                "units": words.number(i.dose.units),
                "sites": i.sites,
                "guidance": i.guidance.value,
                "why": g.why,
            }
            for i, g in zip(a.plan, a.guidance, strict=True)
        ],
        "checklist": [
            {
                "id": item.criterion.id,
                "asks": item.criterion.sentence,
                "met": item.met.value,
                "why": item.why,
                "ground": ground_document(Ground.of(item.criterion.asks)),
            }
            for item in a.checklist
        ],
    }
