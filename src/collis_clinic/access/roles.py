"""Roles, actions, and the one table that says who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


class Role(StrEnum):
    """What a person is in this clinic. One person, one role."""

    INJECTOR = "injector"
    TRAINEE = "trainee"
    NURSE = "nurse"
    BILLER = "biller"
    RESEARCHER = "researcher"
    ADMINISTRATOR = "administrator"
    PATIENT = "patient"

    @property
    def label(self) -> StrPromise:
        """The role as shown."""
        return ROLE_LABELS[self]


ROLE_LABELS: Mapping[Role, StrPromise] = {
    Role.INJECTOR: _("Injector"),
    Role.TRAINEE: _("Trainee"),
    Role.NURSE: _("Nurse"),
    Role.BILLER: _("Biller"),
    Role.RESEARCHER: _("Researcher"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.PATIENT: _("Patient"),
}

STAFF = frozenset(Role) - {Role.PATIENT}


class Action(StrEnum):
    """Everything a view can let somebody do. A view names exactly one."""

    ACCOUNT_OWN = "account.own"
    HOME_VIEW = "home.view"
    GUIDE_READ = "guide.read"
    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_SIGN_OFF = "knowledge.sign_off"

    PATIENT_LIST = "patient.list"
    PATIENT_READ = "patient.read"
    PATIENT_CREATE = "patient.create"
    PATIENT_EDIT = "patient.edit"
    PATIENT_EXPORT = "patient.export"
    PATIENT_ERASE = "patient.erase"
    BREAK_GLASS = "patient.break_glass"
    BREAK_GLASS_REVIEW = "patient.break_glass_review"

    SCHEDULE_READ = "schedule.read"
    SCHEDULE_EDIT = "schedule.edit"
    TASK_READ = "task.read"
    TASK_DO = "task.do"

    VISIT_READ = "visit.read"
    VISIT_OPEN = "visit.open"
    VISIT_CHECK_IN = "visit.check_in"
    VISIT_CONSENT = "visit.consent"
    VISIT_ASSESS = "visit.assess"
    VISIT_PLAN = "visit.plan"
    VISIT_OVERRIDE = "visit.override"
    VISIT_SECOND = "visit.second"
    VISIT_DRAW_UP = "visit.draw_up"
    VISIT_TIME_OUT = "visit.time_out"
    VISIT_GIVE = "visit.give"
    VISIT_OBSERVE = "visit.observe"
    VISIT_STOP = "visit.stop"
    VISIT_SIGN = "visit.sign"
    VISIT_SUPERVISE = "visit.supervise"
    VISIT_AMEND = "visit.amend"
    LEDGER_READ = "ledger.read"
    LEDGER_ADD = "ledger.add"
    SAFETY_REPORT = "safety.report"

    STOCK_READ = "stock.read"
    STOCK_RECEIVE = "stock.receive"
    STOCK_WASTE = "stock.waste"
    STOCK_RECALL = "stock.recall"

    AUTHORISATION_READ = "authorisation.read"
    AUTHORISATION_EDIT = "authorisation.edit"
    CLAIM_READ = "claim.read"
    CLAIM_EDIT = "claim.edit"
    LETTER_READ = "letter.read"
    LETTER_MAKE = "letter.make"

    REGISTRY_READ = "registry.read"
    REGISTRY_EXPORT = "registry.export"
    STORY_READ = "story.read"
    STORY_EDIT = "story.edit"
    FHIR_READ = "fhir.read"
    FHIR_WRITE = "fhir.write"

    OWN_READ = "own.read"
    OWN_DIARY = "own.diary"

    USER_LIST = "user.list"
    USER_EDIT = "user.edit"
    AUDIT_READ = "audit.read"
    SETTINGS_EDIT = "settings.edit"


_I, _T, _N, _B = Role.INJECTOR, Role.TRAINEE, Role.NURSE, Role.BILLER
_R, _A, _P = Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT
_CARE = {_I, _T, _N}

TABLE: Mapping[Action, frozenset[Role]] = {
    action: frozenset(roles)
    for action, roles in {
        Action.ACCOUNT_OWN: {_I, _T, _N, _B, _R, _A, _P},
        Action.HOME_VIEW: {_I, _T, _N, _B, _R, _A, _P},
        Action.GUIDE_READ: {_I, _T, _N, _B, _R, _A, _P},
        Action.KNOWLEDGE_READ: {_I, _T, _N, _B, _R, _A},
        Action.KNOWLEDGE_SIGN_OFF: {_I},
        Action.PATIENT_LIST: {_I, _T, _N, _B},
        Action.PATIENT_READ: {_I, _T, _N, _B},
        Action.PATIENT_CREATE: {_I, _T, _N},
        Action.PATIENT_EDIT: {_I, _T, _N},
        Action.PATIENT_EXPORT: {_I},
        Action.PATIENT_ERASE: {_I},
        Action.BREAK_GLASS: {_I, _T, _N},
        Action.BREAK_GLASS_REVIEW: {_I},
        Action.SCHEDULE_READ: {_I, _T, _N, _B},
        Action.SCHEDULE_EDIT: {_I, _T, _N, _B},
        Action.TASK_READ: {_I, _T, _N, _B},
        Action.TASK_DO: {_I, _T, _N, _B},
        Action.VISIT_READ: {_I, _T, _N},
        Action.VISIT_OPEN: _CARE,
        Action.VISIT_CHECK_IN: _CARE,
        Action.VISIT_CONSENT: _CARE,
        Action.VISIT_ASSESS: _CARE,
        Action.VISIT_PLAN: {_I, _T},
        Action.VISIT_OVERRIDE: {_I},
        Action.VISIT_SECOND: {_I},
        Action.VISIT_DRAW_UP: _CARE,
        Action.VISIT_TIME_OUT: _CARE,
        Action.VISIT_GIVE: {_I, _T},
        Action.VISIT_OBSERVE: _CARE,
        Action.VISIT_STOP: _CARE,
        Action.VISIT_SIGN: {_I, _T},
        Action.VISIT_SUPERVISE: {_I},
        Action.VISIT_AMEND: {_I},
        Action.LEDGER_READ: _CARE,
        Action.LEDGER_ADD: _CARE,
        Action.SAFETY_REPORT: _CARE,
        Action.STOCK_READ: {_I, _T, _N, _B},
        Action.STOCK_RECEIVE: {_I, _N},
        Action.STOCK_WASTE: {_I, _N},
        Action.STOCK_RECALL: {_I, _N},
        Action.AUTHORISATION_READ: {_I, _T, _N, _B},
        Action.AUTHORISATION_EDIT: {_I, _N, _B},
        Action.CLAIM_READ: {_I, _B},
        Action.CLAIM_EDIT: {_B},
        Action.LETTER_READ: {_I, _T, _N, _B},
        Action.LETTER_MAKE: {_I, _T, _N},
        Action.REGISTRY_READ: {_I, _R},
        Action.REGISTRY_EXPORT: {_R},
        Action.STORY_READ: {_I, _T, _N, _B, _R, _A, _P},
        Action.STORY_EDIT: {_I, _P},
        Action.FHIR_READ: {_I, _N},
        Action.FHIR_WRITE: {_I, _N},
        Action.OWN_READ: {_P},
        Action.OWN_DIARY: {_P},
        Action.USER_LIST: {_A},
        Action.USER_EDIT: {_A},
        Action.AUDIT_READ: {_I, _A},
        Action.SETTINGS_EDIT: {_A},
    }.items()
}
"""The roles each action is for. An action that is not here is for nobody."""


def may(role: Role | None, action: Action) -> bool:
    """Whether a role may do an action; nobody signed in has no role and may do nothing."""
    return role is not None and role in TABLE.get(action, frozenset())
