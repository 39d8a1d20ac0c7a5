"""Regional angles in the words of the clinic: torti-, latero-, ante- and retro-, caput and collis, shifts.

Sides are the patient's own: torti- where the chin points, latero- where the ear drops, a lateral shift where the head
is displaced. Of the rating scale only turn and tilt are estimated, from caput and collis together; an estimate is
never a score: the scale rates the furthest excursion, the model is a posture at rest. Shoulder elevation is outside
the model, whose girdle is fixed, and the text says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Pattern
from collis.neck.formulas import Array
from collis.neck.skeleton import Angle
from collis.side import Side

FIXED_GIRDLE = "The shoulder girdle is fixed in this model: a raised shoulder is judged by pattern only."
NOT_VALIDATED = "Model, not validated in patients."


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One deviation: its pattern, the side it goes to (None for front and back), its size in degrees, 0 or more."""

    pattern: Pattern
    toward: Side | None
    deg: float

    @property
    def words(self) -> str:
        """As printed: pattern, side, whole degrees."""
        side = "" if self.toward is None else f" {self.toward.word}"
        return f"{self.pattern.words}{side}, {self.deg:.0f} degrees"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleEstimate:
    """What the rating scale might say of turn and tilt. Labelled an estimate wherever shown, stored nowhere."""

    rotation: int
    tilt: int
    rotation_deg: float
    tilt_deg: float

    @property
    def words(self) -> str:
        """As printed, with its caution."""
        return (
            f"Estimate, not a score: rotation {self.rotation}, tilt {self.tilt}. The scale rates the furthest "
            "excursion; this is a posture at rest in a model."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PostureWords:
    """A posture in words: single deviations, the shifts that pairs of them make, the estimate, what is left out."""

    deviations: tuple[Word, ...]
    shifts: tuple[Word, ...]
    estimate: ScaleEstimate
    notes: tuple[str, ...]


def describe(angles: Array, knowledge: Knowledge) -> PostureWords:
    """One posture `angles` [angle] (rad) in words, with the thresholds of knowledge."""
    least = float(knowledge.pattern_fact("thresholds", "least_angle").value)
    deviations = deviations_of(angles, least_deg=least)
    return PostureWords(
        deviations=deviations,
        shifts=shifts_of(deviations),
        estimate=estimate_scale(
            angles,
            rotation_cutoffs=_cutoffs(knowledge, "rotation"),
            tilt_cutoffs=_cutoffs(knowledge, "laterocollis"),
        ),
        notes=(NOT_VALIDATED, FIXED_GIRDLE),
    )


def deviations_of(angles: Array, *, least_deg: float) -> tuple[Word, ...]:
    """Every regional angle of at least `least_deg`, caput before collis, turn, tilt, then front and back."""
    deg = np.degrees(np.asarray(angles, dtype=np.float64))
    if deg.shape != (6,):
        raise BadInput(where="angles", read=f"shape {deg.shape}", expected="six angles")
    found = []
    for angle, positive, negative in (
        (Angle.CAPUT_TURN_LEFT, (Pattern.TORTICAPUT, Side.LEFT), (Pattern.TORTICAPUT, Side.RIGHT)),
        (Angle.COLLIS_TURN_LEFT, (Pattern.TORTICOLLIS, Side.LEFT), (Pattern.TORTICOLLIS, Side.RIGHT)),
        (Angle.CAPUT_TILT_RIGHT, (Pattern.LATEROCAPUT, Side.RIGHT), (Pattern.LATEROCAPUT, Side.LEFT)),
        (Angle.COLLIS_TILT_RIGHT, (Pattern.LATEROCOLLIS, Side.RIGHT), (Pattern.LATEROCOLLIS, Side.LEFT)),
        (Angle.CAPUT_EXTENSION, (Pattern.RETROCAPUT, None), (Pattern.ANTECAPUT, None)),
        (Angle.COLLIS_EXTENSION, (Pattern.RETROCOLLIS, None), (Pattern.ANTECOLLIS, None)),
    ):
        size = float(abs(deg[angle]))
        if size >= least_deg:
            pattern, toward = positive if deg[angle] > 0 else negative
            found.append(Word(pattern=pattern, toward=toward, deg=size))
    return tuple(found)


def shifts_of(deviations: tuple[Word, ...]) -> tuple[Word, ...]:
    """Shifts that two opposite deviations make; the size is that of the smaller of the two."""
    seen = {(word.pattern, word.toward): word.deg for word in deviations}
    pairs: list[tuple[Pattern, Side | None, tuple[Pattern, Side | None], tuple[Pattern, Side | None]]] = [
        (Pattern.LATERAL_SHIFT, side, (Pattern.LATEROCOLLIS, side), (Pattern.LATEROCAPUT, side.mirrored))
        for side in Side
    ]
    pairs += [
        (Pattern.ANTERIOR_SAGITTAL_SHIFT, None, (Pattern.ANTECOLLIS, None), (Pattern.RETROCAPUT, None)),
        (Pattern.POSTERIOR_SAGITTAL_SHIFT, None, (Pattern.RETROCOLLIS, None), (Pattern.ANTECAPUT, None)),
    ]
    return tuple(
        Word(pattern=shift, toward=side, deg=min(seen[first], seen[second]))
        for shift, side, first, second in pairs
        if first in seen and second in seen
    )


def estimate_scale(
    angles: Array, *, rotation_cutoffs: tuple[float, ...], tilt_cutoffs: tuple[float, ...]
) -> ScaleEstimate:
    """What turn and tilt, caput and collis together, would be rated; a cutoff is a score's lowest whole degree."""
    deg = np.degrees(np.asarray(angles, dtype=np.float64))
    turn = float(abs(deg[Angle.CAPUT_TURN_LEFT] + deg[Angle.COLLIS_TURN_LEFT]))
    tilt = float(abs(deg[Angle.CAPUT_TILT_RIGHT] + deg[Angle.COLLIS_TILT_RIGHT]))
    return ScaleEstimate(
        rotation=sum(round(turn) >= cutoff for cutoff in rotation_cutoffs) - 1,
        tilt=sum(round(tilt) >= cutoff for cutoff in tilt_cutoffs) - 1,
        rotation_deg=turn,
        tilt_deg=tilt,
    )


def _cutoffs(knowledge: Knowledge, key: str) -> tuple[float, ...]:
    for item in knowledge.instruments["twstrs"].items:
        if item.key == key and item.cutoffs is not None:
            return tuple(float(x) for x in item.cutoffs.value)
    raise BadInput(where=f"twstrs.{key}", read="no cutoffs", expected="the lowest degrees of each score")
