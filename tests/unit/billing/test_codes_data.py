"""Codes, payers and prices say what their sources say, and no descriptor of any code owner stands in them."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.codes import build_codes
from collis.knowledge.load import DATA, load
from collis.knowledge.names import Guidance, Region
from collis.knowledge.payers import Check, build_payer
from collis.knowledge.prices import Setting, build_price_list, in_force
from collis.knowledge.reading import resolve
from tests.unit.billing.sample import VISIT, knowledge

OWN = [
    DATA / "codes_us.toml",
    DATA / "cost_sharing_us.toml",
    *(DATA / "payers").glob("*.toml"),
    *(DATA / "prices").glob("*.toml"),
]


def table(name: str, day: date | None = VISIT):
    return resolve(tomllib.loads((DATA / name).read_text("utf-8")), path=name, day=day)


def test_each_product_has_its_drug_code_and_the_units_of_one_billing_unit():
    found = {name: (d.code.value, int(d.billing_unit.value)) for name, d in knowledge().codes.drugs.items()}
    assert found == {
        "onabotulinumtoxinA": ("J0585", 1),
        "abobotulinumtoxinA": ("J0586", 5),
        "rimabotulinumtoxinB": ("J0587", 100),
        "incobotulinumtoxinA": ("J0588", 1),
        "daxibotulinumtoxinA": ("J0589", 1),
    }


def test_every_vial_on_a_us_label_holds_whole_billing_units():
    for product, drug in knowledge().codes.drugs.items():
        label = knowledge().label(product, Region.US)
        assert label is not None
        assert label.vials is not None
        assert all(Decimal(vial) % drug.billing_unit.value == 0 for vial in label.vials.value)


def test_a_product_without_a_code_has_none():
    assert knowledge().codes.drug("neuronox") is None


def test_the_procedure_is_the_neck_and_no_other_place():
    codes = knowledge().codes
    assert codes.procedure.code.value == "64616"
    assert codes.diagnosis.code.value == "G24.3"
    assert {c.code.value for c in codes.elsewhere} == {"64612", "64615", "64617"}
    assert {how: addon.code.value for how, addon in codes.addons.items()} == {
        Guidance.EMG: "95874",
        Guidance.STIMULATION: "95873",
        Guidance.ULTRASOUND: "76942",
    }


def test_labels_are_short_words_of_our_own():
    codes = knowledge().codes
    labels = [
        codes.procedure.label,
        *(a.label for a in codes.addons.values()),
        *(c.label for c in codes.elsewhere),
    ]
    owners = re.compile(
        r"chemodenervat|electrical stimulation for|imaging supervision|unilateral|bilateral", re.I
    )
    assert all(len(label) <= 60 and not owners.search(label) for label in labels)


def test_no_descriptor_wording_stands_in_any_billing_file():
    text = "\n".join(path.read_text("utf-8") for path in OWN)
    assert not re.search(r"chemodenervation|snomed", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("day", "since", "limits"),
    [
        (date(2026, 4, 1), date(2026, 4, 1), ["6.512", "8.903", "13.283", "5.289", "3.093"]),
        (date(2026, 6, 30), date(2026, 4, 1), ["6.512", "8.903", "13.283", "5.289", "3.093"]),
        (date(2026, 7, 1), date(2026, 7, 1), ["6.506", "8.946", "13.287", "5.285", "3.067"]),
        (date(2026, 11, 10), date(2026, 7, 1), ["6.506", "8.946", "13.287", "5.285", "3.067"]),
    ],
)
def test_the_price_list_in_force_is_the_newest_that_had_begun(day: date, since: date, limits: list[str]):
    prices = in_force(load(day).price_lists, region=Region.US, day=day)
    assert prices is not None
    assert prices.since == since
    codes = ("J0585", "J0586", "J0587", "J0588", "J0589")
    assert [prices.payment_limits[c].value for c in codes] == [Decimal(x) for x in limits]
    assert prices.out_of_date(day) is (day == date(2026, 11, 10))


def test_one_vial_costs_what_the_list_and_the_billing_unit_say():
    prices = in_force(knowledge().price_lists, region=Region.US, day=VISIT)
    assert prices is not None
    printed = {
        ("onabotulinumtoxinA", 100): "650.60",
        ("onabotulinumtoxinA", 200): "1301.20",
        ("abobotulinumtoxinA", 300): "536.76",
        ("abobotulinumtoxinA", 500): "894.60",
        ("rimabotulinumtoxinB", 2500): "332.18",
        ("rimabotulinumtoxinB", 5000): "664.35",
        ("rimabotulinumtoxinB", 10000): "1328.70",
        ("incobotulinumtoxinA", 100): "528.50",
        ("incobotulinumtoxinA", 200): "1057.00",
        ("daxibotulinumtoxinA", 100): "306.70",
    }
    for (product, units), dollars in printed.items():
        drug = knowledge().codes.drugs[product]
        limit = prices.payment_limits[drug.code.value].value
        assert abs(limit * units / drug.billing_unit.value - Decimal(dollars)) <= Decimal("0.005")


def test_there_is_no_price_list_before_the_first_or_outside_its_region():
    lists = knowledge().price_lists
    assert in_force(lists, region=Region.US, day=date(2026, 3, 31)) is None
    assert in_force(lists, region=Region.UK, day=VISIT) is None


def test_a_list_loaded_for_an_earlier_day_is_empty_and_knows_no_fee():
    later = load(date(2025, 6, 1)).price_lists[-1]
    assert later.payment_limits == {}
    assert later.fee("neck_one_side", Setting.OFFICE) is None


def test_the_fee_is_the_relative_value_times_the_factor_by_setting():
    prices = knowledge().price_lists[-1]
    office, facility = (prices.fee("neck_one_side", setting) for setting in Setting)
    assert office == Decimal("4.30") * Decimal("33.4009")
    assert facility == Decimal("2.98") * Decimal("33.4009")
    assert prices.fee("ultrasound", Setting.FACILITY) is None
    assert prices.fee("emg", Setting.OFFICE) is None


def test_the_yearly_figures_change_with_the_year_and_a_missing_year_stays_missing():
    share = load(date(2027, 3, 1)).yearly_share
    assert {year: entry.value for year, entry in share.medicare_deductible.items()} == {2026: 283}
    found = {
        kind: {year: int(entry.value) for year, entry in years.items()}
        for kind, years in share.legal_limits.items()
    }
    assert found == {
        "one_person": {2024: 9450, 2025: 9200, 2026: 10600, 2027: 12000},
        "family": {2024: 18900, 2025: 18400, 2026: 21200, 2027: 24000},
        "savings_account_one_person": {2026: 8500},
        "savings_account_family": {2026: 17000},
    }


def test_both_payers_are_known_and_an_unknown_one_is_refused_with_their_names():
    assert set(knowledge().payers) == {"medicare", "commercial_example"}
    with pytest.raises(BadInput, match="commercial_example, medicare"):
        knowledge().payer("nobody")


def test_every_check_is_used_by_some_payer():
    used = {c.check for payer in knowledge().payers.values() for c in payer.criteria}
    assert used == set(Check)


def test_every_billing_source_in_the_bibliography_is_used():
    text = (DATA / "references/billing.bib").read_text("utf-8")
    own = set(re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE))
    used = set(re.findall(r'source = "(\w+)"', "\n".join(path.read_text("utf-8") for path in OWN)))
    assert own <= used


def test_a_criterion_that_asks_for_words_has_no_number():
    payer = knowledge().payer("medicare")
    with pytest.raises(KnowledgeError, match="asks for a number"):
        _ = payer.criteria[0].number


def changed(name: str, old: str, new: str, day: date = VISIT):
    text = (DATA / name).read_text("utf-8")
    assert old in text
    return resolve(tomllib.loads(text.replace(old, new, 1)), path=name, day=day)


def test_a_broken_codes_file_is_refused_by_name():
    with pytest.raises(KnowledgeError, match="no product"):
        build_codes(changed("codes_us.toml", "[drug.onabotulinumtoxinA]", "[drug.water]"))
    with pytest.raises(KnowledgeError, match="no guidance"):
        build_codes(changed("codes_us.toml", "[addon.emg]", "[addon.luck]"))
    with pytest.raises(KnowledgeError, match="more than 0"):
        build_codes(changed("codes_us.toml", "value = 5, unit", "value = 0, unit"))


def test_a_broken_payer_file_is_refused_by_name():
    with pytest.raises(KnowledgeError, match="one_line, right_and_left_lines"):
        build_payer(changed("payers/medicare.toml", 'value = "one_line"', 'value = "somehow"'))
    with pytest.raises(KnowledgeError, match="stands twice"):
        build_payer(changed("payers/medicare.toml", 'id = "interval"', 'id = "diagnosis"'))


def test_a_broken_price_file_is_refused_by_name():
    name = "prices/2026-07-01.toml"
    with pytest.raises(KnowledgeError, match="do not add up"):
        build_price_list(changed(name, "value = 2.31", "value = 2.32"))
    with pytest.raises(KnowledgeError, match="does not come after"):
        build_price_list(changed(name, "to = 2026-10-01", "to = 2026-07-01"))
    with pytest.raises(KnowledgeError, match="a date is wanted"):
        build_price_list(changed(name, "to = 2026-10-01", 'to = "soon"'))
    with pytest.raises(KnowledgeError, match="a table is wanted"):
        build_price_list({"from": date(2026, 7, 1)})


def test_prices_are_kept_in_dated_files_and_not_in_code():
    assert sorted(p.name for p in (DATA / "prices").iterdir()) == ["2026-04-01.toml", "2026-07-01.toml"]
    code = Path(DATA).parents[1]
    for path in [*(code / "billing").glob("*.py"), code / "knowledge/prices.py"]:
        assert not re.search(r"J058\d|646\d\d|33\.4009|\b283\b|6\.506", path.read_text("utf-8")), path
