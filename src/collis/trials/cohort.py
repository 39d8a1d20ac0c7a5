"""The public virtual cohort: 300 fixed people, shipped as a file with the seed that made them.

Each person has a case, which is all a planner sees, and a truth, which is what the scoreboard plays. Figures are
rounded in the file, so that it reads the same on every processor. Virtual patients, not clinical evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from collis.case.case import Case
from collis.case.files import parse_case, write_case
from collis.errors import BadInput
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.side import Side
from collis.trials.design import Arm, Design, Entry, PeopleDesign, Span, Strategy, Visits
from collis.trials.muscles import draw_shares, places_of
from collis.trials.population import draw_cohort
from collis.trials.strategies import examined

FILE = Path(__file__).parent / "data" / "cohort_v1.json"
SHA256 = "0d15c9f206bc8d435d78ea59c110409328bff3ec945f0c9975d2190d2e3b1064"
SEED, PEOPLE = 20261122, 300
PRODUCT = "onabotulinumtoxinA"
ON = date(2026, 11, 22)
_ARM = Arm(
    name="cohort",
    strategy=Strategy.COLLIS,
    product=PRODUCT,
    candidate="balanced",
    guidance=Guidance.ULTRASOUND,
)
_DESIGN = Design(
    name="cohort v1",
    seed=SEED,
    people=PeopleDesign(count=PEOPLE, like="cd_probe", entry=Entry(total=Span(low=20.0))),
    arms=(_ARM,),
    visits=Visits(weeks=(4.0,)),
)
_DIGITS = 6
_FROM = "[red_flags]"  # where a case file turns to what all people share


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What is so of a person: untreated score (points), reach, half-life factor, half dose (reference Units), drive."""

    baseline: float
    reach: float
    half_life_factor: float
    half_dose_total: float
    share: Mapping[MuscleSide, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One person of the cohort. `form` is the key of the mixture he was drawn from."""

    key: str
    form: str
    case: Case
    truth: Truth


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """The people of the cohort with the rates of the chain (1/d), half-lives (days) and potencies they share."""

    name: str
    seed: int
    sha256: str
    uptake: float
    lag: float
    half_life: Mapping[str, float]
    potency: Mapping[str, float]
    people: tuple[Member, ...]

    def member(self, key: str) -> Member:
        """The person of that key."""
        found = next((one for one in self.people if one.key == key), None)
        if found is None:
            raise BadInput(
                where="patient", read=repr(key), expected=f"{self.people[0].key} to {self.people[-1].key}"
            )
        return found


def made(knowledge: Knowledge) -> str:
    """The text of the file, drawn anew from its seed."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(SEED).spawn(2)]
    cohort = draw_cohort(_DESIGN, knowledge, count=PEOPLE, generator=streams[0])
    share = draw_shares(cohort, knowledge, streams[1])
    places, own = places_of(knowledge), cohort.population
    people, shared = [], {}
    for row in range(PEOPLE):
        case = examined(cohort, row, share[row], _ARM, knowledge, np.random.default_rng((SEED, row)))
        head, tail = write_case(replace(case, date=ON)).split(_FROM)
        history = "treated" if cohort.treated[row] else "naive"
        shared[history] = _FROM + tail
        people.append(
            {
                "key": f"P{row + 1:03d}",
                "form": knowledge.populations.subtypes[cohort.subtype[row]].key,
                "history": history,
                "case": head,
                "baseline": _round(cohort.people.baseline[row]),
                "reach": _round(cohort.people.reach[row]),
                "half_life_factor": _round(cohort.people.half_life_factor[row]),
                "half_dose_total": _round(cohort.people.half_dose_total[row]),
                "share": {
                    f"{where.muscle.value} {where.side.value}": _round(part)
                    for where, part in zip(places, share[row], strict=True)
                    if part > 0.0
                },
            }
        )
    document = {
        "name": _DESIGN.name,
        "seed": SEED,
        "note": "Virtual patients, not clinical evidence.",
        "uptake": _round(own.uptake[0]),
        "lag": _round(own.effect_lag[0]),
        "half_life": {product: _round(own.half_life_of(product)[0]) for product in sorted(own.potency)},
        "potency": {product: _round(own.potency[product][0]) for product in sorted(own.potency)},
        "shared": shared,
        "people": people,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def read_cohort() -> Members:
    """The shipped cohort. Raises `BadInput` where the file is not the one this version names."""
    return _parsed(FILE.read_bytes(), load())


@lru_cache(maxsize=2)
def _parsed(content: bytes, knowledge: Knowledge) -> Members:
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise BadInput(
            where=FILE.name,
            read=f"a file with hash {digest[:12]}",
            expected=f"{SHA256[:12]}, the public cohort",
            mend="Install Collis again.",
        )
    raw = json.loads(content)
    return Members(
        name=raw["name"],
        seed=raw["seed"],
        sha256=digest,
        uptake=raw["uptake"],
        lag=raw["lag"],
        half_life=MappingProxyType(raw["half_life"]),
        potency=MappingProxyType(raw["potency"]),
        people=tuple(_member(one, raw["shared"]) for one in raw["people"]),
    )


def _member(raw: Mapping[str, Any], shared: Mapping[str, str]) -> Member:
    return Member(
        key=raw["key"],
        form=raw["form"],
        case=parse_case(raw["case"] + shared[raw["history"]], file=f"{raw['key']}.case.toml"),
        truth=Truth(
            baseline=raw["baseline"],
            reach=raw["reach"],
            half_life_factor=raw["half_life_factor"],
            half_dose_total=raw["half_dose_total"],
            share=MappingProxyType({_place(name): part for name, part in raw["share"].items()}),
        ),
    )


def _place(name: str) -> MuscleSide:
    muscle, side = name.split()
    return MuscleSide(Muscle(muscle), Side(side))


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
