"""A neck, its controllers and drives for the tests of the neck."""

from __future__ import annotations

import numpy as np

from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.controller import Controller, middle_controller, sampled_controllers
from collis.neck.formulas import Array
from collis.neck.skeleton import MIRROR, build_neck
from collis.neck.weakening import by_group
from collis.side import Side

FIGURES = load().neck
NECK = build_neck(FIGURES)
MIDDLE = middle_controller(FIGURES.control)


def controllers(count: int, seed: int = 7) -> Controller:
    return sampled_controllers(FIGURES.control, count, np.random.default_rng(seed))


def drives(count: int, seed: int = 11) -> Array:
    generator = np.random.default_rng(seed)
    shape = (count, len(NECK.groups), 2)
    return np.asarray(generator.uniform(0, 1, shape) * (generator.uniform(size=shape) < 0.2))


def postures(count: int, seed: int = 3) -> Array:
    return np.random.default_rng(seed).uniform(NECK.low, NECK.high, (count, 6))


def driven(share: float, *places: tuple[str, str]) -> Array:
    return by_group(NECK, {MuscleSide(Muscle(m), Side(s)): share for m, s in places})


def swapped(values: Array) -> Array:
    """Right and left exchanged: [..., group or unit, side]."""
    return values[..., ::-1]


def turned_over(angles: Array) -> Array:
    return np.asarray(np.asarray(angles) * MIRROR)
