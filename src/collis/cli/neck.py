"""`collis neck`: the neck of a case as a picture and as a scene for a viewer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from collis.cli.printing import show, stem, working, write_files
from collis.errors import BadInput

if TYPE_CHECKING:
    from collis.case.case import Case
    from collis.case.plan import Plan
    from collis.inference.neck_angles import NeckAngles
    from collis.knowledge.load import Knowledge
    from collis.knowledge.names import MuscleSide
    from collis.neck.scene import Standing
    from collis.neck.skeleton import Neck
    from collis.report.neck_picture import Legend

commands = typer.Typer(
    help="The neck of a case as a picture: for teaching and research, no part of a plan or a letter.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class TintBy(StrEnum):
    """What the muscles are tinted by."""

    DRIVE = "drive"
    DOSE = "dose"
    RELIEF = "relief"


class PostureOf(StrEnum):
    """Which posture is drawn."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    NEUTRAL = "neutral"


@commands.callback()
def _group() -> None:
    pass


@commands.command("show")
def show_(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A case file (*.case.toml).", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Write the SVG and the JSON into this folder.")] = Path(),
    tint: Annotated[
        TintBy, typer.Option("--tint", help="By share of the drive, by dose, or by expected relief.")
    ] = TintBy.DRIVE,
    candidate: Annotated[
        str | None,
        typer.Option(
            "--candidate",
            help="The candidate whose doses tint; without it the plan typed in the case, else balanced.",
            show_default=False,
        ),
    ] = None,
    posture: Annotated[
        PostureOf,
        typer.Option("--posture", help="As entered, as the model predicts it (research), or neutral."),
    ] = PostureOf.MEASURED,
) -> None:
    """Draw head, vertebrae and muscles from the front, a side and the back, and write the same as a JSON scene.

    A predicted posture is marked "model, not validated in patients". Leaves with 3 where doses are asked for and
    the screen or the gate stands in the way.
    """
    from collis import api
    from collis.neck.scene import MARK, Standing, scene, scene_document, volumes_of
    from collis.neck.skeleton import Build, Sex, build_neck
    from collis.report.json import dumped
    from collis.report.neck_picture import neck_picture

    opened = api.open_case(case)
    knowledge = api.knowledge_for(opened)
    build = Build(sex=Sex.FEMALE) if opened.patient.sex == "female" else Build()
    neck = build_neck(knowledge.neck, build)
    values, legend = _tinted(opened, knowledge, tint, candidate)
    with working("Drawing the neck"):
        standing, found = _posture(opened, knowledge, neck, posture)
        drawn = scene(
            neck, found.angles, standing=standing, volumes=volumes_of(knowledge.muscles), tint=values
        )
        picture = neck_picture(drawn, legend, notes=found.notes)
        document = {
            **scene_document(drawn),
            "tinted_by": tint.value,
            "notes": list(found.notes),
            "knowledge_version": knowledge.version,
        }
    name = f"{stem(case)}-neck"
    for path in write_files(
        out, {f"{name}.svg": picture.svg.encode(), f"{name}.json": dumped(document).encode()}
    ):
        show(f"Written: {path}\n")
    if standing is Standing.PREDICTED:
        show(f"{MARK}. For research and teaching: no part of a plan, a patient page or a letter.\n")


def _posture(case: Case, knowledge: Knowledge, neck: Neck, posture: PostureOf) -> tuple[Standing, NeckAngles]:
    """The angles asked for, and what they stand on."""
    import numpy as np

    from collis import api
    from collis.inference.neck_angles import NeckAngles, entered_angles, predicted_angles
    from collis.neck.scene import Standing

    match posture:
        case PostureOf.NEUTRAL:
            return Standing.NEUTRAL, NeckAngles(angles=np.zeros(6))
        case PostureOf.MEASURED:
            return Standing.ENTERED, entered_angles(case.examination.posture, neck, knowledge)
        case PostureOf.PREDICTED:
            seen = entered_angles(case.examination.posture, neck, knowledge)
            return Standing.PREDICTED, predicted_angles(api.rank_muscles(case), seen.angles, neck, knowledge)
        case _:
            assert_never(posture)


def _tinted(
    case: Case, knowledge: Knowledge, tint: TintBy, candidate: str | None
) -> tuple[dict[MuscleSide, float], Legend]:
    """Tints from 0 to 1 by muscle-side, and the legend that says what they are."""
    from collis import api
    from collis.report import words
    from collis.report.neck_picture import Legend

    match tint:
        case TintBy.DRIVE:
            if candidate is not None:
                raise BadInput(
                    where="--candidate", read=candidate, expected="--tint dose or --tint relief beside it"
                )
            ranked = [m for m in api.rank_muscles(case).muscles if m.share > 0]
            shares = {m.where: m.share for m in ranked if words.likelihood(m.probability) != "unlikely"}
            most = max(shares.values(), default=1.0)
            further = len(ranked) - len(shares)
            return {w: v / most for w, v in shares.items()}, Legend(
                title="Muscles tinted by share of the drive",
                least="not likely",
                most=f"largest share, {words.percent(most)}" if shares else "largest share",
                values={w: words.percent(v) for w, v in shares.items()},
                note=f"Not tinted: {words.count(further, 'unlikely muscle')} with small shares."
                if further
                else "",
            )
        case TintBy.DOSE:
            plan = _plan(case, candidate)
            units = {i.where: float(i.dose.units) for i in plan.injections if i.dose.units > 0}
            largest = max(units.values(), default=1.0)
            return {w: v / largest for w, v in units.items()}, Legend(
                title=f"Muscles tinted by dose: {plan.name}",
                least="none",
                most=f"largest, {words.number(largest)} Units",
                values={i.where: words.units(i.dose) for i in plan.injections},
                note=f"Units of {plan.product}. They fit no other product. The picture shows muscles, not sites.",
            )
        case TintBy.RELIEF:
            plan = _plan(case, candidate)
            relief = _relief(plan, knowledge)
            return relief, Legend(
                title=f"Muscles tinted by expected relief: {plan.name}",
                least="none",
                most="all of its pull",
                values={w: words.percent(v) for w, v in relief.items()},
                note="Mean share of each muscle’s pull relieved over the cycle, in the response model. A forecast, "
                "not a promise.",
            )
        case _:
            assert_never(tint)


def _plan(case: Case, candidate: str | None) -> Plan:
    """The plan of the candidate named; without a name the typed one, else balanced."""
    from collis.cli.chosen import chosen_plan

    name = candidate if candidate is not None or case.request.plan is not None else "balanced"
    return chosen_plan(case, name).plan


def _relief(plan: Plan, knowledge: Knowledge) -> dict[MuscleSide, float]:
    """Mean relief over the cycle by muscle-side, 0 to 1, as planning counts it: this session alone."""
    from collis.api import DRAWS, SEED
    from collis.course.draws import draw_response
    from collis.course.relief import relief_table

    given = [i for i in plan.injections if i.dose.units > 0]
    table = relief_table(
        draw_response(knowledge, draws=DRAWS, seed=SEED),
        product=plan.product,
        places=[i.where for i in given],
        levels=[float(i.dose.units) for i in given],
        muscles=knowledge.muscles,
        cycle_weeks=knowledge.figure("planning", "shape", "cycle"),
    )
    return {injection.where: float(table[i, i]) for i, injection in enumerate(given)}
