"""What was answered before treatment, what was done before, how it was rated, what the patient wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from collis.case.patient import Answer
from collis.case.session import OtherToxin, Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One safety question: the answer and what was said with it."""

    answer: Answer = Answer.UNKNOWN
    detail: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Medicines:
    """What the patient takes. `names` are generic names; an INR counts only with its date."""

    answer: Answer = Answer.UNKNOWN
    names: tuple[str, ...] = ()
    inr: Decimal | None = None
    inr_on: date | None = None
    platelets_low: Answer = Answer.UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class SafetyAnswers:
    """The questions asked before every plan. Each is yes, no or unknown, and unknown never counts as no."""

    toxin_naive: Answer = Answer.UNKNOWN
    toxin_elsewhere: Answer = Answer.UNKNOWN
    other_toxin: tuple[OtherToxin, ...] = ()
    swallowing: Asked = field(default_factory=Asked)
    breathing: Asked = field(default_factory=Asked)
    voice: Asked = field(default_factory=Asked)
    lung_disease: Asked = field(default_factory=Asked)
    allergies: Asked = field(default_factory=Asked)
    albumin_refused: Asked = field(default_factory=Asked)
    infection_at_site: Asked = field(default_factory=Asked)
    neuromuscular_disease: Asked = field(default_factory=Asked)
    pregnancy: Asked = field(default_factory=Asked)
    breastfeeding: Asked = field(default_factory=Asked)
    neck_surgery: Asked = field(default_factory=Asked)
    medicines: Medicines = field(default_factory=Medicines)


class FlagAnswer(StrEnum):
    """The answer to a red flag."""

    NO = "no"
    YES = "yes"
    CLEARED = "cleared"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagReply:
    """A red flag as answered. Cleared wants what was done and when."""

    answer: FlagAnswer = FlagAnswer.UNKNOWN
    done: str = ""
    by: str = ""
    on: date | None = None


class ScaleName(StrEnum):
    """Scores a case file may carry."""

    TWSTRS_TOTAL = "twstrs_total"
    TWSTRS_SEVERITY = "twstrs_severity"
    TWSTRS_DISABILITY = "twstrs_disability"
    TWSTRS_PAIN = "twstrs_pain"
    TSUI = "tsui"
    PAIN_NRS = "pain_nrs"
    PGI_C = "pgi_c"
    CGI_C = "cgi_c"
    PHQ9 = "phq9"
    GAD7 = "gad7"
    CDIP58 = "cdip58"
    CDQ24 = "cdq24"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rating:
    """One score on one day."""

    on: date
    scale: ScaleName
    score: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Past neck sessions, the scores, and the patient's goals in their own words (three at most).

    Sessions and ratings stand oldest first, in whatever order they are given.
    """

    sessions: tuple[Session, ...] = ()
    ratings: tuple[Rating, ...] = ()
    goals: tuple[str, ...] = ()
    onset_age_years: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sessions", tuple(sorted(self.sessions, key=lambda s: s.on)))
        object.__setattr__(self, "ratings", tuple(sorted(self.ratings, key=lambda r: r.on)))

    @property
    def last(self) -> Session | None:
        """The latest neck session."""
        return max(self.sessions, key=lambda s: s.on, default=None)
