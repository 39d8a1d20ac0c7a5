"""Drug classes that bear on toxin, and which of them a medicine belongs to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.reasons import Level
from collis.sources import Sourced

NONE_LISTED = "none_listed"
"""The group of medicines beside which no interaction with toxin is listed: nothing is said of them."""

DOSE_WORDS = frozenset(
    """
    mg g mcg ug µg μg ml iu ie units tablet tablets tab tabs capsule capsules cap caps spray drops oral po
    od qd bd  bid tds tid qds qid prn once twice times daily day a per week weekly monthly as needed when
    required at in the  morning evening night noon before after with food meals and or plus mr sr er xl xr
    cr la retard hydrochloride  hcl sodium calcium magnesium potassium maleate besylate besilate mesylate
    mesilate fumarate tartrate succinate  arginine erbumine medoxomil cilexetil bitartrate
    """.split()  # noqa: SIM905  two hundred quotation marks would hide the words
)
"""Words beside a name that say how much, how often and which salt, and name no further medicine."""

DOSE = re.compile(r"\d+(?:mg|g|mcg|ug|µg|μg|ml|iu|ie|x)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class DrugClass:
    """One class of medicines.

    `group` joins classes that one rule treats alike (`neuromuscular`, `anticoagulant`, ...). `members` are generic
    and common brand names in small letters. `stops_treatment` says whether it stands against injecting at all.
    `facts` are further sourced figures by name, such as the highest INR.
    """

    key: str
    label: str
    group: str
    level: Level
    members: Sourced[tuple[str, ...]]
    effect: Sourced[str]
    action: Sourced[str]
    stops_treatment: Sourced[bool] | None = None
    facts: tuple[tuple[str, Sourced[object]], ...] = ()

    def __post_init__(self) -> None:
        strange = [name for name in self.members.value if name != plain_name(name)]
        if strange:
            raise KnowledgeError(f"drug class {self.key}: write {', '.join(strange)} in plain small letters.")

    @property
    def names(self) -> tuple[str, ...]:
        """The medicines of the class."""
        return self.members.value

    def fact(self, name: str) -> Sourced[object] | None:
        """A further figure of the class, or None."""
        return next((entry for key, entry in self.facts if key == name), None)

    def holds(self, medicine: str) -> bool:
        """Whether any member stands in `medicine` as whole words.

        Where none is listed, nothing but members, doses and salts may stand there: the other half of a combination
        might be anything.
        """
        written = f" {plain_name(medicine)} "
        if self.group == NONE_LISTED:
            return self._alone_in(written)
        return any(f" {name} " in written for name in self.members.value)

    def _alone_in(self, written: str) -> bool:
        longest_first = sorted(self.members.value, key=len, reverse=True)
        rest = re.sub(rf"\b(?:{'|'.join(longest_first)})\b", " ", written)
        return rest != written and all(
            word in DOSE_WORDS or DOSE.fullmatch(word) is not None for word in rest.split()
        )


def plain_name(medicine: str) -> str:
    """Small letters and digits, accents off, anything else a single space.

    >>> plain_name("Gentamicin, 80 mg (i.v.)")
    'gentamicin 80 mg i v'
    """
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", medicine).casefold())
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", letters))


def classify(medicine: str, classes: Iterable[DrugClass]) -> tuple[DrugClass, ...]:
    """The classes a medicine belongs to, in the order of `classes`; case, accents and strengths do not matter.

    An empty answer means that no class is known, not that the medicine is harmless beside toxin; a medicine beside
    which no interaction is listed has a class of its own.
    """
    return tuple(drug_class for drug_class in classes if drug_class.holds(medicine))


def build_interactions(table: Mapping[str, object]) -> tuple[DrugClass, ...]:
    """Every class in file order; refuses a key that stands twice."""
    fields = Fields(table, "interactions")
    classes = tuple(_drug_class(row) for row in fields.rows("drug_class"))
    keys = [drug_class.key for drug_class in classes]
    twins = sorted({key for key in keys if keys.count(key) > 1})
    if twins:
        raise KnowledgeError(f"interactions: {', '.join(twins)} stands twice.")
    fields.finish()
    return classes


def _drug_class(row: Fields) -> DrugClass:
    return DrugClass(
        key=row.word("key"),
        label=row.word("label"),
        group=row.word("group"),
        level=row.choice("level", Level),
        members=row.texts("names"),
        effect=row.text("effect"),
        action=row.text("action"),
        stops_treatment=row.truth("stops_treatment") if "stops_treatment" in row else None,
        facts=row.facts(),
    )
