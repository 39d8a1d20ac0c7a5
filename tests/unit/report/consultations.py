"""Consultations the tests of the report look at: every example once, and one stretched to the worst page."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from collis import api
from collis.api import Consultation, Offer
from collis.case.plan import Injection, Plan
from collis.knowledge.names import Muscle
from collis.planning.candidate import Binding, CandidateKey, LineReason, Untreated
from collis.side import Side
from collis.units import Dose

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = tuple(sorted(p.name.removesuffix(".case.toml") for p in (ROOT / "examples").glob("*.case.toml")))
DEMO = "torticaput-left"


def path_of(name: str) -> Path:
    return ROOT / "examples" / f"{name}.case.toml"


@cache
def consultation(name: str = DEMO) -> Consultation:
    return api.consult(api.open_case(path_of(name)))


@cache
def crowded() -> Consultation:
    """Four candidates of ten muscles on both sides, with the longest names, long goals and long reasons."""
    base = consultation()
    keys = (
        CandidateKey.AS_LAST_TIME,
        CandidateKey.CAUTIOUS_START,
        CandidateKey.BALANCED,
        CandidateKey.LOW_RISK,
    )
    muscles = (
        Muscle.STERNOCLEIDOMASTOID,
        Muscle.RECTUS_CAPITIS_POSTERIOR_MAJOR,
        Muscle.OBLIQUUS_CAPITIS_INFERIOR,
        Muscle.OBLIQUUS_CAPITIS_SUPERIOR,
        Muscle.SEMISPINALIS_CERVICIS,
        Muscle.LONGISSIMUS_CERVICIS,
        Muscle.SPLENIUS_CAPITIS,
        Muscle.LEVATOR_SCAPULAE,
        Muscle.SCALENUS_POSTERIOR,
        Muscle.TRAPEZIUS_UPPER,
    )
    offers = []
    for number, key in enumerate(keys):
        injections = tuple(
            Injection(muscle=m, side=side, dose=Dose.of(150 + 10 * number, base.product), sites=2)
            for m in muscles
            for side in Side
        )
        plan = Plan(name=key.heading, product=base.product, injections=injections)
        candidate = replace(
            base.offers[0].candidate,
            key=key,
            plan=plan,
            summary="A summary of a candidate that has a good deal to say about itself. " * 3,
            lines=tuple(LineReason(where=i.where, why_muscle="Why. " * 9, why_dose="How. " * 9) for i in injections),
            limited_by=tuple(
                Binding(limit=f"l{n}", text="A limit with a long text " * 5, ground=None) for n in range(9)
            ),
            untreated=tuple(
                Untreated(where=m.where, why=f"Reason number {n} that is long enough to wrap around")
                for n, m in enumerate(base.ranking.muscles)
            ),
        )  # fmt: skip
        offers.append(
            Offer(
                candidate=candidate,
                checked=api.check(plan, base.case),
                forecast=base.offers[0].forecast,
            )
        )
    goals = tuple(
        "a goal in the patient’s own words that goes on and on, #emph[not] *markup* \U0001f697 " * 4
        for _ in range(3)
    )
    case = replace(base.case, history=replace(base.case.history, goals=goals))
    return replace(base, offers=tuple(offers), case=case)
