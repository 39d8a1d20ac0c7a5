"""Ranks muscle-sides by posture pattern and examination, with reasons for and against each.

A pattern that is seen implicates its muscles; several patterns add up as independent causes. Findings in a
muscle move its odds by capped likelihood ratios, none of which alone outweighs the posture. The published
likelihood ratios do not exist, so the figures are graded assumed and the screen shows words, not percentages.
Everything is computed for sides relative to the posture, so that a mirrored patient ranks mirrored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from collis.case.case import Case
from collis.case.examination import FindingKind
from collis.case.history import FlagAnswer, FlagReply
from collis.case.posture import Component, read_posture
from collis.course.parameters import MuscleRanking, RankedMuscle
from collis.knowledge.load import Knowledge
from collis.knowledge.muscles import MuscleFacts
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Pattern
from collis.knowledge.patterns import Implication
from collis.side import Side, sides_for
from collis.sources import Grade

_GUIDANCE_WORDS = {
    "emg_advised": "EMG or ultrasound is advised",
    "ultrasound_advised": "ultrasound is advised",
    "image_required": "needs ultrasound",
}
_CONTRADICTING = (FindingKind.NOT_OVERACTIVE, FindingKind.EMG_SILENT, FindingKind.ULTRASOUND_NORMAL)
_FINDING_WORDS = {
    FindingKind.OVERACTIVE: "overactive to the touch",
    FindingKind.NOT_OVERACTIVE: "not overactive to the touch",
    FindingKind.HYPERTROPHY: "bulky",
    FindingKind.TENDER: "tender, which counts little",
    FindingKind.EMG_ACTIVE: "active on EMG",
    FindingKind.EMG_SILENT: "silent on EMG",
    FindingKind.ULTRASOUND_THICK: "thick on ultrasound",
    FindingKind.ULTRASOUND_NORMAL: "of normal size on ultrasound",
}


@dataclass(slots=True)
class _Tally:
    """What speaks for and against one muscle-side while the patterns are gone through."""

    quiet: float = 1.0
    drive: float = 0.0
    opposed: float = 0.0
    named_surely: bool = False
    disputed: bool = False
    reasons: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)


def rank_muscles(case: Case, knowledge: Knowledge) -> MuscleRanking:
    """Every muscle-side that posture or findings point to, most probable first.

    Probability is that of being overactive (0 to 1); shares of the drive sum to 1. A muscle on which only
    disputed rows speak is marked held back: it is shown and never proposed on that ground alone.
    """
    reading = read_posture(
        case.examination.posture,
        spread=knowledge.pattern_fact("frequencies", "collis_caput_both").value,
        threshold_deg=float(knowledge.pattern_fact("thresholds", "least_angle").value),
    )
    tallies: dict[MuscleSide, _Tally] = {}
    for component in reading.components:
        _implicate(component, tallies, knowledge)
    _oppose(reading.components, tallies, knowledge)
    entries = [
        _entry(where, tally, case, knowledge) for where, tally in _with_findings(tallies, case).items()
    ]
    notes = (*reading.notes, *_advice(reading.components, case, knowledge))
    return MuscleRanking(muscles=_ranked(entries, knowledge), notes=notes)


def _advice(components: Sequence[Component], case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """What is to be thought of before any muscle: a forward neck in parkinsonism."""
    parkinsonism = case.flags.get("parkinsonism", FlagReply()).answer
    forward = any(c.pattern in (Pattern.ANTECOLLIS, Pattern.ANTERIOR_SAGITTAL_SHIFT) for c in components)
    if not forward or parkinsonism not in (FlagAnswer.YES, FlagAnswer.CLEARED):
        return ()
    entry = knowledge.patterns[Pattern.ANTECOLLIS].facts["in_parkinsonism"]
    grade = "expert opinion" if entry.grade is Grade.EXPERT else entry.grade.value
    return (f"{str(entry.value).rstrip('.')} ({grade}).",)


def size_of(component: Component, knowledge: Knowledge) -> float:
    """How strongly a component is expressed, 0 to 1: angles saturate, grades count in thirds."""
    figure = knowledge.figure
    match component.pattern:
        case Pattern.SHOULDER_ELEVATION:
            return component.grade * figure("inference", "size", "step")
        case Pattern.TREMOR_NO_NO | Pattern.TREMOR_YES_YES:
            return (
                component.grade * figure("inference", "size", "step") * figure("inference", "size", "tremor")
            )
        case Pattern.LATERAL_SHIFT | Pattern.ANTERIOR_SAGITTAL_SHIFT | Pattern.POSTERIOR_SAGITTAL_SHIFT:
            return figure("inference", "size", "mild_shift") if component.grade < 2 else 1.0
        case _:
            return component.deg / (component.deg + figure("inference", "size", "half_deg"))


def seen_as(component: Component) -> str:
    """What was seen, as a clause: the posture with its size and side."""
    unsure = "" if component.weight >= 1 else " (level not told apart)"
    size = f"{component.deg:.0f}°"
    if not component.deg:
        grades = ("mild", "marked") if component.pattern in _SHIFTS else ("mild", "moderate", "marked")
        size = grades[min(component.grade, len(grades)) - 1]
    side = component.toward.word if component.toward is not None else ""
    return _SEEN[component.pattern].format(size=size, side=side) + unsure


_SHIFTS = (Pattern.LATERAL_SHIFT, Pattern.ANTERIOR_SAGITTAL_SHIFT, Pattern.POSTERIOR_SAGITTAL_SHIFT)
_SEEN = {
    Pattern.TORTICAPUT: "Chin turned {size} {side}, head on neck",
    Pattern.TORTICOLLIS: "Neck turned {size} {side} on the trunk",
    Pattern.LATEROCAPUT: "Ear dropped {size} {side}, head on neck",
    Pattern.LATEROCOLLIS: "Neck tilted {size} {side} on the trunk",
    Pattern.ANTECAPUT: "Head {size} forward on the neck",
    Pattern.ANTECOLLIS: "Neck {size} forward on the trunk",
    Pattern.RETROCAPUT: "Head {size} back on the neck",
    Pattern.RETROCOLLIS: "Neck {size} back on the trunk",
    Pattern.LATERAL_SHIFT: "Head shifted {side}, {size}",
    Pattern.ANTERIOR_SAGITTAL_SHIFT: "Head shifted forward, {size}",
    Pattern.POSTERIOR_SAGITTAL_SHIFT: "Head shifted backward, {size}",
    Pattern.SHOULDER_ELEVATION: "Shoulder raised {side}, {size}",
    Pattern.TREMOR_NO_NO: "No-no tremor, {size}",
    Pattern.TREMOR_YES_YES: "Yes-yes tremor, {size}",
}


def _implicate(component: Component, tallies: dict[MuscleSide, _Tally], knowledge: Knowledge) -> None:
    """Adds what one component says of its muscles, each muscle-side once, by its strongest row."""
    size = size_of(component, knowledge) * component.weight
    seen = seen_as(component)
    for where, (row, main, named) in _rows_of(component, knowledge).items():
        chance = size * knowledge.figure("inference", "role", "primary" if main else "secondary")
        if row.held_back:
            chance *= knowledge.figure("inference", "role", "held_back")
        tally = tallies.setdefault(where, _Tally())
        tally.quiet *= 1 - chance
        tally.drive += chance
        if row.held_back:
            tally.disputed = True
            tally.against.append(f"Sources disagree on its part in {named}.")
        else:
            tally.named_surely = True
            part = "main" if main else "further"
            tally.reasons.append(f"{seen}: {part} muscle of {named}.")


def _rows_of(component: Component, knowledge: Knowledge) -> dict[MuscleSide, tuple[Implication, bool, str]]:
    """The strongest row for each muscle-side, whether it is a main one, and the pattern that names it.

    A shift speaks for itself and for the two patterns it is made of; where sources name muscles for the shift as a
    whole, the main muscles of its parts are further ones. In a shift head and neck go opposite ways, so its caput
    part speaks for no collis muscle and the reverse: the retrocollis of a double chin does not call for muscles
    that bend the head back.
    """
    facts = knowledge.patterns[component.pattern]
    spoken = [(facts.muscles, component.toward, True, component.pattern.words)]
    for part, relation in facts.components:
        toward = sides_for(relation, component.toward)[0] if component.toward is not None else None
        other = "caput" if part.value.endswith("collis") else "collis"
        own = [r for r in knowledge.patterns[part].muscles if not _acts_on(r.muscle, other, knowledge)]
        spoken.append((tuple(own), toward, not facts.muscles, f"the {part.words} in it"))
    found: dict[MuscleSide, tuple[Implication, bool, str]] = {}
    for rows, toward, may_be_main, named in spoken:
        for row in rows:
            entry = (row, row.primary and may_be_main, named)
            for side in sides_for(row.side, toward or Side.RIGHT):
                where = MuscleSide(row.muscle, side)
                if where not in found or _rank(entry) < _rank(found[where]):
                    found[where] = entry
    return found


def _acts_on(muscle: Muscle, level: str, knowledge: Knowledge) -> bool:
    return knowledge.muscles[muscle].text("acts_on") == level


def _rank(entry: tuple[Implication, bool, str]) -> tuple[bool, bool]:
    row, main, _ = entry
    return row.held_back, not main


def _oppose(components: Sequence[Component], tallies: dict[MuscleSide, _Tally], knowledge: Knowledge) -> None:
    """Notes for each muscle-side the postures it works against, and how strongly those are expressed."""
    seen: dict[tuple[str, Side | None], tuple[float, str]] = {}
    for component in components:
        size = size_of(component, knowledge) * component.weight
        movement = _movement(component)
        if movement is not None and size > seen.get(movement, (0.0, ""))[0]:
            seen[movement] = (size, seen_as(component))
    for where, tally in tallies.items():
        undone = {_opposite(a, where.side) for a in knowledge.muscles[where.muscle].words("actions")}
        for movement, (size, text) in seen.items():
            if movement in undone:
                tally.opposed += size
                tally.against.append(f"Works against what is seen: {text[0].lower()}{text[1:]}.")


def _movement(component: Component) -> tuple[str, Side | None] | None:
    match component.pattern:
        case Pattern.TORTICAPUT | Pattern.TORTICOLLIS:
            return ("rotation", component.toward)
        case Pattern.LATEROCAPUT | Pattern.LATEROCOLLIS:
            return ("tilt", component.toward)
        case Pattern.ANTECAPUT | Pattern.ANTECOLLIS:
            return ("flexion", None)
        case Pattern.RETROCAPUT | Pattern.RETROCOLLIS:
            return ("extension", None)
        case _:
            return None


def _opposite(action: str, side: Side) -> tuple[str, Side | None]:
    """The movement that an action of a muscle on `side` would undo."""
    match action:
        case "rotation ipsi":
            return ("rotation", side.mirrored)
        case "rotation contra":
            return ("rotation", side)
        case "tilt ipsi":
            return ("tilt", side.mirrored)
        case "flexion":
            return ("extension", None)
        case "extension":
            return ("flexion", None)
        case _:
            return ("", None)


def _with_findings(tallies: dict[MuscleSide, _Tally], case: Case) -> dict[MuscleSide, _Tally]:
    for finding in case.examination.findings:
        tallies.setdefault(finding.where, _Tally())
    return tallies


def _entry(
    where: MuscleSide, tally: _Tally, case: Case, knowledge: Knowledge
) -> tuple[float, float, RankedMuscle]:
    """Probability, weight of the drive, and the entry still without its share."""
    background = knowledge.figure("inference", "prior", "background")
    chance = 1 - tally.quiet * (1 - background)
    odds = chance / (1 - chance) * _frequency(where.muscle, knowledge)
    opposing = knowledge.figure("inference", "prior", "opposing") ** tally.opposed
    odds *= opposing
    ratio = _findings(where, tally, case, knowledge)
    probability = odds * ratio / (1 + odds * ratio)
    drive = (tally.drive or background) * probability
    entry = RankedMuscle(
        muscle=where.muscle,
        side=where.side,
        probability=probability,
        share=0.0,
        reasons=tuple(tally.reasons),
        against=tuple(tally.against),
        needs=_needs(knowledge.muscles[where.muscle], case),
        held_back=tally.disputed and not tally.named_surely,
    )
    return probability, drive, entry


def _frequency(muscle: Muscle, knowledge: Knowledge) -> float:
    """The odds factor from how often the muscle is injected; 1 where nobody published it."""
    share = knowledge.injected_share(muscle)
    if share is None:
        return 1.0
    return math.pow(share / (1 - share), knowledge.figure("inference", "prior", "frequency_weight"))


def _findings(where: MuscleSide, tally: _Tally, case: Case, knowledge: Knowledge) -> float:
    """The likelihood ratio of all findings in one muscle-side, capped; writes them down for and against."""
    cap = float(knowledge.pattern_fact("findings", "cap").value)
    ratio = 1.0
    for finding in case.examination.findings:
        if finding.where != where:
            continue
        for kind in finding.kinds:
            ratio *= float(knowledge.pattern_fact("findings", kind.value).value)
            words = f"Found {_FINDING_WORDS[kind]}."
            (tally.against if kind in _CONTRADICTING else tally.reasons).append(words)
            if kind in (FindingKind.HYPERTROPHY, FindingKind.ULTRASOUND_THICK) and not tally.named_surely:
                tally.against.append("No posture seen asks for it; a bulky antagonist may be compensating.")
    return min(cap, max(1 / cap, ratio))


def _needs(facts: MuscleFacts, case: Case) -> str:
    """What guidance the muscle needs that was not asked for, empty when nothing is missing."""
    advice = facts.text("guidance")
    at_hand = set(case.request.guidance)
    if advice == "image_required" and Guidance.ULTRASOUND not in at_hand:
        return _GUIDANCE_WORDS[advice]
    if advice in ("emg_advised", "ultrasound_advised") and at_hand <= {Guidance.PALPATION}:
        return _GUIDANCE_WORDS[advice]
    return ""


def _ranked(
    entries: Sequence[tuple[float, float, RankedMuscle]], knowledge: Knowledge
) -> tuple[RankedMuscle, ...]:
    least = knowledge.figure("inference", "shown", "least")
    kept = [e for e in entries if e[0] >= least]
    total = math.fsum(drive for _, drive, _ in kept)
    order = list(Muscle)
    with_share = [
        RankedMuscle(
            muscle=m.muscle,
            side=m.side,
            probability=m.probability,
            share=drive / total if total else 0.0,
            reasons=m.reasons,
            against=m.against,
            needs=m.needs,
            held_back=m.held_back,
        )
        for _, drive, m in kept
    ]
    return tuple(
        sorted(
            with_share,
            key=lambda m: (-round(m.probability, 12), -round(m.share, 12), order.index(m.muscle), m.side),
        )
    )
