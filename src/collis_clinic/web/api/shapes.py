"""The shapes of requests and answers. A number is exact: in answers text such as "12.5", in requests text or number.

NULL means that nobody recorded it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator

from collis.knowledge.names import PRODUCTS, Guidance, Muscle
from collis.side import Side
from collis_clinic.audit.recorded import refuse_unwritable

LONGEST = 400


def short_enough(number: Decimal) -> Decimal:
    """The number, if it can be written out."""
    if abs(number.adjusted()) > LONGEST or len(number.as_tuple().digits) > LONGEST:
        raise ValueError("a number too long to be written out")
    return number


Amount = Annotated[Decimal, Field(allow_inf_nan=False), AfterValidator(short_enough)]
"""A number as sent; how large it may be is said by the part that keeps it, with the limit and its source."""
Answer = Literal["yes", "no", "unknown"]
Version = Annotated[int, Field(ge=0, le=2_147_483_647, description="As read; 0 where there is no row yet.")]
Words = Annotated[str, StringConstraints(max_length=2000)]
Line = Annotated[str, StringConstraints(max_length=300)]


def known_product(name: str) -> str:
    """The name, if it is a product's."""
    if name not in PRODUCTS:
        raise ValueError(f"expected one of {', '.join(PRODUCTS)}")
    return name


Product = Annotated[str, AfterValidator(known_product), Field(json_schema_extra={"enum": list(PRODUCTS)})]


class Sent(Schema):
    """What a caller sends: unknown names are refused, and so is text no database keeps."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def writable(cls, value: Any) -> Any:
        """The value, unless a text in it holds a NUL or half a character."""
        try:
            refuse_unwritable(value)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from None
        return value


class Me(Schema):
    """Who asks: role, what it may do, and the token that every change sends back as X-CSRFToken."""

    pseudonym: UUID
    role: str
    actions: list[str]
    csrf_token: str


class EpisodeOut(Schema):
    """One course of treatment."""

    id: UUID
    indication: str
    diagnosis_code: str | None
    started_on: date
    closed_on: date | None


class PatientOut(Schema):
    """A patient by pseudonym."""

    id: UUID
    code: str
    region: str
    sex: str | None
    onset_age_years: int | None
    restricted: bool
    episodes: list[EpisodeOut]
    visits: int
    last_session_on: date | None
    open_tasks: int


class VisitOut(Schema):
    """One visit in a list."""

    id: UUID
    on: date
    kind: str
    state: str
    session_state: str | None
    product: str | None
    outcome: str | None


class LineOut(Schema):
    """One site: planned beside given."""

    id: UUID
    position: int
    muscle: str
    side: str
    site: int
    planned_units: str | None
    planned_ml: str | None
    planned_guidance: str | None
    given_units: str | None
    given_ml: str | None
    guidance: str | None


class SessionOut(Schema):
    """A session with its lines; `version` goes back with a change."""

    id: UUID
    visit: UUID
    on: date
    version: int
    state: str
    outcome: str | None
    product: str | None
    plan_name: str | None
    planned_total: str | None
    given_total: str | None
    signed_at: datetime | None
    versions: int
    lines: list[LineOut]


class LedgerOut(Schema):
    """One toxin treatment, wherever given."""

    id: UUID
    on: date | None
    source: str
    product: str | None
    units: str | None
    indication: str
    in_neck: str | None


class PlanOut(Schema):
    """A kept plan: what was asked, with which knowledge, and the verdict's level."""

    id: UUID
    kind: str
    recorded_at: datetime
    level: str
    program_version: str
    knowledge_version: str
    seed: int
    digest: str


class PlanWhole(PlanOut):
    """A kept plan with its answer and the case it answered, without identity."""

    case_document: str
    result: dict[str, Any]


class AssessmentOut(Schema):
    """The short assessment as it stands."""

    id: UUID
    visit: UUID
    version: int
    benefit_percent: str | None
    onset_day: int | None
    best_week: str | None
    faded_week: str | None
    side_effects_asked: str | None
    pain: str | None
    goals: list[str] | None
    weight_kg: str | None
    thin_neck: str | None
    sensory_trick: str | None
    posture: dict[str, Any] | None
    ranges: list[dict[str, Any]] | None
    findings: list[dict[str, Any]] | None
    note: str | None


class AssessmentIn(Sent):
    """Fields to set; those left out stay as they are, `null` clears."""

    version: Version
    benefit_percent: Amount | None = None
    onset_day: int | None = None
    best_week: Amount | None = None
    faded_week: Amount | None = None
    side_effects_asked: Answer | None = None
    pain: Amount | None = None
    goals: Annotated[list[Line], Field(max_length=20)] | None = None
    weight_kg: Amount | None = None
    thin_neck: Answer | None = None
    sensory_trick: Answer | None = None
    posture: dict[str, dict[str, str | int | None]] | None = Field(
        None, description="The table [examination.posture] of the case file."
    )
    ranges: Annotated[list[dict[str, str | int | None]], Field(max_length=40)] | None = None
    findings: Annotated[list[dict[str, str | list[str]]], Field(max_length=80)] | None = None
    note: Words | None = None


class LineIn(Sent):
    """One muscle on one side: Units, mL, or both where they agree at the dilution."""

    muscle: Muscle
    side: Side
    units: Amount | None = None
    ml: Amount | None = None
    sites: Annotated[int, Field(ge=1, le=99)] = 1
    guidance: Guidance = Guidance.PALPATION


class PlanIn(Sent):
    """A plan: one product, its dilution as `vial Units/diluent mL` of the label, its lines."""

    product: Product
    strength: Annotated[str, StringConstraints(max_length=20)] | None = None
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=60)]


class LinesIn(PlanIn):
    """The plan as the session's lines: what is not named is dropped from the draft."""

    version: Version


class VialOut(Schema):
    """One vial in the cupboard."""

    id: UUID
    lot: UUID
    product: str
    number: str
    expiry: date | None
    state: str
    contents: str
    left: str
    bound: bool


class LotPatients(Schema):
    """Who was given toxin of a lot."""

    lot: UUID
    number: str
    patients: list[str]


class ErrorOut(Schema):
    """One thing to put right."""

    field: str
    text: str


class Refusal(Schema):
    """Why not."""

    errors: list[ErrorOut]


class ConflictRow(Schema):
    """One field that two people set differently."""

    field: str
    mine: str | None
    theirs: str | None


class ConflictOut(Refusal):
    """What stands now."""

    version: int
    differs: list[ConflictRow]
