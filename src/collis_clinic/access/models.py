"""The people who use the clinic's computer, and the record of emergency access."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collis_clinic.access.roles import STAFF, Action, Role, may


class UserManager(BaseUserManager["User"]):
    """Makes users; nobody is more than a role."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        """A new user with a password that the validators have passed (they are the form's business)."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff, or a patient who signs in.

    `pseudonym` is what audit entries and clinical rows say instead of a name. A patient's account carries a made-up
    username, no name and no email: identity is kept in one place only. `subject` is then the patient's pseudonym.
    """

    username = models.CharField(_("username"), max_length=60, unique=True)
    pseudonym = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120, blank=True, default="")
    credentials = models.CharField(_("credentials"), max_length=60, blank=True, default="")
    email = models.EmailField(_("email"), blank=True, default="")
    role = models.CharField(_("role"), max_length=20, choices=[(r.value, r.label) for r in Role])
    subject = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    supervisor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="trainees"
    )
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["role"]

    class Meta:
        constraints = (
            models.CheckConstraint(name="user_role_known", condition=Q(role__in=[r.value for r in Role])),
            models.CheckConstraint(
                name="user_patient_anonymous",
                condition=~Q(role=Role.PATIENT.value) | Q(name="", email="", subject__isnull=False),
            ),
            models.CheckConstraint(
                name="user_staff_without_subject",
                condition=Q(role=Role.PATIENT.value) | Q(subject__isnull=True),
            ),
        )

    @property
    def as_role(self) -> Role:
        """The role as a value."""
        return Role(self.role)

    @property
    def is_staff_member(self) -> bool:
        """Whether the user works here."""
        return self.as_role in STAFF

    def may(self, action: Action) -> bool:
        """Whether this user may do an action."""
        return self.is_active and may(self.as_role, action)

    def get_full_name(self) -> str:
        """The name as signed."""
        return f"{self.name}, {self.credentials}" if self.credentials else self.name or self.username

    def get_short_name(self) -> str:
        """The name as shown in the bar."""
        return self.name or self.username

    def __str__(self) -> str:
        return self.get_short_name()


class BreakGlass(models.Model):
    """Emergency access to one patient's record: why, until when, and what the reviewer said.

    Rows are written by `records.emergency` together with their audit entries and are never removed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="emergencies")
    subject = models.UUIDField(db_index=True)
    reason_code = models.CharField(max_length=30)
    reason = models.TextField()
    opened_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    justified = models.BooleanField(null=True)
    review_note = models.TextField(null=True)

    class Meta:
        ordering = ("-opened_at",)
