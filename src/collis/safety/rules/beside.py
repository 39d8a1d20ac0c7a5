"""What speaks beside the numbered rules: the screen, and what the label says of this patient and these muscles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from collis.case.patient import Answer
from collis.knowledge.names import Muscle, Pattern
from collis.knowledge.products import KeyedFact
from collis.knowledge.redflags import Tier
from collis.reasons import Ground, Kind, Level, Reason
from collis.safety.question import Question
from collis.safety.rules.lines import capital
from collis.safety.screen import ScreenItem, screen
from collis.sources import Grade

SCREEN = "SCREEN"
LABEL = "LABEL"

OF_MUSCLE = {"levator": (Muscle.LEVATOR_SCAPULAE, 1), "neck_weakness": (Muscle.SPLENIUS_CAPITIS, 2)}
"""Label warnings about one muscle, with the number of sides from which they hold."""

FRONT_OR_BACK = frozenset(
    {
        Pattern.ANTECAPUT,
        Pattern.ANTECOLLIS,
        Pattern.RETROCAPUT,
        Pattern.RETROCOLLIS,
        Pattern.ANTERIOR_SAGITTAL_SHIFT,
        Pattern.POSTERIOR_SAGITTAL_SHIFT,
    }
)


def _always(question: Question) -> bool:
    return True


def _first(question: Question) -> bool:
    return question.case.doses_as_naive


def _front_or_back_alone(question: Question) -> bool:
    patterns = {component.pattern for component in question.posture}
    return bool(patterns) and patterns.issubset(FRONT_OR_BACK)


REMARKS: Mapping[str, Callable[[Question], bool]] = {
    "cardiovascular": _always,
    "muscle_table": _always,
    "limit_scm": lambda question: bool(question.plan.sides_of(Muscle.STERNOCLEIDOMASTOID)),
    "respiratory": lambda question: question.case.safety.lung_disease.answer is Answer.YES,
    "naive_exposure": _first,
    "first_session_table": _first,
    "studied_forms": _front_or_back_alone,
}
"""Label warnings that ask for no answer of their own, each with when it is worth a remark.

The other warnings of a label speak through a rule (`both_scm` R22, `halve_for_anterocollis` R24, `small_neck` R45,
`boxed_spread` R51, `albumin` R06, `count_all_toxin` R15) or are for the talk with the patient, not for a dose
(`dysphagia_course`, `driving`, `blood_glucose`, `heart_rate`).
"""


def screened(question: Question) -> Iterator[Reason]:
    """A standing stop or hold refuses; unanswered stops, and holds at a first visit, leave nothing to judge by."""
    found = screen(question.case, question.knowledge)
    for item in (*found.stop, *found.hold):
        yield Reason(
            rule=item.flag.id,
            level=Level.REFUSE,
            what=item.what,
            action=f"Work it up first; cleared by: {'; '.join(item.clears)}.",
            harm=10,
            ground=Ground.of(item.flag.points_to),
            overridable=item.flag.tier is not Tier.STOP,
        )
    for item in found.unanswered:
        if _needed(item, question):
            words = item.flag.key.replace("_", " ")
            yield Reason(
                rule=SCREEN,
                level=Level.CANNOT_JUDGE,
                what=f"Cannot judge yet: {words} not answered.",
                action=item.flag.question.value,
                harm=10 if item.flag.tier is Tier.STOP else 8,
                asks=words,
            )
    for item in found.caution:
        if not item.flag.answered_by:  # the others have a rule of their own
            yield Reason(
                rule=item.flag.id, level=Level.ALLOW, what=item.what, kind=Kind.NOTE, harm=1,
                ground=Ground.of(item.flag.points_to),
            )  # fmt: skip


def _needed(item: ScreenItem, question: Question) -> bool:
    first_visit = not question.case.history.sessions
    return item.flag.tier is Tier.STOP or (item.flag.tier is Tier.HOLD and first_visit)


def label_says(question: Question) -> Iterator[Reason]:
    """Old age where the label asks for a low start, and warnings of the label about a planned muscle."""
    if question.label is None:
        return
    age = question.case.patient.age_years
    for group in question.label.special_groups:
        if group.key.startswith("over_") and age is not None and age >= int(group.key.removeprefix("over_")):
            yield _said(group, f"Age {age} years; label: {group.fact.value}.", "Begin low.")
    for warning in question.label.warnings:
        if warning.key in OF_MUSCLE:
            muscle, sides = OF_MUSCLE[warning.key]
            if len(question.plan.sides_of(muscle)) >= sides:
                yield _said(
                    warning,
                    f"{capital(muscle.words)} is planned; label: {warning.fact.value}.",
                    "Keep it low.",
                )
        elif warning.key in REMARKS and REMARKS[warning.key](question):
            said = f"{warning.fact.value}."
            what = f"Label: {said}" if warning.fact.grade is Grade.LABEL else capital(said)
            yield Reason(
                rule=LABEL, level=Level.ALLOW, what=what, kind=Kind.NOTE, harm=1,
                ground=Ground.of(warning.fact),
            )  # fmt: skip


def _said(fact: KeyedFact, what: str, action: str) -> Reason:
    calm = fact.level is Level.ALLOW
    return Reason(
        rule=LABEL,
        level=fact.level,
        what=what,
        action="" if calm else action,
        kind=Kind.NOTE if calm else Kind.CLINICAL,
        harm=3,
        ground=Ground.of(fact.fact),
    )
