"""Products and their labels, as knowledge holds them: vials, rows, doses, limits, contraindications, rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from collis.errors import KnowledgeError
from collis.knowledge.names import Muscle, Region
from collis.reasons import Level
from collis.sources import Sourced
from collis.units import decimal_of


class LimitKind(StrEnum):
    """What a limit bounds."""

    TOTAL = "total"
    TOTAL_MIN = "total_min"
    SITE = "site"
    MUSCLE = "muscle"
    MUSCLE_BOTH_SIDES = "muscle_both_sides"
    SIDES = "sides"
    CUMULATIVE = "cumulative"
    INTERVAL = "interval"
    GROUP_TOTAL = "group_total"
    INCREASE = "increase"
    VOLUME_PER_SITE = "volume_per_site"


class When(StrEnum):
    """Whether a limit holds always or only for a first (naive or unknown) session."""

    ALWAYS = "always"
    FIRST = "first"


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitFact:
    """One limit of one label (or of all), as knowledge holds it. `level` is what the rule asks once verified."""

    id: str
    rule: str
    kind: LimitKind
    level: Level
    bound: Sourced[Any]
    text: str
    when: When = When.ALWAYS
    muscles: tuple[Muscle, ...] = ()
    window: Sourced[Any] | None = None
    products: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()

    @property
    def amount(self) -> Decimal:
        """The bound as one number; refuses a range."""
        if isinstance(self.bound.value, tuple):
            raise KnowledgeError(f"{self.id}: the bound is a range, not one number.")
        return decimal_of(self.bound.value)

    @property
    def span(self) -> tuple[Decimal, Decimal]:
        """The bound as low and high."""
        low, high = self.bound.value
        return decimal_of(low), decimal_of(high)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconstitutionRow:
    """One row of a label's dilution table: vial Units, diluent mL, Units in 0.1 mL."""

    vial_units: Decimal
    diluent_ml: Decimal
    units_per_0_1ml: Decimal
    for_cd: bool
    ready: bool
    entry: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyedFact:
    """A contraindication, warning or special group: its key, level and sourced text."""

    key: str
    level: Level
    fact: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What one region's label says of one product. A field is None where the label (or we) do not know."""

    product: str
    regions: tuple[Region, ...]
    brand: str
    vials: Sourced[Any] | None
    in_use_hours: Sourced[Any] | None
    diluent: Sourced[Any] | None
    storage: Sourced[Any] | None
    needle: Sourced[Any] | None
    guidance: Sourced[Any] | None
    indication: Sourced[Any] | None
    doses: Mapping[str, Sourced[Any]]
    reconstitution: tuple[ReconstitutionRow, ...]
    limits: tuple[LimitFact, ...]
    contraindications: tuple[KeyedFact, ...]
    warnings: tuple[KeyedFact, ...]
    special_groups: tuple[KeyedFact, ...]
    muscle_shares: Mapping[Muscle, Sourced[Any]]
    shares_span_sides: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """One product. `label_verified` False means limits were never seen and nothing is inherited."""

    name: str
    short: str
    label_verified: bool
    serotype: str
    excipients: tuple[str, ...]
    dose_step: Sourced[Any] | None
    typing_slip_below: Sourced[Any] | None
    highest_total: Sourced[Any] | None
    highest_site: Sourced[Any] | None
    adverse: tuple[Mapping[str, Any], ...]
    labels: Mapping[Region, Label]

    def label(self, region: Region) -> Label | None:
        """The label of `region`, None where there is none."""
        return self.labels.get(region)

    @property
    def muscle_shares(self) -> Mapping[Muscle, Sourced[Any]]:
        """The share of a session (percent) that trials of this product gave each muscle, from any of its labels."""
        shares: dict[Muscle, Sourced[Any]] = {}
        for label in self.labels.values():
            for muscle, share in label.muscle_shares.items():
                shares.setdefault(muscle, share)
        return shares

    @property
    def shares_span_sides(self) -> bool:
        """Whether those shares count a muscle's two sides together; else each is of one side."""
        return any(label.shares_span_sides for label in self.labels.values())


def build_limit(table: Mapping[str, Any], *, regions: Sequence[str], products: Sequence[str]) -> LimitFact:
    """A limit from its resolved table; refuses a missing bound, an unknown kind, muscle or level."""
    name = table.get("id", "?")
    try:
        return LimitFact(
            id=table["id"],
            rule=table["rule"],
            kind=LimitKind(table["kind"]),
            level=Level(table["level"]),
            bound=table["bound"],
            text=table["text"],
            when=When(table.get("when", "always")),
            muscles=tuple(Muscle(m) for m in table.get("muscles", ())),
            window=table.get("window"),
            products=tuple(table.get("products", products)),
            regions=tuple(Region(r) for r in table.get("regions", regions)),
        )
    except (KeyError, ValueError) as error:
        raise KnowledgeError(f"limit {name}: {error}") from error


def _row(table: Mapping[str, Any]) -> ReconstitutionRow:
    entry: Sourced[Any] = table["row"]
    value = entry.value
    return ReconstitutionRow(
        vial_units=decimal_of(value["vial_units"]),
        diluent_ml=decimal_of(value["diluent_ml"]),
        units_per_0_1ml=decimal_of(value["units_per_0_1ml"]),
        for_cd=bool(table.get("for_cd", False)),
        ready=bool(table.get("ready", False)),
        entry=entry,
    )


def _facts(tables: Sequence[Mapping[str, Any]], name: str) -> tuple[KeyedFact, ...]:
    return tuple(
        KeyedFact(key=t.get("key") or t[name], level=Level(t.get("level", "warn")), fact=t["fact"])
        for t in tables
        if "fact" in t
    )


def build_label(table: Mapping[str, Any]) -> Label:
    """A label from the resolved tables of a region file."""
    regions = tuple(Region(r) for r in table["regions"])
    return Label(
        product=table["product"],
        regions=regions,
        brand=table.get("brand", ""),
        vials=table.get("vials"),
        in_use_hours=table.get("in_use_hours"),
        diluent=table.get("diluent"),
        storage=table.get("storage"),
        needle=table.get("needle"),
        guidance=table.get("guidance"),
        indication=table.get("indication"),
        doses=table.get("doses", {}),
        reconstitution=tuple(_row(t) for t in table.get("reconstitution", ()) if "row" in t),
        limits=tuple(
            build_limit(t, regions=table["regions"], products=[table["product"]])
            for t in table.get("limit", ())
            if "bound" in t
        ),
        contraindications=_facts(table.get("contraindication", ()), "key"),
        warnings=_facts(table.get("warning", ()), "key"),
        special_groups=_facts(table.get("special_group", ()), "group"),
        muscle_shares={
            Muscle(name): share
            for t in table.get("label_muscle", ())
            for name in t["muscles"]
            if (share := t.get("median_share") or t.get("mean_share")) is not None
        },
        shares_span_sides=any("mean_share" in t for t in table.get("label_muscle", ())),
    )


def build_product(identity: Mapping[str, Any], labels: Sequence[Label]) -> Product:
    """A product from its identity tables and its labels; refuses two labels for one region."""
    by_region: dict[Region, Label] = {}
    for label in labels:
        for region in label.regions:
            if region in by_region:
                raise KnowledgeError(f"{identity['name']}: two label files name region {region}.")
            by_region[region] = label
    serotype = identity.get("serotype")
    return Product(
        name=identity["name"],
        short=identity["short"],
        label_verified=bool(identity["label_verified"]),
        serotype=str(serotype.value) if isinstance(serotype, Sourced) else "",
        excipients=tuple(e["name"] for e in identity.get("excipient", ())),
        dose_step=identity.get("dose_step"),
        typing_slip_below=identity.get("typing_slip_below"),
        highest_total=identity.get("highest_total_any_source"),
        highest_site=identity.get("highest_site_any_source"),
        adverse=tuple(identity.get("adverse", ())),
        labels=by_region,
    )
