"""Rules on Units: each speaks the caps that carry its id. The caps themselves are knowledge, read as `Limit`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from collis.case.plan import Injection
from collis.knowledge.names import Muscle, MuscleSide, Pattern
from collis.knowledge.products import LimitKind
from collis.reasons import Ground, Level, Reason
from collis.safety.limits import ENTRY_ERROR, Limit, units_text
from collis.safety.question import Question
from collis.safety.rules.lines import capital, join, line, note, small_first
from collis.side import Side
from collis.units import decimal_of

FORWARD = frozenset({Pattern.ANTECAPUT, Pattern.ANTECOLLIS, Pattern.ANTERIOR_SAGITTAL_SHIFT})


def broken(question: Question, rule: str) -> Iterator[Reason]:
    """A line for every cap of this rule that the plan breaks."""
    for limit in question.limits:
        if limit.rule == rule and limit.broken_by(question.plan):
            for subject in _subjects(question, limit):
                yield line(
                    rule,
                    limit.level,
                    f"{subject}; {small_first(limit.text)}",
                    _action(limit),
                    ground=limit.ground,
                    limit=limit.id,
                )


def _subjects(question: Question, limit: Limit) -> list[str]:
    """What is too much, in words: one for a cap on a sum, one for each injection that breaks a cap on a site."""
    plan = question.plan
    if limit.kind is LimitKind.SITE:
        return [
            f"{capital(str(i.where))} {units_text(i.per_site.units)} in one site"
            for i in plan.injections
            if limit.covers(i.where) and i.per_site.units > limit.bound
        ]
    return [_sum_in_words(question, limit) + _before(limit)]


def _sum_in_words(question: Question, limit: Limit) -> str:
    plan = question.plan
    inside = [i for i in plan.injections if i.dose.units > 0 and limit.covers(i.where)]
    planned = units_text(limit.planned(plan))
    match limit.kind:
        case LimitKind.SIDES:
            return f"{capital(inside[0].muscle.words)} {' and '.join(s.word for s in _sides(inside))}"
        case LimitKind.MUSCLE:
            return f"{capital(str(inside[0].where))} {planned}"
        case LimitKind.MUSCLE_BOTH_SIDES | LimitKind.GROUP_TOTAL:
            muscles = list(dict.fromkeys(i.muscle.words for i in inside))
            return f"{capital(join(muscles))} {planned} together"
        case _:
            return f"Total {planned}"


def _before(limit: Limit) -> str:
    if not limit.used:
        return ""
    if limit.kind is LimitKind.SIDES:
        return ", the other side treated today"
    return f" after {units_text(limit.used)} given before"


def _sides(injections: list[Injection]) -> tuple[Side, ...]:
    return tuple(side for side in Side if any(i.side is side for i in injections))


def _action(limit: Limit) -> str:
    if limit.rule == ENTRY_ERROR:
        return "Check the product and the Units as entered. This is no label limit."
    match limit.kind:
        case LimitKind.SITE:
            return "Divide the dose over more sites, or lower it."
        case LimitKind.SIDES:
            return "Treat one side, the more active one."
        case LimitKind.TOTAL_MIN:
            return "Raise the total, or say why so little."
        case LimitKind.TOTAL | LimitKind.CUMULATIVE | LimitKind.INCREASE:
            return f"Lower the total to {units_text(limit.room)} or less."
        case _:
            return f"Plan {units_text(limit.room)} or less there."


def r10(question: Question) -> Iterator[Reason]:
    """An abobotulinumtoxinA session above the label's highest total."""
    yield from broken(question, "R10")


def r11(question: Question) -> Iterator[Reason]:
    """An abobotulinumtoxinA session below the label's lowest total, outside first titration."""
    yield from broken(question, "R11")


def r12(question: Question) -> Iterator[Reason]:
    """A first abobotulinumtoxinA session above the starting total."""
    yield from broken(question, "R12")


def r13(question: Question) -> Iterator[Reason]:
    """An onabotulinumtoxinA session above the region's total."""
    yield from broken(question, "R13")


def r14(question: Question) -> Iterator[Reason]:
    """A first onabotulinumtoxinA session above the region's first total."""
    yield from broken(question, "R14")


def r16(question: Question) -> Iterator[Reason]:
    """A first incobotulinumtoxinA session above the starting total."""
    yield from broken(question, "R16")


def r17(question: Question) -> Iterator[Reason]:
    """An incobotulinumtoxinA session above the region's total."""
    yield from broken(question, "R17")


def r18(question: Question) -> Iterator[Reason]:
    """A rimabotulinumtoxinB session above its first or its highest total."""
    yield from broken(question, "R18")


def r19(question: Question) -> Iterator[Reason]:
    """A daxibotulinumtoxinA session above the label's highest total."""
    yield from broken(question, "R19")


def r20(question: Question) -> Iterator[Reason]:
    """More in one site than the product's site limit."""
    yield from broken(question, "R20")


def r21(question: Question) -> Iterator[Reason]:
    """The sternocleidomastoid above its limit, summed over both sides where the label sums them."""
    yield from broken(question, "R21")


def r22(question: Question) -> Iterator[Reason]:
    """Both sternocleidomastoids in one session: as the label asks, elsewhere a warning."""
    spoken = list(broken(question, "R22"))
    yield from spoken
    if not spoken and len(question.plan.sides_of(Muscle.STERNOCLEIDOMASTOID)) > 1:
        own = question.knowledge.fact("screening", "sternocleidomastoid", "both_sides")
        fact = question.warning("both_scm") or own
        yield line(
            "R22",
            Level.WARN,
            "Both sternocleidomastoids are planned; trouble swallowing is more likely.",
            "Treat one side where that will do, or halve each.",
            ground=Ground.of(fact),
        )


def r23(question: Question) -> Iterator[Reason]:
    """AbobotulinumtoxinA in one sternocleidomastoid above the studied dose."""
    yield from broken(question, "R23")


def r24(question: Question) -> Iterator[Reason]:
    """Both sternocleidomastoids for a forward head without halving the dose of each."""
    muscle = Muscle.STERNOCLEIDOMASTOID
    dose = question.knowledge.muscles[muscle].doses.get(question.product.name)
    forward = any(c.pattern in FORWARD for c in question.posture)
    if not forward or dose is None or dose.usual is None or len(question.plan.sides_of(muscle)) < 2:
        return
    most = decimal_of(dose.usual.value[1])
    planned = question.plan.sum_over(MuscleSide(muscle, side) for side in Side).units
    if planned > most:
        yield line(
            "R24",
            Level.WARN,
            f"Both sternocleidomastoids get {units_text(planned)} for a forward head; one alone usually gets up "
            f"to {units_text(most)}, and two get half of it each.",
            "Halve the dose of each side.",
            ground=Ground.of(dose.usual),
        )


def r27(question: Question) -> Iterator[Reason]:
    """A muscle above its usual highest dose, or without any known range for the product."""
    slips = {x.places for x in question.limits if x.entry_error and x.broken_by(question.plan)}
    places = {limit.id: limit.places for limit in question.limits}
    yield from (reason for reason in broken(question, "R27") if places[reason.limit] not in slips)
    own = question.product.name
    strange = [
        str(i.where)
        for i in question.plan.injections
        if i.dose.units > 0 and own not in question.knowledge.muscles[i.muscle].doses
    ]
    if strange:
        yield line(
            "R27",
            Level.WARN,
            f"No dose range of {own} is known for {join(strange)}.",
            "Say what the dose rests on.",
        )


def r28(question: Question) -> Iterator[Reason]:
    """A muscle dose so small that it is probably a slip of the pen."""
    least = question.product.typing_slip_below
    if least is None:
        return
    for injection in question.plan.injections:
        if injection.dose.units < decimal_of(least.value):
            yield note(
                "R28",
                f"{capital(str(injection.where))} {units_text(injection.dose.units)} is very little.",
                "Check the number as typed.",
                ground=Ground.of(least),
            )


def r30(question: Question) -> Iterator[Reason]:
    """The longus colli above the largest dose reported without trouble swallowing, or both in a first session."""
    yield from broken(question, "R30")
    if question.case.doses_as_naive and len(question.plan.sides_of(Muscle.LONGUS_COLLI)) > 1:
        yield line(
            "R30",
            Level.WARN,
            "Longus colli of both sides is planned in a first session; trouble swallowing is likely.",
            "Treat one side, or begin with other muscles.",
            ground=Ground.of(question.knowledge.fact("screening", "longus_colli", "both_first")),
        )


def r31(question: Question) -> Iterator[Reason]:
    """Strong treatment of the muscles that hold the head up."""
    yield from broken(question, "R31")


def r46(question: Question) -> Iterator[Reason]:
    """A total raised steeply over the last session of the same product."""
    yield from broken(question, "R46")


def r53(question: Question) -> Iterator[Reason]:
    """A dose beyond anything any source gives for the product, or one that looks like another product's numbers."""
    yield from broken(question, ENTRY_ERROR)
    entry = question.knowledge.fact
    empty = [str(i.where) for i in question.plan.injections if not i.dose.units]
    if empty:
        yield line(
            ENTRY_ERROR,
            Level.REFUSE,
            f"{capital(join(empty))} planned with 0 Units.",
            "Enter the Units, or take the line out.",
            ground=Ground.of(entry("screening", "entry", "no_units")),
        )
    others = _looks_like(question)
    if others:
        yield line(
            ENTRY_ERROR,
            Level.REFUSE,
            f"Total {units_text(question.plan.total.units)} of {question.product.name}; these look like the Units "
            f"of {' or '.join(others)}.",
            "Check the product and the Units as entered. This is no label limit.",
            ground=Ground.of(entry("screening", "entry", "look_alike")),
        )


def _looks_like(question: Question) -> tuple[str, ...]:
    """The products whose numbers these may be, none when they pass for the plan's own.

    They do not pass where the plan stays, as a whole, below the least useful dose of its muscles and below the
    label's usual totals, while every dose lies in the usual range of a product with smaller Units throughout.
    """
    planned = [i for i in question.plan.injections if i.dose.units > 0]
    if not planned or not _too_little(question, planned):
        return ()
    others = (name for name in question.knowledge.products if name != question.product.name)
    return tuple(name for name in others if all(_fits(question, name, i) for i in planned))


def _too_little(question: Question, planned: list[Injection]) -> bool:
    """Whether the plan stays below the least useful doses of its muscles and below the label's usual totals."""
    least = [_range_of(question, question.product.name, i.muscle, "least_useful") for i in planned]
    usual = question.label.doses.get("usual_total") if question.label else None
    total = question.plan.total.units
    if any(span is None for span in least) or (usual is not None and total >= decimal_of(usual.value[0])):
        return False
    return total < sum(span[0] for span in least if span is not None)


def _fits(question: Question, other: str, injection: Injection) -> bool:
    """Whether a dose is a usual one of `other`, whose range in that muscle ends below the plan's own."""
    own = _range_of(question, question.product.name, injection.muscle, "usual")
    theirs = _range_of(question, other, injection.muscle, "usual")
    if own is None or theirs is None:
        return False
    return theirs[1] < own[1] and theirs[0] <= injection.dose.units <= theirs[1]


def _range_of(question: Question, product: str, muscle: Muscle, key: str) -> tuple[Decimal, ...] | None:
    """A dose figure of one product in one muscle as numbers, None where knowledge holds none."""
    dose = question.knowledge.muscles[muscle].doses.get(product)
    entry = None if dose is None else getattr(dose, key)
    if entry is None:
        return None
    values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
    return tuple(decimal_of(v) for v in values)
