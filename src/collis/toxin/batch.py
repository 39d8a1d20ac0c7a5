"""Relief by day for many people at once: all their muscles, all their sessions.

    level  x_m(t) = sum over sessions of  peak level in muscle m * u(t - given) / peak of u
    relief        = sum over muscles of   share_m * x_m^1.5 / (1 + x_m^1.5)

The curve u belongs to a person and a product, not to a muscle, so it is computed once for all muscles; with evenly
spaced days it is built by doubling: what stands on the first n days, carried n days on, stands on the next n. Sessions
whose curves differ by a shift alone share one. The Hill exponent is fixed, so that x^1.5 is x times its root; whoever
ships another exponent is refused at the door.

NumPy is the reference and needs nothing else. With numba installed (`pip install collis[fast]`) `engine="numba"` runs
the same sums compiled, and `engine="numba32"` takes the Hill sums in single precision.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.toxin.timecourse import Array, RunningSums, effect_peak, effect_site, states

Shares: TypeAlias = tuple[Array, Array, Array, Array, Array, Array]
"""Shares of toxin, light chain and effect kept over some days, then passed on: toxin to light, toxin to effect, light
to effect."""
Engine: TypeAlias = Literal["numpy", "numba", "numba32"]

HILL_EXPONENT = (
    1.5  # what the sums below have built in; the value itself is knowledge and is held against this one
)
# People at a time: for what is one number per person; per person and day; per person, muscle and day.
_MANY, _SOME, _FEW = 1024, 256, 64


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class People:
    """Some people under one dosing calendar.

    `levels` [person, muscle, session]: level at the peak of each session, 0 or more, 0 for none; `uptake` and `lag`
    [person] and `decay` [person, session]: rates of the chain in 1/d, above 0; `share` [person, muscle]: of the drive.
    """

    levels: Array
    uptake: Array
    decay: Array
    lag: Array
    share: Array

    def __post_init__(self) -> None:
        if self.levels.ndim != 3:
            raise BadInput(
                where="levels", read=f"{self.levels.ndim} axes", expected="person, muscle, session"
            )
        people, muscles, sessions = self.levels.shape
        for name, shape in (
            ("uptake", (people,)),
            ("decay", (people, sessions)),
            ("lag", (people,)),
            ("share", (people, muscles)),
        ):
            if (read := getattr(self, name).shape) != shape:
                raise BadInput(where=name, read=f"shape {read}", expected=f"shape {shape}")
        if people and not (self.levels.size == 0 or self.levels.min() >= 0.0):
            raise BadInput(where="levels", read="a negative or missing level", expected="0 or more")
        for name in ("uptake", "decay", "lag"):
            rates = getattr(self, name)
            if rates.size and not rates.min() > 0.0:
                raise BadInput(
                    where=name, read="a rate of 0, below or missing", expected="more than 0 per day"
                )

    def __len__(self) -> int:
        return len(self.levels)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Curve:
    """One time curve that some sessions share: `decay_of` is the session whose rates it has.

    `days` since the dose, all above 0; `step` is their spacing, 0.0 where it is uneven. A session of `starts` reads
    the curve from its own first day on: (session, index of that day among the output days).
    """

    decay_of: int
    days: Array
    step: float
    starts: tuple[tuple[int, int], ...]


def relief_by_week(
    on_days: Array,
    given_days: Array,
    levels: Array,
    uptake: Array,
    decay: Array,
    lag: Array,
    share: Array,
    *,
    exponent: float = HILL_EXPONENT,
    engine: Engine = "numpy",
) -> Array:
    """Relief, summed over muscles by share, of each person on each of `on_days`; shape [person, day].

    `on_days` [day] ascend; sessions on `given_days` [session], in any order, count from the day after. The other
    arrays are those of `People`. Sessions of one product need equal columns of `decay`, products may differ by
    person. Work space does not grow with the number of people. Raises `BadInput` for misshapen or negative input and
    for any Hill exponent but 1.5.
    """
    people = People(
        levels=_real(levels), uptake=_real(uptake), decay=_real(decay), lag=_real(lag), share=_real(share)
    )
    return next(relief_of([people], on_days, given_days, exponent=exponent, engine=engine))


def relief_of(
    people: Iterable[People],
    on_days: Array,
    given_days: Array,
    *,
    exponent: float = HILL_EXPONENT,
    engine: Engine = "numpy",
) -> Iterator[Array]:
    """As `relief_by_week`, group by group: holds one group at a time, so that a stream of any length fits."""
    require_exponent(exponent)
    on, given = _real(on_days), _real(given_days)
    if on.ndim != 1 or given.ndim != 1 or not np.all(np.diff(on) > 0.0):
        raise BadInput(
            where="on_days, given_days", read="several axes or days out of order", expected="ascending days"
        )
    for group in people:
        if group.levels.shape[2] != len(given):
            raise BadInput(
                where="levels",
                read=f"{group.levels.shape[2]} sessions",
                expected=f"{len(given)} as in given_days",
            )
        curves = curves_of(on, given, group.decay)
        match engine:
            case "numpy":
                yield _by_numpy(group, curves, len(on))
            case "numba" | "numba32":
                try:
                    from collis.toxin import fast
                except ImportError as missing:
                    raise BadInput(
                        where="engine",
                        read=engine,
                        expected="numba to be installed",
                        mend='Install it with pip install "collis[fast]", or take the engine "numpy".',
                    ) from missing
                yield fast.relief(group, curves, len(on), single=engine == "numba32")
            case _:
                assert_never(engine)


def require_exponent(exponent: float) -> None:
    """Refuse a Hill exponent other than the one these sums have built in."""
    if exponent != HILL_EXPONENT:
        raise BadInput(
            where="Hill exponent",
            read=f"{exponent:g}",
            expected=f"{HILL_EXPONENT:g}",
            mend="The batch sums take x times the root of x; another exponent needs collis.toxin.weakening.hill.",
        )


def hill_three_halves(level: Array) -> Array:
    """x^1.5 / (1 + x^1.5) for levels of 0 or more, without a power.

    >>> hill_three_halves(np.array([0.0, 1.0, 4.0])).tolist()
    [0.0, 0.5, 0.8888888888888888]
    """
    power = np.sqrt(level)
    power *= level
    lower = power + 1.0
    power /= lower
    return power


def curves_of(on_days: Array, given_days: Array, decay: Array) -> tuple[Curve, ...]:
    """The time curves needed, sessions of one product put together where one curve is the other's start."""
    return _curves(tuple(on_days.tolist()), tuple(given_days.tolist()), _products(decay))


@lru_cache(maxsize=64)
def _curves(on: tuple[float, ...], given: tuple[float, ...], product: tuple[int, ...]) -> tuple[Curve, ...]:
    days: Array = np.array(on)
    days.setflags(write=False)
    apart = np.diff(days)
    step = float(apart[0]) if len(apart) and (apart == apart[0]).all() else 0.0
    found: dict[tuple[int, float], tuple[int, list[tuple[int, int]]]] = {}
    for day, session in sorted((day, session) for session, day in enumerate(given)):
        first = bisect_right(on, day)
        if first < len(on):
            key = (product[session], on[first] - day if step else day)
            found.setdefault(key, (session, []))[1].append((session, first))
    return tuple(
        Curve(decay_of=session, days=days[starts[0][1] :] - given[session], step=step, starts=tuple(starts))
        for session, starts in found.values()
    )


def _products(decay: Array) -> tuple[int, ...]:
    """For each session the first one with the same decay in all people."""
    first: list[int] = []
    for k in range(decay.shape[1]):
        same = (j for j in range(k) if first[j] == j and (decay[:, j] == decay[:, k]).all())
        first.append(next(same, k))
    return tuple(first)


def _by_numpy(people: People, curves: tuple[Curve, ...], days: int) -> Array:
    found = np.zeros((len(people), days))
    if not curves:
        return found
    for many in _parts(slice(0, len(people)), _MANY):
        rates = _Rates.of(people, many, curves)
        for some in _parts(many, _SOME):
            within = slice(some.start - many.start, some.stop - many.start)
            by_session = np.zeros((some.stop - some.start, people.levels.shape[2], days))
            for number, curve in enumerate(curves):
                values = (_doubled if curve.step else _direct)(curve, rates, (number, within))
                for session, first in curve.starts:
                    by_session[:, session, first:] = values[:, : days - first]
            for few in _parts(some, _FEW):
                level = people.levels[few] @ by_session[few.start - some.start : few.stop - some.start]
                found[few] = (people.share[few, None, :] @ hill_three_halves(level))[:, 0]
    return found


def _parts(whole: slice, size: int) -> list[slice]:
    return [slice(at, min(at + size, whole.stop)) for at in range(whole.start, whole.stop, size)]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rates:
    """Numbers per curve and person: rates, 1/peak, the states on the curve's first day, how they are carried on."""

    uptake: Array
    decay: Array
    lag: Array
    scale: Array
    first: tuple[Array, Array, Array]
    carried: tuple[Shares, ...]

    @classmethod
    def of(cls, people: People, some: slice, curves: tuple[Curve, ...]) -> _Rates:
        decay = people.decay[some, [curve.decay_of for curve in curves]].T.copy()
        rates = {
            "uptake": np.broadcast_to(people.uptake[some], decay.shape),
            "decay": decay,
            "lag": np.broadcast_to(people.lag[some], decay.shape),
        }
        steps = max(len(curve.days) for curve in curves) if curves[0].step else 0
        return cls(
            **rates,
            scale=1.0 / effect_peak(**rates),
            first=states(np.array([curve.days[:1] for curve in curves]), **rates),
            carried=_doublings(curves[0].step, steps, rates),
        )


def _doublings(step: float, steps: int, rates: dict[str, Array]) -> tuple[Shares, ...]:
    """What 1, 2, 4 ... steps leave of toxin, light chain and effect, and what they pass on down the chain."""
    one, none = np.ones_like(rates["lag"]), np.zeros_like(rates["lag"])
    from_toxin = RunningSums(toxin=one, light=none, effect=none).later(step, **rates)
    from_light = RunningSums(toxin=none, light=one, effect=none).later(step, **rates)
    kt, kl, ke = from_toxin.toxin, from_light.light, np.exp(-rates["lag"] * step)
    tl, te, le = from_toxin.light, from_toxin.effect, from_light.effect
    found = []
    covered = 1
    while covered < steps:
        found.append((kt, kl, ke, tl, te, le))
        te = te * (kt + ke) + le * tl
        tl, le = tl * (kt + kl), le * (kl + ke)
        kt, kl, ke = kt * kt, kl * kl, ke * ke
        covered *= 2
    return tuple(found)


def _direct(curve: Curve, rates: _Rates, which: tuple[int, slice]) -> Array:
    """The curve over its peak, shape [person, day], day by day."""
    uptake, decay, lag, scale = (
        r[which][:, None] for r in (rates.uptake, rates.decay, rates.lag, rates.scale)
    )
    return np.asarray(effect_site(curve.days, uptake=uptake, decay=decay, lag=lag) * scale)


def _doubled(curve: Curve, rates: _Rates, which: tuple[int, slice]) -> Array:
    """The curve over its peak, shape [person, day], each half from the one before."""
    length = len(curve.days)
    scale = rates.scale[which]
    toxin, light, effect = (np.empty((length, len(scale))) for _ in rates.first)
    for state, begin in zip((toxin, light, effect), rates.first, strict=True):
        np.multiply(begin[which], scale, out=state[0])
    done = 1
    for carried in rates.carried:
        if done >= length:
            break
        kt, kl, ke, tl, te, le = (c[which] for c in carried)
        to = min(2 * done, length)
        old, fresh = slice(0, to - done), slice(done, to)
        np.multiply(te, toxin[old], out=effect[fresh])
        effect[fresh] += le * light[old]
        effect[fresh] += ke * effect[old]
        if to < length:
            np.multiply(tl, toxin[old], out=light[fresh])
            light[fresh] += kl * light[old]
            np.multiply(kt, toxin[old], out=toxin[fresh])
        done = to
    return effect.T


def _real(values: Array | NDArray[np.float32]) -> Array:
    return np.asarray(values, dtype=np.float64)
