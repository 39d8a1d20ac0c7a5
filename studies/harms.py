"""Side effects and antibodies: the curves against the published counts, in sample and with each study left out.

In sample means two things here and both are given: with the shift each study shows in its own counts, which flatters,
and with the study drawn from the spread between studies, as for a clinic nobody has counted in. Left out means that
the curve was fitted without the study it is held against and its shift is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collis.knowledge.antibodies import Anchor, AntibodyModel, Scenario
from collis.knowledge.harms import Count, Effect
from collis.knowledge.load import Knowledge, load
from collis.toxin.adverse import chances, draw_curves, drug_chances, typical_curve
from collis.toxin.antibodies import chance_of_neutralising, session_chances
from collis.toxin.timecourse import Array
from studies.record import Measure
from tools.calibrate_harms import Fit, Rows, chances_in_study, fit, own_shifts, priors_of, rows_of

PATHS = (
    "src/collis/toxin/adverse.py",
    "src/collis/toxin/antibodies.py",
    "src/collis/knowledge/harms.py",
    "src/collis/knowledge/antibodies.py",
    "src/collis/knowledge/data/evidence/harms.toml",
    "src/collis/knowledge/data/evidence/harms.npz",
    "src/collis/knowledge/data/evidence/harm_inputs.toml",
    "src/collis/knowledge/data/evidence/trial_safety.toml",
    "src/collis/knowledge/data/evidence/antibodies.toml",
    "src/collis/knowledge/data/muscles.toml",
    "tools/calibrate_harms.py",
)
SEED = 20261122
DRAWS, THIN = 8000, 1000
LADDER, HEAD_TO_HEAD = "POEWE1998", "COMELLA2005"
TAIL = 0.025


def binomial_interval(cases: float, people: float) -> tuple[float, float]:
    """The exact 95 percent interval of a share (Clopper and Pearson)."""
    from scipy.stats import beta

    low = 0.0 if cases == 0 else float(beta.ppf(TAIL, cases, people - cases + 1))
    high = 1.0 if cases == people else float(beta.ppf(1.0 - TAIL, cases + 1, people - cases))
    return low, high


def inside(rows: Rows, predicted: Array) -> Array:
    """Which arms have the predicted share inside the exact interval of their count."""
    bounds = [binomial_interval(c, n) for c, n in zip(rows.cases, rows.people, strict=True)]
    return np.array([low <= p <= high for p, (low, high) in zip(predicted, bounds, strict=True)])


def drawn_shares(found: Fit, rows: Rows, *, draws: int, seed: int) -> Array:
    """Shares of the arms with parameters from the posterior and one study drawn a draw; [draw, row]."""
    chance = np.random.default_rng(seed)
    drawn = (
        found.centre
        + chance.standard_normal((draws, found.centre.size)) @ np.linalg.cholesky(found.covariance).T
    )
    shifts = np.exp(drawn[:, 4]) * chance.standard_normal(draws)
    return np.array(
        [
            chances_in_study(rows, at, np.full(rows.cases.shape, shift))
            for at, shift in zip(drawn, shifts, strict=True)
        ]
    )


def counts_inside(found: Fit, rows: Rows, *, draws: int, seed: int) -> Array:
    """Which arms have their count between the 2.5th and 97.5th percentile of counts drawn with a drawn study."""
    shares = drawn_shares(found, rows, draws=draws, seed=seed)
    drawn = np.random.default_rng(seed + 1).binomial(rows.people.astype(int), shares)
    low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL], axis=0)
    return np.asarray((low <= rows.cases) & (rows.cases <= high))


def left_out(rows: Rows, priors: dict[str, tuple[float, float]]) -> list[tuple[Fit, Rows]]:
    """For every study the fit of the others and its own rows."""
    return [
        (fit(rows.without(s), priors), rows.where(np.array([c.trial == s for c in rows.counts])))
        for s in rows.studies
    ]


def run(thin: bool) -> Sequence[Measure]:
    """Every bar on side effects, then the cohorts of antibodies."""
    knowledge = load()
    draws = THIN if thin else DRAWS
    priors = priors_of(knowledge.harm_inputs)
    dysphagia = rows_of(knowledge, Effect.DYSPHAGIA, knowledge.harm_inputs)
    weakness = rows_of(knowledge, Effect.NECK_WEAKNESS, knowledge.harm_inputs)
    fits = fit(dysphagia, priors), fit(weakness, priors)
    out = left_out(dysphagia, priors)
    return [
        *_dysphagia(dysphagia, fits[0], out, draws),
        *_form(knowledge, draws),
        _ladder("dysphagia", dysphagia, fits[0]),
        _ladder("neck weakness", weakness, fits[1]),
        _ladder_left_out("neck weakness", weakness, priors, draws),
        *_head_to_head(dysphagia, fits[0], out, draws),
        _other_effects(knowledge, priors),
        _not_fitted(knowledge, draws),
        *_antibodies(knowledge),
    ]


def _dysphagia(rows: Rows, found: Fit, out: Sequence[tuple[Fit, Rows]], draws: int) -> list[Measure]:
    arms, out_counts = len(rows.counts), [c for _, r in out for c in r.counts]
    own = inside(rows, chances_in_study(rows, found.centre, own_shifts(rows, found)))
    typical = inside(rows, chances_in_study(rows, found.centre, np.zeros(arms)))
    drawn = counts_inside(found, rows, draws=draws, seed=SEED)
    missed = np.concatenate([counts_inside(f, r, draws=draws, seed=SEED) for f, r in out])
    typical_out = np.concatenate(
        [inside(r, chances_in_study(r, f.centre, np.zeros(len(r.counts)))) for f, r in out]
    )
    return [
        _share(
            "dysphagia, in sample, own shift of each study: arms inside",
            own,
            rows.counts,
            "the shift of a study comes from its own counts, which flatters",
        ),
        _share(
            "dysphagia, in sample, study drawn: arms inside",
            drawn,
            rows.counts,
            "counts inside the 95 percent interval of drawn counts, which holds the spread of studies and is wide",
        ),
        _share(
            "dysphagia, each study left out, study drawn: arms inside",
            missed,
            out_counts,
            "fitted without the study, whose shift is drawn",
        ),
        _said("dysphagia, in sample, typical study: arms inside", typical, rows.counts),
        _said("dysphagia, each study left out, typical study: arms inside", typical_out, out_counts),
    ]


def _missed(hits: Array, counts: Sequence[Count]) -> str:
    return ", ".join(f"{c.trial} {c.arm}" for c, hit in zip(counts, hits, strict=True) if not hit) or "none"


def _share(name: str, hits: Array, counts: Sequence[Count], detail: str) -> Measure:
    share = float(hits.mean())
    return Measure(
        name=name,
        figure=round(share, 3),
        unit="share",
        bar="at least 0.9",
        met=share >= 0.9,
        detail=f"{int(hits.sum())} of {hits.size} arms; {detail}; missed: {_missed(hits, counts)}",
    )


def _said(name: str, hits: Array, counts: Sequence[Count]) -> Measure:
    return Measure(
        name=name,
        figure=round(float(hits.mean()), 3),
        unit="share",
        bar="said, no bar",
        met=True,
        detail=f"one figure against the exact interval of each count; missed: {_missed(hits, counts)}",
    )


def _form(knowledge: Knowledge, draws: int) -> list[Measure]:
    curves = draw_curves(knowledge.harms, draws=draws, seed=SEED)
    worst = max(
        float(drug_chances(c, 0.0, serotype_b=b).max()) for c in curves.values() for b in (False, True)
    )
    exposures = np.geomspace(0.1, 1e4, 60)[:, None]
    falls = sum(int((np.diff(chances(c, exposures), axis=0) < 0.0).sum()) for c in curves.values())
    highest = min(float(chances(typical_curve(m), 1e12)[0]) for m in knowledge.harms.effects.values())
    return [
        Measure(
            name="the drug's part without toxin",
            figure=worst,
            bar="exactly 0",
            met=worst == 0.0,
            unit="share",
        ),
        Measure(
            name="falls of the chance with exposure", figure=falls, bar="none", met=falls == 0, unit="count"
        ),
        Measure(
            name="chance at an endless exposure, lowest of the effects",
            figure=round(highest, 6),
            bar="1, no ceiling",
            met=highest > 0.9999,
            unit="share",
        ),
    ]


def _words(rows: Rows, predicted: Array) -> str:
    parts = [
        f"{c.arm} {100 * k / n:.0f} against {100 * p:.0f}"
        for c, k, n, p in zip(rows.counts, rows.cases, rows.people, predicted, strict=True)
    ]
    return "percent seen against predicted: " + ", ".join(parts)


def _ladder(name: str, rows: Rows, found: Fit) -> Measure:
    mine = np.array([c.trial == LADDER for c in rows.counts])
    part = rows.where(mine)
    predicted = chances_in_study(part, found.centre, own_shifts(rows, found)[mine])
    hits = inside(part, predicted)
    return Measure(
        name=f"dose ladder of Poewe 1998, {name}, in sample: arms inside",
        figure=int(hits.sum()),
        unit=f"of {hits.size}",
        bar="all, or the miss said",
        met=bool(hits.all()),
        detail=_words(part, predicted),
    )


def _ladder_left_out(name: str, rows: Rows, priors: dict[str, tuple[float, float]], draws: int) -> Measure:
    part = rows.where(np.array([c.trial == LADDER for c in rows.counts]))
    found = fit(rows.without(LADDER), priors)
    hits = counts_inside(found, part, draws=draws, seed=SEED)
    predicted = chances_in_study(part, found.centre, np.zeros(len(part.counts)))
    return Measure(
        name=f"dose ladder of Poewe 1998, {name}, left out, study drawn: arms inside",
        figure=int(hits.sum()),
        unit=f"of {hits.size}",
        bar="said, no bar",
        met=True,
        detail="typical study, " + _words(part, predicted),
    )


def _head_to_head(rows: Rows, found: Fit, out: Sequence[tuple[Fit, Rows]], draws: int) -> list[Measure]:
    def ratio(of: Fit, part: Rows) -> Array:
        shares = drawn_shares(of, part, draws=draws, seed=SEED)
        return np.asarray(shares[:, 1] / shares[:, 0])

    part = rows.where(np.array([c.trial == HEAD_TO_HEAD for c in rows.counts]))
    seen = float(part.cases[1] / part.people[1] / (part.cases[0] / part.people[0]))
    without = next(f for f, r in out if r.counts[0].trial == HEAD_TO_HEAD)
    measures = []
    for name, of in (("in sample", found), ("left out", without)):
        low, middle, high = np.quantile(ratio(of, part), [0.05, 0.5, 0.95])
        measures.append(
            Measure(
                name=f"dysphagia, type B over type A head to head, {name}",
                figure=round(float(middle), 2),
                unit="ratio",
                bar="above 1",
                met=bool(middle > 1.0),
                detail=f"90 percent from {low:.2f} to {high:.2f}; seen {seen:.2f}; doses of that trial are assumed",
            )
        )
    return measures


def _other_effects(knowledge: Knowledge, priors: dict[str, tuple[float, float]]) -> Measure:
    parts, hits = [], []
    for effect in Effect:
        rows = rows_of(knowledge, effect, knowledge.harm_inputs)
        found = fit(rows, priors)
        own = inside(rows, chances_in_study(rows, found.centre, own_shifts(rows, found)))
        hits.append(own)
        parts.append(f"{effect.value} {int(own.sum())} of {own.size}")
    every = np.concatenate(hits)
    return Measure(
        name="every effect, in sample, own shift of each study: arms inside",
        figure=round(float(every.mean()), 3),
        unit="share",
        bar="said, no bar",
        met=True,
        detail=", ".join(parts),
    )


def _not_fitted(knowledge: Knowledge, draws: int) -> Measure:
    """Counts kept out of the fit although their doses are known; several hold people of fitted arms."""
    harms, curves = knowledge.harms, draw_curves(knowledge.harms, draws=draws, seed=SEED)
    counts, hits = [], []
    for count in knowledge.trial_safety:
        known = count.effect and count.units is not None and count.people and count.cases is not None
        if count.use != "check" or not known or count.effect is None:
            continue
        if count.product != "placebo" and count.product not in harms.potency:
            continue
        b = count.product in harms.potency and harms.is_serotype_b(count.product)
        potency = harms.potency_of(count.product) if count.product in harms.potency else 0.0
        units = {m: part * (count.units or 0.0) for m, part in count.shares.items()}
        exposure = harms.effects[count.effect].exposure_of(units, potency=potency)
        share = chances(curves[count.effect], exposure, serotype_b=b)
        drawn = np.random.default_rng(SEED).binomial(count.people or 0, share)
        low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL])
        counts.append(count)
        hits.append(low <= (count.cases or 0) <= high)
    found = np.array(hits)
    return Measure(
        name="counts not fitted, study drawn: inside",
        figure=round(float(found.mean()), 3),
        unit="share",
        bar="said, no bar",
        met=True,
        detail=f"{int(found.sum())} of {found.size} counts of labels and a registry, which share people with fitted "
        f"arms or add up several sessions; missed: {_missed(found, counts)}",
    )


def _antibodies(knowledge: Knowledge) -> list[Measure]:
    return [_cohort(knowledge.antibodies, anchor) for anchor in knowledge.antibodies.anchors]


def _cohort(model: AntibodyModel, anchor: Anchor) -> Measure:
    product = model.families[anchor.family].products[0]
    doses = np.full(int(anchor.sessions.value), float(model.usual_dose[product].value))
    by = {
        s: 100.0 * float(chance_of_neutralising(session_chances(model, s, product=product, doses=doses))[-1])
        for s in Scenario
    }
    low, high, said = anchor.low, anchor.high, f"seen {anchor.low:g}"
    if anchor.people:
        bounds = binomial_interval(round(low * anchor.people / 100.0), anchor.people)
        low, high = 100.0 * bounds[0], 100.0 * bounds[1]
        said = f"{said} by {anchor.kind}, interval {low:.1f} to {high:.1f}"
    elif high > low:
        said = f"{said} to {high:g} by {anchor.kind}"
    else:
        said = f"{said} by {anchor.kind}, number of people not known"
    return Measure(
        name=f"antibodies, cohort {anchor.key}: assay scenario",
        figure=round(by[Scenario.ASSAY], 1),
        unit="percent",
        bar="the span of the clinical scenarios meets what was seen",
        met=by[Scenario.CLINIC_LOW] <= high and by[Scenario.CLINIC_HIGH] >= low,
        detail=f"{doses.size} sessions; clinical scenarios {by[Scenario.CLINIC_LOW]:.1f} to "
        f"{by[Scenario.CLINIC_HIGH]:.1f}; {said}",
    )
