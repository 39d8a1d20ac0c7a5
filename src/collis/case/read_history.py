"""Red flags, safety answers, past sessions, scores and goals, read from a case file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from collis.case.history import (
    Asked,
    FlagAnswer,
    FlagReply,
    History,
    Medicines,
    Rating,
    SafetyAnswers,
    ScaleName,
)
from collis.case.patient import Answer
from collis.case.session import Given, Indication, OtherToxin, Session, SideEffect, SideEffectKind
from collis.case.table import Table
from collis.case.vocabulary import SCORES, Groups
from collis.knowledge.names import FLAG_KEYS, PRODUCTS, Guidance, Muscle, MuscleSide
from collis.side import Side
from collis.units import Dose, plain

MOST_GOALS = 3


def flags(root: Table, visit: date | None) -> Mapping[str, FlagReply]:
    """[red_flags]: each key a word, or a table that says what was done, by whom and when."""
    table = root.table("red_flags")
    replies: dict[str, FlagReply] = {}
    for key in FLAG_KEYS:
        if not isinstance(table.raw.get(key), dict):
            answer = table.word(key, FlagAnswer)
            if answer is FlagAnswer.CLEARED:
                table.note(
                    key,
                    read='"cleared" alone',
                    expected="what was done and when",
                    mend=f'Write {key} = {{ answer = "cleared", done = "...", by = "...", on = 2026-10-01 }}.',
                )
            elif answer is not None:
                replies[key] = FlagReply(answer=answer)
            continue
        inner = table.table(key)
        reply = FlagReply(
            answer=inner.word("answer", FlagAnswer, needed=True) or FlagAnswer.UNKNOWN,
            done=inner.text("done"),
            by=inner.text("by"),
            on=inner.day("on", by=visit),
        )
        if reply.answer is FlagAnswer.CLEARED:
            for name in ("done", "on"):
                if not inner.raw.get(name):
                    inner.note(
                        name,
                        read="nothing",
                        expected="what was done and when, for what is cleared",
                        at_key=True,
                    )
        replies[key] = reply
    return replies


def safety(root: Table, visit: date | None) -> SafetyAnswers:
    """[safety]: each question a word, or a table with the answer and what was said with it."""
    table = root.table("safety")
    other = tuple(o for t in table.tables("other_toxin") if (o := _other_toxin(t, visit)) is not None)
    return SafetyAnswers(
        toxin_naive=table.word("toxin_naive", Answer) or Answer.UNKNOWN,
        toxin_elsewhere=table.word("toxin_elsewhere", Answer) or Answer.UNKNOWN,
        other_toxin=other,
        swallowing=_asked(table, "swallowing"),
        breathing=_asked(table, "breathing"),
        voice=_asked(table, "voice"),
        lung_disease=_asked(table, "lung_disease"),
        allergies=_asked(table, "allergies"),
        albumin_refused=_asked(table, "albumin_refused"),
        infection_at_site=_asked(table, "infection_at_site"),
        neuromuscular_disease=_asked(table, "neuromuscular_disease"),
        pregnancy=_asked(table, "pregnancy"),
        breastfeeding=_asked(table, "breastfeeding"),
        neck_surgery=_asked(table, "neck_surgery"),
        medicines=_medicines(table.table("medicines"), visit),
    )


def _asked(table: Table, key: str) -> Asked:
    if not isinstance(table.raw.get(key), dict):
        return Asked(answer=table.word(key, Answer) or Answer.UNKNOWN)
    inner = table.table(key)
    return Asked(
        answer=inner.word("answer", Answer, needed=True) or Answer.UNKNOWN,
        detail=inner.text("detail"),
        items=inner.texts("items"),
    )


def _medicines(table: Table, visit: date | None) -> Medicines:
    read = Medicines(
        answer=table.word("answer", Answer, needed=table.present) or Answer.UNKNOWN,
        names=table.texts("names"),
        inr=table.number("inr", unit="INR"),
        inr_on=table.day("inr_on", by=visit),
        platelets_low=table.word("platelets_low", Answer) or Answer.UNKNOWN,
    )
    if read.answer is Answer.NO and read.names:
        table.note("answer", read='"no" beside medicines that are named', expected='"yes" where any is taken')
    return read


def _other_toxin(table: Table, visit: date | None) -> OtherToxin | None:
    on = table.day("date", by=visit)
    product = table.choice("product", PRODUCTS)
    units = table.number("units", unit="Units")
    site = table.text("site")
    indication = table.word("indication", Indication) or Indication.OTHER
    clinic = table.text("clinic")
    muscles = []
    for one in table.tables("muscles"):
        muscle = one.word("muscle", Muscle, needed=True)
        side = one.word("side", Side, needed=True)
        if muscle is not None and side is not None:
            muscles.append(MuscleSide(muscle, side))
    in_neck = table.word("in_neck", Answer) or Answer.NO
    if in_neck is Answer.UNKNOWN:
        table.note(
            "in_neck",
            read='"unknown"',
            expected='"yes" or "no"',
            mend='Write "yes" where it may have been the neck.',
        )
    if units is not None and product is None:
        if "product" not in table.raw:
            table.note(
                "units",
                read=f"{plain(units)} Units of no product",
                expected="the product the Units belong to",
                mend="Leave the Units out where nobody knows the product.",
            )
        return None
    dose = Dose(units, product) if units is not None and product is not None else None
    return OtherToxin(
        on=on,
        product=product,
        dose=dose,
        site=site,
        indication=indication,
        clinic=clinic,
        muscles=tuple(muscles),
        in_neck=in_neck is Answer.YES,
    )


def history(root: Table, visit: date | None, groups: Groups) -> History:
    """[history], its sessions, and [[rating]]."""
    table = root.table("history")
    goals = table.texts("goals")
    if len(goals) > MOST_GOALS:
        table.note("goals", read=f"{len(goals)} goals", expected=f"at most {MOST_GOALS}", item=MOST_GOALS)
    return History(
        sessions=tuple(s for t in table.tables("session") if (s := _session(t, visit, groups)) is not None),
        ratings=tuple(r for t in root.tables("rating") if (r := _rating(t, visit)) is not None),
        goals=goals,
        onset_age_years=table.whole("onset_age_years", unit="years", high=120),
    )


def _session(table: Table, visit: date | None, groups: Groups) -> Session | None:
    on = table.day("date", needed=True, by=visit)
    product = table.choice("product", PRODUCTS, needed=True)
    units = table.number("total_units", unit="Units")
    lines = table.tables("given")
    given = tuple(g for t in lines if (g := _given(t, product, groups)) is not None)
    benefit = table.number("benefit_percent", unit="percent", low=-100, high=100)
    onset_day = table.whole("onset_day", unit="days")
    best_week = table.number("best_week", unit="weeks")
    faded_week = table.number("faded_week", unit="weeks")
    effects = tuple(e for t in table.tables("side_effect") if (e := _side_effect(t)) is not None)
    guidance = table.word("guidance", Guidance)
    asked = table.word("side_effects_asked", Answer) or Answer.UNKNOWN
    if not lines and "total_units" not in table.raw:
        table.note(
            "total_units",
            read="nothing",
            expected="the total, or every line given",
            at_key=True,
            mend='Where nobody knows the Units, write the session as [[safety.other_toxin]] with in_neck = "yes".',
        )
    if (
        on is None
        or product is None
        or len(given) < len(lines)
        or (units is None and "total_units" in table.raw)
    ):
        return None
    total = Dose(units, product) if units is not None else Dose.total((g.dose for g in given), product)
    return table.build(
        lambda: Session(
            on=on,
            product=product,
            total=total,
            given=given,
            benefit_percent=benefit,
            onset_day=onset_day,
            best_week=best_week,
            faded_week=faded_week,
            side_effects=effects,
            guidance=guidance,
            side_effects_asked=asked,
        )
    )


def _given(table: Table, product: str | None, groups: Groups) -> Given | None:
    exact = tuple(m.value for m in Muscle)
    name = table.choice("muscle", (*exact, *groups), needed=True)
    side = table.word("side", Side, needed=True)
    units = table.number("units", unit="Units", needed=True)
    sites = table.whole("sites", unit="sites", low=1)
    guidance = table.word("guidance", Guidance)
    if name is None or side is None or units is None or product is None:
        return None
    muscles = (Muscle(name),) if name in exact else groups[name]
    return Given(
        muscle=name,
        side=side,
        dose=Dose(units, product),
        sites=sites,
        guidance=guidance,
        members=tuple(MuscleSide(m, side) for m in muscles),
    )


def _side_effect(table: Table) -> SideEffect | None:
    kind = table.word("kind", SideEffectKind, needed=True)
    grade = table.whole("grade", unit="grades", low=1, high=3, needed=True)
    from_day = table.whole("from_day", unit="days")
    to_day = table.whole("to_day", unit="days")
    detail = table.text("detail")
    if kind is None or grade is None:
        return None
    return table.build(
        lambda: SideEffect(kind=kind, grade=grade, from_day=from_day, to_day=to_day, detail=detail)
    )


def _rating(table: Table, visit: date | None) -> Rating | None:
    on = table.day("date", needed=True, by=visit)
    scale = table.word("scale", ScaleName, needed=True)
    low, high = (Decimal(-100), Decimal(100)) if scale is None else SCORES[scale]
    what = "points" if scale is None else f"points on {scale.value}"
    score = table.number("score", unit=what, low=low, high=high, needed=True)
    return None if on is None or scale is None or score is None else Rating(on=on, scale=scale, score=score)
