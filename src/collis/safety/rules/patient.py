"""Rules on the patient: infection, disease, swallowing, breathing, age, pregnancy, medicines, build, consent."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from collis.case.history import Asked, FlagAnswer
from collis.case.patient import Answer, Sex
from collis.knowledge.interactions import NONE_LISTED, DrugClass, plain_name
from collis.knowledge.names import Guidance, Muscle, Region
from collis.knowledge.products import KeyedFact
from collis.reasons import Ground, Level, Reason
from collis.safety.limits import SCALENES
from collis.safety.question import Question, unrecognised
from collis.safety.rules.lines import cannot_judge, capital, contraindicated, join, line, note, unasked
from collis.units import decimal_of, plain

DRY = "Ask about dry mouth, bladder and glaucoma."
"""What to do about an anticholinergic beside a product that is not type B already."""


def r07(question: Question) -> Iterator[Reason]:
    """Infection at a planned site."""
    answer = question.case.safety.infection_at_site.answer
    if answer is Answer.YES:
        what, action = "Infection at a planned site.", "Wait until it has healed."
        yield from contraindicated(question, "R07", "infection_at_site", what, action)
    elif answer is Answer.UNKNOWN:
        yield unasked("R07", "infection at the sites")


def _answer(question: Question, asked: Asked, flag: str) -> Answer:
    """An answer given as a safety question or as a caution of the screen; a yes in either is a yes."""
    reply = question.case.flags.get(flag)
    known = reply.answer if reply is not None else FlagAnswer.UNKNOWN
    if asked.answer is Answer.YES or known in (FlagAnswer.YES, FlagAnswer.CLEARED):
        return Answer.YES
    if asked.answer is Answer.NO or known is FlagAnswer.NO:
        return Answer.NO
    return Answer.UNKNOWN


def _said(asked: Asked) -> str:
    return f" ({asked.detail})" if asked.detail else ""


def r08(question: Question) -> Iterator[Reason]:
    """A disease of nerve, junction or motor neuron."""
    asked = question.case.safety.neuromuscular_disease
    answer = _answer(question, asked, "neuromuscular_disease")
    if answer is Answer.YES:
        yield from contraindicated(
            question,
            "R08",
            "neuromuscular_disease",
            f"Disease of nerve, junction or motor neuron is on record{_said(asked)}.",
            "Speak with the neuromuscular clinic first; swallowing and breathing may fail at usual doses.",
        )
    elif answer is Answer.UNKNOWN:
        yield unasked("R08", "neuromuscular disease")


def r09(question: Question) -> Iterator[Reason]:
    """Trouble swallowing, breathing or speaking before treatment."""
    safety = question.case.safety
    for asked, key, word, action in (
        (safety.swallowing, "dysphagia", "swallowing", "Have swallowing tested before toxin is given."),
        (safety.breathing, "dyspnoea", "breathing", "Have breathing tested before toxin is given."),
        (safety.voice, "voice", "voice", "Look at the larynx; keep doses low in the front of the neck."),
    ):
        if asked.answer is Answer.YES:
            what = f"Trouble with {word} before treatment{_said(asked)}."
            yield from contraindicated(question, "R09", key, what, action)
        elif asked.answer is Answer.UNKNOWN:
            yield unasked("R09", word)


def r32(question: Question) -> Iterator[Reason]:
    """Scalenes on both sides, or scalenes or sternocleidomastoid on any side in lung disease."""
    sides = {side for muscle in SCALENES for side in question.plan.sides_of(muscle)}
    scm = bool(question.plan.sides_of(Muscle.STERNOCLEIDOMASTOID))
    if not sides and not scm:
        return
    lung = question.case.safety.lung_disease
    fact = question.knowledge.fact
    if len(sides) > 1:
        yield line(
            "R32",
            Level.WARN,
            "Scalenes of both sides are planned; both phrenic nerves lie close.",
            "Treat one side, under ultrasound.",
            ground=Ground.of(fact("screening", "lungs", "phrenic_nerves")),
        )
    if lung.answer is Answer.YES:
        ground = Ground.of(fact("screening", "lungs", "low_doses"))
        for planned, muscles, action in (
            (
                bool(sides),
                "Scalenes are",
                "Leave them out, or keep the dose low under ultrasound, and watch breathing.",
            ),
            (scm, "Sternocleidomastoid is", "Keep the dose low and watch breathing."),
        ):
            if planned:
                what = f"{muscles} planned in a patient with lung disease{_said(lung)}."
                yield line("R32", Level.WARN, what, action, ground=ground)
    elif lung.answer is Answer.UNKNOWN:
        yield unasked("R32", "lung disease")


def r39(question: Question) -> Iterator[Reason]:
    """A patient younger than the label's age."""
    age = question.case.patient.age_years
    if age is None:
        yield unasked("R39", "age")
        return
    groups = question.label.special_groups if question.label else ()
    young = next((g for g in groups if g.key.startswith("under_")), None)
    own = question.knowledge.fact("screening", "age", "adult")
    least = int(young.key.removeprefix("under_")) if young else int(own.value)
    if age < least:
        yield line(
            "R39",
            Level.WARN,
            f"Age {age} years; use in the neck is not established below {least}.",
            "Speak with a centre that treats children.",
            ground=Ground.of(young.fact if young else own),
        )


def r40(question: Question) -> Iterator[Reason]:
    """Pregnancy or breastfeeding. Neither is asked of male patients, nor from the age knowledge states."""
    safety = question.case.safety
    for asked, key, words in (
        (safety.pregnancy, "pregnancy", "The patient is pregnant or may be"),
        (safety.breastfeeding, "breastfeeding", "The patient is breastfeeding"),
    ):
        answer = _answer(question, asked, "pregnancy") if key == "pregnancy" else asked.answer
        if answer is Answer.YES:
            fact: KeyedFact | None = question.contraindication(key)
            yield line(
                "R40",
                Level.WARN,
                f"{words}{_said(asked)}; human data are thin.",
                "Weigh benefit against risk with the patient, or wait.",
                ground=None if fact is None else Ground.of(fact.fact),
            )
        elif answer is Answer.UNKNOWN and _may_be_pregnant(question):
            yield unasked("R40", key)


def _may_be_pregnant(question: Question) -> bool:
    patient = question.case.patient
    limit = question.knowledge.fact("screening", "pregnancy", "not_asked_from_age").value
    return patient.sex is not Sex.MALE and (patient.age_years is None or patient.age_years < limit)


def r41(question: Question) -> Iterator[Reason]:
    """A blood thinner, by its kind: a recent INR for the warfarin type alone; none of them stops treatment."""
    medicines = question.case.safety.medicines
    thinners = [(name, drug) for name, drug in question.medicines if drug.group == "anticoagulant"]
    flag = question.case.flags.get("anticoagulant")
    if not thinners and flag is not None and flag.answer in (FlagAnswer.YES, FlagAnswer.CLEARED):
        yield cannot_judge("R41", "which blood thinner is taken is not entered", "Enter its name.")
    if medicines.platelets_low is Answer.YES:
        yield line(
            "R41",
            Level.WARN,
            "Platelets are low; bleeding at the needle track is more likely.",
            f"Fine needle and finger pressure.{_unreachable(question)}",
            ground=Ground.of(question.knowledge.fact("screening", "bleeding", "platelets_low")),
        )
    elif medicines.platelets_low is Answer.UNKNOWN and thinners:
        yield unasked("R41", "low platelets")
    for name, drug in thinners:
        inr_highest = drug.fact("inr_highest")
        if inr_highest is not None:
            yield from _inr(question, name, drug)
        yield line(
            "R41",
            drug.level,
            f"{capital(name)} ({small(drug.label)}): {small(drug.effect.value)}",
            f"{drug.action.value}{_unreachable(question)}",
            ground=Ground.of(drug.effect),
        )


def small(text: str) -> str:
    """The text with its first letter small, unless an abbreviation opens it."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _unreachable(question: Question) -> str:
    """A sentence on planned muscles where a bleed cannot be pressed upon and no image is used."""
    deep = [
        str(i.where)
        for i in question.plan.injections
        if not question.knowledge.muscles[i.muscle].holds("compressible")
        and i.guidance is not Guidance.ULTRASOUND
    ]
    return f" Use ultrasound for {join(deep)}: a bleed there cannot be pressed upon." if deep else ""


def _inr(question: Question, name: str, drug: DrugClass) -> Iterator[Reason]:
    medicines, visit = question.case.safety.medicines, question.case.date
    highest, days = drug.fact("inr_highest"), drug.fact("inr_days")
    if medicines.inr is None or medicines.inr_on is None:
        yield cannot_judge("R41", f"{name} without a dated INR", "Measure the INR; do not stop the medicine.")
        return
    age = None if visit is None else (visit - medicines.inr_on).days
    if days is not None and age is not None and age > int(str(days.value)):
        yield line(
            "R41",
            Level.WARN,
            f"The INR is {age} days old; at most {days.value} days count as recent.",
            "Measure it again; do not stop the medicine.",
            ground=Ground.of(days),
        )
    if highest is not None and medicines.inr > decimal_of(str(highest.value)):
        yield line(
            "R41",
            Level.WARN,
            f"INR {plain(medicines.inr)}; injections were studied up to {highest.value}.",
            "Wait until it is lower, with whoever looks after it.",
            ground=Ground.of(highest),
        )


def r42(question: Question) -> Iterator[Reason]:
    """A medicine that adds to the weakness or changes the effect of toxin."""
    medicines = question.case.safety.medicines
    if medicines.answer is Answer.UNKNOWN:
        yield unasked("R42", "medicines")
    if medicines.answer is Answer.YES and not medicines.names:
        yield cannot_judge("R42", "medicines answered yes, without a name", "Enter each by its name.")
    yield from _unrecognised(question)
    for name, drug in question.medicines:
        if drug.group in ("anticoagulant", NONE_LISTED) or (
            drug.group == "anticholinergic" and question.product.serotype == "B"
        ):
            continue
        what = f"{capital(name)} ({small(drug.label)}): {small(drug.effect.value)}"
        if drug.level is Level.ALLOW:
            yield note("R42", what, drug.action.value, ground=Ground.of(drug.effect))
            continue
        action = DRY if drug.group == "anticholinergic" else drug.action.value
        yield line("R42", drug.level, what, action, ground=Ground.of(drug.effect))


def _unrecognised(question: Question) -> Iterator[Reason]:
    """Medicines no class is known for: perhaps harmless, perhaps a slip of the pen."""
    known = [name for drug in question.knowledge.drug_classes for name in drug.names]
    strange = []
    for name in unrecognised(question.case, question.knowledge):
        near = difflib.get_close_matches(plain_name(name), known, n=1)
        if not near:
            strange.append(name)
            continue
        yield line(
            "R42",
            Level.WARN,
            f"{capital(name)} is not recognised, check it.",
            f"The nearest known name is {near[0]}.",
            harm=4,
        )
    if strange:
        yield line(
            "R42",
            Level.WARN,
            f"{capital(join(strange))} {'is' if len(strange) == 1 else 'are'} not recognised, check "
            f"{'it' if len(strange) == 1 else 'them'}.",
            "See whether it thins blood or weakens muscles.",
            harm=1,
        )


def r43(question: Question) -> Iterator[Reason]:
    """An anticholinergic together with a type B toxin."""
    for name, drug in question.medicines:
        if drug.group == "anticholinergic" and question.product.serotype == "B":
            yield line(
                "R43",
                drug.level,
                f"{capital(name)} ({small(drug.label)}) beside a type B toxin: {small(drug.effect.value)}",
                drug.action.value,
                ground=Ground.of(drug.effect),
            )


def r45(question: Question) -> Iterator[Reason]:
    """A light or thin-necked patient with muscles beside the throat, or a woman with both sternocleidomastoids."""
    patient = question.case.patient
    throat = [
        m
        for m in dict.fromkeys(i.muscle for i in question.plan.injections if i.dose.units > 0)
        if "swallowing" in question.knowledge.muscles[m].words("hazard")
    ]
    if not throat:
        return
    light = question.knowledge.fact("screening", "build", "light_weight")
    why = []
    if patient.weight_kg is not None and patient.weight_kg < decimal_of(light.value):
        why.append(f"weight {plain(patient.weight_kg)} kg")
    if patient.thin_neck is Answer.YES:
        why.append("thin neck")
    if patient.sex is Sex.FEMALE and len(question.plan.sides_of(Muscle.STERNOCLEIDOMASTOID)) > 1:
        why.append("a woman with both sternocleidomastoids planned")
    if why:
        small = question.warning("small_neck") if patient.thin_neck is Answer.YES else None
        yield line(
            "R45",
            Level.WARN,
            f"{capital(join(why))}: trouble swallowing is more likely after {join([m.words for m in throat])}.",
            "Lower these doses, one side, under ultrasound.",
            ground=Ground.of(small or light),
        )
    if patient.thin_neck is Answer.UNKNOWN:
        yield unasked("R45", "thin neck")
    if patient.weight_kg is None:
        yield unasked("R45", "weight")
    if patient.sex is Sex.UNKNOWN and len(question.plan.sides_of(Muscle.STERNOCLEIDOMASTOID)) > 1:
        yield unasked("R45", "sex")


def r51(question: Question) -> Iterator[Reason]:
    """No record that spread, swallowing and breathing were explained, where labels carry a boxed warning."""
    if question.case.region is Region.US and question.case.request.consent_warnings is not Answer.YES:
        yield line(
            "R51",
            Level.WARN,
            "No record yet that spread, swallowing and breathing trouble were explained.",
            "Explain them and record it.",
            ground=Ground.of(
                question.warning("boxed_spread") or question.knowledge.fact("screening", "told", "spread")
            ),
        )
