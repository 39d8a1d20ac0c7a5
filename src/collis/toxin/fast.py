"""The sums of `batch.py` compiled: people side by side in the lanes of the processor. Optional, needs numba.

The chain is carried by its triangle of shares over a step: a short series for a small fraction of the step, then
squared up to it. All its entries are 0 or more, so nothing cancels, whichever rates meet. Four muscles share one
division. In single precision only the levels and the Hill sums are single; the chain stays double. The first call
compiles for some seconds; nothing in Collis imports this module by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from collis.toxin.batch import Curve, People
from collis.toxin.timecourse import Array

_jit: Callable[[Any], Any] = numba.njit(error_model="numpy", fastmath={"contract"})

# Numerical constants of the solution, not of the drug.
_LANES = 32
_TERMS = 10
_SMALL = 0.125
_SQUARINGS = 13
_INVERSE = tuple(1.0 / math.factorial(n) for n in range(_TERMS + 3))
_TINY = 1e-300
_FOUR = 4
_TOXIN, _LIGHT, _EFFECT, _TOXIN_LIGHT, _TOXIN_EFFECT, _LIGHT_EFFECT = (i * _LANES for i in range(6))
_DAY, _UPTAKE, _DECAY, _LAG = (i * _LANES for i in range(4))


def relief(people: People, curves: tuple[Curve, ...], days: int, *, single: bool = False) -> Array:
    """As `batch.relief_by_week` from its checked parts; `single` takes the Hill sums in single precision."""
    found = np.zeros((len(people), days))
    if not curves or not len(people):
        return found
    decay_of, lengths, first_of, step_of, starts = _calendar(curves, days)
    fastest = max(float(r.max()) for r in (people.uptake, people.decay, people.lag))
    needed = math.ceil(math.log2(max(fastest * float(lengths.max()) / _SMALL, 1.0)))
    _kernel(single)(
        *(np.ascontiguousarray(a) for a in (people.levels, people.uptake, people.decay, people.lag, people.share)),
        decay_of, lengths, first_of, step_of, starts,
        max(needed, _SQUARINGS), found,
    )  # fmt: skip
    return found


@lru_cache(maxsize=64)
def _calendar(
    curves: tuple[Curve, ...], days: int
) -> tuple[NDArray[np.int64], Array, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Session of each decay; lengths of steps; for each curve its first; for each day the one leading to it; starts."""
    longest = max(curves, key=lambda curve: len(curve.days))
    firsts = [float(curve.days[0]) for curve in curves]
    apart = [longest.step or firsts[0]] * days
    if not longest.step:
        apart[days - len(longest.days) + 1 :] = np.diff(longest.days).tolist()
    number = {length: n for n, length in enumerate(dict.fromkeys([*apart, *firsts]))}
    starts = [(n, *start) for n, curve in enumerate(curves) for start in curve.starts]
    return (
        np.array([curve.decay_of for curve in curves], dtype=np.int64),
        np.array(list(number)),
        np.array([number[length] for length in firsts], dtype=np.int64),
        np.array([number[length] for length in apart], dtype=np.int64),
        np.array(starts, dtype=np.int64),
    )


@_jit
def _carry(rates: Any, shares: Any, squarings: int) -> None:
    """Fills the triangle of shares over each lane's days (rates[_DAY]) from its rates."""
    part = 0.5**squarings
    for i in range(_LANES):
        h = -rates[_DAY + i] * part
        a, b, c = rates[_UPTAKE + i] * h, rates[_DECAY + i] * h, rates[_LAG + i] * h
        pa, pb, pc, ab, bc, abc = 1.0, 1.0, 1.0, 1.0, 1.0, 1.0
        kt, kl, ke, tl, le, te = 1.0, 1.0, 1.0, 1.0, 1.0, 0.5
        for n in range(1, _TERMS):
            pa, pb, pc = pa * a, pb * b, pc * c
            ab, bc = ab * a + pb, bc * b + pc
            abc = abc * c + ab
            kt += _INVERSE[n] * pa
            kl += _INVERSE[n] * pb
            ke += _INVERSE[n] * pc
            tl += _INVERSE[n + 1] * ab
            le += _INVERSE[n + 1] * bc
            te += _INVERSE[n + 2] * abc
        shares[_TOXIN + i], shares[_LIGHT + i], shares[_EFFECT + i] = kt, kl, ke
        shares[_TOXIN_LIGHT + i], shares[_LIGHT_EFFECT + i] = -a * tl, -c * le
        shares[_TOXIN_EFFECT + i] = a * c * te
    for _ in range(squarings):
        for i in range(_LANES):
            kt, kl, ke = shares[_TOXIN + i], shares[_LIGHT + i], shares[_EFFECT + i]
            tl, le = shares[_TOXIN_LIGHT + i], shares[_LIGHT_EFFECT + i]
            shares[_TOXIN_EFFECT + i] = shares[_TOXIN_EFFECT + i] * (kt + ke) + le * tl
            shares[_TOXIN_LIGHT + i] = tl * (kt + kl)
            shares[_LIGHT_EFFECT + i] = le * (kl + ke)
            shares[_TOXIN + i] = kt * kt
            shares[_LIGHT + i] = kl * kl
            shares[_EFFECT + i] = ke * ke


@_jit
def _find_peak(rates: Any, shares: Any, peak: Any, squarings: int) -> None:
    """Fills the height of each lane's peak; guess and steps are those of `timecourse.effect_peak_day`."""
    for i in range(_LANES):
        a, b, c = rates[_UPTAKE + i], rates[_DECAY + i], rates[_LAG + i]
        low, high = min(min(a, b), c), max(max(a, b), c)
        middle = max(min(a, b), min(max(a, b), c))
        excess = middle / low - 1.0 + _TINY
        rates[_DAY + i] = math.log1p(excess) / (excess * low) + 1.0 / high
    for _ in range(2):
        _carry(rates, shares, squarings)
        for i in range(_LANES):
            a, b, c = rates[_UPTAKE + i], rates[_DECAY + i], rates[_LAG + i]
            light = shares[_TOXIN_LIGHT + i]
            gap = light - shares[_TOXIN_EFFECT + i]
            light_slope = a * shares[_TOXIN + i] - b * light
            slope = light_slope - c * gap
            bend = -a * a * shares[_TOXIN + i] - b * light_slope - c * slope
            rates[_DAY + i] -= 2.0 * gap * slope / (2.0 * slope * slope - gap * bend)
    _carry(rates, shares, squarings)
    for i in range(_LANES):
        peak[i] = shares[_TOXIN_EFFECT + i]


@_jit
def _follow(
    shares: Any, first: int, step_of: Any, peak: Any, state: Any, curve: Any, session: int, begin: int
) -> None:
    """Fills a session's column of `curve` from its first day on, going from day to day by `shares` [step]."""
    four, at = session // _FOUR, (session % _FOUR) * _LANES
    for w in range(begin, len(curve)):
        share, row = shares[first if w == begin else step_of[w]], curve[w, four, at : at + _LANES]
        if w == begin:
            for i in range(_LANES):
                over = 1.0 / peak[i]
                state[_TOXIN + i] = share[_TOXIN + i] * over
                state[_LIGHT + i] = share[_TOXIN_LIGHT + i] * over
                state[_EFFECT + i] = share[_TOXIN_EFFECT + i] * over
        else:
            for i in range(_LANES):
                toxin, light, effect = state[_TOXIN + i], state[_LIGHT + i], state[_EFFECT + i]
                state[_TOXIN + i] = share[_TOXIN + i] * toxin
                state[_LIGHT + i] = share[_TOXIN_LIGHT + i] * toxin + share[_LIGHT + i] * light
                state[_EFFECT + i] = (
                    share[_TOXIN_EFFECT + i] * toxin
                    + share[_LIGHT_EFFECT + i] * light
                    + share[_EFFECT + i] * effect
                )
        for i in range(_LANES):
            row[i] = state[_EFFECT + i]


@_jit
def _repeat(curve: Any, session: int, begin: int, from_session: int, from_begin: int) -> None:
    """Fills a session's column of `curve` with that of an earlier one, shifted."""
    four, at = session // _FOUR, (session % _FOUR) * _LANES
    from_four, from_at = from_session // _FOUR, (from_session % _FOUR) * _LANES
    for w in range(begin, len(curve)):
        old = curve[w - begin + from_begin, from_four, from_at : from_at + _LANES]
        fresh = curve[w, four, at : at + _LANES]
        for i in range(_LANES):
            fresh[i] = old[i]


@_jit
def _load(levels: Any, share: Any, low: int, places: Any, level: Any, part: Any) -> None:
    """Fills level and part, both flat, person by person as they lie in memory; the last person fills up."""
    for i in range(_LANES):
        p = min(low + i, len(levels) - 1)
        for n in range(levels.shape[1]):
            level[places[n] + i] = levels[p, n]
        for m in range(share.shape[1]):
            part[m * _LANES + i] = share[p, m]


@_jit
def _store(total: Any, begin: int, low: int, found: Any) -> None:
    for i in range(min(_LANES, len(found) - low)):
        for w in range(begin, len(total)):
            found[low + i, w] = total[w, i]


@_jit
def _add_fours(level: Any, curve: Any, sums: Any, begin: int) -> None:
    """Fills sums [day, quad, muscle lane] with level times curve over all sessions but the last four."""
    for w in range(begin, len(curve)):
        for q in range(len(level)):
            x = sums[w, q]
            x[:] = x.dtype.type(0.0)
            for f in range(level.shape[1] - 1):
                v, c = level[q, f], curve[w, f]
                for m in range(_FOUR):
                    y, u = x[m * _LANES : (m + 1) * _LANES], v[_FOUR * m * _LANES : _FOUR * (m + 1) * _LANES]
                    for i in range(_LANES):
                        y[i] += (
                            u[i] * c[i] + u[_LANES + i] * c[_LANES + i]
                            + u[2 * _LANES + i] * c[2 * _LANES + i] + u[3 * _LANES + i] * c[3 * _LANES + i]
                        )  # fmt: skip


@lru_cache(maxsize=2)
def _kernel(single: bool) -> Any:
    real: Any = np.float32 if single else np.float64
    kind = np.dtype(real)
    one, none = real(1.0), real(0.0)
    most = real(1e5 if single else 1e50)  # no relief is missed above, and four such products fit the number
    lanes = _LANES

    @_jit
    def hill(level: Any, curve: Any, sums: Any, part: Any, total: Any, begin: int) -> None:
        """Fills total [day, lane] with share times Hill of (sums + level * curve), four muscles at a time."""
        last = level.shape[1] - 1
        for w in range(begin, len(curve)):
            c, into = curve[w, last], total[w]
            for i in range(lanes):
                into[i] = none
            for q in range(len(level)):
                v, s, before = level[q, last], part[q], sums[w if last else 0, q]
                for i in range(lanes):
                    c0, c1, c2, c3 = c[i], c[lanes + i], c[2 * lanes + i], c[3 * lanes + i]
                    x0, x1, x2, x3 = (
                        before[i],
                        before[lanes + i],
                        before[2 * lanes + i],
                        before[3 * lanes + i],
                    )
                    x0 += v[i] * c0 + v[lanes + i] * c1 + v[2 * lanes + i] * c2 + v[3 * lanes + i] * c3
                    x1 += (
                        v[4 * lanes + i] * c0
                        + v[5 * lanes + i] * c1
                        + v[6 * lanes + i] * c2
                        + v[7 * lanes + i] * c3
                    )
                    x2 += (
                        v[8 * lanes + i] * c0
                        + v[9 * lanes + i] * c1
                        + v[10 * lanes + i] * c2
                        + v[11 * lanes + i] * c3
                    )
                    x3 += (
                        v[12 * lanes + i] * c0
                        + v[13 * lanes + i] * c1
                        + v[14 * lanes + i] * c2
                        + v[15 * lanes + i] * c3
                    )
                    x0, x1, x2, x3 = min(x0, most), min(x1, most), min(x2, most), min(x3, most)
                    y0, y1, y2, y3 = (
                        x0 * math.sqrt(x0),
                        x1 * math.sqrt(x1),
                        x2 * math.sqrt(x2),
                        x3 * math.sqrt(x3),
                    )
                    d0, d1, d2, d3 = one + y0, one + y1, one + y2, one + y3
                    upper = s[i] * y0 * d1 + s[lanes + i] * y1 * d0
                    other = s[2 * lanes + i] * y2 * d3 + s[3 * lanes + i] * y3 * d2
                    below, beside = d0 * d1, d2 * d3
                    into[i] += (upper * beside + other * below) / (below * beside)

    @_jit
    def kernel(
        levels: Any, uptake: Any, decay: Any, lag: Any, share: Any, decay_of: Any, lengths: Any, first_of: Any,
        step_of: Any, starts: Any, squarings: int, found: Any,
    ) -> None:  # fmt: skip
        people, muscles, sessions = levels.shape
        days = found.shape[1]
        fours, quads = -(-sessions // _FOUR), -(-muscles // _FOUR)
        rates, state, peak = np.zeros(4 * lanes), np.zeros(3 * lanes), np.zeros(lanes)
        shares = np.zeros((len(lengths), 6 * lanes))
        level = np.zeros((quads, fours, 16 * lanes), kind)
        part = np.zeros((quads, 4 * lanes), kind)
        curve = np.zeros((days, fours, 4 * lanes), kind)
        sums = np.zeros((days if fours > 1 else 1, quads, 4 * lanes), kind)
        total = np.zeros((days, lanes), kind)
        begin = starts[:, 2].min()
        by_person = levels.reshape(people, muscles * sessions)
        places = np.empty(muscles * sessions, np.int64)
        for m in range(muscles):
            for k in range(sessions):
                at = (m // _FOUR * fours + k // _FOUR) * _FOUR + m % _FOUR
                places[m * sessions + k] = (at * _FOUR + k % _FOUR) * lanes
        for low in range(0, people, lanes):
            last = people - 1 - low
            _load(by_person, share, low, places, level.ravel(), part.ravel())
            for i in range(lanes):
                rates[_UPTAKE + i], rates[_LAG + i] = uptake[low + min(i, last)], lag[low + min(i, last)]
            for n in range(len(starts)):
                c = starts[n, 0]
                if n and c == starts[n - 1, 0]:
                    _repeat(curve, starts[n, 1], starts[n, 2], starts[n - 1, 1], starts[n - 1, 2])
                    continue
                for i in range(lanes):
                    rates[_DECAY + i] = decay[low + min(i, last), decay_of[c]]
                _find_peak(rates, shares[0], peak, squarings)
                for d in range(len(lengths)):
                    rates[_DAY : _DAY + lanes] = lengths[d]
                    _carry(rates, shares[d], squarings)
                _follow(shares, first_of[c], step_of, peak, state, curve, starts[n, 1], starts[n, 2])
            if fours > 1:
                _add_fours(level, curve, sums, begin)
            hill(level, curve, sums, part, total, begin)
            _store(total, begin, low, found)

    return kernel
