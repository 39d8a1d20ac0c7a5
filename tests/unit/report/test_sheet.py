"""The injection sheet and the patient's page, read back from their PDF."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from collis import api
from collis.api import Consultation, Offer, Prepared
from collis.case.history import Asked
from collis.case.mirror import mirrored
from collis.case.plan import Injection, Origin, Plan
from collis.cli import BAD_INPUT, DONE, REFUSED, run
from collis.errors import BadInput
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, Region
from collis.reasons import Level
from collis.report import words
from collis.report.grid import grid_data, letters_of
from collis.report.patient_page import patient_data, patient_pdf
from collis.report.preparing import NotPrepared
from collis.report.sheet import sheet_data, sheet_pdf, typed_offer
from collis.side import Side
from collis.units import Dose
from tests.unit.report.consultations import DEMO, EXAMPLES, consultation, path_of

Row = tuple[Muscle, Side, int, int]
EIGHT: tuple[Row, ...] = (
    (Muscle.SPLENIUS_CAPITIS, Side.LEFT, 40, 2),
    (Muscle.SEMISPINALIS_CAPITIS, Side.LEFT, 20, 2),
    (Muscle.STERNOCLEIDOMASTOID, Side.RIGHT, 30, 2),
    (Muscle.OBLIQUUS_CAPITIS_INFERIOR, Side.LEFT, 15, 1),
    (Muscle.LEVATOR_SCAPULAE, Side.RIGHT, 25, 2),
    (Muscle.SCALENUS_MEDIUS, Side.RIGHT, 10, 1),
    (Muscle.TRAPEZIUS_UPPER, Side.RIGHT, 30, 3),
    (Muscle.LONGISSIMUS_CAPITIS, Side.LEFT, 10, 1),
)
LONG: tuple[Row, ...] = (
    (Muscle.RECTUS_CAPITIS_POSTERIOR_MAJOR, Side.LEFT, 10, 1),
    (Muscle.OBLIQUUS_CAPITIS_SUPERIOR, Side.LEFT, 10, 1),
    (Muscle.OBLIQUUS_CAPITIS_INFERIOR, Side.LEFT, 15, 2),
    (Muscle.SEMISPINALIS_CERVICIS, Side.RIGHT, 20, 3),
    (Muscle.LONGISSIMUS_CERVICIS, Side.RIGHT, 15, 1),
    (Muscle.STERNOCLEIDOMASTOID, Side.RIGHT, 35, 3),
    (Muscle.LEVATOR_SCAPULAE, Side.RIGHT, 25, 4),
    (Muscle.TRAPEZIUS_UPPER, Side.RIGHT, 40, 4),
)


def prepared(c: Consultation, offer: Offer) -> Prepared | NotPrepared:
    try:
        return api.prepare(offer.checked, c.case)
    except BadInput as error:
        return NotPrepared(why=error.sentence())


@cache
def typed(rows: tuple[Row, ...], name: str = DEMO) -> tuple[Consultation, Offer]:
    c = consultation(name)
    injections = tuple(
        Injection(
            muscle=muscle,
            side=side,
            dose=Dose.of(units, c.product),
            sites=sites,
            guidance=Guidance.ULTRASOUND,
        )
        for muscle, side, units, sites in rows
    )
    return c, typed_offer(c, Plan(name="As typed", product=c.product, injections=injections))


@cache
def pdf_of(name: str, number: int) -> bytes:
    c = consultation(name)
    return sheet_pdf(c, c.offers[number], prepared(c, c.offers[number]))


@cache
def data_of(name: str, number: int) -> dict[str, Any]:
    c = consultation(name)
    return sheet_data(c, c.offers[number], prepared(c, c.offers[number]), example=False)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text().replace("\u00a0", " ") for page in PdfReader(io.BytesIO(pdf)).pages]


PRINTED = [(name, n) for name in EXAMPLES for n, _ in enumerate(consultation(name).offers)]


@pytest.mark.parametrize(("name", "number"), PRINTED)
def test_each_dose_is_read_back_on_its_own_side(name: str, number: int) -> None:
    c = consultation(name)
    plan = c.offers[number].candidate.plan
    text = pages(pdf_of(name, number))[0]
    assert text.index("PATIENT’S RIGHT") < text.index("PATIENT’S LEFT")
    for muscle in {i.muscle for i in plan.injections if i.dose.units > 0}:
        head = re.escape(words.muscle(muscle)).replace(r"\ ", r"\s+")
        cell_of = rf"([\d,.]+|{words.DASH})"
        row = re.search(rf"{head}\s+{cell_of} {cell_of} (\S+) {cell_of} {cell_of} (\S+)", text)
        assert row is not None, muscle
        for side, cell in ((Side.RIGHT, row[2]), (Side.LEFT, row[5])):
            units = sum(
                (i.dose.units for i in plan.injections if i.muscle is muscle and i.side is side), Decimal(0)
            )
            assert cell == (words.number(units) if units else words.DASH)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_sheet_is_one_page_and_its_labels_the_next(name: str) -> None:
    for number, _ in enumerate(consultation(name).offers):
        texts = pages(pdf_of(name, number))
        assert len(texts) == 2
        assert texts[0].startswith("Injection sheet")
        assert texts[1].startswith("Labels and draw-up")
        assert "Page 1 of 2." in texts[0]


@pytest.mark.parametrize("rows", [EIGHT, LONG], ids=["eight muscles", "long names"])
def test_eight_muscles_and_long_names_fit_one_page(rows: tuple[Row, ...]) -> None:
    c, offer = typed(rows)
    goals = tuple("a goal in the patient’s own words that goes on and on " * 3 for _ in range(3))
    c = replace(c, case=replace(c.case, history=replace(c.case.history, goals=goals)))
    made = prepared(c, offer)
    texts = pages(sheet_pdf(c, offer, made))
    assert len(texts) == 2
    assert len(pages(patient_pdf(c, offer, made))) == 1
    for muscle, _, _, _ in rows:
        assert words.muscle(muscle) in re.sub(r"\s+", " ", texts[0])
    assert "Signature, date" in texts[0]
    assert "As typed" in texts[0]


def test_the_same_plan_gives_the_same_bytes() -> None:
    c = consultation()
    offer = c.offers[0]
    assert sheet_pdf(c, offer, prepared(c, offer)) == sheet_pdf(c, offer, prepared(c, offer))
    assert patient_pdf(c, offer, prepared(c, offer)) == patient_pdf(c, offer, prepared(c, offer))


@pytest.mark.parametrize("make", [sheet_pdf, patient_pdf])
def test_the_pdf_is_tagged_titled_in_english_and_sets_only_our_fonts(make) -> None:
    c = consultation()
    reader: Any = PdfReader(io.BytesIO(make(c, c.offers[0], prepared(c, c.offers[0]))))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert "10 November 2026" in (reader.metadata.title or "")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all(re.search(r"\+SourceSans3-(Regular|Semibold|Bold|It)$", font) for font in fonts)


def test_everything_lies_where_a_Letter_page_shows_it() -> None:
    edge = (297 - 279) / 2 / 25.4 * 72
    found: list[float] = []
    for page in PdfReader(io.BytesIO(pdf_of(DEMO, 0))).pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, *_: (
                found.append(tm[5] * cm[3] + cm[5]) if text.strip() else None
            )
        )
    assert min(found) > edge
    assert max(found) < 297 / 25.4 * 72 - edge


def test_a_refused_plan_is_not_printed() -> None:
    c, offer = typed(((Muscle.SCALENUS_ANTERIOR, Side.LEFT, 900, 1),))
    assert offer.checked.verdict.level is Level.REFUSE
    with pytest.raises(BadInput, match="refused by the gate"):
        sheet_pdf(c, offer, NotPrepared(why="no"))
    with pytest.raises(BadInput, match="refused by the gate"):
        patient_pdf(c, offer, NotPrepared(why="no"))


def test_a_draw_up_of_another_plan_is_not_printed() -> None:
    c = consultation()
    with pytest.raises(BadInput, match="another plan"):
        sheet_pdf(c, c.offers[0], prepared(c, c.offers[1]))


def test_a_plan_that_cannot_be_judged_yet_says_what_is_missing() -> None:
    case = api.open_case(path_of(DEMO))
    case = replace(case, safety=replace(case.safety, swallowing=Asked(), allergies=Asked()))
    c = api.consult(case)
    offer = c.offers[0]
    assert offer.checked.verdict.level is Level.CANNOT_JUDGE
    text = pages(sheet_pdf(c, offer, prepared(c, offer)))[0]
    assert re.search(r"Not ready to sign:\s+Allergies and swallowing not answered", text)
    assert "Not ready to sign" not in pages(pdf_of(DEMO, 0))[0]


def test_what_the_gate_asks_of_the_preparation_is_to_be_written_in() -> None:
    text = re.sub(r"\s+", " ", pages(pdf_of(DEMO, 0))[0])
    assert "Write in before signing: time of mixing and of injection, lot number of vial 1" in text


def test_a_plan_without_a_draw_up_is_printed_with_blanks() -> None:
    c = consultation()
    texts = pages(sheet_pdf(c, c.offers[0], NotPrepared(why="no row for the neck on this label")))
    assert "Not worked out: No row for the neck" in re.sub(r"\s+", " ", texts[0])
    assert "Write strength, volumes and labels by hand" in texts[1]


def test_lot_expiry_and_discard_time_are_printed_where_they_are_known() -> None:
    c = consultation()
    offer = c.offers[0]
    labels = [api.read_vial("(17)280630(10)A12345", c.case)]
    made = api.prepare(
        offer.checked, c.case, labels=labels, mixed_at=datetime.fromisoformat("2026-11-10T09:30")
    )
    text = " ".join(pages(sheet_pdf(c, offer, made)))
    assert "A12345" in text
    assert "30 Jun 2028" in text
    assert "11 Nov 2026 09:30" in text


def test_the_mirrored_patient_gets_the_mirrored_sheet() -> None:
    c = consultation()
    other = api.consult(mirrored(c.case))
    for offer, twin in zip(c.offers, other.offers, strict=True):
        here = grid_data(c, offer.candidate.plan, None)["rows"]
        there = {row["muscle"]: row for row in grid_data(other, twin.candidate.plan, None)["rows"]}
        for row in here:
            back = there[row["muscle"]]
            assert (row["right"], row["left"]) == (back["left"], back["right"])


@pytest.mark.parametrize(("name", "number"), PRINTED)
def test_the_printed_figures_add_up(name: str, number: int) -> None:
    c = consultation(name)
    made = prepared(c, c.offers[number])
    data = data_of(name, number)

    def figure(text: str) -> Decimal:
        clean = re.sub(r"[^\d.,−]", "", text).replace(",", "").replace("−", "-")
        return Decimal(clean or 0)

    for side in ("right", "left"):
        assert sum(figure(row[side]["now"]) for row in data["rows"]) == figure(data["total"][side]["now"])
    total = figure(data["total"]["units"])
    assert total == sum(figure(data["total"][side]["now"]) for side in ("right", "left"))
    units = ml = Decimal(0)
    for row in data["rows"]:
        for line in row["lines"]:
            for part in line["sites"]:
                n, each = part.split(" × ")
                units += figure(n) * figure(each)
            for part in line["ml"]:
                n, each = part.split(" × ")
                ml += figure(n) * figure(each)
    assert units == total
    if not isinstance(made, NotPrepared):
        assert ml == figure(data["total"]["ml"].removesuffix("mL"))
        opened, given, dead, left, wasted = (figure(s["units"]) for s in data["second"]["sums"])
        assert opened == given + dead + left
        assert wasted == dead + left
        assert given == total


@pytest.mark.parametrize(("name", "number"), PRINTED)
def test_units_are_written_out_with_a_leading_zero_and_no_trailing_zero(name: str, number: int) -> None:
    for text in pages(pdf_of(name, number)):
        assert not re.search(r"\d\s?(U|IU|u)\b", text)
        assert not re.search(r"(?<![\d,.])\.\d", text)
        assert not re.search(r"\d\.\d*0\b(?!\.)", text.split("Sources.")[0])


def test_letters_of_the_grid_and_of_the_drawing_are_the_same() -> None:
    c, offer = typed(EIGHT)
    letters = letters_of(c, offer.candidate.plan)
    data = sheet_data(c, offer, prepared(c, offer), example=False)
    grid = {row["muscle"]: row["letter"] for row in data["rows"] if row["letter"]}
    assert grid == {words.muscle(m): letter for m, letter in letters.items()}
    said = " ".join(figure["alt"] for figure in data["figures"])
    for muscle, side, _, sites in EIGHT:
        count = words.count(sites, "site").replace(" ", "[ \u00a0]")
        assert re.search(f"{letters[muscle]}: {muscle.words} {side.word}, {count}", said)


def test_each_region_has_its_own_emergency_number() -> None:
    phones = {region: load().emergency.phones[region].value for region in Region}
    assert phones == {Region.US: "911", Region.EU: "112", Region.UK: "999", Region.JP: "119"}
    for name in EXAMPLES:
        c = consultation(name)
        if c.offers:
            assert f"Call {phones[c.case.region]} at once" in pages(pdf_of(name, 0))[0]


def test_the_comparator_of_every_relative_risk_is_named() -> None:
    for name, number in PRINTED:
        for entry in data_of(name, number)["expect"]:
            if "times" in entry["value"] or entry["value"] == "the same":
                assert re.search("against “.+”", entry["head"])


def test_at_most_five_warnings_are_shown_and_the_rest_counted() -> None:
    for name, number in PRINTED:
        c = consultation(name)
        verdict = data_of(name, number)["verdict"]
        warns = sum(r.level is Level.WARN for r in c.offers[number].checked.verdict.clinical)
        assert len(verdict["lines"]) <= 5
        assert len(verdict["lines"]) + verdict["more"] >= warns


def test_text_of_a_case_is_never_read_as_markup() -> None:
    c = consultation()
    goals = ("#emph[not] *markup* $x$ \U0001f697",)
    c = replace(c, case=replace(c.case, history=replace(c.case.history, goals=goals)))
    assert "#emph[not] *markup* $x$ ?" in pages(sheet_pdf(c, c.offers[0], prepared(c, c.offers[0])))[0]


def test_made_up_data_is_boxed_on_every_page() -> None:
    c = consultation()
    offer = c.offers[0]
    made = prepared(c, offer)
    for text in (
        *pages(sheet_pdf(c, offer, made, example=True)),
        *pages(patient_pdf(c, offer, made, example=True)),
    ):
        assert "EXAMPLE, MADE-UP DATA" in text
    assert "EXAMPLE" not in pages(pdf_of(DEMO, 0))[0]


def test_a_typed_plan_is_called_typed() -> None:
    _, offer = typed(EIGHT)
    assert offer.candidate.plan.origin is Origin.TYPED


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_patients_page_is_one_page_with_the_emergency_first(name: str) -> None:
    c = consultation(name)
    for offer in c.offers[:1]:
        texts = pages(patient_pdf(c, offer, prepared(c, offer)))
        assert len(texts) == 1
        assert texts[0].index("at once if you notice") < texts[0].index("What was planned for you")
        assert c.product in texts[0]
        assert not c.brand or c.brand not in texts[0]


def test_sentences_of_the_patients_page_are_short() -> None:
    c = consultation()
    data = patient_data(c, c.offers[0], prepared(c, c.offers[0]), example=False)
    said = [
        *data["expect"],
        data["next"],
        data["small"],
        data["emergency"]["late"],
        *data["emergency"]["list"],
        *(day[key] for day in data["days"] for key in ("expect", "act")),
        *(trouble[key] for trouble in data["troubles"] for key in ("when", "act")),
    ]
    for text in said:
        for sentence in re.split(r"(?<=[.?])\s", text):
            assert len(re.split(r"[ \u00a0]", sentence.strip())) <= 15, sentence


def test_the_patients_days_carry_their_dates() -> None:
    c = consultation()
    data = patient_data(c, c.offers[0], prepared(c, c.offers[0]), example=False)
    assert [day["day"] for day in data["days"]] == ["1", "3", "7", "14", "28", "84"]
    assert data["days"][-1]["date"].replace("\u00a0", " ") == "2 Feb 2027"


def test_the_command_writes_a_sheet_and_a_patients_page(tmp_path: Path) -> None:
    assert run(["sheet", str(path_of(DEMO)), "--choose", "balanced", "--out", str(tmp_path)]) == DONE
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"{DEMO}-balanced-patient.pdf",
        f"{DEMO}-balanced-sheet.pdf",
    ]


def test_the_command_leaves_with_3_where_the_screen_stands_in_the_way(tmp_path: Path) -> None:
    assert (
        run(["sheet", str(path_of("red-flags")), "--choose", "balanced", "--out", str(tmp_path)]) == REFUSED
    )
    assert not list(tmp_path.iterdir())


def test_the_command_leaves_with_2_for_a_candidate_that_is_not_there(tmp_path: Path) -> None:
    assert run(["sheet", str(path_of(DEMO)), "--choose", "boldest", "--out", str(tmp_path)]) == BAD_INPUT
