"""The words of a case file: schema number, lumped muscle names, score ranges, and slips that are often made."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from collis.case.history import ScaleName
from collis.knowledge.names import Muscle

SCHEMA = 1
"""The schema this program writes, and the highest it reads."""

Groups = Mapping[str, tuple[Muscle, ...]]
"""Lumped muscle names of old records, each with the muscles it may have meant."""

LUMPED: Groups = {
    "splenius": (Muscle.SPLENIUS_CAPITIS, Muscle.SPLENIUS_CERVICIS),
    "semispinalis": (Muscle.SEMISPINALIS_CAPITIS, Muscle.SEMISPINALIS_CERVICIS),
    "longissimus": (Muscle.LONGISSIMUS_CAPITIS, Muscle.LONGISSIMUS_CERVICIS),
    "scalenes": (Muscle.SCALENUS_ANTERIOR, Muscle.SCALENUS_MEDIUS, Muscle.SCALENUS_POSTERIOR),
    "suboccipitals": (
        Muscle.OBLIQUUS_CAPITIS_INFERIOR,
        Muscle.OBLIQUUS_CAPITIS_SUPERIOR,
        Muscle.RECTUS_CAPITIS_POSTERIOR_MAJOR,
    ),
    "paraspinals": (
        Muscle.SPLENIUS_CAPITIS,
        Muscle.SPLENIUS_CERVICIS,
        Muscle.SEMISPINALIS_CAPITIS,
        Muscle.SEMISPINALIS_CERVICIS,
        Muscle.LONGISSIMUS_CAPITIS,
        Muscle.LONGISSIMUS_CERVICIS,
    ),
    "obliquus_capitis": (Muscle.OBLIQUUS_CAPITIS_INFERIOR, Muscle.OBLIQUUS_CAPITIS_SUPERIOR),
    "prevertebrals": (Muscle.LONGUS_COLLI, Muscle.LONGUS_CAPITIS),
    "strap_muscles": (Muscle.INFRAHYOID, Muscle.OMOHYOID),
    "hyoid_muscles": (Muscle.SUPRAHYOID, Muscle.INFRAHYOID, Muscle.OMOHYOID),
    "trapezius": (Muscle.TRAPEZIUS_UPPER,),
    "levator": (Muscle.LEVATOR_SCAPULAE,),
    "sternomastoid": (Muscle.STERNOCLEIDOMASTOID,),
}
"""Used when the caller passes no groups of its own; the same as the groups of the knowledge, which a test holds."""

SCORES: Mapping[ScaleName, tuple[Decimal, Decimal]] = {
    ScaleName.TWSTRS_TOTAL: (Decimal(0), Decimal(85)),
    ScaleName.TWSTRS_SEVERITY: (Decimal(0), Decimal(35)),
    ScaleName.TWSTRS_DISABILITY: (Decimal(0), Decimal(30)),
    ScaleName.TWSTRS_PAIN: (Decimal(0), Decimal(20)),
    ScaleName.TSUI: (Decimal(0), Decimal(25)),
    ScaleName.PAIN_NRS: (Decimal(0), Decimal(10)),
    ScaleName.PGI_C: (Decimal(-3), Decimal(3)),
    ScaleName.CGI_C: (Decimal(1), Decimal(7)),
    ScaleName.PHQ9: (Decimal(0), Decimal(27)),
    ScaleName.GAD7: (Decimal(0), Decimal(21)),
    ScaleName.CDIP58: (Decimal(0), Decimal(100)),
    ScaleName.CDQ24: (Decimal(0), Decimal(100)),
}
"""The lowest and highest score each scale can give, by the way it is added up: what a score can be, no advice."""

SLIPS: Mapping[str, str] = {
    "botox": "onabotulinumtoxinA",
    "dysport": "abobotulinumtoxinA",
    "xeomin": "incobotulinumtoxinA",
    "bocouture": "incobotulinumtoxinA",
    "myobloc": "rimabotulinumtoxinB",
    "neurobloc": "rimabotulinumtoxinB",
    "nerbloc": "rimabotulinumtoxinB",
    "daxxify": "daxibotulinumtoxinA",
    "hengli": "lanbotulinumtoxinA",
    "scm": "sternocleidomastoid",
    "trapezius": "trapezius_upper",
    "oci": "obliquus_capitis_inferior",
    "none": "absent",
    "severe": "marked",
    "moderate": "marked",
    "forward": "front",
    "anterior": "front",
    "backward": "back",
    "posterior": "back",
    "r": "right",
    "l": "left",
    "us": "ultrasound",
    "usa": "US",
    "dose": "units",
    "age": "age_years",
    "weight": "weight_kg",
    "degrees": "deg",
    "angle": "deg",
    "direction": "toward",
}
"""What people write for what is meant; only ever offered in an error, never read as it."""
