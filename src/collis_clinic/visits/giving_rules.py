"""What the gate holds against a session, what was answered to it, and what may never be passed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collis.errors import BadInput
from collis.units import plain
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action
from collis_clinic.bridge import outputs, pages
from collis_clinic.bridge.pages import Said
from collis_clinic.records.models import (
    ClinicProfile,
    InjectionLine,
    LabelSignOff,
    Override,
    PlanRecord,
    Session,
    Task,
)
from collis_clinic.records.words import OverrideReason, SessionState, TaskKind
from collis_clinic.visits.ready import must_be_read

REVIEW_WITHIN = timedelta(days=7)
UNASKED, LOCAL = "unasked", "local"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One line of a verdict that is not an allowance, with the answer to it."""

    key: str
    said: Said
    override: Override | None

    @property
    def rule(self) -> str:
        """The rule's id; one word for the line of all unasked items."""
        return UNASKED if " " in self.said.rule else self.said.rule

    @property
    def never(self) -> bool:
        """Whether nobody may go past it: wrong units, allergy, an expired vial, an entry error."""
        return self.said.level == "refuse" and not self.said.overridable

    @property
    def needs_second(self) -> bool:
        """Whether a second name is asked: contraindications and limits of the label."""
        return self.said.level == "refuse" and self.said.overridable

    @property
    def waits_for_second(self) -> bool:
        """Whether the first name is there and the second is not."""
        found = self.override
        return found is not None and self.needs_second and found.second_by_id is None and not found.retyped

    @property
    def answered(self) -> bool:
        """Whether it no longer stands in the way."""
        return not self.never and self.override is not None and not self.waits_for_second


def held_against(record: PlanRecord) -> list[Held]:
    """What a kept verdict holds against the plan, worst first, with the answers of this visit to the same words."""
    answers = {
        _key(o.rule, o.level, o.said): o
        for o in Override.objects.filter(visit=record.visit_id).select_related("by", "second_by")
    }
    spoken = [
        pages.said_stored(reason)
        for reason in record.result["verdict"]["reasons"]
        if reason["level"] != "allow" and reason["kind"] == "clinical"
    ]
    found = []
    for line in [*_beyond_local(record), *spoken]:
        rule = UNASKED if " " in line.rule else line.rule
        key = _key(rule, line.level, line.what)
        found.append(Held(key=key, said=line, override=answers.get(key)))
    return found


def _beyond_local(record: PlanRecord) -> list[Said]:
    """What goes past a limit this clinic has made stricter than the label."""
    plan = record.result["plan"]
    stricter: dict[str, Decimal] = {}
    for row in LabelSignOff.objects.filter(product=plan["product"], withdrawn_on__isnull=True).order_by(
        "on", "recorded_at"
    ):
        limit = row.entry.removesuffix(".bound").rpartition(".")[2]
        if row.local_value is None:
            stricter.pop(limit, None)
        else:
            stricter[limit] = Decimal(str(row.local_value))
    return [
        Said(
            rule=LOCAL,
            level="refuse",
            word=_("Refused"),
            what=_("%(taken)s, past this clinic’s own limit of %(local)s: %(text)s.")
            % {
                "taken": plain(Decimal(str(x["taken"]))),
                "local": plain(stricter[x["id"]]),
                "text": x["text"],
            },
            action=_("Lower it, or go past it with a reason and a second name."),
            grade=_("clinic"),
            source=_("local label sign-off"),
            verified=True,
            overridable=True,
        )
        for x in record.result["limits"]
        if x["id"] in stricter and Decimal(str(x["taken"])) > stricter[x["id"]]
    ]


def _key(rule: str, level: str, words: str) -> str:
    return hashlib.sha256(f"{rule}|{level}|{words}".encode()).hexdigest()[:20]


def is_solo() -> bool:
    """Whether this clinic has one clinician, so that no second name can be had."""
    return bool(ClinicProfile.objects.filter(solo=True).exists())


@transaction.atomic
def answer(
    record: PlanRecord, keys: list[str], by: User, *, reason_code: str, reason: str, retyped: str = ""
) -> list[Override]:
    """Go past what is held, each with the reason given. In a solo clinic a refusal is retyped and reviewed later."""
    if not by.may(Action.VISIT_OVERRIDE):
        raise PermissionDenied
    if reason_code not in OverrideReason.values:
        raise ValidationError({"reason_code": _("Choose a reason from the list.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why.")})
    by_key = {h.key: h for h in held_against(record)}
    wanted = [by_key[key] for key in keys if key in by_key]
    if not wanted:
        raise ValidationError({"keys": _("Mark what the reason is for.")})
    return [
        _one(record, held, by, reason_code=reason_code, reason=reason, retyped=retyped)
        for held in wanted
        if held.override is None
    ]


def _one(
    record: PlanRecord, held: Held, by: User, *, reason_code: str, reason: str, retyped: str
) -> Override:
    if held.never:
        raise ValidationError(
            _("%(what)s Nobody can go past this: change the plan.") % {"what": held.said.what}
        )
    solo = held.needs_second and is_solo()
    if solo and " ".join(retyped.split()).casefold() != " ".join(held.said.what.split()).casefold():
        raise ValidationError(
            {"retyped": _("Type the refusal word for word: “%(what)s”") % {"what": held.said.what}}
        )
    today = timezone.localdate()
    row = Override(
        visit=record.visit,
        plan_record=record,
        rule=held.rule,
        level=held.said.level,
        said=held.said.what,
        reason_code=reason_code,
        reason=reason.strip(),
        by=by,
        retyped=solo,
        review_due=today + REVIEW_WITHIN if solo else None,
    )
    row.save(action="override", reason=reason.strip())
    if solo:
        Task(
            patient=record.visit.patient,
            visit=record.visit,
            kind=TaskKind.OVERRIDE_REVIEW,
            text=held.said.what[:200],
            due_from=today,
            due_to=today + REVIEW_WITHIN,
            role="injector",
            once=f"override {row.pk}",
        ).save()
    return row


def second(override: Override, by: User) -> None:
    """The second clinician's name under an override."""
    if not by.may(Action.VISIT_SECOND):
        raise PermissionDenied
    if override.second_by_id is not None:
        raise ValidationError(_("A second name stands here already."))
    override.second_by, override.second_at = by, timezone.now()
    override.save(action="second")


def review(override: Override, by: User, *, note: str) -> None:
    """The delayed review of an override made alone."""
    if not by.may(Action.VISIT_OVERRIDE):
        raise PermissionDenied
    if not note.strip():
        raise ValidationError({"note": _("Say what the review found.")})
    with transaction.atomic():
        override.reviewed_by, override.reviewed_at = by, timezone.now()
        override.review_note = note.strip()
        override.save(action="review")
        task = Task.objects.filter(once=f"override {override.pk}", state="open").first()
        if task is not None:
            task.state, task.done_at, task.done_by = "done", timezone.now(), by
            task.result = note.strip()[:300]
            task.save()


def judge(session: Session) -> PlanRecord:
    """Ask the gate and keep the answer. A session without a product or Units cannot be judged."""
    if session.product is None:
        raise BadInput(where="product", read="nothing", expected="the product of the session")
    if not session.lines.filter(dropped=False).exists():
        raise ValidationError(_("There is no line to check. Plan first."))
    return outputs.checked_session(session).record


@transaction.atomic
def mark_checked(session: Session, record: PlanRecord, by: User) -> None:
    """Set a session to checked on a verdict whose every line is answered. What nobody may pass stops here."""
    if not by.may(Action.VISIT_PLAN):
        raise PermissionDenied
    open_lines = [h for h in held_against(record) if not h.answered]
    if open_lines:
        raise ValidationError([_still(h) for h in open_lines])
    must_be_read(session)
    session.plan_record = record
    if not outputs.same_plan(session):
        raise ValidationError(_("The doses changed since they were checked. Check again."))
    session.state = SessionState.CHECKED
    session.checked_by, session.checked_at = by, timezone.now()
    session.save(action="check")


def _still(held: Held) -> str:
    if held.never:
        return _("%(what)s Nobody can go past this: change the plan.") % {"what": held.said.what}
    if held.waits_for_second:
        return _("A second clinician’s name is missing: %(what)s") % {"what": held.said.what}
    return _("Not answered: %(what)s") % {"what": held.said.what}


def still_checked(session: Session) -> bool:
    """Whether the session is checked and its lines are still those that were."""
    return session.state in (SessionState.CHECKED, SessionState.SIGNED) and (
        session.state == SessionState.SIGNED or outputs.same_plan(session)
    )


def need_checked(session: Session) -> None:
    """Raise unless the plan stands checked, with these doses."""
    if session.state == SessionState.DRAFT or session.state == SessionState.STOPPED:
        raise ValidationError(_("Check the plan first: nothing is drawn up or given unchecked."))
    if not still_checked(session):
        raise ValidationError(_("The doses changed since they were checked. Check again."))


def lines_of(session: Session) -> list[InjectionLine]:
    """The lines that count, in order."""
    return list(session.lines.filter(dropped=False).order_by("position", "site"))


def unanswered(record: PlanRecord | None) -> list[Any]:
    """What is held and not answered, for a page."""
    return [] if record is None else [h for h in held_against(record) if not h.answered]
