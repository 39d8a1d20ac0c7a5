from __future__ import annotations

import io
import re
from collections import defaultdict
from decimal import Decimal

import pypdf
import pytest

from collis.api import Consultation
from collis.knowledge.names import Muscle, MuscleSide
from collis.report import words
from collis.report.comparison import comparison_data, comparison_pdf
from collis.report.side_by_side import row_keys
from collis.side import Side
from tests.unit.report.consultations import DEMO, EXAMPLES, consultation, crowded

Placed = list[tuple[float, float, str]]


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def read_fonts(page: pypdf.PageObject) -> set[str]:
    """The names of the fonts a page uses."""
    embedded, missing = page._get_fonts()
    assert not missing
    return embedded


def words_with_places(page: pypdf.PageObject) -> Placed:
    """Every piece of text with the place it is set at, x and y in points."""
    found: Placed = []

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((x, y, text.strip()))

    page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_fits_on_one_page(name: str) -> None:
    assert len(read(comparison_pdf(consultation(name), example=True)).pages) == 1


def test_a_crowded_comparison_still_fits_on_one_page_and_says_what_it_leaves_out() -> None:
    page = read(comparison_pdf(crowded()))
    assert len(page.pages) == 1
    text = plain(page.pages[0].extract_text())
    assert "more muscles in the JSON file" in text
    assert "Nothing is chosen for you" in text
    for muscle in row_keys(crowded()):
        assert words.muscle(muscle).split()[0] in text


def test_the_same_consultation_prints_the_same_bytes() -> None:
    assert comparison_pdf(consultation(), example=True) == comparison_pdf(consultation(), example=True)


def test_the_page_is_tagged_titled_and_carries_only_our_fonts() -> None:
    reader = read(comparison_pdf(consultation(), example=True))
    assert "/Marked" in str(reader.root_object["/MarkInfo"])
    assert "/StructTreeRoot" in reader.root_object
    assert reader.metadata is not None
    assert reader.metadata.title == "Plan comparison, 10 November 2026"
    fonts = read_fonts(reader.pages[0])
    assert fonts
    assert all("SourceSans3" in font for font in fonts)


def test_text_of_a_case_is_never_markup() -> None:
    text = plain(read(comparison_pdf(crowded())).pages[0].extract_text())
    assert "#emph[not] *markup*" in text


@pytest.mark.parametrize(
    "name", [DEMO, "rotational", "laterocollis-raised-shoulder", "thin-neck-earlier-dysphagia"]
)
def test_each_dose_stands_under_the_plate_of_its_side(name: str) -> None:
    c = consultation(name)
    placed = words_with_places(read(comparison_pdf(c)).pages[0])
    plates = [
        (x, side) for x, _, side in plates_of(placed, 2 * (len(c.offers) + (c.case.last_session is not None)))
    ]
    columns = [x for x, _ in plates]
    assert [side for _, side in plates] == ["RIGHT", "LEFT"] * (len(plates) // 2)
    wanted = expected_doses(c)
    read_off = doses_by_row(placed, c, columns)
    for key, cells in wanted.items():
        assert read_off[key] == cells, key


def plates_of(placed: Placed, count: int) -> Placed:
    """The plates of the dose grid: the row of text in which RIGHT and LEFT stand most often."""
    rows: dict[int, Placed] = defaultdict(list)
    for x, y, text in placed:
        if text in ("RIGHT", "LEFT"):
            rows[round(y)].append((x, y, text))
    grid = max(rows.values(), key=len)
    assert len(grid) == count
    return sorted(grid)


def expected_doses(c: Consultation) -> dict[str, list[str]]:
    found = {}
    for key in row_keys(c):
        if not isinstance(key, Muscle):
            continue
        cells = []
        for offer in c.offers:
            for side in Side:
                units = offer.candidate.plan.dose_at(MuscleSide(key, side)).units
                cells.append(words.number(units) if units else "none")
        found[words.muscle(key)] = cells
    return found


def doses_by_row(placed: Placed, c: Consultation, columns: list[float]) -> dict[str, list[str]]:
    """Doses as a reader sees them: the row by its height, the column by the nearest plate at or left of it."""
    offset = 2 if c.case.last_session is not None else 0
    bands = [*columns, columns[-1] * 2 - columns[-2]]
    rows = sorted((y, text) for x, y, text in placed if x < columns[0] - 40 and text in expected_doses(c))
    heads = {text: y for y, text in rows}  # the highest of a name is its row in the grid
    found = {}
    for key, y in heads.items():
        cells = []
        for column in range(offset, len(columns)):
            low, high = bands[column] - 24, bands[column + 1] - 24
            here = [t for x, yy, t in placed if abs(yy - y) < 4 and low <= x < high]
            figures = [t for t in " ".join(here).split() if re.fullmatch(r"[\d,]+(\.\d+)?", t)]
            cells.append(figures[0] if figures and figures[0] != "0" else "none")
        found[key] = cells
    return found


def test_what_is_printed_adds_up_as_printed() -> None:
    data = comparison_data(consultation(), example=True)
    for column, total in enumerate(data["totals"]):
        cells = [row["cells"][column][side]["units"] for row in data["rows"] for side in ("right", "left")]
        assert sum(Decimal(c) for c in cells if c) == Decimal(
            total["units"].split()[0].replace("\u00a0Units", "")
        )


def test_the_page_says_units_in_full_minus_as_a_minus_and_no_trailing_zero() -> None:
    text = plain(read(comparison_pdf(consultation(), example=True)).pages[0].extract_text())
    assert not re.search(r"\d\s?U\b", text)
    assert not re.search(r"\d\.\d*0(?!\d)", text)
    assert not re.search(r"(?<![A-Za-z\d])-\d", text)
    assert "EXAMPLE, MADE-UP DATA" in text
    assert "EXAMPLE" not in plain(read(comparison_pdf(consultation())).pages[0].extract_text())


def test_a_verdict_is_a_word_beside_its_shape() -> None:
    data = comparison_data(crowded(), example=False)
    verdicts = next(line for line in data["lines"] if line["head"] == "Verdict")
    states = [state for cell in verdicts["cells"] for state in cell["states"]]
    assert {state["level"] for state in states} >= {"refuse"}
    assert all(state["text"] for state in states)
    text = plain(read(comparison_pdf(crowded())).pages[0].extract_text())
    assert "Refused" in text


def test_no_change_is_shown_against_another_product() -> None:
    c = consultation("forced-product-switch")
    data = comparison_data(c, example=True)
    assert all(
        cell[s]["change"] == "" for row in data["rows"] for cell in row["cells"] for s in ("right", "left")
    )
    assert "another product" in data["columns"][0]["summary"]


def test_a_page_names_at_most_five_warnings_and_counts_the_rest() -> None:
    data = comparison_data(crowded(), example=False)
    warnings = [line for line in data["verdict"]["lines"] if line["level"] == "warn"]
    assert len(warnings) <= 5
    levels = [line["level"] for line in data["verdict"]["lines"]]
    order = ["cannot_judge", "refuse", "warn", "note"]
    assert levels == sorted(levels, key=order.index)
