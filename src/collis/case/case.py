"""The case: everything a consultation starts from, as one frozen value with the visit date in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from collis.case.examination import Examination
from collis.case.history import FlagReply, History, SafetyAnswers
from collis.case.patient import Answer, Patient
from collis.case.plan import Plan
from collis.case.preparation import Preparation
from collis.case.session import Session
from collis.errors import BadInput
from collis.knowledge.names import Guidance, Muscle, Region


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is asked for: the product, the guidance at hand, the muscles this injector treats.

    `muscles` empty means every muscle. `as_typed` is a plan the clinician wrote, to be checked as it stands.
    """

    product: str | None = None
    guidance: tuple[Guidance, ...] = (Guidance.PALPATION,)
    muscles: tuple[Muscle, ...] = ()
    plan: Plan | None = None
    preparation: Preparation | None = None
    consent_warnings: Answer = Answer.UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One patient at one visit. `date` is the visit; None is allowed for screening and ranking only."""

    schema: int = 1
    region: Region
    date: date | None = None
    patient: Patient = field(default_factory=Patient)
    examination: Examination = field(default_factory=Examination)
    flags: Mapping[str, FlagReply] = field(default_factory=dict)
    safety: SafetyAnswers = field(default_factory=SafetyAnswers)
    history: History = field(default_factory=History)
    request: Request = field(default_factory=Request)

    def __post_init__(self) -> None:
        treated = self.history.sessions or self.safety.other_toxin
        if self.safety.toxin_naive is Answer.YES and treated:
            raise BadInput(
                where="safety.toxin_naive",
                read="yes beside recorded toxin treatment",
                expected="no where a session or other toxin is recorded",
            )
        for session in self.history.sessions:
            if self.date is not None and session.on > self.date:
                raise BadInput(
                    where="history.session",
                    read=f"a session of {session.on}",
                    expected=f"a day not after the visit of {self.date}",
                )

    @property
    def naive(self) -> Answer:
        """Whether the patient never had toxin: yes, no, or unknown. Recorded sessions settle it."""
        if self.history.sessions:
            return Answer.NO
        return self.safety.toxin_naive

    @property
    def doses_as_naive(self) -> bool:
        """Unknown history is dosed as naive."""
        return self.naive is not Answer.NO

    @property
    def last_session(self) -> Session | None:
        """The latest recorded neck session."""
        return self.history.last
