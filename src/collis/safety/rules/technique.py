"""Rules on how and where: guidance, side against posture, levator for a forward head, a score to measure by."""

from __future__ import annotations

from collections.abc import Iterator

from collis.case.examination import FindingKind
from collis.case.history import FlagAnswer, ScaleName
from collis.case.patient import Answer
from collis.case.posture import Component
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Pattern
from collis.reasons import Ground, Level, Reason
from collis.safety.question import Question
from collis.safety.rules.doses import FORWARD
from collis.safety.rules.lines import capital, line, note, unasked
from collis.side import Side, sides_for

BASELINES = frozenset({ScaleName.TWSTRS_TOTAL, ScaleName.TWSTRS_SEVERITY, ScaleName.TSUI})

ACTIVE = frozenset(
    {FindingKind.OVERACTIVE, FindingKind.HYPERTROPHY, FindingKind.EMG_ACTIVE, FindingKind.ULTRASOUND_THICK}
)


def r29(question: Question) -> Iterator[Reason]:
    """A muscle that needs an image, planned without one; by touch alone the deep and hazardous ones are refused."""
    for injection in question.plan.injections:
        facts = question.knowledge.muscles[injection.muscle]
        by_touch = injection.guidance is Guidance.PALPATION
        refused = by_touch and facts.holds("palpation_refused")
        if not refused and not (facts.image_required and injection.guidance is not Guidance.ULTRASOUND):
            continue
        entry = facts.facts["palpation_refused" if refused else "guidance"]
        hazard = ", ".join(facts.words("hazard"))
        yield line(
            "R29",
            Level.REFUSE if refused else Level.WARN,
            f"{capital(str(injection.where))} {injection.guidance.words}; near it: {hazard}.",
            "Use ultrasound, or leave it out.",
            ground=Ground.of(entry),
        )
    surgery = question.case.safety.neck_surgery
    if surgery.answer is Answer.UNKNOWN:
        yield unasked("R29", "neck surgery")
    elif surgery.answer is Answer.YES:
        said = f" ({surgery.detail})" if surgery.detail else ""
        yield line(
            "R29",
            Level.WARN,
            f"The neck was operated on{said}; the anatomy is altered.",
            "Use imaging: landmarks may have moved.",
            ground=Ground.of(question.knowledge.fact("screening", "surgery", "landmarks")),
        )


def r47(question: Question) -> Iterator[Reason]:
    """A muscle planned only on the side that the posture does not call for."""
    for muscle in dict.fromkeys(i.muscle for i in question.plan.injections):
        planned = set(question.plan.sides_of(muscle))
        called = _called(question, muscle)
        if planned and called and not planned & set(called) and not _found_active(question, muscle, planned):
            side = next(iter(called))
            here = capital(str(MuscleSide(muscle, side.mirrored)))
            yield line(
                "R47",
                Level.WARN,
                f"{here} is planned; {called[side]} calls for the {side.word}.",
                "Look at the posture and the side again.",
                ground=Ground.of(question.knowledge.fact("screening", "posture", "called_side")),
            )


def _called(question: Question, muscle: Muscle) -> dict[Side, str]:
    """The sides on which some part of the posture calls for a muscle, each with that part in words.

    Where sources disagree on the side of a muscle, both sides are taken as called for.
    """
    called: dict[Side, str] = {}
    for component in question.posture:
        for pattern, toward in _parts(question, component):
            for row in question.knowledge.patterns[pattern].muscles:
                if row.muscle is muscle:
                    sides = tuple(Side) if toward is None or row.held_back else sides_for(row.side, toward)
                    for side in sides:
                        called.setdefault(side, component.words)
    return called


def _parts(question: Question, component: Component) -> Iterator[tuple[Pattern, Side | None]]:
    """A component, and the two angles a shift stands for."""
    yield component.pattern, component.toward
    for pattern, relation in question.knowledge.patterns[component.pattern].components:
        yield pattern, None if component.toward is None else sides_for(relation, component.toward)[0]


def _found_active(question: Question, muscle: Muscle, sides: set[Side]) -> bool:
    """Whether the muscle was found active on a planned side."""
    return any(
        finding.where.muscle is muscle and finding.where.side in sides and ACTIVE & set(finding.kinds)
        for finding in question.case.examination.findings
    )


def r48(question: Question) -> Iterator[Reason]:
    """No score to tell the effect by."""
    if not any(rating.scale in BASELINES for rating in question.case.history.ratings):
        yield note(
            "R48", "No TWSTRS or Tsui score is on record.", "Score today, so that the effect can be told."
        )


def r52(question: Question) -> Iterator[Reason]:
    """The levator scapulae for pure forward flexion, or any muscle for a forward neck in parkinsonism."""
    yield from _in_parkinsonism(question)
    forward = [c for c in question.posture if c.pattern in FORWARD]
    pure = bool(forward) and all(c.pattern in FORWARD for c in question.posture)
    if pure and question.plan.sides_of(Muscle.LEVATOR_SCAPULAE):
        yield line(
            "R52",
            Level.WARN,
            "Levator scapulae is planned for a head that only bends forward; it helps little and head drop often "
            "follows.",
            "Leave it out.",
            ground=Ground.of(question.knowledge.fact("screening", "posture", "levator_forward")),
        )


def _in_parkinsonism(question: Question) -> Iterator[Reason]:
    """Antecollis beside parkinsonism, worked up or not."""
    reply = question.case.flags.get("parkinsonism")
    known = reply is not None and reply.answer in (FlagAnswer.YES, FlagAnswer.CLEARED)
    antecollis = any(c.pattern is Pattern.ANTECOLLIS for c in question.posture)
    if known and antecollis and question.plan.total.units > 0:
        advice = question.knowledge.patterns[Pattern.ANTECOLLIS].facts["in_parkinsonism"]
        yield line(
            "R52",
            Level.WARN,
            str(advice.value),
            "Leave it uninjected, or say why not.",
            ground=Ground.of(advice),
        )
