"""Whom virtual trials draw, typed: make-up of the people, mixture of postures, published baselines to match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Muscle, Pattern
from collis.sources import Sourced

Number = Sourced[Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """The make-up of the people: ages, sex, years of disease, earlier treatment, spread of the parts, tremor grades."""

    age_mean: Number
    age_sd: Number
    age_range: Sourced[tuple[Decimal, Decimal]]
    female: Number
    years_mean: Number
    years_sd: Number
    youngest_onset: Number
    treated: Number
    parts_log_sd: Number
    tremor_grades: Sourced[tuple[Decimal, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """Mean and spread of the angle of a main and of a further form (degrees); the share of marked shifts."""

    main_deg: Sourced[tuple[Decimal, ...]]
    further_deg: Sourced[tuple[Decimal, ...]]
    least_deg: Number
    marked_shift: Number


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """How often an examiner feels a driving muscle overactive and another one quiet; how many are felt."""

    overactive_found: Number
    quiet_found: Number
    felt: Number


@dataclass(frozen=True, kw_only=True, slots=True)
class Subtype:
    """One form of the mixture: its patterns, the main one first, and its share (0 to 1)."""

    key: str
    patterns: tuple[Pattern, ...]
    share: float

    @property
    def pure(self) -> bool:
        """Whether one pattern stands alone."""
        return len(self.patterns) == 1


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedBaseline:
    """What one study printed of its people; None where it did not. `female` in percent."""

    key: str
    age_mean: Number | None
    age_sd: Number | None
    female: Number | None
    years_mean: Number | None
    years_sd: Number | None
    total_mean: Number | None
    total_sd: Number | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Populations:
    """All of it; `splits` says how trials of a plan or product split a session over muscles, shares summing to 1."""

    base: Base
    size: Sizes
    examined: Examined
    textbook_muscles: Number
    responder_percent: Number
    subtypes: tuple[Subtype, ...]
    published: Mapping[str, PublishedBaseline]
    splits: Mapping[str, Mapping[Muscle, float]]

    def baseline_of(self, key: str) -> PublishedBaseline:
        """The published baseline of that name; an unknown one is refused with the names there are."""
        found = self.published.get(key)
        if found is None:
            raise BadInput(
                where="from", read=repr(key), expected=f"one of {', '.join(sorted(self.published))}"
            )
        return found

    def split_of(self, product: str, *, serotype_b: bool) -> Mapping[Muscle, float]:
        """How the trials of a product split a session over muscles."""
        found = self.splits.get("type_b" if serotype_b else product)
        if found is None:
            raise BadInput(where="product", read=product, expected=f"one of {', '.join(sorted(self.splits))}")
        return found


def build_populations(table: Mapping[str, object], safety: Mapping[str, object]) -> Populations:
    """The typed value from the resolved tables; `safety` is the file of published adverse events with its splits."""
    fields = Fields(table, "evidence.populations")
    base, size, examined = fields.table("base"), fields.table("size"), fields.table("examined")
    textbook, counted = fields.table("textbook"), fields.table("counted")
    found = Populations(
        base=Base(
            age_mean=base.number("age_mean"),
            age_sd=base.number("age_sd"),
            age_range=base.limits("age_range"),
            female=base.number("female"),
            years_mean=base.number("years_mean"),
            years_sd=base.number("years_sd"),
            youngest_onset=base.number("youngest_onset"),
            treated=base.number("treated"),
            parts_log_sd=base.number("parts_log_sd"),
            tremor_grades=base.numbers("tremor_grades"),
        ),
        size=Sizes(
            main_deg=size.numbers("main_deg"),
            further_deg=size.numbers("further_deg"),
            least_deg=size.number("least_deg"),
            marked_shift=size.number("marked_shift"),
        ),
        examined=Examined(
            overactive_found=examined.number("overactive_found"),
            quiet_found=examined.number("quiet_found"),
            felt=examined.number("felt"),
        ),
        textbook_muscles=textbook.number("most_muscles"),
        responder_percent=counted.number("responder"),
        subtypes=tuple(_subtype(row) for row in fields.rows("subtype")),
        published=MappingProxyType({b.key: b for b in map(_published, fields.rows("published"))}),
        splits=_splits(safety),
    )
    for part in (base, size, examined, textbook, counted, fields):
        part.finish()
    total = sum(s.share for s in found.subtypes)
    if abs(total - 1.0) > 1e-9:
        raise KnowledgeError(
            f"evidence.populations: the shares of the subtypes sum to {100 * total:g} percent."
        )
    return found


def _subtype(row: Fields) -> Subtype:
    key = row.word("id")
    try:
        patterns = tuple(Pattern(name) for name in key.split("+"))
    except ValueError as error:
        raise KnowledgeError(f"{row.place}: {error}.") from None
    share = float(row.number("share").value) / 100
    row.finish()
    return Subtype(key=key, patterns=patterns, share=share)


def _published(row: Fields) -> PublishedBaseline:
    key = row.word("id")

    def optional(name: str) -> Number | None:
        return row.number(name) if name in row else None

    found = PublishedBaseline(
        key=key,
        age_mean=optional("age_mean"),
        age_sd=optional("age_sd"),
        female=optional("female"),
        years_mean=optional("years_mean"),
        years_sd=optional("years_sd"),
        total_mean=optional("total_mean"),
        total_sd=optional("total_sd"),
    )
    row.finish()
    return found


def _splits(safety: Mapping[str, object]) -> Mapping[str, Mapping[Muscle, float]]:
    found: dict[str, Mapping[Muscle, float]] = {}
    for name, plan in Fields(safety, "evidence.trial_safety").tables("plan"):
        shares = plan.entry("shares").value
        if not isinstance(shares, Mapping):
            raise KnowledgeError(f"{plan.place}: shares by muscle are wanted.")
        found[name] = MappingProxyType({Muscle(muscle): float(share) for muscle, share in shares.items()})
    return MappingProxyType(found)
