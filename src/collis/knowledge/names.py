"""The closed lists of names: muscles, patterns, products, regions, guidance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from collis.side import Side


class Muscle(StrEnum):
    """Every neck muscle Collis knows, by its field name."""

    STERNOCLEIDOMASTOID = "sternocleidomastoid"
    SPLENIUS_CAPITIS = "splenius_capitis"
    SPLENIUS_CERVICIS = "splenius_cervicis"
    SEMISPINALIS_CAPITIS = "semispinalis_capitis"
    SEMISPINALIS_CERVICIS = "semispinalis_cervicis"
    LONGISSIMUS_CAPITIS = "longissimus_capitis"
    LONGISSIMUS_CERVICIS = "longissimus_cervicis"
    LEVATOR_SCAPULAE = "levator_scapulae"
    TRAPEZIUS_UPPER = "trapezius_upper"
    SCALENUS_ANTERIOR = "scalenus_anterior"
    SCALENUS_MEDIUS = "scalenus_medius"
    SCALENUS_POSTERIOR = "scalenus_posterior"
    OBLIQUUS_CAPITIS_INFERIOR = "obliquus_capitis_inferior"
    OBLIQUUS_CAPITIS_SUPERIOR = "obliquus_capitis_superior"
    RECTUS_CAPITIS_POSTERIOR_MAJOR = "rectus_capitis_posterior_major"
    LONGUS_COLLI = "longus_colli"
    LONGUS_CAPITIS = "longus_capitis"
    SUPRAHYOID = "suprahyoid"
    INFRAHYOID = "infrahyoid"
    OMOHYOID = "omohyoid"
    PLATYSMA = "platysma"

    @property
    def words(self) -> str:
        """The name as written in running text."""
        return {"trapezius_upper": "upper trapezius"}.get(self.value, self.value.replace("_", " "))


@dataclass(frozen=True, slots=True, order=True)
class MuscleSide:
    """One muscle on one of the patient's own sides."""

    muscle: Muscle
    side: Side

    @property
    def mirrored(self) -> MuscleSide:
        """The same muscle on the other side."""
        return MuscleSide(self.muscle, self.side.mirrored)

    def __str__(self) -> str:
        return f"{self.muscle.words} {self.side.word}"


class Pattern(StrEnum):
    """Col-cap components, shifts, shoulder elevation and tremor."""

    TORTICAPUT = "torticaput"
    TORTICOLLIS = "torticollis"
    LATEROCAPUT = "laterocaput"
    LATEROCOLLIS = "laterocollis"
    ANTECAPUT = "antecaput"
    ANTECOLLIS = "antecollis"
    RETROCAPUT = "retrocaput"
    RETROCOLLIS = "retrocollis"
    LATERAL_SHIFT = "lateral_shift"
    ANTERIOR_SAGITTAL_SHIFT = "anterior_sagittal_shift"
    POSTERIOR_SAGITTAL_SHIFT = "posterior_sagittal_shift"
    SHOULDER_ELEVATION = "shoulder_elevation"
    TREMOR_NO_NO = "tremor_no_no"
    TREMOR_YES_YES = "tremor_yes_yes"

    @property
    def words(self) -> str:
        """The name as written in running text."""
        match self:
            case Pattern.TREMOR_NO_NO:
                return "no-no tremor"
            case Pattern.TREMOR_YES_YES:
                return "yes-yes tremor"
            case _:
                return self.value.replace("_", " ")


class Region(StrEnum):
    """Whose label holds."""

    US = "US"
    EU = "EU"
    UK = "UK"
    JP = "JP"


class Guidance(StrEnum):
    """How the needle finds the muscle."""

    PALPATION = "palpation"
    EMG = "emg"
    STIMULATION = "stimulation"
    ULTRASOUND = "ultrasound"

    @property
    def words(self) -> str:
        """How it is said in running text, with its preposition."""
        return {"palpation": "by touch", "emg": "by EMG", "ultrasound": "under ultrasound"}.get(
            self.value, f"by {self.value}"
        )


PRODUCTS = (
    "onabotulinumtoxinA",
    "abobotulinumtoxinA",
    "incobotulinumtoxinA",
    "rimabotulinumtoxinB",
    "daxibotulinumtoxinA",
    "lanbotulinumtoxinA",
    "neuronox",
    "letibotulinumtoxinA",
    "prabotulinumtoxinA",
    "relabotulinumtoxinA",
)
"""Every product a record may name. Naming one here says nothing about its label."""

FLAG_KEYS = (
    "sudden_onset",
    "recent_trauma",
    "throat_infection",
    "fever_or_cancer",
    "cord_signs",
    "cerebellar_or_eye_signs",
    "head_drop",
    "early_onset",
    "fixed_posture",
    "drug_exposure",
    "parkinsonism",
    "spread",
    "anticoagulant",
    "pregnancy",
    "neuromuscular_disease",
    "family_history",
)
"""The red flags asked for, in the order they are asked: stop, hold, caution."""
