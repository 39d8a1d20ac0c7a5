"""Strategies that dose each person: the label's start, textbook muscles of his form, plans by Collis.

The planner never sees the truth. It gets an examination drawn for the person: his angles with the scatter of a rater,
and muscles felt that may be felt wrongly. The same person is examined alike in every arm. Every plan it makes passes
the gate; a person for whom nothing is offered or whose plan is refused goes without toxin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from collis.case.case import Case, Request
from collis.case.examination import Examination, Finding, FindingKind, Manner
from collis.case.history import Asked, FlagAnswer, FlagReply, Medicines, SafetyAnswers
from collis.case.patient import Answer, Patient, Sex
from collis.case.plan import Injection, Origin, Plan
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import Knowledge
from collis.knowledge.names import FLAG_KEYS, Guidance, MuscleSide
from collis.knowledge.populations import Subtype
from collis.planning.candidate import Candidate, CandidateKey
from collis.planning.propose import propose_one
from collis.safety.check import check
from collis.toxin.timecourse import Array
from collis.trials.design import Arm, Strategy
from collis.trials.muscles import draw_sizes, places_of, posture_of, ranking_of
from collis.trials.population import Cohort
from collis.units import Dose, decimal_of

_NO = Asked(answer=Answer.NO)


def plans_of(
    arm: Arm, cohort: Cohort, knowledge: Knowledge, *, share: Array, persons: NDArray[np.intp], seed: int
) -> list[Plan | None]:
    """The plan of each person of an arm, None where there is none.

    `share` [person, place] of the drive is the truth behind what is felt; `persons` and `seed` fix each examination.
    """
    if arm.strategy is Strategy.TEXTBOOK:
        mixture = knowledge.populations.subtypes
        return [textbook_plan(arm, mixture[s], knowledge) for s in cohort.subtype]
    plans: list[Plan | None] = []
    for row, person in enumerate(persons):
        generator = np.random.default_rng((seed, int(person)))
        case = examined(cohort, row, share[row], arm, knowledge, generator)
        plans.append(planned(case, arm, knowledge))
    return plans


def planned(case: Case, arm: Arm, knowledge: Knowledge) -> Plan | None:
    """The plan an arm's strategy gives a case, None where nothing is offered or the gate refuses it."""
    ranking = rank_muscles(case, knowledge)
    for key in _keys(arm):
        found = propose_one(case, ranking, knowledge, key)
        if isinstance(found, Candidate):
            return found.plan if check(found.plan, case, knowledge).passes else None
    return None


def _keys(arm: Arm) -> tuple[CandidateKey, ...]:
    """The candidates tried in order: a label without a starting total falls back on the cautious start."""
    if arm.strategy is Strategy.LABEL_START:
        return CandidateKey.LABEL_START, CandidateKey.CAUTIOUS_START
    return (CandidateKey(arm.candidate),)


@lru_cache(maxsize=256)
def textbook_plan(arm: Arm, subtype: Subtype, knowledge: Knowledge) -> Plan:
    """The arm's total over the main muscles of a form, the same for everybody who has it.

    Taken are the muscles a typical posture of that form ranks first, none that sources dispute or that needs an image
    the arm does not have; they share the Units as trials of the product shared them, in its round steps. No muscle and
    no site gets more than any source gives there; what would be more is left out.
    """
    most = int(knowledge.populations.textbook_muscles.value)
    entries = [
        entry
        for entry in ranking_of(subtype, 0, knowledge).muscles
        if not entry.held_back
        and arm.product in knowledge.muscles[entry.muscle].doses
        and (arm.guidance is Guidance.ULTRASOUND or not knowledge.muscles[entry.muscle].image_required)
    ][:most]
    split = knowledge.populations.split_of(arm.product, serotype_b=knowledge.harms.is_serotype_b(arm.product))
    usual = sum(split.values()) / len(split)
    weights = [split.get(entry.muscle, usual) for entry in entries]
    step = knowledge.product(arm.product).dose_step
    least = Decimal(1) if step is None else decimal_of(step.value)
    injections = []
    for entry, weight in zip(entries, weights, strict=True):
        units = decimal_of(arm.units or 0.0) * decimal_of(weight / sum(weights))
        rounded = max((units / least).to_integral_value(rounding=ROUND_HALF_UP), Decimal(1)) * least
        most_here = knowledge.muscles[entry.muscle].doses[arm.product].highest_any_source
        if most_here is not None:
            rounded = min(rounded, decimal_of(most_here.value) // least * least)
        injections.append(
            Injection(
                muscle=entry.muscle,
                side=entry.side,
                dose=Dose.of(rounded, arm.product),
                sites=_sites(entry.where, arm.product, rounded, knowledge),
                guidance=arm.guidance,
            )
        )
    return Plan(name=arm.name, product=arm.product, injections=tuple(injections), origin=Origin.COMPUTED)


def _sites(where: MuscleSide, product: str, units: Decimal, knowledge: Knowledge) -> int:
    """The usual number of sites, more where one would get more than any source gives in a site."""
    usual = knowledge.muscles[where.muscle].doses[product].sites
    sites = 1 if usual is None else max(1, round(sum(float(n) for n in usual.value) / len(usual.value)))
    highest = knowledge.product(product).highest_site
    needed = 1 if highest is None else int(-(-units // decimal_of(highest.value)))
    return max(sites, needed)


def examined(
    cohort: Cohort, row: int, share: Array, arm: Arm, knowledge: Knowledge, generator: np.random.Generator
) -> Case:
    """One person as the planner meets him: a clean history, his posture as read, his muscles as felt."""
    subtype, tremor = knowledge.populations.subtypes[cohort.subtype[row]], int(cohort.tremor[row])
    _, seen = draw_sizes(subtype, tremor, knowledge, generator)
    return replace(
        clean(arm, bool(cohort.treated[row])),
        patient=Patient(
            age_years=int(cohort.age[row]),
            sex=Sex.FEMALE if cohort.female[row] else Sex.MALE,
            thin_neck=Answer.NO,
        ),
        examination=Examination(
            posture=posture_of(subtype, seen),
            manner=Manner(
                seated=Answer.YES, relaxed=Answer.YES, eyes_closed=Answer.YES, sensory_trick=Answer.NO
            ),
            findings=_felt(subtype, tremor, share, knowledge, generator),
        ),
    )


def _felt(
    subtype: Subtype, tremor: int, share: Array, knowledge: Knowledge, generator: np.random.Generator
) -> tuple[Finding, ...]:
    """What is felt in the muscles most likely to drive the form: each right with its own chance."""
    examiner = knowledge.populations.examined
    places = places_of(knowledge)
    ranked: Sequence[MuscleSide] = [m.where for m in ranking_of(subtype, tremor, knowledge).muscles]
    found = []
    for where in ranked[: int(examiner.felt.value)]:
        drives = bool(share[places.index(where)] > 0.0)
        right = generator.random() < float(
            (examiner.overactive_found if drives else examiner.quiet_found).value
        )
        kind = FindingKind.OVERACTIVE if drives == right else FindingKind.NOT_OVERACTIVE
        found.append(Finding(where=where, kinds=(kind,)))
    return tuple(found)


@lru_cache(maxsize=64)
def clean(arm: Arm, treated: bool) -> Case:
    """A case in which every question of safety is answered no."""
    return Case(
        region=arm.region,
        flags={key: FlagReply(answer=FlagAnswer.NO) for key in FLAG_KEYS},
        safety=SafetyAnswers(
            toxin_naive=Answer.NO if treated else Answer.YES,
            toxin_elsewhere=Answer.NO,
            swallowing=_NO,
            breathing=_NO,
            voice=_NO,
            lung_disease=_NO,
            allergies=_NO,
            albumin_refused=_NO,
            infection_at_site=_NO,
            neuromuscular_disease=_NO,
            pregnancy=_NO,
            breastfeeding=_NO,
            neck_surgery=_NO,
            medicines=Medicines(answer=Answer.NO, platelets_low=Answer.NO),
        ),
        request=Request(
            product=arm.product,
            guidance=tuple(dict.fromkeys((Guidance.PALPATION, arm.guidance))),
            consent_warnings=Answer.YES,
        ),
    )
